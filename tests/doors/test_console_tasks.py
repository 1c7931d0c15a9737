import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, update

from nurture import tasks, users
from nurture.kernel.types import LeadId, UserId
from nurture.tasks import NewTask, TaskKind
from nurture.users.tables import User
from nurture.web.console import task_page, todo_items
from tests.doors.console_desk import Site, links, plain, site_of


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return site_of(tmp_path_factory)


def owner(site: Site, handle: str) -> UserId:
    with site.here.works.read("test") as work:
        return users.by_handle(work, handle).id


def give(
    site: Site,
    kind: TaskKind,
    title: str,
    *,
    to: str = "",
    queue: str = "",
    lead: str = "pieter",
    days: int = 1,
) -> int:
    """Give somebody a task; its title names it."""
    with site.here.works.begin("test") as work:
        row = NewTask(
            dedup_key=f"test|{title}|{lead}",
            kind=kind,
            title=title,
            reason="the track asks",
            due_at=work.now + timedelta(days=days),
            lead_id=site.lead(lead),
            owner_id=owner(site, to) if to else None,
            queue=queue or None,
            outcomes={"reached": "d2", "not_now": "end"} if kind is TaskKind.CALL else {},
            script="call_about_questions" if kind is TaskKind.CALL else None,
        )
        tasks.create(work, [row])
        return max(one.id for one in tasks.open_tasks(work, lead_id=site.lead(lead)))


def outcome_of(site: Site, task_id: int) -> str | None:
    with site.here.works.read("test") as work:
        return tasks.get(work, task_id).outcome


def open_of(site: Site, lead_id: LeadId) -> list[int]:
    with site.here.works.read("test") as work:
        return [one.id for one in tasks.open_tasks(work, lead_id=lead_id)]


def test_the_list_says_what_why_for_whom_and_by_when(site: Site) -> None:
    task_id = give(site, TaskKind.ASK, "Ask who decides", queue="telesales")

    mara = site.reader("mara")
    page = mara.page("/tasks")

    assert (
        "Ask who decides The track asks Pieter Hagen, Hagen Polymers "
        "Pieter Hagen Hagen Polymers, BE Phone sales tomorrow"
    ) in page
    assert f"/tasks/{task_id}" in links(mara.get("/tasks").get_data(as_text=True))


def test_looking_at_a_task_changes_nothing(site: Site) -> None:
    task_id = give(site, TaskKind.TRIAGE, "Look only", queue="marketing")
    for _ in range(2):
        assert site.reader("mara").get(f"/tasks/{task_id}").status_code == 200
    assert site.reader("mara").get(f"/tasks/{task_id}/answer").status_code == 405
    assert outcome_of(site, task_id) is None


def test_a_call_shows_what_to_say_and_its_outcomes_as_buttons(site: Site) -> None:
    task_id = give(site, TaskKind.CALL, "Any questions", to="tom", lead="jens")
    tom = site.reader("tom")

    html = tom.get(f"/tasks/{task_id}").get_data(as_text=True)
    assert "Ask what they are working on" in plain(html)
    assert re.findall(r'name="choice" value="(\w+)"', html) == ["reached", "not_now"]
    assert 'href="tel:+493023125019"' in html
    tom.send(f"/tasks/{task_id}/answer", came_from=f"/tasks/{task_id}", choice="reached")

    assert outcome_of(site, task_id) == "reached"
    assert "You answered, 10:24: Spoke, no question." in tom.page(f"/tasks/{task_id}")


def test_who_presses_second_reads_who_was_first_and_when(site: Site) -> None:
    task_id = give(site, TaskKind.ASK, "Who is first", to="tom")
    tom, jonas, address = site.reader("tom"), site.reader("jonas"), f"/tasks/{task_id}"
    tom.send(f"{address}/answer", came_from=address, choice="done", note="It is Ms Olm")

    late = jonas.send(f"{address}/answer", came_from="/tasks", choice="not_possible")

    assert late.status_code == 409
    assert "Tom Becke answered, 10:24: Done. It is Ms Olm" in plain(late.get_data(as_text=True))
    assert outcome_of(site, task_id) == "done"


def test_an_answer_is_taken_back_on_the_tasks_own_page(site: Site) -> None:
    task_id = give(site, TaskKind.ASK, "Take it back", queue="marketing")
    mara, address = site.reader("mara"), f"/tasks/{task_id}"
    mara.send(f"{address}/answer", came_from=address, choice="not_possible")
    assert "You may change it until 10:34" in mara.page(address)

    mara.send(f"{address}/undo", came_from=address)

    assert outcome_of(site, task_id) is None
    assert "Your answer is taken back." in mara.page(address)


