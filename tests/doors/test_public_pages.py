from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from re import findall

import pytest
from icalendar import Calendar
from sqlalchemy import select

from campaigns.fields import FieldDefinition, FieldKind
from campaigns.forms import ConsentText, FormField, PageDefinition
from campaigns.vocabulary import ActivityKind, Basis, MessageKind, Verdict
from nurture import consent, engagement, handoff, leads, mail, tasks
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import LeadId
from nurture.kernel.work import Works
from nurture.pages.tables import Submission
from nurture.usecases.intake import submit_form
from nurture.usecases.intake.submit_form import AnswersRefused, FormVisit
from nurture.usecases.requests.published_forms import Open
from nurture.usecases.shared import home_country
from nurture.web.public.landing import HONEYPOT, PERSON
from nurture.web.public.public_frame import safe_html
from tests.doors.public import HENK, Site, henk, open_site, person

JAN = "jan@bakker.example"


@pytest.fixture
def site(works: Works, clock: FrozenClock, home: Path) -> Site:
    return open_site(works, clock, home)


def kinds(site: Site, lead_id: LeadId) -> set[ActivityKind]:
    with site.works.read("test") as work:
        return {one.kind for one in engagement.timeline(work, lead_id, limit=9, before=None)}


def test_an_open_page_shows_its_whole_text(site: Site) -> None:
    text = site.client.get("/p/prices").text

    assert "<h1>What a station costs</h1>" in text
    assert "EUR 24,000 to 38,000" in text
    assert "<form" not in text


def test_a_gated_page_shows_its_teaser_and_a_form(site: Site) -> None:
    text = site.client.get("/p/load-profiles").text

    assert "We logged seven stations" in text
    assert 'action="/f/download"' in text
    assert "Set-Cookie" not in site.client.get("/p/load-profiles").headers


def test_looking_at_every_page_changes_nothing(site: Site) -> None:
    visit = site.visit(site.a_mail(henk(site)))
    before = site.everything()

    for page in ("prices", "load-profiles", "calculator", "contact", "helped", "leak-cost"):
        assert site.client.get(f"/p/{page}").status_code == 200
        assert site.client.get(f"/p/{page}?m={visit}").status_code == 200
        assert site.client.head(f"/p/{page}?m={visit}").status_code == 200

    assert site.everything() == before


def test_a_form_gives_what_was_asked_for_at_once_and_makes_a_lead(site: Site) -> None:
    answer = site.send("leak-hunt", {"email": JAN, "first_name": "Jan", "agree": "2026-01"})

    assert answer.status_code == 200
    assert "Here it is" in answer.text
    assert "<article>" in answer.text
    site.prove()
    with site.works.read("test") as work:
        lead = person(work, JAN)
        assert lead is not None
        assert lead.first_name == "Jan"
        assert [one.basis for one in consent.permissions(work, lead.id)] == [Basis.FORM]
        assert MessageKind.REQUESTED in {one.kind for one in mail.of_lead(work, lead.id)}
    assert kinds(site, lead.id) >= {ActivityKind.SUBMITTED, ActivityKind.DOWNLOADED}


def test_without_the_tick_nobody_may_write_to_them(site: Site) -> None:
    site.send("leak-hunt", {"email": JAN})

    with site.works.read("test") as work:
        lead = person(work, JAN)
        assert lead is not None
        assert consent.permissions(work, lead.id) == []


def test_a_wrong_answer_loses_none_of_the_others(site: Site) -> None:
    refused = site.send("leak-hunt", {"email": "jan", "first_name": "Jan<b>", "agree": "2026-01"})

    assert refused.status_code == 422
    assert "not a whole address" in refused.text
    assert 'value="Jan&lt;b&gt;"' in refused.text
    assert " checked>" in refused.text
    with site.works.read("test") as work:
        assert person(work, "jan") is None


def test_sending_twice_is_once(site: Site) -> None:
    form = site.form("leak-hunt")
    action = form.pop("action")
    site.client.post(action, data={**form, "email": JAN})
    first = site.everything()

    again = site.client.post(action, data={**form, "email": JAN})

    assert "Here it is" in again.text
    assert site.everything() == first


