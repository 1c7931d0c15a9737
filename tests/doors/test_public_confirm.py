"""Double opt-in: a yes counts once its owner has confirmed it from the mailbox (D-05, D-25)."""

from datetime import timedelta
from email import message_from_bytes
from email.message import Message as Letter
from pathlib import Path

import pytest
from sqlalchemy import select

from campaigns.vocabulary import ActivityKind, MessageKind, Stage, SuppressionReason
from nurture import consent, engagement, lifecycle, mail, tasks
from nurture.consent.tables import Confirmation
from nurture.kernel.clock import FrozenClock
from nurture.kernel.tokens import Purpose, sign
from nurture.kernel.types import EmailAddress, LeadId, MessageId
from nurture.kernel.work import Works
from nurture.mail import MessageLine
from nurture.mail.tables import Message
from nurture.usecases.delivery.mail_preview import PreviewContext, proof
from nurture.usecases.intake import confirmation
from nurture.usecases.journeys import explain
from nurture.usecases.shared.sending_company import company
from tests.domains.sales import a_lead
from tests.doors.public import Site, open_site, person

AOIFE = EmailAddress("aoife@marran.example")
TYPED = {"first_name": "Buy cheap pills", "your_question": "http://bad.example", "agree": "2026-01"}
PAGE = "open-day"


@pytest.fixture
def site(works: Works, clock: FrozenClock, home: Path) -> Site:
    return open_site(works, clock, home)


def sign_up(site: Site, address: str = AOIFE, page: str = PAGE) -> LeadId:
    assert site.send(page, {"email": address, **TYPED}).status_code in (200, 429)
    with site.works.read("test") as work:
        found = person(work, address)
        assert found is not None
        return found.id


def asked(site: Site, lead_id: LeadId) -> list[MessageLine]:
    with site.works.read("test") as work:
        return [one for one in mail.of_lead(work, lead_id) if one.kind == MessageKind.CONFIRM]


def link(site: Site, number: int | None = None) -> str:
    """Give the link of the newest question."""
    with site.works.read("test") as work:
        newest = work.session.scalars(select(Confirmation.id).order_by(Confirmation.id)).all()[-1]
    return site.here.confirm_url(number or newest, site.clock.machine()).removeprefix(
        site.here.settings.base_url
    )


def permitted(site: Site, lead_id: LeadId) -> bool:
    with site.works.read("test") as work:
        return consent.permitted(work, [lead_id]) == {lead_id}


def stage(site: Site, lead_id: LeadId) -> Stage:
    with site.works.read("test") as work:
        return lifecycle.stages(work, [lead_id])[lead_id]


def test_until_it_is_confirmed_a_yes_is_none_and_says_so(site: Site) -> None:
    lead_id = sign_up(site)

    assert not permitted(site, lead_id)
    assert len(asked(site, lead_id)) == 1
    with site.works.read("test") as work:
        refused = consent.may_write(work, [lead_id])[lead_id]
        assert refused is not None
        assert refused.sentence.startswith("Waits for confirmation")
        told = explain.why(work, lead_id)
        assert told.verdict == "No marketing mail goes out."
        assert "Waits for confirmation" in told.rest
        (task,) = tasks.open_tasks(work, lead_id=lead_id)
        assert task.reason == confirmation.WAITS
        assert task.due_at > work.now + consent.KEPT_FOR


def test_one_mail_asks_and_what_was_asked_for_follows_the_yes(site: Site) -> None:
    lead_id = sign_up(site)
    assert _kinds(site, lead_id) == [MessageKind.CONFIRM]

    site.client.post(link(site))

    assert _kinds(site, lead_id) == [MessageKind.CONFIRM, MessageKind.REQUESTED]


def _kinds(site: Site, lead_id: LeadId) -> list[str]:
    with site.works.read("test") as work:
        return sorted(str(one.kind) for one in mail.of_lead(work, lead_id))


