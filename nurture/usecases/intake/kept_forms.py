"""A form is never lost: it stands on this host's disk before it is told to the database.

While the database is away that is all that happens, and the visitor is told so. The shipper of the
same process carries it out once the database is back; the form's own number makes twice once, so
it does not matter who dies when, nor whether an answer that came too late was kept after all. The
limits on what strangers send hold then, too: what is over them is held for a person to look at.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from nurture import leads, pages
from nurture.engagement import PageArrival
from nurture.kernel import pending_requests
from nurture.kernel.clock import Clock
from nurture.kernel.errors import NotFound, Unavailable
from nurture.kernel.pending_requests import PendingRequest
from nurture.kernel.types import Json, MessageId
from nurture.kernel.work import Work, Works
from nurture.pages import Proofness
from nurture.usecases.intake import submit_form
from nurture.usecases.intake.submit_form import AnswersRefused, FormVisit
from nurture.usecases.intake.take_in import IntakeContext
from nurture.usecases.journeys.advance import JourneyContext
from nurture.usecases.shared import replay

FOLDER = "forms"
IN_HAND = timedelta(seconds=10)
"""So long the request itself may still be telling the database of a form."""
LONGEST_REASON = 200
MOST_KEPT = 5_000
"""So many forms wait on one host while the database is away."""
FULL = "We cannot take this just now. Please send it again in a few minutes."


def keep(home: Path, visit: FormVisit, *, clock: Clock) -> PendingRequest:
    """Write a form down; it cannot get lost any more. A flood of them must not fill the disk."""
    folder = home / FOLDER
    if folder.is_dir() and sum(1 for _ in folder.iterdir()) >= MOST_KEPT:
        raise Unavailable(FULL)
    machine = clock.machine()
    return pending_requests.keep(home / FOLDER, _told(visit, machine), at=machine)


def replay_pending(
    works: Works, home: Path, *, clock: Clock, intake: IntakeContext, journey: JourneyContext
) -> int:
    """Take in what was kept while the database was away; count the forms."""

    def act(work: Work, pending: PendingRequest) -> None:
        _take(work, _visit(pending.content), intake=intake, journey=journey)

    def wanted(pending: PendingRequest) -> bool:
        return clock.machine() - _instant(pending.content["machine_at"]) >= IN_HAND

    return replay.replay_pending(works, home / FOLDER, act, wanted=wanted)


def _take(work: Work, visit: FormVisit, *, intake: IntakeContext, journey: JourneyContext) -> None:
    """Take a form in; one that cannot be read stays with what was typed and why (Q24)."""
    try:
        submit_form.take(work, visit, intake=intake, journey=journey)
    except (AnswersRefused, NotFound) as refusal:
        pages.keep(
            work,
            pages.NewSubmission(
                nonce=visit.nonce,
                form=visit.form,
                page=visit.slug,
                asset_id=None,
                answers=dict(visit.given),
                consent_version=None,
                quarantine=refusal.sentence[:LONGEST_REASON],
                at=visit.received_at,
                standing=Proofness.HELD,
                utm=visit.utm,
            ),
        )


def _told(visit: FormVisit, machine: datetime) -> dict[str, Json]:
    came = visit.came
    return {
        "machine_at": machine.isoformat(),
        "received_at": visit.received_at.isoformat() if visit.received_at else None,
        "form": visit.form,
        "slug": visit.slug,
        "nonce": visit.nonce,
        "given": dict(visit.given),
        "agreed": visit.agreed,
        "consent_version": visit.consent_version,
        "suspicion": visit.suspicion,
        "utm": dict(visit.utm),
        "network": visit.network,
        "came": [came.message_id, came.link, came.machine_at.isoformat()] if came else None,
    }


def _visit(told: Mapping[str, Json]) -> FormVisit:
    given, came, received = told["given"], told["came"], told["received_at"]
    assert isinstance(given, dict)
    by = None
    if isinstance(came, list):
        by = PageArrival(MessageId(int(str(came[0]))), str(came[1]), _instant(came[2]))
    return FormVisit(
        slug=str(told["slug"]),
        form=str(told["form"]),
        nonce=str(told["nonce"]),
        given={name: str(typed) for name, typed in given.items()},
        agreed=told["agreed"] is True,
        consent_version=_words(told["consent_version"]),
        suspicion=_words(told["suspicion"]),
        came=by,
        utm=leads.utm_of(utm) if isinstance(utm := told.get("utm"), dict) else {},
        received_at=_instant(received) if received is not None else None,
        network=_words(told.get("network")) or "",
        promised=True,
    )


def _words(told: Json) -> str | None:
    return None if told is None else str(told)


def _instant(told: Json) -> datetime:
    return datetime.fromisoformat(str(told))
