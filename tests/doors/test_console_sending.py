import re
from datetime import timedelta

import pytest
from sqlalchemy import update

from campaigns.vocabulary import JobName
from nurture import engagement, leads, mail
from nurture.engagement import HitKind, RawHit
from nurture.engagement.tables import Hit
from nurture.kernel import shared_values
from nurture.kernel.tables import Heartbeat
from nurture.kernel.types import Json
from nurture.mail import MessageEvent, Recorded
from nurture.mail.tables import SendAttempt
from nurture.usecases.delivery.bounces import DeadAddress, bounce
from nurture.usecases.responses import poll_mailbox
from tests.doors.console_desk import Site, site_of


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    made = site_of(tmp_path_factory)
    made.planned([made.lead(who) for who in ("aoife", "jens", "pieter")])
    return made


def stopped(site: Site) -> bool:
    with site.here.works.read("test") as work:
        return bool(shared_values.value(work, shared_values.SENDING_STOPPED))


def test_every_pile_opens_a_list_that_is_as_long(site: Site) -> None:
    mara = site.reader("mara")
    html = mara.get("/sending").get_data(as_text=True)
    piles = re.findall(
        r'href="(/sending/\w+)"><span class="n-lab">.*?</span><span class="n-val">([\d,]+)</span>',
        html,
    )
    assert len(piles) == 8
    for href, count in piles:
        page = mara.get(href).get_data(as_text=True)
        assert f"{count} mail" in page
        assert page.count('<th scope="row"') == int(count)
    assert dict(piles)["/sending/due"] == "3"


def test_mail_that_waits_too_long_is_said_to_be_stuck(site: Site) -> None:
    mara = site.reader("mara")
    assert "Mail is stuck" not in mara.page("/sending")
    site.later(timedelta(minutes=30))
    with site.here.works.begin("test") as work:
        for role in ("tick", "worker"):
            shared_values.beat(work, f"{role}@here:1")
    assert "Mail is stuck" in mara.page("/sending")


def test_maybe_delivered_mail_is_listed_and_said_not_to_be_sent_again(site: Site) -> None:
    with site.here.works.begin("test") as work:
        line = mail.of_lead(work, site.lead("aoife"))[0]
        mail.claim(work, [line.id], journal="j1", host="here", lease=timedelta(minutes=5))
        words = "the server did not answer after the last line"
        mail.record(work, [Recorded(line.id, MessageEvent.UNKNOWN, words)], journal="j1")
    text = site.reader("mara").page("/sending")
    assert "Maybe delivered 1" in text
    assert "will not be sent again" in text
    assert "The server did not answer after the last line" in text

    assert "Presumed delivered" not in text
    site.later(timedelta(days=4))
    with site.here.works.begin("tick") as work:
        assert mail.presume_delivered(work) == 1
    for page in ("/sending", "/sending/in_doubt", f"/leads/{site.lead('aoife')}"):
        assert "Presumed delivered" in site.reader("mara").page(page)
    assert "1 mail maybe delivered" not in site.reader("mara").page("/"), "nobody need look"


def test_stopping_all_mail_is_asked_on_a_page_and_done_by_its_button(site: Site) -> None:
    mara = site.reader("mara")
    assert "Stop all mail" in mara.page("/sending/stop")
    assert not stopped(site)
    assert mara.send("/sending/stop", came_from="/sending/stop").status_code == 303
    assert stopped(site)
    assert "All mail is stopped" in mara.page("/sending")
    assert mara.send("/sending/start", came_from="/sending").status_code == 303
    assert not stopped(site)


def test_a_manager_looks_and_does_not_switch(site: Site) -> None:
    jonas = site.reader("jonas")
    assert "Stop all mail" not in jonas.page("/sending")
    assert jonas.send("/sending/stop", came_from="/handoffs").status_code == 403
    assert not stopped(site)
    assert site.reader("tom").get("/sending").status_code == 403


def test_a_pile_that_is_not_there_is_not_found(site: Site) -> None:
    assert site.reader("mara").get("/sending/lost").status_code == 404


