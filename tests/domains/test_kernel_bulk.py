"""Bulk statements count and keep the same on either database."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DataError, IntegrityError, StatementError

from campaigns.vocabulary import MessageKind, MessageState
from nurture.kernel.database import (
    among,
    bulk_insert,
    bulk_update,
    insert_ignoring,
)
from nurture.kernel.types import Json
from nurture.kernel.work import Work
from nurture.leads.tables import CompanyRow, SourceRecord
from nurture.mail.tables import Message, TemplateVersion
from tests.conftest import MONDAY


def company(domain: str, facts: Json) -> dict[str, object]:
    return {"domain": domain, "name": domain.title(), "facts": facts, "created_at": MONDAY}


def version(work: Work) -> int:
    row = {
        "key": "hello",
        "number": 1,
        "subject": "s",
        "html": "h",
        "text": "t",
        "fingerprint": "f",
        "compiled": {},
        "published_at": work.now,
    }
    assert bulk_insert(work.session, TemplateVersion, [row]) == 1
    return work.session.scalars(select(TemplateVersion.id)).one()


def message(number: int, version_id: int, work: Work) -> dict[str, object]:
    return {
        "dedup_key": f"{number:064}",
        "kind": MessageKind.REQUESTED,
        "state": MessageState.PLANNED,
        "recipient": f"r{number}@x.example",
        "template_version_id": version_id,
        "planned_at": work.now,
        "not_before": work.now + timedelta(seconds=number),
        "step": None,
        "context": {"n": number} if number % 2 else {},
    }


def test_new_rows_are_counted_and_known_ones_passed_over(work: Work) -> None:
    first = [company(f"a{n}.example", {}) for n in range(3)]
    both = [company(f"a{n}.example", {"second": True}) for n in range(5)]

    assert insert_ignoring(work.session, CompanyRow, first) == 3
    assert insert_ignoring(work.session, CompanyRow, both) == 2
    assert insert_ignoring(work.session, CompanyRow, both) == 0
    assert insert_ignoring(work.session, CompanyRow, []) == 0

    kept = dict(work.session.execute(select(CompanyRow.domain, CompanyRow.facts)).all())
    assert kept["a0.example"] == {}
    assert kept["a4.example"] == {"second": True}


def test_one_statement_with_the_same_key_twice_keeps_the_first(work: Work) -> None:
    twice = [company("same.example", {"n": 1}), company("same.example", {"n": 2})]

    assert insert_ignoring(work.session, CompanyRow, twice) == 1
    assert work.session.scalars(select(CompanyRow.facts)).one() == {"n": 1}


def test_a_conflict_is_an_error_where_nobody_asked_to_ignore_it(work: Work) -> None:
    rows = [company("same.example", {}), company("same.example", {})]
    with pytest.raises(IntegrityError), work.session.begin_nested():
        bulk_insert(work.session, CompanyRow, rows)


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"a": None, "b": [1, "x", {"c": "„quoted“ \\ 'n' {1,2}"}]},
        [],
        [[], ["x"]],
        ["a", "b"],
        "",
        "word",
        0,
    ],
)
def test_json_comes_back_as_it_went_in(work: Work, facts: Json) -> None:
    bulk_insert(work.session, CompanyRow, [company("one.example", facts)])

    assert work.session.scalars(select(CompanyRow.facts)).one() == facts


def test_nothing_in_json_is_not_an_empty_object(work: Work) -> None:
    bulk_insert(
        work.session,
        CompanyRow,
        [company("none.example", None), company("empty.example", {})],
    )

    found = work.session.execute(
        select(CompanyRow.domain, CompanyRow.facts).order_by(CompanyRow.id)
    )
    assert [(row.domain, row.facts) for row in found] == [
        ("none.example", None),
        ("empty.example", {}),
    ]


def test_what_is_alike_in_all_rows_is_written_to_each(work: Work) -> None:
    bulk_insert(
        work.session,
        CompanyRow,
        [company("c1.example", {"a": 1}), company("c2.example", {"a": True})],
    )
    empty = [company(f"d{n}.example", None) for n in range(2)]
    bulk_insert(work.session, CompanyRow, empty)

    found = list(work.session.scalars(select(CompanyRow.facts).order_by(CompanyRow.id)))
    assert found == [{"a": 1}, {"a": 1}, None, None]
    assert [type(fact["a"]) for fact in found if isinstance(fact, dict)] == [int, bool]


def test_columns_left_out_get_their_default(work: Work) -> None:
    rows = [{"key": f"s{n}", "name": "", "channel": "web"} for n in range(2)]
    assert bulk_insert(work.session, SourceRecord, rows) == 2

    made = version(work)
    assert insert_ignoring(work.session, Message, [message(n, made, work) for n in range(3)]) == 3
    assert set(work.session.scalars(select(Message.attempts))) == {0}


def test_nulls_and_instants_come_back_as_they_went_in(work: Work) -> None:
    made = version(work)
    bulk_insert(work.session, Message, [message(n, made, work) for n in range(3)])

    rows = work.session.scalars(select(Message).order_by(Message.id)).all()
    assert [row.not_before - work.now for row in rows] == [timedelta(seconds=n) for n in range(3)]
    assert [row.step for row in rows] == [None] * 3
    assert [row.context for row in rows] == [{}, {"n": 1}, {}]


def test_each_row_is_set_to_values_of_its_own_and_those_found_are_counted(work: Work) -> None:
    made = version(work)
    bulk_insert(work.session, Message, [message(n, made, work) for n in range(4)])
    ids = list(work.session.scalars(select(Message.id).order_by(Message.id)))
    rows = [
        {"id": key, "reason": None if n % 2 else f"reason {n}", "settled_at": work.now}
        for n, key in enumerate(ids)
    ]

    assert bulk_update(work.session, Message, [*rows, {**rows[0], "id": max(ids) + 1}]) == 4
    assert bulk_update(work.session, Message, []) == 0

    found = work.session.execute(select(Message.reason).order_by(Message.id)).scalars()
    assert list(found) == ["reason 0", None, "reason 2", None]


def test_a_set_of_one_thousand_rows_is_written_whole(work: Work) -> None:
    rows = [company(f"c{n}.example", {"n": n}) for n in range(1_000)]

    assert insert_ignoring(work.session, CompanyRow, rows) == 1_000
    assert work.session.scalar(select(func.count()).select_from(CompanyRow)) == 1_000


NASTY = [
    "NULL",
    "null",
    "",
    " ",
    "{}",
    "{a,b}",
    '"',
    '""',
    "\\",
    '\\"',
    "a,b",
    "line\nbreak\r\n",
    "tab\t",
    "ü€🙂",
    "%s %(x)s",
    "'; --",
    "\u2028",
    "\ufeffx",
    "\x7f",
    "\u00a0",
]


def test_every_text_comes_back_as_it_went_in(work: Work) -> None:
    rows = [
        {"domain": f"n{number}.example", "name": text, "facts": {}, "created_at": MONDAY}
        for number, text in enumerate(NASTY)
    ]
    bulk_insert(work.session, CompanyRow, rows)

    assert list(work.session.scalars(select(CompanyRow.name).order_by(CompanyRow.id))) == NASTY
    found = select(CompanyRow.name).where(among(work.session, CompanyRow.name, NASTY))
    assert sorted(work.session.scalars(found)) == sorted(NASTY)


def test_an_instant_without_a_zone_is_refused(work: Work) -> None:
    naive = MONDAY.replace(tzinfo=None)
    rows = [company("a.example", {}), {**company("b.example", {}), "created_at": naive}]
    with pytest.raises((ValueError, StatementError), match="naive"), work.session.begin_nested():
        bulk_insert(work.session, CompanyRow, rows)


@pytest.mark.only("postgresql")  # SQLite knows no length
def test_a_text_that_is_too_long_is_refused_and_never_cut(work: Work) -> None:
    rows = [company("a.example", {}), {**company("b.example", {}), "name": "x" * 10_000}]
    with pytest.raises(DataError), work.session.begin_nested():
        bulk_insert(work.session, CompanyRow, rows)
