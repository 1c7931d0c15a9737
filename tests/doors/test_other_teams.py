"""What belongs to another team reads, on every route, as what does not exist (X-05)."""

import re

import pytest

from campaigns.vocabulary import Channel, Role
from nurture import tasks, users
from nurture.kernel.types import UserId
from nurture.tasks import NewTask, TaskKind
from nurture.usecases.sales import handoff_answers
from nurture.users import NewUser
from nurture.web.console.lead_story import CALLS
from tests.doors.console_desk import Reader, Site, site_of

NOBODYS = 987_654_321
PARTS = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>")
VARIES = re.compile(r'(nonce-[\w-]+|name="csrf_token"[^>]*value="[^"]+"|nonce="[^"]+")')


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Two teams: Jonas' with Tom, Ines and a dealer, and Claire's with a seller and a dealer."""
    site = site_of(tmp_path_factory)
    with site.here.works.begin("test") as work:
        for handle, role, channel in (
            ("sven", Role.SALES, Channel.FIELD),
            ("rita", Role.DEALER, Channel.DEALER),
        ):
            users.add(
                work,
                NewUser(
                    handle,
                    handle.capitalize(),
                    f"{handle}@tarnholt.example",
                    (role,),
                    channel=channel,
                    manager="claire",
                ),
            )
    return site


def id_of(site: Site, handle: str) -> UserId:
    with site.here.works.read("test") as work:
        return users.by_handle(work, handle).id


@pytest.fixture(scope="module")
def theirs(site: Site) -> dict[str, int]:
    """Give Ines a lead, a hand-off, a task and an absence; the ids by the name of the parameter."""
    offer = site.pass_on("jens@adorf.example")
    ines = id_of(site, "ines")
    with site.here.works.begin("test") as work:
        lead_id = handoff_answers.redirect(work, offer, to=ines, notify=site.here.notify).lead_id
        tasks.create(
            work,
            [
                NewTask(
                    dedup_key="hers",
                    kind=TaskKind.ASK,
                    title="Ask",
                    reason="Because",
                    due_at=work.now,
                    lead_id=lead_id,
                    owner_id=ines,
                )
            ],
        )
        task = next(one.id for one in tasks.open_tasks(work, lead_id=lead_id) if one.title == "Ask")
    return {"lead_id": lead_id, "handoff_id": offer, "task_id": task, "user_id": ines}


def asked(reader: Reader, method: str, path: str) -> tuple[int, str]:
    if method == "GET":
        answer = reader.client.get(path)
    else:
        page = reader.client.get("/handoffs").text
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert token is not None
        told = {
            "csrf_token": token[1],
            "text": "x",
            "answer": "accept",
            "outcome": next(iter(CALLS)),
            "to": "1",
        }
        answer = reader.client.post(path, data=told)
    return answer.status_code, VARIES.sub("", answer.text)


def address(rule: str, numbers: list[str], ids: dict[str, int], *, other: int) -> str:
    """Fill a route with ids, and its other parts with a word."""
    for name in numbers:
        rule = re.sub(rf"<int:{name}>", str(ids.get(name, other)), rule)
    return PARTS.sub("x", rule)


@pytest.mark.parametrize("handle", ["tom", "petra", "sven", "rita"])
def test_ids_of_others_answer_as_ids_of_nothing_on_every_route(
    site: Site, theirs: dict[str, int], handle: str
) -> None:
    reader, tried = site.reader(handle), 0
    for rule in site.app.url_map.iter_rules():
        numbers = [name for kind, name in PARTS.findall(rule.rule) if kind == "int"]
        if not numbers or rule.endpoint.startswith("public."):
            continue
        for method in {"GET", "POST"} & (rule.methods or set()):
            seen = [
                asked(reader, method, address(rule.rule, numbers, ids, other=other))
                for ids, other in ((theirs, 1), ({}, NOBODYS))
            ]
            assert seen[0] == seen[1], (handle, method, rule.rule)
            assert seen[0][0] in (403, 404), (handle, method, rule.rule)
            tried += 1
    assert tried > 20


def test_a_manager_answers_for_their_own_people_and_nobody_elses(
    site: Site, theirs: dict[str, int]
) -> None:
    path = f"/handoffs/{theirs['handoff_id']}"
    claire = site.reader("claire")
    assert claire.client.get(path).status_code == 200
    refused = claire.send(f"{path}/answer", came_from="/people", answer="accept")
    assert refused.status_code == 403
    assert "or their own manager" in refused.text
    assert claire.send(f"{path}/give", came_from="/people", to=1).status_code == 403
    jonas = site.reader("jonas")
    assert jonas.send(f"{path}/answer", came_from=path, answer="accept").status_code == 303


def test_sales_cannot_give_a_lead_to_another_teams_dealer(
    site: Site, theirs: dict[str, int]
) -> None:
    path, ines = f"/handoffs/{theirs['handoff_id']}", site.reader("ines")
    page = ines.client.get(path).text
    rita, petra = id_of(site, "rita"), id_of(site, "petra")
    assert f'value="{rita}"' not in page
    assert f'value="{petra}"' in page
    answers = [ines.send(f"{path}/give", came_from=path, to=one) for one in (rita, NOBODYS)]
    assert [one.status_code for one in answers] == [422, 422]
    assert VARIES.sub("", answers[0].text) == VARIES.sub("", answers[1].text)
    assert ines.send(f"{path}/give", came_from=path, to=petra).status_code == 303
