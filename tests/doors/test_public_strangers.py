"""Whoever types an address is a stranger: little mail, and nothing counts before it is proven."""

from datetime import timedelta
from email import message_from_bytes
from pathlib import Path
from re import findall

import pytest
from sqlalchemy import func, select

from campaigns.vocabulary import ActivityKind, MessageKind, Stage, Verdict
from nurture import (
    consent,
    engagement,
    handoff,
    leads,
    lifecycle,
    mail,
    pages,
    published,
    scoring,
    tasks,
)
from nurture import users as people
from nurture.engagement import ActivityRow
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import EmailAddress, LeadId, MessageId
from nurture.kernel.work import Works
from nurture.mail.tables import Message
from nurture.pages.tables import FormPost, Submission
from nurture.reports.audit import run_audit
from nurture.usecases.delivery.mail_preview import PreviewContext, proof
from nurture.usecases.desk import unproven_review
from nurture.usecases.intake import kept_forms
from nurture.usecases.responses import evidence
from nurture.usecases.shared.sending_company import company
from nurture.web.auth import SESSION
from nurture.web.public.visitor_network import network_of
from nurture.web.request_replay import replay_requests
from tests.doors.public import HENK, Site, henk, open_site, person

VICTIM = "victim@firm.example"
SPAM = {"first_name": "Buy cheap pills", "your_question": "see http://bad.example", "agree": "1"}
HOT = {"how_soon": "we_are_standing_still", "your_question": "Our dryer trips", "phone": "030 4"}


@pytest.fixture
def site(works: Works, clock: FrozenClock, home: Path) -> Site:
    return open_site(works, clock, home)


def lead(site: Site, address: str = VICTIM) -> leads.LeadView:
    with site.works.read("test") as work:
        found = person(work, address)
        assert found is not None
        return found


def mails(site: Site, kind: MessageKind | None = None) -> int:
    """Count what is planned to prospects, or of one kind."""
    kinds = [kind] if kind else [MessageKind.REQUESTED, MessageKind.CONFIRM]
    with site.works.read("test") as work:
        query = select(func.count()).select_from(Message).where(Message.kind.in_(kinds))
        return work.session.scalar(query) or 0


def said(site: Site, lead_id: LeadId) -> list[pages.SubmissionView]:
    with site.works.read("test") as work:
        return pages.unproven(work, [lead_id])


def log_in(site: Site, handle: str = "mara") -> None:
    with site.works.begin("test") as work:
        token = people.begin_session(work, people.by_handle(work, handle).id)
    with site.client.session_transaction() as session:
        session[SESSION] = token


@pytest.mark.parametrize("page", ["leak-hunt", "contact", "open-day", "calculator"])
def test_thirty_forms_for_one_victim_cause_one_mail_without_a_word_of_them(
    site: Site, page: str
) -> None:
    answers = [site.send(page, {"email": VICTIM, **SPAM}) for _ in range(30)]

    assert mails(site) == 1
    assert [one.status_code for one in answers] == [200] + 29 * [429]
    assert all(int(one.headers["Retry-After"]) > 3_600 for one in answers[1:])
    raw = _composed(site, lead(site).id)
    for typed in ("Buy cheap", "pills", "bad.example"):
        assert typed not in raw


def test_a_second_form_of_an_honest_person_still_gives_what_was_asked_for(site: Site) -> None:
    site.send("leak-hunt", {"email": VICTIM})

    second = site.send("choosing-a-dryer", {"email": VICTIM})

    assert second.status_code == 429
    assert "<article>" in second.text
    assert "at most once a day" in second.text
    assert "again in 24 hours" in second.text
    assert len(said(site, lead(site).id)) == 2