def test_what_we_know_is_neither_asked_again_nor_shown(site: Site) -> None:
    lead_id = henk(site, first_name="Henk", facts={"company": "Vlietstra", "employees": "150"})
    visit = site.visit(site.a_mail(lead_id))

    known = site.client.get(f"/p/leak-hunt?m={visit}").text
    unknown = site.client.get("/p/leak-hunt").text

    assert 'name="email"' in unknown
    assert 'name="email"' not in known
    assert 'name="first_name"' not in known
    assert "Henk" not in known
    assert HENK not in known


def test_a_form_from_a_mail_belongs_to_its_lead(site: Site) -> None:
    lead_id = henk(site)
    visit = site.visit(site.a_mail(lead_id))

    answer = site.send("leak-hunt", {"first_name": "Henk"}, visit=visit)

    assert answer.status_code == 200
    assert ActivityKind.SUBMITTED in kinds(site, lead_id)


def test_what_looks_like_a_machine_makes_no_lead_and_is_asked_once_more(
    works: Works, clock: FrozenClock, home: Path
) -> None:
    site = open_site(works, clock, home, form_min_seconds=2)
    form = site.form("leak-hunt")
    typed = {**form, "email": JAN, "first_name": "Jan", "agree": "2026-01"}

    hasty = site.client.post(form["action"], data=typed)
    clock.advance(timedelta(seconds=3))
    trapped = site.client.post(form["action"], data={**typed, HONEYPOT: "http://spam"})

    for answer in (hasty, trapped):
        assert answer.status_code == 422
        assert "nothing has been sent yet" in answer.text.replace("\n", " ")
        assert f'value="{JAN}"' in answer.text
        assert "We have" not in answer.text
    with site.works.read("test") as work:
        assert person(work, JAN) is None


def test_who_was_too_fast_presses_once_more(works: Works, clock: FrozenClock, home: Path) -> None:
    site = open_site(works, clock, home, form_min_seconds=2)
    form = site.form("leak-hunt")
    hasty = site.client.post(form["action"], data={**form, "email": JAN})
    clock.advance(timedelta(seconds=2))

    again = {**form, "ticket": _ticket(hasty.text), "email": JAN}
    assert "Here it is" in site.client.post(form["action"], data=again).text


def test_whose_password_manager_filled_everything_ticks_a_box_and_is_heard(site: Site) -> None:
    form = site.form("contact")
    typed = {**form, "email": JAN, "your_question": "How much?"}
    trapped = site.client.post(form["action"], data={**typed, HONEYPOT: "https://jan.example"})
    assert f'name="{HONEYPOT}"' not in trapped.text
    assert f'name="{PERSON}"' in trapped.text
    typed["ticket"] = _ticket(trapped.text)

    unticked = site.client.post(form["action"], data=typed)
    assert unticked.status_code == 422
    assert "tick the box" in unticked.text
    typed["ticket"] = _ticket(unticked.text)
    taken = site.client.post(form["action"], data={**typed, PERSON: "yes"})

    assert taken.status_code == 200
    with site.works.read("test") as work:
        assert person(work, JAN) is not None


def test_the_hidden_field_has_a_name_that_nobody_fills_by_itself(site: Site) -> None:
    text = site.client.get("/p/contact").text
    hidden = findall(r'<input id="f-[^"]+" name="([^"]+)" tabindex="-1"([^>]*)>', text)

    ((name, attributes),) = hidden
    for known in ("name", "mail", "phone", "tel", "url", "site", "company", "address", "city"):
        assert known not in name
    assert 'autocomplete="off"' in attributes


def _ticket(text: str) -> str:
    return str(findall(r'"ticket" value="([^"]+)"', text)[0])


def test_a_form_that_lay_open_for_days_is_offered_again_with_what_was_typed(site: Site) -> None:
    form = site.form("leak-hunt")
    site.clock.advance(timedelta(days=3))

    again = site.client.post(form.pop("action"), data={**form, "email": JAN})

    assert again.status_code == 422
    assert f'value="{JAN}"' in again.text


def test_a_form_goes_only_where_its_page_sends_it(site: Site) -> None:
    form = site.form("leak-hunt")

    assert site.client.post("/f/contact", data={**form, "email": JAN}).status_code == 404
    assert site.client.post("/f/none", data={**form, "email": JAN}).status_code == 404