def test_a_mail_server_in_trouble_is_said_on_sending_and_on_today(site: Site) -> None:
    mara = site.reader("mara")
    with site.here.works.begin("test") as work:
        since = work.machine.isoformat()
        why = "6 of the last 40 mails got no answer after their last line"
        held: dict[str, Json] = {"open_since": since, "why": why, "probe_at": since, "wait": 10}
        shared_values.put(work, "relay_breaker", new=held)
    try:
        pages = [mara.get(path).get_data(as_text=True) for path in ("/sending", "/")]
    finally:
        with site.here.works.begin("test") as work:
            shared_values.put(work, "relay_breaker", new=None)

    for page in pages:
        assert "The mail server is in trouble" in page
        assert why in page
        assert "Sending stopped" in page
    assert "The mail server is in trouble" not in mara.get("/").get_data(as_text=True)


def test_sending_says_whether_anybody_reads_what_comes_back(site: Site) -> None:
    mara = site.reader("mara")
    assert "No mailbox is read" in mara.page("/sending")
    with site.here.works.begin("test") as work:
        shared_values.put(
            work, poll_mailbox.NAME, new={"read": 0, "trouble": "The mailbox does not let us in."}
        )
    assert "The mailbox does not let us in." in mara.page("/sending")
    with site.here.works.begin("test") as work:
        shared_values.put(work, poll_mailbox.NAME, new=None)


def test_mail_that_nobody_understands_stands_on_sending(site: Site) -> None:
    mara = site.reader("mara")
    assert "nobody knows what to do" not in mara.page("/sending")
    with site.here.works.begin("test") as work:
        stray = mail.UnmatchedMail(
            "k", "mailer-daemon@odd.example", "<b>Hm</b>", "We do not understand it."
        )
        mail.keep_unmatched(work, stray)
    html = mara.get("/sending").get_data(as_text=True)
    assert "We do not understand it." in html
    assert "&lt;b&gt;Hm&lt;/b&gt;" in html


def test_what_is_caught_up_with_after_a_standstill_is_said_and_can_be_let_go(site: Site) -> None:
    mara = site.reader("mara")
    assert "stood still" not in mara.page("/sending")
    with site.here.works.begin("test") as work:
        held: dict[str, Json] = {
            "since": (work.machine - timedelta(hours=9)).isoformat(),
            "until": work.machine.isoformat(),
        }
        shared_values.put(work, "standstill", new=held)
        due = mail.outage(work)
    assert due is not None
    for path in ("/sending", "/"):
        page = mara.page(path)
        assert "Nurture stood still from" in page
        assert f"{due.waiting} mail" in page
        assert "100 a minute" in page
        assert "Mail is stuck" not in page
    assert "Let all go now" not in site.reader("jonas").page("/sending")
    assert site.reader("jonas").send("/sending/catch-up", came_from="/handoffs").status_code == 403

    assert mara.send("/sending/catch-up", came_from="/sending").status_code == 303
    assert "stood still" not in mara.page("/sending")


def test_one_of_several_mail_servers_in_trouble_is_named_and_stops_nothing(site: Site) -> None:
    mara = site.reader("mara")
    with site.here.works.begin("test") as work:
        mail.know_relays(work, ["a.example:587", "b.example:465"])
        for _ in range(2):
            mail.watch(work, 0, [MessageEvent.TEMPORARY], relay="b.example:465")
        (first,) = mail.messages(work, limit=1)
        work.session.add_all(
            SendAttempt(
                message_id=first.id,
                outcome="temporary",
                reply="451 later",
                at=work.machine,
                relay="b.example:465",
            )
            for _ in range(20)
        )
        work.session.flush()
        mail.watch(work, 0, [MessageEvent.TEMPORARY], relay="b.example:465")
    try:
        page = mara.page("/sending")
        assert "The mail server b.example:465 is in trouble; the others carry the mail." in page
        assert "Sending on" in page
        assert "so mail waits" not in page
    finally:
        with site.here.works.begin("test") as work:
            mail.know_relays(work, [""])


def test_the_page_says_what_waits_for_the_queue_and_what_came_last(site: Site) -> None:
    with site.here.works.begin("test") as work:
        work.later(JobName.ABSORB)

    page = site.reader("mara").page("/sending")

    assert re.search(r"To the queue \d+ jobs? on the way", page)
    assert "Last click, open none yet" in page