@pytest.mark.parametrize("net", ["203.0.113.{}", "2001:db8:0:7::{:x}"])
def test_sixty_victims_from_one_network_get_fifty_mails_and_others_are_served(
    site: Site, clock: FrozenClock, net: str
) -> None:
    answers = []
    for number in range(60):
        site.client.environ_base["REMOTE_ADDR"] = net.format(number + 1)
        answers.append(site.send("leak-hunt", {"email": f"v{number}@firm{number}.example"}))

    assert mails(site) == 50
    assert [one.status_code for one in answers] == 50 * [200] + 10 * [429]
    assert "Many forms came from your network" in answers[-1].text
    assert "in 60 minutes" in answers[-1].text
    with site.works.read("test") as work:
        assert person(work, "v59@firm59.example") is None

    site.client.environ_base["REMOTE_ADDR"] = "198.51.100.7"
    assert site.send("leak-hunt", {"email": "other@elsewhere.example"}).status_code == 200
    site.client.environ_base["REMOTE_ADDR"] = net.format(1)
    clock.advance(timedelta(hours=1))
    assert site.send("leak-hunt", {"email": "later@firm.example"}).status_code == 200


def test_a_network_is_a_24_or_a_64_and_cannot_be_read_back(site: Site) -> None:
    ring = site.here.secret
    same = {network_of(one, ring) for one in ("203.0.113.1", "203.0.113.254", "::ffff:203.0.113.9")}
    assert len(same) == 1
    assert "203" not in same.pop()
    assert network_of("203.0.114.1", ring) != network_of("203.0.113.1", ring)
    assert network_of("2001:db8::1", ring) == network_of("2001:db8::ffff:1", ring)
    assert network_of("2001:db8::1", ring) != network_of("2001:db8:0:1::1", ring)
    assert network_of("nowhere", ring) == ""


def test_one_post_changes_nothing_of_a_lead_that_we_know(site: Site) -> None:
    lead_id = henk(site, first_name="Henk", phone="+31380000417", facts={"employees": 150})
    before = lead(site, HENK)
    typed = {"email": HENK, "first_name": "Mallory", "phone": "+49 30 23125017", **HOT}

    for page in ("contact", "leak-hunt", "calculator"):
        site.send(page, {**typed, "agree": "1", "compressor_kw": "900"})

    after = lead(site, HENK)
    assert (after.name, after.phone, after.facts, after.stage) == (
        before.name,
        before.phone,
        before.facts,
        before.stage,
    )
    with site.works.read("test") as work:
        assert scoring.explain(work, lead_id, card=published.scorecard(work)) is not None
        assert engagement.timeline(work, lead_id, limit=9) == []
        assert handoff.find_open(work, lead_id) is None
    assert len(said(site, lead_id)) == 3


def test_what_was_said_stands_beside_what_is_known_and_one_of_us_decides(site: Site) -> None:
    lead_id = henk(site, first_name="Henk")
    site.send("leak-hunt", {"email": HENK, "first_name": "Hendrik", "job": "plant_head"})
    log_in(site)

    page = site.client.get(f"/leads/{lead_id}").text

    assert "Said, unproven" in page
    assert "Hendrik" in page
    assert "known: Henk" in page
    (one,) = said(site, lead_id)
    with site.works.begin("user:1") as work:
        unproven_review.take_over(work, lead_id, one.id, journey=site.here.journey)
    assert lead(site, HENK).first_name == "Hendrik"
    with site.works.read("test") as work:
        changed = {row.field: (row.old, row.new, row.actor) for row in leads.history(work, lead_id)}
        kinds = {row.kind for row in engagement.timeline(work, lead_id, limit=9)}
    assert changed["first_name"] == ("Henk", "Hendrik", "user:1")
    assert {ActivityKind.SUBMITTED, ActivityKind.DOWNLOADED} <= kinds
    assert "Said, unproven" not in site.client.get(f"/leads/{lead_id}").text


def test_what_is_discarded_never_counts_and_is_followed_up_no_more(site: Site) -> None:
    lead_id = henk(site, first_name="Henk")
    site.send("contact", {"email": HENK, "your_question": "Buy pills"})
    (one,) = said(site, lead_id)

    with site.works.begin("user:1") as work:
        unproven_review.discard(work, lead_id, one.id, journey=site.here.journey)

    assert said(site, lead_id) == []
    with site.works.read("test") as work:
        assert not [
            task for task in tasks.open_tasks(work, lead_id=lead_id) if "Unproven" in task.title
        ]
        assert engagement.timeline(work, lead_id, limit=9) == []


