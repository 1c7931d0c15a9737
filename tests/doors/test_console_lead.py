"""The page of one lead, as marketers, sales people and dealers see it, and what they do there."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from re import findall, search

import pytest
from sqlalchemy import event
from werkzeug.test import TestResponse

from campaigns.vocabulary import ActivityKind, Stage, SuppressionReason, Verdict
from nurture import consent, content, engagement, handoff, leads, lifecycle, scoring, tracks, users
from nurture.engagement import ActivityRow
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import LeadId, UserId
from nurture.kernel.work import Works
from nurture.leads.tables import MailHost
from nurture.usecases.responses import evidence
from tests.domains.sales import a_user
from tests.doors.public import Site, henk, offered, open_site

PASSWORD = "a long pass phrase"


@pytest.fixture
def site(works: Works, clock: FrozenClock, home: Path) -> Site:
    return open_site(works, clock, home)


@pytest.fixture
def lead(site: Site) -> LeadId:
    return henk(site, first_name="Henk", last_name="Vlietstra", job="buyer")


def log_in(site: Site, role: str) -> UserId:
    """Log somebody new in."""
    with site.works.begin("test") as work:
        user_id = a_user(work, f"the_{role}", roles=[role], zone="UTC")
        users.set_password_hash(work, user_id, users.hash_password(PASSWORD))
    given = {"email": f"the_{role}@tarnholt.example", "password": PASSWORD}
    site.client.post("/login", data={**given, "csrf_token": token(site, "/login")})
    return user_id


def token(site: Site, page: str) -> str:
    found = search(r'name="csrf_token" value="([^"]+)"', site.client.get(page).text)
    assert found is not None
    return found[1]


def act(site: Site, lead_id: LeadId, what: str, answers: Mapping[str, str]) -> TestResponse:
    """Send one of the page's forms."""
    page = f"/leads/{lead_id}"
    sent = {**answers, "csrf_token": token(site, page)}
    return site.client.post(f"{page}/{what}", data=sent, follow_redirects=True)


def does(
    site: Site, lead_id: LeadId, kind: ActivityKind, *, item: str = "", scanner: bool = False
) -> None:
    """Let the lead, or a program, do something now; `item` is a key of the library."""
    with site.works.begin("test") as work:
        rows = engagement.timeline(work, lead_id, limit=100)
        ids = {one.key: one.id for one in content.assets(work)}
        verdict = Verdict.SCANNER_CERTAIN if scanner else Verdict.HUMAN_PROVEN
        row = ActivityRow(
            lead_id=lead_id,
            kind=kind,
            at=work.now,
            origin=f"test:{len(rows)}",
            verdict=verdict,
            asset_id=ids.get(item),
        )
        evidence.weigh(work, engagement.note_activity(work, [row]), journey=site.here.journey)


def shown(site: Site, lead_id: LeadId, query: str = "") -> str:
    found = site.client.get(f"/leads/{lead_id}{query}")
    assert found.status_code == 200
    return found.text


def story(page: str) -> str:
    return page.split('id="story"')[1].split("</section>", maxsplit=1)[0]


def test_the_page_says_who_this_is_and_where_they_stand(site: Site, lead: LeadId) -> None:
    log_in(site, "marketer")

    page = shown(site, lead)

    assert "<h1>Henk Vlietstra</h1>" in page
    assert "Buyer" in page
    assert "Netherlands" in page
    assert 'aria-current="step"><b>Marketing lead</b>' in page
    assert "style=" not in page


def test_the_rows_of_the_waterfall_sum_to_the_number_that_is_shown(
    site: Site, lead: LeadId, clock: FrozenClock
) -> None:
    for _ in range(3):
        does(site, lead, ActivityKind.VISITED, item="E2")
        does(site, lead, ActivityKind.CLICKED)
        clock.advance(timedelta(days=5, hours=7))
    log_in(site, "marketer")

    page = shown(site, lead)

    rows = findall(r'<td class="n-r">([+−]?[\d.]+)</td>', page.split("<tfoot>")[0])  # noqa: RUF001 - the page writes a true minus
    total = page.split("<tfoot>")[1].split("</tfoot>")[0]
    summed = sum(round(float(one.replace("−", "-")) * 10) for one in rows)  # noqa: RUF001 - as above
    assert summed > 0
    assert f'<td class="n-r">{summed / 10:.1f}</td>' in total
    assert f"Engagement {summed / 10:.1f}" in page


def test_clicks_of_a_scanner_stand_there_with_nought(site: Site, lead: LeadId) -> None:
    log_in(site, "marketer")
    for _ in range(2):
        does(site, lead, ActivityKind.CLICKED, scanner=True)

    page = shown(site, lead)

    assert "2 clicks by a link scanner, not counted" in page
    assert "2 clicks not counted" in story(page)
    with site.works.read("test") as work:
        assert scoring.explain(work, lead).engagement == 0


