"""Who acts for whom, and who may be given a lead."""

from dataclasses import replace

from campaigns.vocabulary import Role
from nurture.kernel.types import UserId
from nurture.users import UserCard, acts_for, may_get

STAFF: dict[UserId, UserCard] = {}


def somebody(
    number: int, *roles: Role, manager: int | None = None, deputy: int | None = None
) -> UserCard:
    card = UserCard(
        id=UserId(number),
        handle=f"p{number}",
        name=f"P {number}",
        email=f"p{number}@own.example",
        roles=frozenset(roles),
        channel=None,
        zone="UTC",
        country=None,
        capacity=10,
        firm=None,
        manager_id=None if manager is None else UserId(manager),
        deputy_id=None if deputy is None else UserId(deputy),
        active=True,
        theme="auto",
    )
    STAFF[card.id] = card
    return card


ADMIN = somebody(1, Role.ADMIN)
HEAD = somebody(2, Role.MANAGER)
NORTH = somebody(3, Role.MANAGER, manager=2)
SOUTH = somebody(4, Role.MANAGER, manager=2, deputy=9)
TOM = somebody(5, Role.SALES, manager=3)
INES = somebody(6, Role.SALES, manager=4)
NORTH_DEALER = somebody(7, Role.DEALER, manager=3)
SOUTH_DEALER = somebody(8, Role.DEALER, manager=4)
LONE = somebody(9, Role.SALES, deputy=5)
MARKETER = somebody(10, Role.MARKETER)


def answering(reader: UserCard, staff: dict[UserId, UserCard] = STAFF) -> set[int]:
    return {int(one.id) for one in staff.values() if acts_for(reader, one, staff)}


def test_everybody_acts_for_themselves_managers_for_their_line_admins_for_all() -> None:
    assert answering(ADMIN) == set(range(1, 11))
    assert answering(HEAD) == {2, 3, 4, 5, 6, 7, 8}
    assert answering(NORTH) == {3, 5, 7}
    assert answering(SOUTH) == {4, 6, 8}
    assert answering(TOM) == {5, 9}  # as the deputy of somebody without a manager
    assert answering(NORTH_DEALER) == {7}
    assert answering(MARKETER) == {10}


def test_what_is_nobodys_is_for_managers_and_admins() -> None:
    able = {int(one.id) for one in STAFF.values() if acts_for(one, None, STAFF)}
    assert able == {1, 2, 3, 4}


def test_the_deputy_of_a_disabled_manager_acts_for_the_team() -> None:
    staff = {**STAFF, SOUTH.id: replace(SOUTH, active=False)}
    assert acts_for(LONE, INES, staff)
    assert not acts_for(LONE, INES, STAFF)


def test_a_line_that_bites_its_tail_ends() -> None:
    staff = {**STAFF, HEAD.id: replace(HEAD, manager_id=TOM.id)}
    assert not acts_for(INES, TOM, staff)


def test_another_teams_dealer_is_not_for_sales_to_choose() -> None:
    def getters(reader: UserCard) -> set[int]:
        return {
            int(one.id)
            for one in (TOM, INES, NORTH_DEALER, SOUTH_DEALER)
            if may_get(reader, one, STAFF)
        }

    assert getters(ADMIN) == {5, 6, 7, 8}
    assert getters(HEAD) == {5, 6, 7, 8}
    assert getters(NORTH) == {5, 6, 7}
    assert getters(TOM) == {5, 6, 7}
    assert getters(INES) == {5, 6, 8}
    assert getters(NORTH_DEALER) == {5}
    assert getters(LONE) == {5, 6}