@pytest.mark.parametrize("kind", [ActivityKind.CLICKED, ActivityKind.REPLIED, ActivityKind.VISITED])
def test_a_deed_in_the_mail_that_a_form_caused_proves_what_was_said(
    site: Site, kind: ActivityKind
) -> None:
    lead_id = henk(site, first_name="Henk")
    site.send("leak-hunt", {"email": HENK, "last_name": "Vlietstra", "first_name": "Hendrik"})
    with site.works.read("test") as work:
        caused = next(
            one.id for one in mail.of_lead(work, lead_id) if one.kind == MessageKind.REQUESTED
        )
    other = site.a_mail(lead_id)

    _event(site, lead_id, other, kind)
    assert lead(site, HENK).first_name == "Henk"
    _event(site, lead_id, MessageId(caused), ActivityKind.OPENED)
    assert lead(site, HENK).first_name == "Henk"
    _event(site, lead_id, MessageId(caused), kind, verdict=Verdict.SCANNER_PROBABLE)
    assert lead(site, HENK).first_name == "Henk"
    _event(site, lead_id, MessageId(caused), kind, number=2)

    assert lead(site, HENK).first_name == "Hendrik"
    assert said(site, lead_id) == []


def test_a_request_for_a_call_is_followed_up_at_once_and_says_that_it_is_unproven(
    site: Site,
) -> None:
    answer = site.send("contact", {"email": VICTIM, **HOT})

    assert answer.status_code == 200
    assert "One of us calls you by 10:30 today" in answer.text
    found = lead(site)
    assert found.phone is None
    with site.works.read("test") as work:
        follow = [
            one
            for one in tasks.open_tasks(work, lead_id=found.id)
            if one.kind is tasks.TaskKind.FOLLOW_UP
        ]
        stage = lifecycle.stages(work, [found.id])[found.id]
        query = select(Message.recipient, Message.context).where(Message.kind == MessageKind.ALERT)
        alerts = work.session.execute(query).all()
        assert run_audit(work) == []
    ((task),) = follow
    assert task.title == f"Unproven: answer the question of {VICTIM}"
    assert task.reason.endswith("They wrote: “Our dryer trips” Phone: 030 4.")
    assert task.due_at == site.clock.now() + timedelta(minutes=30)
    assert stage is Stage.UNQUALIFIED
    assert [one.recipient for one in alerts] == ["tom@tarnholt.example"]
    assert alerts[0].context["said"] == {"question": "Our dryer trips", "phone": "030 4"}


def test_a_proven_request_goes_to_sales_and_has_one_caller(site: Site) -> None:
    site.send("contact", {"email": VICTIM, **HOT})

    site.prove()

    found = lead(site)
    assert found.stage is Stage.SALES_READY
    with site.works.read("test") as work:
        offer = handoff.find_open(work, found.id)
        assert offer is not None
        assert offer.heat == "hot"
        assert tasks.open_tasks(work, lead_id=found.id) == []
        assert run_audit(work) == []


def test_thirty_requests_for_one_victim_are_one_task_and_one_alert(site: Site) -> None:
    for _ in range(30):
        site.send("contact", {"email": VICTIM, **HOT})

    with site.works.read("test") as work:
        follow = [
            one
            for one in tasks.open_tasks(work, lead_id=lead(site).id)
            if one.kind is tasks.TaskKind.FOLLOW_UP
        ]
    assert len(follow) == 1
    assert mails(site, MessageKind.ALERT) == 1


def test_a_request_over_the_limit_is_held_seen_and_let_in(site: Site) -> None:
    for number in range(50):
        site.send("leak-hunt", {"email": f"v{number}@firm{number}.example"})

    answer = site.send("contact", {"email": VICTIM, **HOT})

    assert answer.status_code == 429
    assert "one of us looks at it" in answer.text
    assert "Retry-After" in answer.headers
    log_in(site)
    assert VICTIM in site.client.get("/forms").text
    assert "1 form waits for somebody to look" in site.client.get("/").text
    with site.works.begin("user:1") as work:
        (held,) = pages.held(work, limit=9)
        unproven_review.let_in(work, held.id, intake=site.here.intake, journey=site.here.journey)
    with site.works.read("test") as work:
        assert pages.held(work, limit=9) == []
        titles = [one.title for one in tasks.open_tasks(work, lead_id=lead(site).id)]
    assert f"Unproven: answer the question of {VICTIM}" in titles


