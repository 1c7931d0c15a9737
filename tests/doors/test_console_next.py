"""What comes next with a lead, and what a call that is logged on its page does."""

import pytest

from campaigns.vocabulary import MessageState
from nurture import handoff, mail
from nurture.mail.tables import Message
from nurture.reports import next_action
from tests.doors.console_desk import Site, site_of


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return site_of(tmp_path_factory)


def test_a_logged_call_stops_the_timer_of_the_hand_off(site: Site) -> None:
    number, lead_id = site.pass_on("aoife"), site.lead("aoife")
    with site.here.works.read("test") as work:
        assert handoff.get(work, number).contacted_at is None
    path = f"/leads/{lead_id}"

    answer = site.reader("mara").send(f"{path}/call", came_from=path, outcome="spoke", text="Hi")

    assert answer.status_code == 303
    with site.here.works.read("test") as work:
        found = handoff.get(work, number)
        assert found.contacted_at == work.now or found.owner_id is None


def test_a_mail_that_waits_stands_under_what_comes_and_is_the_next_thing_in_lists(
    site: Site,
) -> None:
    lead_id = site.lead("jens")
    site.planned([lead_id])
    with site.here.works.begin("test") as work:
        row = work.session.get_one(Message, mail.upcoming(work, lead_id)[0].id)
        row.state, row.reason = MessageState.DEFERRED, "451 4.3.0 Try later"
    with site.here.works.read("test") as work:
        assert next_action.next_actions(work, [lead_id])[lead_id].what == "mail"
    page = site.reader("mara").page(f"/leads/{lead_id}")
    assert page.count("451 4.3.0 Try later") == 1, "it stands under what comes, not as past"
