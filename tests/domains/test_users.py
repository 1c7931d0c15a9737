from datetime import timedelta

import pytest

from campaigns.vocabulary import Channel, Role
from nurture import users
from nurture.kernel.errors import Forbidden, Invalid, NotFound
from nurture.kernel.types import UserId
from nurture.kernel.work import Work, Works
from nurture.users import NewUser, TrySource
from tests.conftest import MONDAY

TOM = NewUser(
    "tom",
    "Tom Becke",
    "Tom@own.example",
    (Role.SALES,),
    channel=Channel.TELESALES,
    zone="Europe/Berlin",
    capacity=12,
    manager="jonas",
)
JONAS = NewUser("jonas", "Jonas Pell", "jonas@own.example", (Role.MANAGER,), deputy="mara")
HERE, KEY = TrySource("here", wide="here"), b"k" * 32
MARA = NewUser("mara", "Mara Lind", "mara@own.example", (Role.MARKETER, Role.ADMIN))


@pytest.fixture
def tom(works: Works) -> UserId:
    with works.begin("test") as work:
        ids = users.apply(work, [TOM, JONAS, MARA])
        users.set_password_hash(work, ids["tom"], users.hash_password("right"))
        return ids["tom"]


def refused(works: Works, email: str, password: str) -> str:
    with pytest.raises(Forbidden) as refusal:
        users.authenticate(works, email, password, source=HERE, key=KEY)
    return refusal.value.sentence


def test_users_come_from_a_file_as_often_as_it_is_read(work: Work) -> None:
    first = users.apply(work, [TOM, JONAS, MARA])
    assert users.apply(work, [TOM, JONAS, MARA]) == first
    tom, jonas = users.by_handle(work, "tom"), users.by_handle(work, "jonas")
    assert (tom.manager_id, jonas.deputy_id) == (jonas.id, first["mara"])
    assert (tom.email, tom.channel, tom.capacity) == ("tom@own.example", Channel.TELESALES, 12)
    assert tom.has(Role.SALES)
    assert len(users.everybody(work)) == 3
    with pytest.raises(NotFound, match="petra"):
        users.add(work, NewUser("x", "X", "x@own.example", (Role.SALES,), manager="petra"))


def test_the_right_password_opens_whatever_the_case_of_the_address(
    works: Works, tom: UserId
) -> None:
    assert (
        users.authenticate(works, " TOM@own.example ", "right", source=HERE, key=KEY).card.id == tom
    )


def test_wrong_password_and_unknown_user_are_told_the_same(works: Works, tom: UserId) -> None:
    assert tom
    sentences = {
        refused(works, "tom@own.example", "wrong"),
        refused(works, "nobody@own.example", "wrong"),
        refused(works, "mara@own.example", "has no password yet"),
    }
    assert len(sentences) == 1


def test_who_left_gets_in_no_more(works: Works, tom: UserId) -> None:
    with works.begin("test") as work:
        users.set_active(work, tom, active=False)
    refused(works, "tom@own.example", "right")
    with works.read("test") as work:
        assert users.candidates(work, at=work.now) == []


def test_only_sales_people_are_candidates_and_leave_is_seen(work: Work) -> None:
    ids = users.apply(work, [TOM, JONAS, MARA])
    day = timedelta(days=1)
    users.add_absence(work, ids["tom"], begins_at=MONDAY, ends_at=MONDAY + day)
    for at, gone in ((MONDAY, True), (MONDAY + day, False)):
        (one,) = users.candidates(work, at=at)
        assert (one.handle, one.away, one.capacity) == ("tom", gone, 12)
    with pytest.raises(Invalid):
        users.add_absence(work, ids["tom"], begins_at=MONDAY, ends_at=MONDAY)


def test_only_known_themes_are_kept(work: Work) -> None:
    tom = users.add(work, NewUser("tom", "Tom", "tom@own.example", (Role.SALES,)))
    users.set_theme(work, tom, "dark")
    assert users.get(work, tom).theme == "dark"
    with pytest.raises(Invalid):
        users.set_theme(work, tom, "pink")


def test_ending_leave_lets_somebody_get_leads_from_now_on(works: Works) -> None:
    with works.begin("test") as work:
        ids = users.apply(work, [MARA])
        mara, day = ids["mara"], timedelta(days=1)
        users.add_absence(work, mara, begins_at=work.now - day, ends_at=work.now + day)
        users.add_absence(work, mara, begins_at=work.now + 5 * day, ends_at=work.now + 6 * day)
        now, later = users.absences_of(work, [mara], since=work.now)
        users.end_absence(work, now.id)
        users.end_absence(work, later.id)

        assert [one.ends_at for one in users.absences(work, mara)] == [work.now]
        assert users.absences_of(work, [mara], since=work.now) == []
        assert users.away(work, at=work.now) == set()
        with pytest.raises(NotFound, match="taken back already"):
            users.get_absence(work, later.id)
