"""Builders for leads, what they did, people of ours and rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.resources import files

from sqlalchemy import insert, select, update

from campaigns.conditions import LeadEvent, Value
from campaigns.rejection_reasons import BACK
from campaigns.vocabulary import ActivityKind, Basis, Stage, Verdict
from nurture import consent, content, engagement, lifecycle, published, scoring, tracks
from nurture.engagement import ActivityRow
from nurture.handoff import AlertKind
from nurture.kernel.types import LeadId, UserId
from nurture.kernel.work import Work
from nurture.leads.tables import Lead
from nurture.published import LibraryFile
from nurture.usecases.shared import lead_facts
from nurture.users.tables import Absence, User

RULES = (
    LibraryFile.SCORECARD,
    LibraryFile.DEFINITIONS,
    LibraryFile.ROUTING,
    LibraryFile.SLA,
    LibraryFile.SENDING,
)
LIBRARY = files("campaigns").joinpath("library")
INTERESTS = ("energy",)
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
    "interests": INTERESTS,
}
DERIVED = frozenset({"country_served", "reachable"})
"""What the database tells by itself."""


def publish_rules(work: Work) -> None:
    """Publish the rules of the example company."""
    for kind in RULES:
        text = LIBRARY.joinpath(f"{kind}.yaml").read_text(encoding="utf-8")
        published.publish(work, kind, text)


def publish_company(work: Work) -> None:
    """Publish who the example company is, which says whom it serves."""
    text = LIBRARY.joinpath("company.yaml").read_text(encoding="utf-8")
    published.publish(work, LibraryFile.COMPANY, text)


def publish_track(work: Work, key: str) -> None:
    """Publish a track of the example company."""
    text = LIBRARY.joinpath("tracks", f"{key}.yaml").read_text(encoding="utf-8")
    tracks.publish(work, text, file=f"{key}.yaml")


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
        team[handle] = a_user(work, handle, channel=channel, manager_id=jonas)
    return team


def is_away(work: Work, user_id: UserId) -> None:
    """Send somebody on leave for a week."""
    row = {"user_id": user_id, "begins_at": work.now, "ends_at": work.now + timedelta(days=7)}
    work.session.execute(insert(Absence), [row])


def act(kind: ActivityKind, at: datetime, *names: str, human: bool = True) -> LeadEvent:
    """Make an act."""
    return LeadEvent(kind=kind, at=at, names=frozenset(names), item="/".join(names), human=human)


def an_inquiry(at: datetime) -> LeadEvent:
    """Make the act of intent that counts most."""
    return act(ActivityKind.SUBMITTED, at, "contact")


@dataclass
class Alerts:
    """A notifier that writes down who is to be told of what."""

    told: list[tuple[int, UserId, AlertKind]] = field(default_factory=list)

    def alert(self, _work: Work, handoff_id: int, *, user_id: UserId, kind: AlertKind) -> None:
        """Write an alert down."""
        self.told.append((handoff_id, user_id, kind))


def knows(work: Work, lead_id: LeadId, *acts: LeadEvent, **values: Value) -> list[ActivityRow]:
    """Keep what makes a lead fit, with `values` over it, and what it did; give the new acts.

    `permission` is whether it may be written to.
    """
    told = {**READY, **values}
    if told.pop("permission"):
        consent.give(work, [consent.Grant(lead_id, Basis.CONSENT)], renew=True)
    columns = {name: told.pop(name) for name in ("country", "job", "phone", "interests")}
    facts = {name: value for name, value in told.items() if name not in DERIVED}
    work.session.execute(
        update(Lead)
        .where(Lead.id == lead_id)
        .values(facts=facts, **{**columns, "interests": list(INTERESTS)})
    )
    return engagement.note_activity(work, [_row(work, lead_id, one) for one in acts])


def did(work: Work, lead_id: LeadId, *acts: LeadEvent, **values: Value) -> None:
    """Let a lead act: it is known, and posted to the score."""
    rows = knows(work, lead_id, *acts, **values)
    names = lead_facts.names_for(work, rows)
    scoring.post_acts(
        work, [scoring.ScoredAct(row.lead_id, row.origin, names.act(row)) for row in rows]
    )


def _row(work: Work, lead_id: LeadId, act: LeadEvent) -> ActivityRow:
    verdict = Verdict.HUMAN_PROVEN if act.sure else Verdict.HUMAN_LIKELY
    items = [card.id for card in content.assets(work) if card.key in act.names]
    return ActivityRow(
        lead_id,
        act.kind,
        act.at,
        origin=act.ref or f"{lead_id}:{act.kind}:{act.item}:{act.at:%Y%m%d}",
        asset_id=items[0] if items else None,
        name=None if items else act.item,
        verdict=verdict if act.human else Verdict.SCANNER_CERTAIN,
    )


def put_in_track(work: Work, lead_id: LeadId, key: str = BACK) -> None:
    """Put a lead at the first step of a track, which is published if need be."""
    publish_track(work, key)
    tracks.enrol(work, key, [lead_id], due_at=work.now, reason="for a test")


def stays_of(work: Work, lead_id: LeadId) -> list[tuple[str, str | None]]:
    """Name the tracks that a lead is in or was in, each with why it left."""
    return [(stay.track_key, stay.exit_reason) for stay in tracks.stays(work, lead_id)]


def stage_of(work: Work, lead_id: LeadId) -> Stage:
    """Tell the stage of a lead."""
    return lifecycle.stages(work, [lead_id])[lead_id]


def _inserted(work: Work, table: type[Lead] | type[User], row: Mapping[str, object]) -> int:
    work.session.execute(insert(table), [dict(row)])
    return work.session.scalars(select(table.id).where(table.email == row["email"])).one()