def test_what_an_answer_lacks_is_said_and_what_was_typed_stays(site: Site) -> None:
    task_id = give(site, TaskKind.TRIAGE, "Decide fully", queue="marketing")
    mara, address = site.reader("mara"), f"/tasks/{task_id}"

    refused = mara.send(f"{address}/answer", came_from=address, choice="rest", note="In summer")

    assert refused.status_code == 422
    html = refused.get_data(as_text=True)
    assert "Say until which day this lead rests: a day to come." in plain(html)
    assert "In summer</textarea>" in html
    assert outcome_of(site, task_id) is None


def test_a_decision_can_be_taken_on_the_leads_own_page(site: Site) -> None:
    task_id = give(site, TaskKind.TRIAGE, "Decide here", queue="triage", lead="aoife")
    lead_id, mara = site.lead("aoife"), site.reader("mara")
    page = f"/leads/{lead_id}"
    assert "Decide here" in mara.page(page)

    done = mara.send(
        f"/tasks/{task_id}/answer", came_from=page, choice="rest", until="2026-05-04", back="lead"
    )

    assert done.headers["Location"].endswith(page)
    assert task_id not in open_of(site, lead_id)
    assert "Somebody looks at this lead" in mara.page(page)


def test_sales_and_dealers_have_their_own_tasks_and_no_others(site: Site) -> None:
    for_tom = give(site, TaskKind.ASK, "For Tom", to="tom", lead="britta")
    for_phone = give(site, TaskKind.FOLLOW_UP, "For the phone", queue="telesales", lead="britta")
    for_mara = give(site, TaskKind.ASK, "For marketing", queue="marketing", lead="britta")
    for_dealer = give(site, TaskKind.ASK, "For a dealer", to="petra", lead="britta")
    shared = give(site, TaskKind.ASK, "For dealers", queue="dealer", lead="britta")

    for handle, seen in {
        "tom": {for_tom, for_phone},
        "petra": {for_dealer},
        "ines": set(),
        "mara": {for_tom, for_phone, for_mara, for_dealer, shared},
    }.items():
        reader = site.reader(handle)
        every = (for_tom, for_phone, for_mara, for_dealer, shared)
        assert {one for one in every if reader.get(f"/tasks/{one}").status_code == 200} == seen
        listed = links(reader.get("/tasks").get_data(as_text=True))
        assert {one for one in every if f"/tasks/{one}" in listed} == seen
    ines = site.reader("ines")
    stolen = ines.send(f"/tasks/{for_tom}/answer", came_from="/tasks", choice="done")
    assert stolen.status_code == 404
    assert outcome_of(site, for_tom) is None


def test_a_manager_answers_for_the_people_who_report_to_them(site: Site) -> None:
    for_tom = give(site, TaskKind.ASK, "Toms own", to="tom", lead="orla")
    jonas, address = site.reader("jonas"), f"/tasks/{for_tom}"
    assert site.reader("claire").get(address).status_code == 404

    jonas.send(f"{address}/answer", came_from=address, choice="done")

    assert outcome_of(site, for_tom) == "done"


def test_whoever_has_a_task_about_a_lead_may_open_the_lead(site: Site) -> None:
    lead_id = site.lead("orla")
    ines = site.reader("ines")
    assert ines.get(f"/leads/{lead_id}").status_code == 404

    give(site, TaskKind.ASK, "Ines looks", to="ines", lead="orla")

    assert "Ines looks" in ines.page(f"/leads/{lead_id}")


def test_the_number_on_today_is_the_length_of_the_list(site: Site) -> None:
    for one in ("pieter", "jens", "britta", "orla"):
        give(site, TaskKind.TRIAGE, "Asked four times", queue="triage", lead=one, days=-1)
    mara = site.reader("mara")

    home, page = mara.page("/"), mara.get("/tasks").get_data(as_text=True)

    told = re.search(r"Needs you (\d+)", home)
    assert told is not None
    assert int(told[1]) == page.count('scope="row"')
    folded = re.search(r"/tasks\?title=Asked[^\"]+", mara.get("/").get_data(as_text=True))
    assert folded is not None
    cut = mara.get(folded[0].replace("&amp;", "&")).get_data(as_text=True)
    assert cut.count('scope="row"') == 4