def test_a_stranger_learns_nothing_of_whose_lead_an_address_is(site: Site) -> None:
    with site.works.read("test") as work:
        ines = people.by_handle(work, "ines")
    henk(site, zone="Asia/Tokyo", country="JP", owner_id=ines.id)

    known = site.send("contact", {"email": HENK, "your_question": "How much?"}).text
    unknown = site.send("contact", {"email": VICTIM, "your_question": "How much?"}).text

    assert "Ines" not in known
    title = findall(r"<h1>(.*)</h1>", known)[0]
    assert title == findall(r"<h1>(.*)</h1>", unknown)[0]


def test_forms_that_waited_for_the_database_are_limited_when_they_are_taken_in(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    forms = [site.form("leak-hunt") for _ in range(65)]
    with monkeypatch.context() as patch:
        patch.setattr("nurture.web.public.form_intake.within", lambda _tell: None)
        for number, form in enumerate(forms):
            address = VICTIM if number < 5 else f"v{number}@firm{number}.example"
            taken = site.client.post(form["action"], data={**form, "email": address})
            assert taken.status_code == 200
            site.clock.advance(timedelta(milliseconds=1))

    site.clock.advance(kept_forms.IN_HAND)
    for errand in replay_requests(site.here):
        errand()

    assert mails(site) == 46  # 50 forms of this network were taken in, 5 of them for one address
    with site.works.read("test") as work:
        assert len(pages.held(work, limit=99)) == 15
        assert work.session.scalar(select(func.count()).select_from(Submission)) == 65


def test_what_no_limit_counts_any_more_is_forgotten(site: Site, clock: FrozenClock) -> None:
    site.send("leak-hunt", {"email": VICTIM})
    with site.works.read("test") as work:
        row = work.session.scalars(select(FormPost)).one()
        assert VICTIM not in (row.email_hash, row.network)
    clock.advance(timedelta(days=32))

    with site.works.begin("tick") as work:
        assert pages.forget_counts(work) == 1
        assert work.session.scalar(select(func.count()).select_from(FormPost)) == 0


def test_the_question_of_a_stranger_is_whether_it_was_them(site: Site) -> None:
    site.send("leak-hunt", {"email": VICTIM})

    page = site.client.get(site.confirm_link()).text

    assert "Was it you?" in page
    assert "May we write" not in page
    site.prove()
    with site.works.read("test") as work:
        assert consent.permitted(work, [lead(site).id]) == set()


def _event(
    site: Site,
    lead_id: LeadId,
    message_id: MessageId,
    kind: ActivityKind,
    *,
    number: int = 1,
    verdict: Verdict = Verdict.HUMAN_LIKELY,
) -> None:
    with site.works.begin("worker") as work:
        row = ActivityRow(
            lead_id=lead_id,
            kind=kind,
            at=work.now,
            message_id=message_id,
            verdict=verdict,
            origin=f"{kind}:{message_id}:{number}:{verdict}",
        )
        evidence.weigh(work, engagement.note_activity(work, [row]), journey=site.here.journey)


def _composed(site: Site, lead_id: LeadId) -> str:
    """Compose the one mail to a lead as the sender would."""
    with site.works.read("test") as work:
        firm = company(work, sender="", postal="")
        press = PreviewContext(site.here.keyring, site.here.settings.base_url, firm)
        (line,) = mail.of_lead(work, lead_id)
        context = work.session.scalar(select(Message.context).where(Message.id == line.id))
        assert isinstance(context, dict)
        content = {"id": 1, "title": "", "teaser": "", "type": "", "url": "https://a.example/"}
        sample = {"content": content, **context}
        made = proof(work, line.template, lead_id=lead_id, sample=sample, press=press)
    letter = message_from_bytes(made.raw)
    parts = [part.get_payload(decode=True) for part in letter.walk() if not part.is_multipart()]
    text = "\n".join(part.decode() for part in parts if isinstance(part, bytes))
    assert "/confirm/" in text
    return f"{letter['To']}\n{letter['Subject']}\n{text}"


def test_nobody_is_known_by_a_strangers_address_alone(site: Site) -> None:
    site.send("leak-hunt", {"email": VICTIM, **SPAM})

    found = lead(site)

    assert found.name == VICTIM
    assert found.email == EmailAddress(VICTIM)
    assert found.interests == ()
