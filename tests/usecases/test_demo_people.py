"""Simulated people act truthfully, and in an order that no race decides."""

from datetime import UTC, datetime

from tests.usecases.test_demo_replies import ANNA
from workers.demo.agenda import Agenda, next_slot
from workers.demo.browser import read_sheet
from workers.demo.crowd import answers, shows, visit_of

PAGE = """
<form method="post" action="/f/download">
<input type="hidden" name="ticket" value="t1">
<input name="website" tabindex="-1" autocomplete="off">
<input type="email" name="email" value="">
<select name="employees"><option value="">Choose</option><option value="150">50 to 249</option>
</select>
<select name="job"><option value="">Choose</option><option value="buyer">Purchasing</option>
</select>
<textarea name="your_question"></textarea>
<input type="checkbox" name="agree" value="2026-01">
<button name="go" value="1">Send</button></form>
"""


def test_a_form_is_filled_in_truthfully_and_its_trap_is_left_alone() -> None:
    (form,) = read_sheet(PAGE).forms
    filled = answers(form, ANNA)
    assert filled["email"] == ANNA.address
    assert filled["employees"] == "150"
    assert filled["job"] == ""  # none of the answers is true
    assert filled["website"] == ""
    assert (filled["ticket"], filled["agree"]) == ("t1", "2026-01")
    assert filled["your_question"]


def test_who_acts_first_depends_on_time_and_name_only() -> None:
    now = datetime(2026, 1, 6, 8, tzinfo=UTC)
    acted: list[str] = []
    agenda = Agenda()
    for who in ("zoe", "anna", "mark"):
        agenda.plan(now, who, lambda who=who: acted.append(who))  # type: ignore[misc] # bound now
    for planned in agenda.take(now):
        planned.act()
    assert acted == ["anna", "mark", "zoe"]
    assert agenda.next_at is None


def test_people_look_at_their_mail_every_two_hours_of_the_day() -> None:
    assert next_slot(datetime(2026, 1, 6, 8, 1, tzinfo=UTC)) == datetime(2026, 1, 6, 10, tzinfo=UTC)
    assert next_slot(datetime(2026, 1, 6, 20, 1, tzinfo=UTC)) == datetime(2026, 1, 7, 6, tzinfo=UTC)


def test_a_page_that_names_somebody_is_noticed() -> None:
    assert shows("<p>Hello Anna Marran</p>", ANNA)
    assert not shows("<p>Hello</p>", ANNA)


def test_the_visit_token_is_read_from_the_address() -> None:
    assert visit_of("http://127.0.0.1:1/p/bakery?m=abc#top") == "abc"
    assert visit_of("http://127.0.0.1:1/p/bakery") == ""
