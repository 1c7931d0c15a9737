"""The story at its end: numbers with the ranges they must lie in, then what must have come true."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from campaigns.behaviour import Temperament
from campaigns.sent_back import RejectReason
from campaigns.vocabulary import ActivityKind, MessageKind, MessageState, SuppressionReason
from nurture import leads
from nurture.kernel.types import EmailAddress, LeadId
from nurture.kernel.work import Work
from nurture.reports import tally
from nurture.reports.audit import Finding, run_audit
from nurture.reports.tally import Tally
from nurture.usecases import sell
from workers.demo.cast import Cast
from workers.demo.scene import Imported, Scene

WHOLE = 90
"""The ranges are those of a story of so many days."""
AT_ONCE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Line:
    """One number and the range in which it must lie."""

    words: str
    value: int
    low: int
    high: int

    @property
    def fits(self) -> bool:
        """Tell whether it does."""
        return self.low <= self.value <= self.high


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing that must have come true."""

    words: str
    true: bool


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the instance says at the end."""

    tally: Tally
    names: Mapping[LeadId, leads.Person]
    ready: Mapping[LeadId, object]
    acted: Mapping[LeadId, int]
    alerted: Mapping[LeadId, object]
    back: Sequence[tuple[LeadId, str]]
    findings: Sequence[Finding]


def tell(scene: Scene, cast: Cast, imported: Imported | None, *, say: Callable[[str], None]) -> int:
    """Print the story; 1 when a number, a scene or an audit query is not as it must be."""
    with scene.here.works.read("demo") as work:
        facts = _facts(work)
        scenes = list(_scenes(work, scene, cast, facts))
    lines = list(_lines(cast, imported, facts))
    say(f"\nThe story of {scene.options.days} days (seed {scene.seed})\n")
    for line in lines:
        verdict = "" if line.fits or scene.options.days != WHOLE else "   NOT IN RANGE"
        say(f"  {line.words:<44}{line.value:>7,}   expected {line.low:,} to {line.high:,}{verdict}")
    say("")
    for one in scenes:
        say(f"  {'yes' if one.true else 'NO '}  {one.words}")
    say("")
    for finding in facts.findings:
        say(f"  {finding.name}: not true that “{finding.sentence}”: {len(finding.rows)}")
        for row in finding.rows[:3]:
            say(f"      {row.lead_id or ''} {row.text}")
    say(f"  Cracks: {len(facts.findings)}")
    judged = scene.options.days == WHOLE
    wrong = [line for line in lines if judged and not line.fits]
    untrue = [one for one in scenes if judged and not one.true]
    return 1 if wrong or untrue or facts.findings else 0


def _facts(work: Work) -> _Facts:
    ready = tally.promotions(work)
    back = tally.recycled(work)
    ids = {*ready, *(lead_id for lead_id, _ in back)}
    return _Facts(
        tally=tally.tally(work),
        names=leads.by_ids(work, ids),
        ready=ready,
        acted=tally.human_acts(work),
        alerted=tally.first_alerts(work),
        back=back,
        findings=run_audit(work),
    )


def _lines(cast: Cast, imported: Imported | None, facts: _Facts) -> Iterator[Line]:
    found, crowd = facts.tally, cast.crowd.seen
    if imported is not None:
        yield Line("Rows of the list", imported.rows, 1000, 1000)
        yield Line("  became leads", imported.created, 913, 913)
        yield Line("  were the same person again", imported.repeated, 46, 46)
        yield Line("  were rejected", imported.rejected, 41, 41)
    yield Line("Mails sent to prospects", found.sent.get(MessageKind.MARKETING, 0), 5000, 10000)
    yield Line("  asked for and sent at once", found.sent.get(MessageKind.REQUESTED, 0), 250, 1000)
    yield Line("Read: clicks of people", found.acts.get(ActivityKind.CLICKED, 0), 500, 2000)
    yield Line("Opened (a weak sign)", found.acts.get(ActivityKind.OPENED, 0), 1500, 5000)
    yield Line("Clicks and opens of machines, not counted", found.machine_hits, 1000, 8000)
    yield Line("Forms filled in", found.acts.get(ActivityKind.SUBMITTED, 0), 300, 1000)
    yield Line("Promoted to sales-ready", found.promoted, 60, 180)
    yield Line("Handed off", found.events.get("offered", 0), 60, 220)
    yield Line("  accepted by button", found.events.get("accepted", 0), 25, 150)
    yield Line("  spoken with", found.events.get("contacted", 0), 50, 200)
    yield Line("  sent back", found.outcomes.get("rejected", 0), 30, 140)
    yield Line("  escalated", found.events.get("escalated", 0), 5, 60)
    yield Line("  won", found.outcomes.get("won", 0), 20, 90)
    gone = found.suppressed.get(SuppressionReason.UNSUBSCRIBED, 0)
    yield Line("Unsubscribed", gone, 15, 60)
    yield Line("Bounced for good", found.suppressed.get(SuppressionReason.HARD_BOUNCE, 0), 4, 16)
    away = found.acts.get(ActivityKind.AUTO_REPLIED, 0)
    yield Line("Out-of-office notes, without effect", away, 80, 350)
    yield Line("Tasks answered at our desks", sum(cast.desk.counts.values()), 50, 250)
    yield Line("  that were refused", len(cast.desk.refused), 0, 0)
    yield Line("In doubt", found.states.get(MessageState.IN_DOUBT, 0), 0, 0)
    yield Line("Pages and forms that failed", len(crowd.refused), 0, 0)


def _scenes(work: Work, scene: Scene, cast: Cast, facts: _Facts) -> Iterator[Proof]:
    seen = cast.crowd.seen
    yield _collectors(work, scene, facts)
    yield _raised_hands(work, cast, facts)
    unproven = [lead_id for lead_id in facts.ready if not facts.acted.get(lead_id)]
    words = (
        f"Scanners fetched {cast.scanners.requests:,} links of {cast.scanners.mails:,} mails, "
        "and promoted nobody"
    )
    yield Proof(words, not unproven and cast.scanners.mails > 0)
    yield _sent_back(work, facts)
    yield _evaluators(work, scene, facts)
    left = f"{len(seen.left)} said no by one click; they got {seen.written_after} mails after it"
    yield Proof(left, bool(seen.left) and not seen.written_after)
    passed = seen.counts["passed on"]
    shown = f"{passed} mails were passed on, and {len(seen.leaks)} colleagues saw somebody's data"
    yield Proof(shown, passed > 0 and not seen.leaks)


def _collectors(work: Work, scene: Scene, facts: _Facts) -> Proof:
    """Twenty downloads and no deed that asks for something: never sales-ready."""
    all_of_them = _leads_of(work, scene, Temperament.COLLECTOR)
    most = max((facts.acted.get(lead_id, 0) for lead_id in all_of_them), default=0)
    ready = [lead_id for lead_id in all_of_them if lead_id in facts.ready]
    words = (
        f"{len(all_of_them)} collectors, the keenest with {most} acts: "
        f"{len(ready)} of them were ever sales-ready"
    )
    return Proof(words, not ready and most > 0)


def _raised_hands(work: Work, cast: Cast, facts: _Facts) -> Proof:
    """Whoever needs an answer soon has somebody alerted within a minute."""
    raised = cast.crowd.seen.raised
    ids = leads.by_email(work, [EmailAddress(address) for address in raised])
    in_time = [
        address
        for address, at in raised.items()
        if (alert := cast.sales.office.alerted.get(address)) is not None
        and alert - at <= AT_ONCE
        and ids.get(EmailAddress(address)) in facts.alerted
    ]
    words = f"{len(raised)} hot leads raised a hand; {len(in_time)} alerts within 60 s"
    return Proof(words, bool(raised) and len(in_time) == len(raised))


def _sent_back(work: Work, facts: _Facts) -> Proof:
    if not facts.back:
        return Proof("Nobody was sent back and recycled", true=False)
    lead_id, reason = facts.back[0]
    person = facts.names[lead_id]
    why = sell.sent_back(work)[RejectReason(reason)].words.lower()
    words = (
        f"{person.name} of {person.company} was sent back ({why}) and is in nurturing again; "
        f"so were {len(facts.back) - 1} others"
    )
    return Proof(words, true=True)


def _evaluators(work: Work, scene: Scene, facts: _Facts) -> Proof:
    """Those who really weigh a station up get to sales."""
    all_of_them = _leads_of(work, scene, Temperament.EVALUATOR)
    ready = [lead_id for lead_id in all_of_them if lead_id in facts.ready]
    words = f"{len(ready)} of {len(all_of_them)} evaluators became sales-ready"
    return Proof(words, 2 * len(ready) >= len(all_of_them) > 0)


def _leads_of(work: Work, scene: Scene, temperament: Temperament) -> list[LeadId]:
    """Find the leads of one temperament that may be written to."""
    addresses = [
        EmailAddress(address)
        for address, person in scene.people.items()
        if person.temperament == temperament
    ]
    return sorted(leads.by_email(work, addresses).values())
