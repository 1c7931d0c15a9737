"""Wrong passwords slow strangers down and never lock the owner out; sessions end on the server."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, insert, select

from campaigns.vocabulary import Role
from nurture import users
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import UserId
from nurture.kernel.work import Work, Works
from nurture.users import LoggedIn, NewUser, TooManyTries, TrySource, WrongCredentials, login
from nurture.users.tables import LoginSession, LoginTry

KEY = b"k" * 32
TOM = "tom@own.example"
HOME = TrySource("home", wide="home")


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Thousands of passwords are tried here: hash them with the least effort that Argon2 takes."""
    monkeypatch.setattr(login, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    login._nobodys_hash.cache_clear()
    yield
    login._nobodys_hash.cache_clear()


def a_person(works: Works) -> UserId:
    with works.begin("test") as work:
        tom = users.add(work, NewUser("tom", "Tom", TOM, (Role.SALES,)))
        users.set_password_hash(work, tom, users.hash_password("right"))
        return tom


@pytest.fixture
def tom(works: Works) -> UserId:
    return a_person(works)


def attempt(works: Works, password: str, source: TrySource, email: str = TOM) -> LoggedIn:
    return users.authenticate(works, email, password, source=source, key=KEY)


def guess(works: Works, source: TrySource, email: str = TOM) -> bool:
    """Tell whether a wrong password was looked at at all."""
    try:
        attempt(works, "wrong", source, email)
    except WrongCredentials:
        return True
    except TooManyTries:
        return False
    raise AssertionError


def place(number: int) -> TrySource:
    return TrySource(f"network {number}", wide=f"network {number}")


def test_after_a_thousand_wrong_tries_from_elsewhere_the_owner_gets_in_at_once(
    works: Works, tom: UserId
) -> None:
    with works.begin("test") as work:
        account = users.account_of(TOM, key=KEY)
        rows = [
            {"account": account, "source": f"n{one % 200}", "wide": "w", "at": work.machine}
            for one in range(1000)
        ]
        work.session.execute(insert(LoginTry), rows)

    assert not guess(works, TrySource("n7", wide="w"))
    assert attempt(works, "right", HOME).card.id == tom


def test_the_owner_may_mistype_while_strangers_try(
    works: Works, tom: UserId, clock: FrozenClock
) -> None:
    for number in range(50):
        guess(works, place(number))
    assert guess(works, HOME)
    clock.advance(timedelta(seconds=1))
    assert attempt(works, "right", HOME).card.id == tom


def test_no_network_gets_more_than_thirty_tries_an_hour(
    works: Works, tom: UserId, clock: FrozenClock
) -> None:
    looked_at = 0
    for _ in range(3600 // 30):
        looked_at += guess(works, HOME)
        clock.advance(timedelta(seconds=30))
    assert tom
    assert looked_at == 30


def test_a_person_who_mistyped_starts_anew_after_the_right_one(works: Works, tom: UserId) -> None:
    for _ in range(4):
        assert guess(works, HOME)
    assert attempt(works, "right", HOME).card.id == tom
    assert [guess(works, HOME) for _ in range(6)] == [True] * 5 + [False]


def test_an_account_that_nobody_has_is_slowed_down_alike(works: Works, tom: UserId) -> None:
    assert tom
    known = [guess(works, HOME) for _ in range(8)]
    unknown = [guess(works, HOME, "nobody@own.example") for _ in range(8)]

    assert known == unknown
    with pytest.raises(TooManyTries) as first:
        attempt(works, "wrong", HOME)
    with pytest.raises(TooManyTries) as second:
        attempt(works, "wrong", HOME, "nobody@own.example")
    assert first.value.sentence == second.value.sentence


def test_one_network_cannot_try_one_password_on_everybody(works: Works, tom: UserId) -> None:
    assert tom
    tried = sum(guess(works, HOME, f"somebody{number}@own.example") for number in range(110))
    assert tried == 100
    proxy = TrySource("proxy", wide="proxy", shared=True)
    assert all(guess(works, proxy, f"other{number}@own.example") for number in range(105))


def test_a_refused_try_writes_nothing_and_old_ones_are_forgotten(
    works: Works, tom: UserId, clock: FrozenClock
) -> None:
    assert tom
    for _ in range(20):
        guess(works, HOME)
    assert _count(works, LoginTry) == 5
    clock.advance(timedelta(hours=2))
    guess(works, HOME, "nobody@own.example")
    assert _count(works, LoginTry) == 1


def test_many_tries_at_once_count_as_many(fresh_works: Works) -> None:
    a_person(fresh_works)
    looked_at = []

    def many() -> None:
        looked_at.extend([guess(fresh_works, HOME) for _ in range(5)])

    threads = [threading.Thread(target=many) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(looked_at) == 5


def test_a_session_ends_after_twelve_idle_hours_and_after_seven_days(
    works: Works, tom: UserId, clock: FrozenClock
) -> None:
    token = _begin(works, tom)
    clock.advance(timedelta(hours=11, minutes=59))
    assert _reader(works, token) == tom
    clock.advance(timedelta(minutes=1))
    assert _reader(works, token) is None

    token = _begin(works, tom)
    for _ in range(14):
        assert _reader(works, token) == tom
        with works.begin("test") as work:
            users.note_use(work, token)
        clock.advance(timedelta(hours=12) - timedelta(seconds=1))
    clock.advance(timedelta(minutes=1))
    assert _reader(works, token) is None
    _begin(works, tom)
    assert _count(works, LoginSession) == 1  # what is over is cleared away


def test_one_session_ends_alone_and_all_of_somebody_together(works: Works, tom: UserId) -> None:
    first, second, third = (_begin(works, tom) for _ in range(3))
    with works.begin("test") as work:
        users.end_session(work, first)
    assert [_reader(works, one) for one in (first, second, third)] == [None, tom, tom]
    with works.begin("test") as work:
        users.set_password_hash(work, tom, users.hash_password("another"))
    assert [_reader(works, one) for one in (second, third)] == [None, None]


def test_whoever_is_disabled_has_no_session_left(works: Works, tom: UserId) -> None:
    token = _begin(works, tom)
    with works.begin("test") as work:
        users.set_active(work, tom, active=False)
    with works.begin("test") as work:
        users.set_active(work, tom, active=True)
    assert _reader(works, token) is None


def test_the_database_does_not_hold_what_the_browser_holds(work: Work) -> None:
    tom = users.add(work, NewUser("tom", "Tom", TOM, (Role.SALES,)))
    token = users.begin_session(work, tom)
    held = work.session.scalars(select(LoginSession.token_hash)).one()
    assert token not in held
    assert users.reader_of(work, held) is None


def test_the_use_of_a_session_is_worth_noting_every_five_minutes(
    works: Works, tom: UserId, clock: FrozenClock
) -> None:
    token = _begin(works, tom)
    clock.advance(timedelta(minutes=4, seconds=59))
    assert not _worn(works, token)
    clock.advance(timedelta(seconds=1))
    assert _worn(works, token)


def _worn(works: Works, token: str) -> bool:
    with works.read("test") as work:
        found = users.reader_of(work, token)
    assert found is not None
    return found.worn


def _begin(works: Works, user_id: UserId) -> str:
    with works.begin("test") as work:
        return users.begin_session(work, user_id)


def _reader(works: Works, token: str) -> UserId | None:
    with works.read("test") as work:
        found = users.reader_of(work, token)
    return None if found is None else found.card.id


def _count(works: Works, table: type[LoginTry] | type[LoginSession]) -> int:
    with works.read("test") as work:
        return work.session.scalar(select(func.count()).select_from(table)) or 0
