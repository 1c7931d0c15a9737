"""What a flood of forms may cause: the limits at full size, without a database."""

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from nurture.pages.form_limits import DAY, HOUR, Allowance, CountedBy, FormLimit, LimitScope, allow

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass
class Ledger:
    """Forms as the database counts them."""

    now: datetime = START
    counted: dict[tuple[LimitScope, str, CountedBy], list[datetime]] = field(
        default_factory=lambda: defaultdict(list)
    )
    mails: int = 0

    def send(self, address: str, network: str, *, by_link: bool = False) -> Allowance:
        whose = {LimitScope.ADDRESS: address, LimitScope.NETWORK: network, LimitScope.ALL: ""}

        def full(limit: FormLimit) -> datetime | None:
            times = self.counted[limit.scope, whose[limit.scope], limit.what]
            recent = times[bisect_right(times, self.now - limit.span) :]
            return None if len(recent) < limit.most else recent[-limit.most] + limit.span

        judged = allow(full, by_link=by_link)
        if judged.taken:
            what = [CountedBy.TAKEN, *([CountedBy.MAILED] if judged.mail else [])]
            for scope, name in whose.items():
                for one in what:
                    self.counted[scope, name, one].append(self.now)
            self.mails += judged.mail
        return judged


def test_ten_thousand_forms_for_one_victim_cause_one_mail() -> None:
    ledger = Ledger()

    for number in range(10_000):
        ledger.send("victim@firm.example", f"network {number}")
        ledger.now += timedelta(seconds=5)

    assert ledger.mails == 1


def test_ten_thousand_victims_from_one_network_get_fifty_mails_an_hour() -> None:
    ledger, in_hours = Ledger(), []

    for number in range(10_000):
        ledger.send(f"victim-{number}@firm.example", "one network")
        ledger.now += timedelta(seconds=3)
        if number % 1_200 == 1_199:
            in_hours.append(ledger.mails)

    assert in_hours[0] == 50
    steps = [after - before for before, after in pairwise(in_hours)]
    assert all(step <= 50 for step in steps)
    assert ledger.mails <= 200


def test_ten_thousand_victims_from_as_many_networks_meet_the_brake_for_all() -> None:
    ledger = Ledger()

    for number in range(10_000):
        ledger.send(f"victim-{number}@firm.example", f"network {number}")

    assert ledger.mails == 300


def test_one_address_gets_three_mails_a_month_at_most() -> None:
    ledger = Ledger()

    for _ in range(29 * 24):
        ledger.send("victim@firm.example", "somewhere")
        ledger.now += HOUR

    assert ledger.mails == 3


def test_who_comes_by_a_link_is_not_held_back_by_what_strangers_do() -> None:
    ledger = Ledger()
    for number in range(400):
        ledger.send(f"victim-{number}@firm.example", "one network")
    assert not ledger.send("somebody@firm.example", "one network").taken

    other = Ledger()
    assert other.send("aoife@firm.example", "one network", by_link=True) == Allowance()


@pytest.mark.parametrize(
    ("scope", "again"), [(LimitScope.ADDRESS, START + DAY), (LimitScope.NETWORK, START + HOUR)]
)
def test_who_is_held_back_is_told_from_when_on_it_goes(scope: LimitScope, again: datetime) -> None:
    ledger = Ledger()
    for number in range(50):
        ledger.send(
            "same@firm.example" if scope is LimitScope.ADDRESS else f"{number}@firm.example", "here"
        )

    held = ledger.send(
        "same@firm.example" if scope is LimitScope.ADDRESS else "new@firm.example", "here"
    )

    assert (held.taken, held.mail, held.scope, held.again_at) == (False, False, scope, again)