def test_looking_changes_nothing_and_pressing_counts_once(site: Site) -> None:
    lead_id = sign_up(site)
    url = link(site)
    before = site.everything()

    shown = [site.client.get(url).text for _ in range(3)]
    site.client.head(url)
    assert [text.count("<button") for text in shown] == [1, 1, 1]
    assert site.everything() == before

    first, second = site.client.post(url), site.client.post(url)

    assert (first.status_code, second.status_code) == (200, 200)
    assert "Your address is confirmed" in first.text
    assert permitted(site, lead_id)
    with site.works.read("test") as work:
        (row,) = consent.permissions(work, lead_id)
        assert row.evidence["form"] == "signup"
        assert row.evidence["text"] == "2026-01"
        assert {"asked_at", "confirmed_at", "way"} <= set(row.evidence)
        kinds = [one.kind for one in engagement.timeline(work, lead_id, limit=9)]
        assert kinds.count(ActivityKind.CONFIRMED) == 1
        refused = consent.may_write(work, [lead_id])[lead_id]
        assert refused is None or not refused.sentence.startswith("Waits")
    assert stage(site, lead_id) is Stage.MARKETING


def test_a_confirmed_lead_goes_on_and_its_rest_is_over(site: Site) -> None:
    lead_id = sign_up(site)

    site.client.post(link(site))

    with site.works.read("test") as work:
        assert not [
            one
            for one in tasks.open_tasks(work, lead_id=lead_id)
            if one.reason == confirmation.WAITS
        ]


def test_the_mail_that_asks_repeats_nothing_that_somebody_typed(site: Site) -> None:
    letter, raw = _letter(site, sign_up(site))

    assert letter["Auto-Submitted"] == "auto-generated"
    assert "/confirm/" in raw
    for typed in ("Buy cheap", "pills", "bad.example"):
        assert typed not in raw
    assert "/c/" not in raw
    assert "/o/" not in raw


def test_an_address_is_asked_once_a_day_and_three_times_a_month_over_all_forms(
    site: Site, clock: FrozenClock
) -> None:
    lead_id = sign_up(site)
    for page in (PAGE, "ask-our-engineers", PAGE):
        sign_up(site, page=page)
    assert len(asked(site, lead_id)) == 1

    for _ in range(5):
        clock.advance(timedelta(days=1, minutes=1))
        sign_up(site)

    assert len(asked(site, lead_id)) == 3
    clock.advance(timedelta(days=31))
    sign_up(site)
    assert len(asked(site, lead_id)) == 4


def test_the_link_is_good_for_seven_days_and_for_nothing_else(
    site: Site, clock: FrozenClock
) -> None:
    lead_id = sign_up(site)
    url = link(site)
    other = sign(site.here.keyring, Purpose.ANSWER, subject="1", issued=clock.machine())

    assert site.client.get(f"/confirm/{other}").status_code == 404
    assert site.client.post(f"/u/{url.removeprefix('/confirm/')}").status_code == 404
    clock.advance(consent.GOOD_FOR)
    late = site.client.post(url)

    assert "This link is too old" in late.text
    assert not permitted(site, lead_id)


def test_who_never_confirms_is_let_go_after_thirty_days_and_may_come_again(
    site: Site, clock: FrozenClock
) -> None:
    lead_id = sign_up(site)
    clock.advance(consent.KEPT_FOR - timedelta(minutes=1))
    assert confirmation.release(site.works, limit=9) == 0

    clock.advance(timedelta(minutes=2))
    assert confirmation.release(site.works, limit=9) == 1
    assert confirmation.release(site.works, limit=9) == 0

    assert stage(site, lead_id) is Stage.DISQUALIFIED
    with site.works.read("test") as work:
        assert tasks.open_tasks(work, lead_id=lead_id) == []
    clock.advance(timedelta(days=1))
    sign_up(site)
    assert stage(site, lead_id) is Stage.UNQUALIFIED
    site.client.post(link(site))
    assert permitted(site, lead_id)
    assert stage(site, lead_id) is Stage.MARKETING


