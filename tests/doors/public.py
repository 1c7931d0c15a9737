"""A whole product behind a test client: the example company, its pages, a lead and an offer."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from re import search

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from campaigns.vocabulary import MessageKind, Stage
from nurture import handoff, leads, mail, users
from nurture.consent.tables import Confirmation
from nurture.engagement import LinkFiles, PageArrival
from nurture.handoff import HandoffView
from nurture.kernel.clock import FrozenClock
from nurture.kernel.settings import load_settings
from nurture.kernel.tokens import Keyring, Purpose, message_tokens, sign
from nurture.kernel.types import EmailAddress, LeadId, MessageId, UserId
from nurture.kernel.work import Work, Works
from nurture.runtime import Runtime
from nurture.schema import METADATA
from nurture.usecases.sales import promotion
from nurture.web.app import create_app
from nurture.web.auth import SESSION
from nurture.web.tracking import visit_token
from tests.domains.sales import a_lead
from tests.support.library import put_in_force

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "campaigns" / "library"
MAILS = ROOT / "templates" / "mail"
SECRET = b"a secret of thirty-two bytes or so"
HENK = EmailAddress("henk@vlietstra.example")


@dataclass(frozen=True, slots=True)
class Site:
    """The product, and how a browser without scripts would use it."""

    here: Runtime
    app: Flask
    client: FlaskClient
    clock: FrozenClock

    @property
    def works(self) -> Works:
        """Give the transactions."""
        return self.here.works

    def log_in(self, user_id: UserId) -> FlaskClient:
        """Begin a session as a login does; the login itself has tests of its own."""
        with self.works.begin("test") as work:
            token = users.begin_session(work, user_id)
        with self.client.session_transaction() as session:
            session[SESSION] = token
        return self.client

    def send(self, page: str, answers: Mapping[str, str], *, visit: str = "") -> TestResponse:
        """Open a page, fill its form in and send it."""
        form = self.form(page, visit=visit)
        return self.client.post(str(form.pop("action")), data={**form, **answers})

    def form(self, page: str, *, visit: str = "") -> dict[str, str]:
        """Open a page and read its form."""
        text = self.client.get(f"/p/{page}", query_string={"m": visit} if visit else {}).text
        action, ticket = (
            search(r'action="([^"]+)"', text),
            search(r'"ticket" value="([^"]+)"', text),
        )
        assert action is not None
        assert ticket is not None
        return {"action": action[1], "page": page, "ticket": ticket[1]}

    def a_mail(self, lead_id: LeadId, address: EmailAddress = HENK) -> MessageId:
        """Write a mail to a lead."""
        with self.works.begin("test") as work:
            version = mail.live_versions(work)["content"]
            new = mail.NewMessage(
                dedup_key=f"test|{lead_id}",
                kind=MessageKind.MARKETING,
                recipient=address,
                template_version_id=version,
                not_before=work.now,
                lead_id=lead_id,
            )
            mail.plan(work, [new])
            return MessageId(mail.of_lead(work, lead_id)[0].id)

    def visit(self, message_id: MessageId) -> str:
        """Give what a click of this mail brings along."""
        return visit_token(self.here.keyring, PageArrival(message_id, "0", self.clock.machine()))

    def stop_link(self, message_id: int) -> str:
        """Give the link at the foot of a mail."""
        token = message_tokens(self.here.keyring, message_id=message_id, template_version=1).stop
        return f"/u/{token}"

    def preferences_link(self, message_id: int) -> str:
        """Give the other link at the foot of a mail."""
        tokens = message_tokens(self.here.keyring, message_id=message_id, template_version=1)
        return f"/preferences/{tokens.preferences}"

    def confirm_link(self) -> str:
        """Give the link of the newest question whether an address is theirs."""
        with self.works.read("test") as work:
            newest = work.session.scalars(select(Confirmation.id).order_by(Confirmation.id)).all()
        base = self.here.settings.base_url
        return self.here.confirm_url(newest[-1], self.clock.machine()).removeprefix(base)

    def prove(self) -> None:
        """Say from the mailbox that the last form was theirs."""
        assert self.client.post(self.confirm_link()).status_code == 200

    def answer_link(self, offer: HandoffView, user_id: UserId, answer: str) -> str:
        """Give a button of the alert mail."""
        subject = f"{offer.id}:{user_id}:{answer}"
        issued = self.clock.machine()
        return "/answer/" + sign(self.here.keyring, Purpose.ANSWER, subject=subject, issued=issued)

    def offer(self, offer: HandoffView) -> HandoffView:
        """Read an offer anew."""
        with self.works.read("test") as work:
            return handoff.get(work, offer.id)

    def user(self, handle: str) -> UserId:
        """Name one of ours."""
        with self.works.read("test") as work:
            return users.by_handle(work, handle).id

    def everything(self) -> dict[str, list[str]]:
        """Copy the whole database."""
        with self.works.read("test") as work:
            return {
                table.name: sorted(str(row) for row in work.session.execute(select(table)))
                for table in METADATA.sorted_tables
            }


def open_site(
    works: Works, clock: FrozenClock, home: Path, *, form_min_seconds: float = 0, **settings: object
) -> Site:
    """Publish the example company and open its doors."""
    told = load_settings(home=home, form_min_seconds=form_min_seconds, **settings)
    here = Runtime(
        settings=told,
        works=works,
        clock=clock,
        keyring=Keyring.of(SECRET),
        secret=SECRET,
        home=home,
        host="test",
        links=LinkFiles(home),
    )
    put_in_force(here)
    app = create_app(here)
    return Site(here, app, app.test_client(), clock)


def henk(site: Site, **columns: object) -> LeadId:
    """Make a lead who may be written to."""
    with site.works.begin("test") as work:
        given = {"country": "NL", "phone": "+31380000417", "zone": "Europe/Amsterdam", **columns}
        return a_lead(work, HENK, stage=Stage.MARKETING, **given)


def offered(site: Site, lead_id: LeadId) -> HandoffView:
    """Hand a lead to sales."""
    with site.works.begin("test") as work:
        promotion.make_ready(work, [lead_id], reason="for a test", notify=site.here.notify)
        found = handoff.find_open(work, lead_id)
    assert found is not None
    return found


def person(work: Work, address: str) -> leads.LeadView | None:
    """Find a lead by address."""
    found = leads.by_email(work, [EmailAddress(address)])
    return leads.get(work, found[EmailAddress(address)]) if found else None