def test_who_asks_for_a_call_is_told_by_when(site: Site) -> None:
    answer = site.send("contact", {"email": JAN, "your_question": "How much?"})

    title = findall(r"<h1>(.*)</h1>", answer.text)[0]
    assert " calls you by " in title
    assert "{{" not in answer.text


def test_a_raised_hand_in_a_queue_has_one_caller_and_one_time(site: Site) -> None:
    asked = {"how_soon": "we_are_standing_still", "your_question": "Wer hilft?"}
    visit = site.visit(site.a_mail(henk(site, country=None)))
    answer = site.send("contact", asked, visit=visit)

    assert "One of us calls you by" in answer.text
    with site.works.read("test") as work:
        lead = person(work, HENK)
        assert lead is not None
        offer = handoff.find_open(work, lead.id)
        assert offer is not None
        assert offer.owner_id is None
        assert tasks.open_tasks(work, lead_id=lead.id) == []
        assert work.session.scalar(select(Submission.promised_by)) == offer.contact_by


@pytest.mark.parametrize(
    ("known", "zone"),
    [
        ({"country": None, "zone": "UTC", "phone": None}, "Europe/Berlin"),
        ({"country": None, "zone": "UTC", "phone": "+442079460958"}, "Europe/London"),
        ({"country": "AT", "zone": "Europe/Vienna", "phone": "+442079460958"}, "Europe/Vienna"),
    ],
)
def test_times_are_promised_by_their_country_their_phone_or_our_own_clock(
    site: Site, known: Mapping[str, str | None], zone: str
) -> None:
    lead_id = henk(site, **known)

    with site.works.read("test") as work:
        assert home_country.zone_told(work, leads.get(work, lead_id)) == zone


def test_sales_reads_what_was_asked_in_the_words_of_the_form(site: Site) -> None:
    question = "Unser Kompressor steht: können Sie Öl prüfen?"
    site.send("contact", {"email": JAN, "how_soon": "this_quarter", "your_question": question})
    site.prove()

    with site.works.read("test") as work:
        lead = person(work, JAN)
        assert lead is not None
        offer = handoff.find_open(work, lead.id)
        assert offer is not None
        assert offer.packet["known"] == {"Question": f"“{question}”"}


@pytest.mark.parametrize(
    ("country", "typed", "stored"),
    [
        (None, "030 23125017", "+493023125017"),
        (None, "Tel. 030 23125017 mobil", "+493023125017"),
        (None, "0043 1 5880012", "+4315880012"),
        ("AT", "01 5880012", "+4315880012"),
    ],
)
def test_a_phone_number_without_its_country_is_one_where_they_are_or_where_we_are(
    site: Site, country: str | None, typed: str, stored: str
) -> None:
    lead_id = henk(site, country=country)

    assert site.send("contact", {"email": HENK, "phone": typed}).status_code == 200
    site.prove()

    with site.works.read("test") as work:
        assert leads.get(work, lead_id).phone == stored


@pytest.mark.parametrize("typed", ["01 5880012", "4711", "ring my mobile", "(0) 12 / ext. 3"])
def test_an_optional_phone_number_that_nobody_can_read_loses_nothing(
    site: Site, typed: str
) -> None:
    answer = site.send("contact", {"email": JAN, "phone": typed, "your_question": "How much?"})

    assert answer.status_code == 200
    site.prove()
    with site.works.read("test") as work:
        lead = person(work, JAN)
        assert lead is not None
        assert lead.phone is None
        assert lead.facts["phone_as_typed"] == typed
        assert lead.facts["your_question"] == "How much?"


def test_a_phone_number_that_must_be_given_is_asked_for_again() -> None:
    asked = FormField(FieldDefinition("phone", "Phone", FieldKind.PHONE, needed=True))
    words = ConsentText("1", "", "", "")
    opened = Open(
        PageDefinition("contact"), None, (asked,), recognised=False, asset=None, consent=words
    )
    visit = FormVisit("contact", {"phone": "4711"}, agreed=False, nonce="n")

    with pytest.raises(AnswersRefused, match="write it with"):
        submit_form.checked(opened, visit, countries=("DE",))