def test_who_has_said_yes_before_is_not_asked_again(site: Site) -> None:
    lead_id = sign_up(site)
    site.client.post(link(site))

    sign_up(site)

    assert len(asked(site, lead_id)) == 1


def test_who_said_no_is_asked_and_only_the_mailbox_takes_it_back(site: Site) -> None:
    lead_id = sign_up(site)
    message_id = asked(site, lead_id)[0].id
    site.client.post(link(site))
    site.client.post(site.stop_link(message_id), data={"List-Unsubscribe": "One-Click"})
    site.clock.advance(timedelta(days=2))

    sign_up(site)

    assert len(asked(site, lead_id)) == 2
    assert not permitted(site, lead_id)
    assert not _may_write(site, lead_id)
    site.client.post(link(site))
    assert permitted(site, lead_id)
    assert _may_write(site, lead_id)


def test_a_link_of_ours_does_not_take_a_no_back_either(site: Site) -> None:
    lead_id = sign_up(site)
    site.client.post(link(site))
    site.client.post(site.stop_link(site.a_mail(lead_id, AOIFE)))
    site.clock.advance(timedelta(days=2))
    with site.works.read("test") as work:
        newest = mail.of_lead(work, lead_id)[0].id

    site.send("leak-hunt", {"agree": "2026-01"}, visit=site.visit(MessageId(newest)))

    assert not permitted(site, lead_id)
    assert not _may_write(site, lead_id)
    assert len(asked(site, lead_id)) == 2


@pytest.mark.parametrize("reason", ["hard_bounce", "complaint", "manual"])
def test_a_dead_address_and_one_that_complained_are_not_even_asked(site: Site, reason: str) -> None:
    lead_id = sign_up(site)
    with site.works.begin("test") as work:
        why, key = SuppressionReason(reason), site.here.secret
        consent.suppress(work, [AOIFE], reason=why, key=key)
    before = _kinds(site, lead_id)
    site.clock.advance(timedelta(days=2))

    for page in (PAGE, "leak-hunt", "contact"):
        sign_up(site, page=page)

    assert _kinds(site, lead_id) == before


def test_a_form_without_double_opt_in_needs_no_second_mail(site: Site) -> None:
    lead_id = sign_up(site, page="leak-hunt")
    assert asked(site, lead_id) == []
    assert not permitted(site, lead_id)

    with site.works.read("test") as work:
        (sent,) = mail.of_lead(work, lead_id)
    came = site.visit(MessageId(sent.id))
    assert site.client.post("/p/leak-hunt/seen", data={"m": came}).status_code == 204

    assert permitted(site, lead_id)
    assert asked(site, lead_id) == []


def test_who_was_known_before_is_not_closed_by_a_question_that_nobody_answers(
    site: Site, clock: FrozenClock
) -> None:
    with site.works.begin("test") as work:
        known = a_lead(work, AOIFE, stage=Stage.UNQUALIFIED)
    clock.advance(timedelta(days=1))
    sign_up(site)
    clock.advance(consent.KEPT_FOR + timedelta(days=1))

    assert confirmation.release(site.works, limit=9) == 1

    assert stage(site, known) is Stage.UNQUALIFIED


def _may_write(site: Site, lead_id: LeadId) -> bool:
    with site.works.read("test") as work:
        return consent.may_write(work, [lead_id])[lead_id] is None


def _letter(site: Site, lead_id: LeadId) -> tuple[Letter, str]:
    (line,) = asked(site, lead_id)
    with site.works.read("test") as work:
        firm = company(work, sender="", postal="")
        press = PreviewContext(site.here.keyring, site.here.settings.base_url, firm)
        context = work.session.scalar(select(Message.context).where(Message.id == line.id))
        assert isinstance(context, dict)
        made = proof(work, confirmation.TEMPLATE, lead_id=lead_id, sample=context, press=press)
    letter = message_from_bytes(made.raw)
    parts = [part.get_payload(decode=True) for part in letter.walk() if not part.is_multipart()]
    text = "\n".join(part.decode() for part in parts if isinstance(part, bytes))
    return letter, f"{letter['Subject']}\n{text}"