def test_who_does_not_work_is_said_on_sending_and_on_today_for_managers_too(site: Site) -> None:
    with site.here.works.begin("test") as work:
        work.session.query(Heartbeat).delete()
        work.session.add(Heartbeat(name="tick@h:1", seen_at=work.machine - timedelta(seconds=40)))
    for who, path in (("mara", "/sending"), ("mara", "/"), ("jonas", "/")):
        page = site.reader(who).page(path)
        assert "No tick runs. It has been silent for 40 seconds" in page, (who, path)
        assert "nurture up" in page
        assert "Mail stands still" in page
        assert "Sending on" not in page
        assert "Mail leaves in time" not in page
    assert 'n-note n-note-good"' not in site.reader("mara").get("/").get_data(as_text=True)
    with site.here.works.begin("test") as work:
        work.session.query(Heartbeat).delete()


def test_who_was_started_anew_takes_the_place_of_who_fell_silent(site: Site) -> None:
    with site.here.works.begin("test") as work:
        before = work.machine - timedelta(minutes=5)
        for name in ("tick@thishost:1", "tick@otherhost:7"):
            work.session.add(Heartbeat(name=name, seen_at=before))
        shared_values.beat(work, "tick@thishost:2")

    page = site.reader("mara").page("/sending")

    assert page.count("Tick thishost alive") == 1
    assert "Tick thishost silent" not in page
    assert "Tick otherhost silent" in page


def test_who_was_called_dead_is_listed_by_the_servers_words_and_mailed_again(site: Site) -> None:
    mara, lead_id = site.reader("mara"), site.lead("pieter")
    words = "550 5.1.1 Nobody here"
    with site.here.works.begin("test") as work:
        person = leads.get(work, lead_id)
        bounce(work, [DeadAddress(lead_id, person.email, 1, words)], secret=site.here.secret)
    assert "A server said “550 5.1.1 Nobody here”" in mara.page(f"/leads/{lead_id}")
    page = mara.page("/sending/dead")
    assert "1 lead" in page
    assert words in page
    jonas = site.reader("jonas")
    assert words in jonas.page("/sending/dead")
    assert jonas.send("/sending/dead", came_from="/handoffs", words=words).status_code == 403

    answer = mara.send("/sending/dead", came_from="/sending/dead", words=words, why="He called us")

    assert answer.status_code == 303
    assert "1 may be mailed again." in mara.page("/sending/dead")
    assert "May be mailed again: He called us" in mara.page(f"/leads/{lead_id}")


def test_one_who_was_called_dead_is_mailed_again_from_their_page(site: Site) -> None:
    mara, lead_id = site.reader("mara"), site.lead("britta")
    path = f"/leads/{lead_id}"
    with site.here.works.begin("test") as work:
        person = leads.get(work, lead_id)
        bounce(work, [DeadAddress(lead_id, person.email, 1, "550 gone")], secret=site.here.secret)
    assert mara.send(f"{path}/mail-again", came_from=path, why="").status_code == 422
    assert mara.send(f"{path}/mail-again", came_from=path, why="She wrote").status_code == 303
    assert "Britta Olm may be mailed again." in mara.page(path)
    assert mara.send(f"{path}/mail-again", came_from=path, why="again").status_code == 409


def test_what_older_rules_judged_is_said_with_the_command_that_judges_it_again(site: Site) -> None:
    mara = site.reader("mara")
    assert "hits rejudge" not in mara.page("/sending")
    with site.here.works.begin("test") as work:
        at = work.now
        hit = RawHit(HitKind.CLICK, 1, 1, "0", "GET", at, at, "chrome", "", prefetch=False)
        engagement.insert_lines(work, [engagement.to_line(hit)] * 2)
        settled = {"verdict": "human_likely", "ruleset": 1, "settled_at": work.machine}
        work.session.execute(update(Hit).values(settled))
    page = mara.page("/sending")
    assert "2 clicks and opens" in page
    assert "nurture hits rejudge --dry-run" in page