def test_the_calculator_shows_the_sum_with_every_step(site: Site) -> None:
    numbers = {"compressor_kw": "100", "hours_per_week": "100", "age_years": "12"}

    answer = site.send("calculator", {"email": JAN, **numbers})

    # 100 kW x 100 h x 50 weeks x 70 % = 350,000 kWh at 18 cents.
    assert "350,000 kWh" in answer.text
    assert "EUR 63,000" in answer.text
    assert "EUR 9,450" in answer.text
    assert "EUR 19,694" in answer.text
    assert "31 % of today" in answer.text

    answer = site.send("calculator", {"email": JAN, "compressor_kw": "100"})
    assert "The sum needs at least the power and the running hours." in answer.text


def test_an_event_comes_as_a_calendar_entry(site: Site) -> None:
    thanks = site.send("ask-our-engineers", {"email": JAN})
    assert 'href="/p/ask-our-engineers/event.ics"' in thanks.text

    entry = site.client.get("/p/ask-our-engineers/event.ics")

    assert entry.mimetype == "text/calendar"
    assert "DTSTART;VALUE=DATE:20260212\r\n" in entry.text
    assert max(len(line) for line in entry.data.split(b"\r\n")) <= 75  # RFC 5545, 3.1
    [event] = Calendar.from_ical(entry.data).walk("VEVENT")
    assert event["SUMMARY"] == "Ask our service engineers anything"
    assert site.client.get("/p/prices/event.ics").status_code == 404


def test_a_flood_is_not_read(site: Site) -> None:
    assert site.send("contact", {"email": JAN, "your_question": "x" * 70_000}).status_code == 413


def test_a_person_on_a_page_is_counted_once_a_day(site: Site) -> None:
    lead_id = henk(site)
    visit = site.visit(site.a_mail(lead_id))

    for _ in range(2):
        assert site.client.post("/p/prices/seen", data={"m": visit}).status_code == 204

    with site.works.read("test") as work:
        told = engagement.timeline(work, lead_id, limit=9, before=None)
    assert [one.kind for one in told].count(ActivityKind.VISITED) == 1


def test_scripts_and_a_pointer_are_no_proof_and_half_a_minute_of_reading_is(site: Site) -> None:
    lead_id = henk(site)
    visit = site.visit(site.a_mail(lead_id))

    def verdict(after: timedelta, **told: str) -> Verdict:
        site.clock.advance(after)
        assert site.client.post("/p/prices/seen", data={"m": visit, **told}).status_code == 204
        with site.works.read("test") as work:
            told_of = engagement.timeline(work, lead_id, limit=9)
        (found,) = (one.verdict for one in told_of if one.kind is ActivityKind.VISITED)
        return found

    assert verdict(timedelta(seconds=3)) is Verdict.HUMAN_LIKELY
    assert verdict(timedelta(seconds=3), read="1") is Verdict.HUMAN_LIKELY
    assert verdict(timedelta(seconds=30), read="1") is Verdict.HUMAN_PROVEN


def test_a_stranger_on_a_page_is_nobody(site: Site) -> None:
    before = site.everything()

    assert site.client.post("/p/prices/seen", data={"m": "made-up"}).status_code == 204
    assert site.client.post("/p/prices/seen").status_code == 204

    assert site.everything() == before


def test_an_unknown_page_says_so(site: Site) -> None:
    answer = site.client.get("/p/none")

    assert answer.status_code == 404
    assert "The link may be incomplete" in answer.text


def test_texts_cannot_smuggle_scripts_in() -> None:
    html = safe_html(
        "# Hi\n\n<script>x</script> [a](javascript:x) <img src=x onerror=y>\n\n| a |\n|-|"
    )

    assert "<script" not in html
    assert "javascript:" not in str(html).replace("[a](javascript:x)", "")
    assert "<img" not in html
    assert "<table>" in html


def test_a_page_that_does_not_exist_still_says_whose_it_is(site: Site) -> None:
    assert site.client.get("/p/leak-hunt").status_code == 200

    refused = site.client.get("/p/nothing")

    assert refused.status_code == 404
    assert '<span class="n-brand">Tarnholt Air Systems</span>' in refused.text