def test_the_timeline_shows_what_the_reader_asked_for(site: Site, lead: LeadId) -> None:
    log_in(site, "marketer")
    does(site, lead, ActivityKind.REPLIED)

    theirs = story(shown(site, lead, "?show=theirs"))
    changed = story(shown(site, lead, "?show=changes"))

    assert "<b>Replied</b>" in theirs
    assert "Came in" not in theirs
    assert "<b>Came in</b> as marketing lead" in changed
    assert "Replied" not in changed
    assert 'aria-current="true">Changes' in changed


def test_what_came_back_stands_there_in_its_own_words(site: Site, lead: LeadId) -> None:
    log_in(site, "marketer")
    with site.works.begin("test") as work:
        told = {
            ActivityKind.REPLIED: (None, "What would <it> cost?"),
            ActivityKind.BOUNCED: ("soft_bounce", "552 5.2.2 mailbox full"),
        }
        rows = [
            ActivityRow(
                lead_id=lead,
                kind=kind,
                at=work.now,
                origin=f"test:{kind}",
                name=name,
                verdict=Verdict.SCANNER_CERTAIN,
                detail={"text": text},
            )
            for kind, (name, text) in told.items()
        ]
        engagement.note_activity(work, rows)

    page = story(shown(site, lead))

    assert "What would &lt;it&gt; cost?" in page
    assert "For a while, perhaps: 552 5.2.2 mailbox full" in page


def test_a_domain_that_takes_no_mail_is_said_beside_the_address(site: Site, lead: LeadId) -> None:
    log_in(site, "marketer")
    assert "its domain takes no mail" not in shown(site, lead)
    with site.works.begin("test") as work:
        domain = leads.get(work, lead).email.partition("@")[2]
        work.session.add(MailHost(domain=domain, takes_mail=False, ask_after=work.machine))
    assert "its domain takes no mail" in shown(site, lead)


def test_a_long_history_is_shown_in_parts_and_none_is_lost(
    site: Site, lead: LeadId, clock: FrozenClock
) -> None:
    for _ in range(25):
        does(site, lead, ActivityKind.OPENED)
        clock.advance(timedelta(hours=1))
    log_in(site, "marketer")

    first = story(shown(site, lead))
    whole = story(shown(site, lead, "?rows=40"))

    assert first.count("<li>") == 20
    more = search(r"Show (\d+) earlier", first)
    assert more is not None
    assert whole.count("<li>") == 20 + int(more[1])
    assert "earlier</a>" not in whole


def test_what_nobody_has_asked_is_said_so(site: Site, lead: LeadId) -> None:
    log_in(site, "marketer")
    with site.works.begin("user:1") as work:
        leads.set_facts(work, {lead: {"budget": "planned"}})

    facts = shown(site, lead).split('id="facts"')[1].split("</section>")[0]

    assert facts.count("Not asked yet") == 3
    assert "Planned" in facts


def test_what_is_missing_to_become_sales_ready_is_counted_in_the_bar(
    site: Site, lead: LeadId
) -> None:
    log_in(site, "marketer")

    page = shown(site, lead)

    ticks = page.split('id="ready"')[1].split("</ul>")[0]
    assert f"{ticks.count('No:')} things missing" in page
    assert "none yet" in ticks


def test_why_nothing_goes_out_names_the_reason(site: Site, lead: LeadId) -> None:
    log_in(site, "marketer")

    why = shown(site, lead).split('id="why"')[1].split("</section>")[0]

    assert "Why nothing goes out today" in why
    assert "<b>No marketing mail goes out.</b>" in why
    assert "nobody said that we may write" in why


def test_a_marketer_makes_a_lead_ready_with_a_reason(site: Site, lead: LeadId) -> None:
    log_in(site, "marketer")

    done = act(site, lead, "ready", {"reason": "Asked for a price on the phone"})

    assert "is sales-ready: offered to" in done.text
    assert "Asked for a price on the phone" in story(done.text)
    with site.works.read("test") as work:
        assert handoff.find_open(work, lead) is not None
    assert act(site, lead, "ready", {"reason": "again"}).status_code == 409


def test_without_a_reason_nobody_is_passed_on(site: Site, lead: LeadId) -> None:
    log_in(site, "marketer")

    assert act(site, lead, "ready", {"reason": " "}).status_code == 422
    with site.works.read("test") as work:
        assert handoff.find_open(work, lead) is None


def test_a_note_sent_twice_is_noted_once(site: Site, lead: LeadId) -> None:
    log_in(site, "marketer")

    act(site, lead, "note", {"text": "Met at the fair", "once": "a1"})
    done = act(site, lead, "note", {"text": "Met at the fair", "once": "a1"})

    assert story(done.text).count("Met at the fair") == 1
    assert "By The_marketer" in story(done.text)


