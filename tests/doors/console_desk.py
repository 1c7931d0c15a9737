"""An instance with the example company, its staff and some leads, and readers of its console."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import as_file, files
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from campaigns.library import shipped
from campaigns.vocabulary import Basis, MessageKind
from nurture import handoff, leads, mail, runtime, schema, users
from nurture.kernel import shared_values
from nurture.kernel.settings import load_settings
from nurture.kernel.stepped import read_instant, set_instant
from nurture.kernel.types import LeadId
from nurture.leads import LeadFilter
from nurture.reports import audit_summary
from nurture.reports.audit import QUERIES, run_audit
from nurture.runtime import Runtime
from nurture.usecases.intake import take_in
from nurture.usecases.intake.take_in import ImportOptions
from nurture.usecases.publishing.publish import publish_library
from nurture.usecases.sales import promotion
from nurture.web.app import create_app
from nurture.web.auth import SESSION

BEGINS = datetime(2026, 3, 3, 9, 24, tzinfo=UTC)
FIRST_LIST = """E-Mail;First name;Last name;Company;Country;Phone;Topics;Opt-out
aoife@kilbrae.example;Aoife;Marran;Kilbrae Dairy;IE;+353 1 5550101;energy;
jens@adorf.example;Jens;Adorf;Adorf Guss;DE;+49 30 23125 019;uptime;
pieter@hagen.example;Pieter;Hagen;Hagen Polymers;BE;;quality;
britta@seefeld.example;Britta;Olm;Seefeld Pharma;DE;;quality;
orla@finnan.example;Orla;Finnan;Finnan Foods;IE;;energy;yes
no-address-at-all;Nobody;Here;;;;;
"""


@dataclass(frozen=True, slots=True)
class Site:
    """One instance and its pages."""

    here: Runtime
    app: Flask

    def reader(self, handle: str) -> "Reader":
        """Log somebody in."""
        with self.here.works.begin("test") as work:
            token = users.begin_session(work, users.by_handle(work, handle).id)
        client = self.app.test_client()
        # The session that a login begins; the login itself has tests of its own.
        with client.session_transaction() as session:
            session[SESSION] = token
        return Reader(client)

    def lead(self, email: str) -> LeadId:
        """Find a lead."""
        with self.here.works.read("test") as work:
            page = leads.search(work, LeadFilter(text=email))
            return page.people[0].id

    def pass_on(self, email: str) -> int:
        """Hand a lead to sales; give the hand-off's id."""
        lead_id = self.lead(email)
        with self.here.works.begin("test") as work:
            promotion.make_ready(work, [lead_id], reason="Asked for it", notify=self.here.notify)
        with self.here.works.read("test") as work:
            found = handoff.find_open(work, lead_id)
            assert found is not None
            return found.id

    def later(self, span: timedelta) -> None:
        """Let business time pass."""
        set_instant(self.here.home, read_instant(self.here.home) + span)

    def checked(self) -> None:
        """Run the audit, as the tick does each minute."""
        with self.here.works.begin("test") as work:
            found = run_audit(work)
            shared_values.put(
                work,
                audit_summary.NAME,
                new=audit_summary.summary(found, checks=len(QUERIES), at=work.now),
            )

    def planned(self, lead_ids: Sequence[LeadId], *, template: str = "welcome_by_interest") -> None:
        """Plan a mail for leads, as a track would."""
        with self.here.works.begin("test") as work:
            version = mail.live_versions(work)[template]
            people = leads.by_ids(work, lead_ids)
            mail.plan(
                work,
                [
                    mail.NewMessage(
                        dedup_key=f"test|{template}|{one.id}",
                        kind=MessageKind.MARKETING,
                        recipient=one.email,
                        template_version_id=version,
                        not_before=work.now,
                        lead_id=one.id,
                    )
                    for one in people.values()
                ],
            )


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody at the console, without script."""

    client: FlaskClient

    def get(self, path: str) -> TestResponse:
        """Open a page."""
        return self.client.get(path)

    def page(self, path: str) -> str:
        """Open a page that must be there, as text without tags."""
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return plain(answer.get_data(as_text=True))

    def send(self, path: str, *, came_from: str, **fields: object) -> TestResponse:
        """Send a form with the token of the page that it stands on."""
        page = self.client.get(came_from).get_data(as_text=True)
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert token is not None, came_from
        return self.client.post(path, data={"csrf_token": token.group(1), **fields})


def plain(html: str) -> str:
    """Give what people read: no tags, one space between words."""
    text = re.sub(r"<[^>]+>", " ", html)
    return " ".join(text.replace("&#39;", "'").replace("&amp;", "&").replace("&nbsp;", " ").split())


def links(html: str) -> list[str]:
    """List where a page leads."""
    return [one.replace("&amp;", "&") for one in re.findall(r'href="(/[^"#]*)"', html)]


def make_site(home: Path) -> Site:
    """Make an instance as an installation would, with one list imported."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    set_instant(home, BEGINS)
    settings = load_settings(
        home=home,
        clock="stepped",
        base_url="http://localhost",
        smtp_url="smtp://127.0.0.1:8025",
        settle_seconds=0,
        settle_gateway_seconds=0,
    )
    here = runtime.start(settings)
    schema.upgrade(here.works.engine)
    with as_file(shipped()) as library, as_file(files("templates")) as templates:
        publish_library(here.works, library, mails=templates / "mail", links=here.links)
    path = home / "first.csv"
    path.write_text(FIRST_LIST, encoding="utf-8")
    options = ImportOptions(source="fair/spring", basis=Basis.CONSENT)
    number = take_in.start_import(here.works, path, options, intake=here.intake, actor="user:1")
    take_in.run_import(here.works, number, intake=here.intake)
    return Site(here, create_app(here))


def site_of(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Make the instance that the tests of one page share."""
    return make_site(tmp_path_factory.mktemp("desk") / "home")
