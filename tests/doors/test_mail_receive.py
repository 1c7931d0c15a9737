"""`nurture mail receive`: the door for a pipe of a local mail server."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from campaigns.vocabulary import ActivityKind, Basis, MessageKind
from nurture import engagement, leads, mail, runtime, schema
from nurture.cli.main import nurture
from nurture.kernel.tokens import message_mark
from nurture.kernel.types import EmailAddress, LeadId
from nurture.runtime import Runtime
from nurture.usecases.intake import take_in
from nurture.usecases.publishing.publish import publish_library
from tests.support.letters_in import BOUNCES, answer, dsn, returned_to

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Desk:
    """An installation with one lead and one mail to them."""

    here: Runtime
    lead: LeadId
    mark: str

    def pipe(self, raw: bytes, *words: str, **env: str) -> Result:
        return CliRunner().invoke(nurture, ["mail", "receive", *words], input=raw, env=env)

    def kinds(self) -> list[ActivityKind]:
        with self.here.works.read("test") as work:
            return [one.kind for one in engagement.timeline(work, self.lead, limit=9)]


@pytest.fixture
def journey(home: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("NURTURE_HOME", str(home))
    monkeypatch.setenv("NURTURE_BOUNCES", BOUNCES)
    here = runtime.start()
    schema.upgrade(here.works.engine)
    publish_library(
        here.works, ROOT / "campaigns/library", mails=ROOT / "templates/mail", links=here.links
    )
    lead = leads.NewLead(EmailAddress("anna@works.example"), first_name="Anna")
    with here.works.begin("test") as work:
        found = take_in.capture_leads(
            work,
            [take_in.NewArrival(lead, basis=Basis.CONSENT)],
            origin=leads.Origin(),
            policy=leads.FieldPolicy.FILL_BLANKS,
            intake=here.intake,
        )
        version = mail.live_versions(work)["requested_file"]
        one = mail.NewMessage(
            dedup_key="k",
            kind=MessageKind.REQUESTED,
            recipient="anna@works.example",
            template_version_id=version,
            not_before=work.now,
            lead_id=found.rows[0].lead_id,
        )
        mail.plan(work, [one])
    with here.works.read("test") as work:
        (line,) = mail.of_lead(work, found.rows[0].lead_id)
    return Desk(here, found.rows[0].lead_id, message_mark(here.keyring, line.id))


def test_an_answer_through_the_pipe_reaches_its_lead(journey: Desk) -> None:
    done = journey.pipe(answer(f"<{journey.mark}@x>", words="Yes"))
    assert (done.exit_code, done.output) == (0, "human\n")
    assert ActivityKind.REPLIED in journey.kinds()


@pytest.mark.parametrize("name", ["ORIGINAL_RECIPIENT", "RECIPIENT"])
def test_the_mail_server_tells_the_address_in_the_environment(journey: Desk, name: str) -> None:
    done = journey.pipe(dsn("nobody"), **{name: returned_to(journey.mark)})
    assert (done.exit_code, done.output) == (0, "returned\n")


def test_the_address_may_be_an_option(journey: Desk) -> None:
    done = journey.pipe(dsn("nobody"), "--to", returned_to(journey.mark))
    assert (done.exit_code, done.output) == (0, "returned\n")


def test_a_mail_of_any_length_is_read_to_its_end(journey: Desk) -> None:
    raw = answer(f"<{journey.mark}@x>", words="Yes") + b"x" * 3_000_000
    assert journey.pipe(raw).output == "human\n"


def test_a_mail_that_is_not_ours_is_no_fault(journey: Desk) -> None:
    assert journey.pipe(b"Subject: Buy now\n\nBuy").output == "unknown\n"


@pytest.mark.parametrize("fails", ["database", "settings"])
def test_what_is_not_the_mails_fault_lets_the_server_try_again(
    journey: Desk, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    wrong = {
        "database": ("NURTURE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none"),
        "settings": ("NURTURE_INBOX_URL", "pop3://x"),
    }
    monkeypatch.setenv(*wrong[fails])
    assert journey.pipe(answer(f"<{journey.mark}@x>")).exit_code == 75


def test_what_nobody_understands_is_kept_for_a_person(journey: Desk) -> None:
    raw = f"From: mailer-daemon@x\nTo: {returned_to(journey.mark)}\nSubject: Hm\n\nHm\n".encode()
    assert journey.pipe(raw).output == "aside\n"
    (kept,) = (journey.here.home / "aside").iterdir()
    assert kept.read_bytes() == raw
    assert kept.stat().st_mode & 0o077 == 0
