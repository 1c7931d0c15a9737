"""Builders for leads, people of ours and rules, and the hands that promotion is given in tests."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.resources import files

from sqlalchemy import insert, select

from campaigns.conditions import Act, Facts, Value
from campaigns.vocabulary import ActivityKind, ExitReason, Stage
from nurture import lifecycle, published
from nurture.handoff import AlertKind
from nurture.kernel.types import LeadId, UserId
from nurture.kernel.work import Work
from nurture.leads.tables import Lead
from nurture.published import LibraryFile
from nurture.usecases.hands import Hands
from nurture.users.tables import Absence, User

RULES = (LibraryFile.SCORECARD, LibraryFile.DEFINITIONS, LibraryFile.ROUTING, LibraryFile.SLA)
READY: Mapping[str, Value] = {
    "industry": "food",
    "employees": 250,
    "compressor_kw": 90,
    "job": "plant_head",
    "country": "GB",
    "country_served": True,
    "reachable": True,
    "permission": True,
    "phone": "+442012345678",
    "interests": ("energy",),
}


def publish_rules(work: Work) -> None:
    """Publish the rules of the example company."""
    for kind in RULES:
        text = files("campaigns").joinpath("library", f"{kind}.yaml").read_text(encoding="utf-8")
        published.publish(work, kind, text)


def a_lead(work: Work, email: str, *, stage: Stage = Stage.MARKETING, **columns: object) -> LeadId:
    """Make a lead with an open stretch of history."""
    row: dict[str, object] = {
        "email": email,
        "stage": str(stage),
        "zone": "Europe/London",
        "facts": {},
        "interests": ["energy"],
        "queue": "marketing",
        "created_at": work.now,
        "changed_at": work.now,
        **columns,
    }
    lead_id = LeadId(_inserted(work, Lead, row))
    lifecycle.begin(work, [lead_id], stage=stage, reason="made for a test")
    return lead_id


def a_user(work: Work, handle: str, **columns: object) -> UserId:
    """Make somebody of ours."""
    row: dict[str, object] = {
        "handle": handle,
        "name": handle.capitalize(),
        "email": f"{handle}@tarnholt.example",
        "roles": ["sales"],
        "zone": "Europe/London",
        "capacity": 10,
        **columns,
    }
    return UserId(_inserted(work, User, row))


def a_team(work: Work) -> dict[str, UserId]:
    """Make the sales people of the example company."""
    mara = a_user(work, "mara", roles=["marketer"])
    jonas = a_user(work, "jonas", roles=["manager"], deputy_id=mara)
    team = {"mara": mara, "jonas": jonas}
    for handle, channel in (("tom", "telesales"), ("ines", "field"), ("petra", "dealer")):
        team[handle] = a_user(work, handle, channel=channel, boss_id=jonas)
    return team


def is_away(work: Work, user_id: UserId) -> None:
    """Send somebody on leave for a week."""
    row = {"user_id": user_id, "begins_at": work.now, "ends_at": work.now + timedelta(days=7)}
    work.session.execute(insert(Absence), [row])


def act(kind: ActivityKind, at: datetime, *names: str, human: bool = True) -> Act:
    """Make an act."""
    return Act(kind=kind, at=at, names=frozenset(names), item="/".join(names), human=human)


def an_inquiry(at: datetime) -> Act:
    """Make the act of intent that counts most."""
    return act(ActivityKind.SUBMITTED, at, "contact")


@dataclass(slots=True)
class Team:
    """What the parts above would do, written down instead."""

    alerts: list[tuple[int, UserId, AlertKind]] = field(default_factory=list)
    enrolled: list[tuple[str, LeadId]] = field(default_factory=list)
    left: list[tuple[LeadId, ExitReason]] = field(default_factory=list)
    known: dict[LeadId, Facts] = field(default_factory=dict)
    full: bool = False
    """The track takes nobody."""

    @property
    def hands(self) -> Hands:
        """Give them as promotion wants them."""
        return Hands(notify=self, enrol=self.enrol, leave_tracks=self.leave, facts=self.facts)

    def alert(self, _work: Work, handoff_id: int, *, user_id: UserId, kind: AlertKind) -> None:
        """Write an alert down."""
        self.alerts.append((handoff_id, user_id, kind))

    def enrol(
        self,
        _work: Work,
        track_key: str,
        lead_ids: Sequence[LeadId],
        *,
        due_at: datetime,
        reason: str,
    ) -> "Enrolled":
        """Write an enrolment down."""
        assert due_at.tzinfo
        assert reason
        taken = () if self.full else tuple(lead_ids)
        self.enrolled += [(track_key, one) for one in taken]
        return Enrolled(taken)

    def leave(
        self, _work: Work, lead_ids: Sequence[LeadId], *, reason: ExitReason, words: str
    ) -> None:
        """Write an exit down."""
        assert words
        self.left += [(one, reason) for one in lead_ids]

    def facts(self, _work: Work, lead_ids: Sequence[LeadId]) -> Mapping[LeadId, Facts]:
        """Give what the test says is known."""
        return {one: self.known[one] for one in lead_ids}

    def knows(self, lead_id: LeadId, *acts: Act, **values: Value) -> None:
        """Set what is known of a lead, beside what makes it fit."""
        self.known[lead_id] = Facts({**READY, **values}, acts)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Who is in the track now."""

    enrolled: Collection[LeadId]


def stage_of(work: Work, lead_id: LeadId) -> Stage:
    """Tell the stage of a lead."""
    return lifecycle.stages(work, [lead_id])[lead_id]


def _inserted(work: Work, table: type[Lead] | type[User], row: Mapping[str, object]) -> int:
    work.session.execute(insert(table), [dict(row)])
    return work.session.scalars(select(table.id).where(table.email == row["email"])).one()