def test_what_was_answered_stands_there_for_a_week_with_who_and_when(site: Site) -> None:
    task_id = give(site, TaskKind.CALL, "Ring once", to="tom", lead="britta")
    address = f"/tasks/{task_id}"
    site.reader("tom").send(f"{address}/answer", came_from=address, choice="not_now")

    page = site.reader("mara").page("/tasks?view=answered")

    assert "Ring once The track asks Britta Olm, Seefeld Pharma" in page
    assert "Tom Becke answered, 10:24: Not now." in page


def test_the_number_answered_is_that_of_the_list_however_long_it_is(site: Site) -> None:
    ids = [give(site, TaskKind.ASK, f"Answer {n}", queue="marketing") for n in range(3)]
    with site.here.works.begin(f"user:{owner(site, 'mara')}") as work:
        for one in ids:
            tasks.done(work, one, outcome="done", note="")
        rows = [
            NewTask(
                dedup_key=f"test|long|{n}",
                kind=TaskKind.ASK,
                title=f"Long {n}",
                reason="x",
                due_at=work.now,
                queue="marketing",
            )
            for n in range(110)
        ]
        tasks.create(work, rows)
        everybody = tasks.TaskFilter(everybody=True)
        for task in tasks.todo(work, everybody, limit=500):
            if task.title.startswith("Long"):
                tasks.done(work, task.id, outcome="done", note="")
        total = tasks.answered_count(work, everybody, since=work.now - timedelta(days=7))
    mara = site.reader("mara")

    html = mara.get("/tasks?view=answered").get_data(as_text=True)

    assert total > 110
    assert f"{total} tasks answered in 7 days." in plain(html)
    assert html.count('scope="row"') == 100
    more = next(one for one in links(html) if "rows=200" in one)
    assert mara.get(more).get_data(as_text=True).count('scope="row"') == total


def test_a_tab_counts_what_its_list_shows_mails_in_doubt_too(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubt = todo_items.TodoItem(
        "1 mail maybe delivered", "x", "mail-question", "today", "/sending", "Look"
    )
    monkeypatch.setattr(task_page, "doubts", lambda _work: [doubt])
    page = site.reader("mara").page("/tasks")
    told = re.search(r"(\d+) things? waits? for a person", page)
    assert told is not None
    assert f"Open {told[1]} " in page
    assert f"Open {told[1]} " in site.reader("mara").page("/tasks?view=late")


def test_no_number_of_rows_is_too_long_to_answer(site: Site) -> None:
    assert site.reader("mara").get(f"/tasks?rows={'9' * 5_000}").status_code == 200


def test_a_lead_may_rest_until_the_first_day_that_the_form_offers(site: Site) -> None:
    task_id = give(site, TaskKind.TRIAGE, "Rest in the west", queue="marketing")
    mara, address = site.reader("mara"), f"/tasks/{task_id}"
    zone_of(site, "mara", "America/New_York")
    site.later(timedelta(hours=16))  # 01:24 in UTC, still the evening before in New York
    offered = re.search(r'name="until"[^>]*min="([-0-9]+)"', mara.get(address).text)
    assert offered is not None
    done = mara.send(f"{address}/answer", came_from=address, choice="rest", until=offered[1])
    site.later(-timedelta(hours=16))
    zone_of(site, "mara", "Europe/Berlin")

    assert done.status_code == 303
    assert outcome_of(site, task_id) == "rest"


def zone_of(site: Site, handle: str, zone: str) -> None:
    with site.here.works.begin("test") as work:
        work.session.execute(update(User).where(User.handle == handle).values(zone=zone))


def test_today_asks_the_database_once_for_all_questions_that_are_alike(site: Site) -> None:
    mara = site.reader("mara")
    mara.get("/")

    def grown(title: str) -> int:
        for one in ("pieter", "jens", "britta"):
            give(site, TaskKind.TRIAGE, title, queue="triage", lead=one, days=-2)
        with counted(site) as said:
            mara.get("/")
        return len(said)

    assert grown("Alike one") == grown("Alike two") == grown("Alike three")


@contextmanager
def counted(site: Site) -> Iterator[list[str]]:
    """Write down what the database is asked."""
    said: list[str] = []

    def note(*asked: object) -> None:
        said.append(str(asked[2]))

    event.listen(site.here.works.engine, "before_cursor_execute", note)
    yield said
    event.remove(site.here.works.engine, "before_cursor_execute", note)