def test_a_question_on_the_phone_counts_as_intent(site: Site, lead: LeadId) -> None:
    log_in(site, "marketer")

    done = act(site, lead, "call", {"outcome": "has_question", "text": "How much for 90 kW?"})

    assert "<b>Called</b> They have a question" in story(done.text)
    with site.works.read("test") as work:
        assert lead in scoring.intents_of(work, [lead])


def test_do_not_mail_holds_and_ends_the_tracks(site: Site, lead: LeadId) -> None:
    log_in(site, "marketer")
    act(site, lead, "enrol", {"track": "welcome"})

    done = act(site, lead, "silence", {"why": "said so on the phone"})

    assert "Do not mail: one of us said so" in done.text
    assert "said so on the phone" in story(done.text)
    with site.works.read("test") as work:
        stopped = consent.suppression(work, lead)
        assert stopped is not None
        assert stopped.reason is SuppressionReason.MANUAL
        assert tracks.rivals(work, [lead]) == {}


def test_somebody_is_put_in_a_track_and_taken_out(site: Site, lead: LeadId) -> None:
    log_in(site, "marketer")

    put = act(site, lead, "enrol", {"track": "welcome"})
    twice = act(site, lead, "enrol", {"track": "welcome"})
    out = act(site, lead, "leave", {})

    assert "<b>Put in</b> Welcome" in story(put.text)
    assert twice.status_code == 409
    assert "already in it" in twice.text
    assert "<b>Left</b> Welcome" in story(out.text)
    with site.works.read("test") as work:
        assert tracks.rivals(work, [lead]) == {}


@pytest.mark.parametrize("role", ["sales", "dealer"])
def test_leads_of_others_do_not_exist_for_sales_and_dealers(
    site: Site, lead: LeadId, role: str
) -> None:
    me = log_in(site, role)

    hidden = site.client.get(f"/leads/{lead}")
    refused = site.client.post(
        f"/leads/{lead}/note", data={"text": "x", "csrf_token": token(site, "/")}
    )
    with site.works.begin("test") as work:
        leads.set_owner(work, [lead], owner_id=me)

    assert hidden.status_code == refused.status_code == 404
    assert "Vlietstra" not in hidden.text
    assert site.client.get(f"/leads/{lead}").status_code == 200


def test_sales_people_read_one_word_and_reasons_before_any_number(site: Site, lead: LeadId) -> None:
    me = log_in(site, "sales")
    with site.works.begin("test") as work:
        leads.set_owner(work, [lead], owner_id=me)

    page = shown(site, lead)

    assert "n-reasons" in page
    assert "n-grid9" not in page
    assert "Make ready now" not in page
    assert "n-grid9" in shown(site, lead, "?axis=engagement")


def test_dealers_see_topics_and_no_single_click(site: Site, lead: LeadId) -> None:
    me = log_in(site, "dealer")
    with site.works.begin("test") as work:
        leads.set_owner(work, [lead], owner_id=me)
    does(site, lead, ActivityKind.CLICKED, item="E1")
    does(site, lead, ActivityKind.VISITED, item="E1")

    page = shown(site, lead, "?axis=engagement")

    assert "<b>Looks into</b> Energy cost and leaks" in story(page)
    assert "Clicked" not in page
    assert "Visited" not in page
    assert "n-grid9" not in page


def test_an_offer_stands_first_with_its_time(site: Site, lead: LeadId) -> None:
    offer = offered(site, lead)
    log_in(site, "marketer")

    page = shown(site, lead)

    assert f'href="/handoffs/{offer.id}"' in page
    assert "waits for: accept" in page
    with site.works.read("test") as work:
        assert lifecycle.stages(work, [lead])[lead] is Stage.SALES_READY


def test_the_page_asks_the_database_as_often_for_many_acts_as_for_few(
    site: Site, lead: LeadId, works: Works
) -> None:
    log_in(site, "marketer")
    does(site, lead, ActivityKind.VISITED, item="E2")
    few = statements(site, lead, works)
    for _ in range(8):
        does(site, lead, ActivityKind.VISITED, item="E2")

    # Less is fine: what the frame counts is remembered for a minute.
    assert statements(site, lead, works) <= few


def statements(site: Site, lead_id: LeadId, works: Works) -> int:
    """Count what one reading of the page asks the database."""
    asked: list[str] = []

    def note(*told: object) -> None:
        asked.append(str(told[2]))

    event.listen(works.engine, "before_cursor_execute", note)
    try:
        shown(site, lead_id)
    finally:
        event.remove(works.engine, "before_cursor_execute", note)
    return len([one for one in asked if one.startswith("SELECT")])
