"""The story at its end: numbers with the ranges they must lie in, then what must have come true."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from campaigns.rejection_reasons import RejectReason
from campaigns.vocabulary import ActivityKind, MessageKind, MessageState, SuppressionReason
from nurture import leads
from nurture.kernel.types import EmailAddress, LeadId
from nurture.kernel.work import Work
from nurture.reports import tally
from nurture.reports.audit import AuditFinding, run_audit
from nurture.reports.tally import Tally
from nurture.usecases.sales import handoff_answers
from workers.demo.behaviour import Temperament
from workers.demo.cast import Cast
from workers.demo.scene import DemoScene, Imported

WHOLE = 90
"""The ranges are those of a story of so many days."""
AT_ONCE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class StoryLine:
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
class StoryProof:
    """One thing that must have come true."""

    words: str
    true: bool


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the instance says at the end."""

    tally: Tally
    names: Mapping[LeadId, leads.LeadView]
    ready: Mapping[LeadId, object]
    acted: Mapping[LeadId, int]
    alerted: Mapping[LeadId, object]
    back: Sequence[tuple[LeadId, str]]
    findings: Sequence[AuditFinding]


def tell(
    scene: DemoScene, cast: Cast, imported: Imported | None, *, say: Callable[[str], None]
) -> int:
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


def _lines(cast: Cast, imported: Imported | None, facts: _Facts) -> Iterator[StoryLine]:
    found, crowd = facts.tally, cast.crowd.seen
    if imported is not None:
        yield StoryLine("Rows of the list", imported.rows, 1000, 1000)
        yield StoryLine("  became leads", imported.created, 913, 913)
        yield StoryLine("  were the same person again", imported.repeated, 46, 46)
        yield StoryLine("  were rejected", imported.rejected, 41, 41)
    yield StoryLine(
        "Mails sent to prospects", found.sent.get(MessageKind.MARKETING, 0), 5000, 10000
    )
    yield StoryLine(
        "  asked for and sent at once", found.sent.get(MessageKind.REQUESTED, 0), 250, 1000
    )
    yield StoryLine("Read: clicks of people", found.acts.get(ActivityKind.CLICKED, 0), 500, 2000)
    yield StoryLine("Opened (a weak sign)", found.acts.get(ActivityKind.OPENED, 0), 1500, 5000)
    yield StoryLine("Clicks and opens of machines, not counted", found.machine_hits, 1000, 8000)
    yield StoryLine("Forms filled in", found.acts.get(ActivityKind.SUBMITTED, 0), 300, 1000)
    yield StoryLine("Promoted to sales-ready", found.promoted, 60, 180)
    yield StoryLine("Handed off", found.events.get("offered", 0), 60, 220)
    yield StoryLine("  accepted by button", found.events.get("accepted", 0), 25, 150)
    yield StoryLine("  spoken with", found.events.get("contacted", 0), 50, 200)
    yield StoryLine("  sent back", found.outcomes.get("rejected", 0), 30, 140)
    yield StoryLine("  escalated", found.events.get("escalated", 0), 5, 60)
    yield StoryLine("  won", found.outcomes.get("won", 0), 20, 90)
    gone = found.suppressed.get(SuppressionReason.UNSUBSCRIBED, 0)
    yield StoryLine("Unsubscribed", gone, 15, 60)
    yield StoryLine(
        "Bounced for good", found.suppressed.get(SuppressionReason.HARD_BOUNCE, 0), 4, 16
    )
    away = found.acts.get(ActivityKind.AUTO_REPLIED, 0)
    yield StoryLine("Out-of-office notes, without effect", away, 80, 350)
    yield StoryLine("Tasks answered at our desks", sum(cast.desk.counts.values()), 50, 250)
    yield StoryLine("  that were refused", len(cast.desk.refused), 0, 0)
    yield StoryLine("In doubt", found.states.get(MessageState.IN_DOUBT, 0), 0, 0)
    yield StoryLine("Pages and forms that failed", len(crowd.refused), 0, 0)


def _scenes(work: Work, scene: DemoScene, cast: Cast, facts: _Facts) -> Iterator[StoryProof]:
    seen = cast.crowd.seen
    yield _collectors(work, scene, facts)
    yield _contact_requests(work, cast, facts)
    unproven = [lead_id for lead_id in facts.ready if not facts.acted.get(lead_id)]
    words = (
        f"Scanners fetched {cast.scanners.requests:,} links of {cast.scanners.mails:,} mails, "
        "and promoted nobody"
    )
    yield StoryProof(words, not unproven and cast.scanners.mails > 0)
    yield _sent_back(work, facts)
    yield _evaluators(work, scene, facts)
    left = f"{len(seen.left)} said no by one click; they got {seen.written_after} mails after it"
    yield StoryProof(left, bool(seen.left) and not seen.written_after)
    passed = seen.counts["passed on"]
    shown = f"{passed} mails were passed on, and {len(seen.leaks)} colleagues saw somebody's data"
    yield StoryProof(shown, passed > 0 and not seen.leaks)


def _collectors(work: Work, scene: DemoScene, facts: _Facts) -> StoryProof:
    """Twenty downloads and no act that asks for something: never sales-ready."""
    all_of_them = _leads_of(work, scene, Temperament.COLLECTOR)
    most = max((facts.acted.get(lead_id, 0) for lead_id in all_of_them), default=0)
    ready = [lead_id for lead_id in all_of_them if lead_id in facts.ready]
    words = (
        f"{len(all_of_them)} collectors, the keenest with {most} acts: "
        f"{len(ready)} of them were ever sales-ready"
    )
    return StoryProof(words, not ready and most > 0)


def _contact_requests(work: Work, cast: Cast, facts: _Facts) -> StoryProof:
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
    return StoryProof(words, bool(raised) and len(in_time) == len(raised))


def _sent_back(work: Work, facts: _Facts) -> StoryProof:
    if not facts.back:
        return StoryProof("Nobody was sent back and recycled", true=False)
    lead_id, reason = facts.back[0]
    person = facts.names[lead_id]
    why = handoff_answers.sent_back(work)[RejectReason(reason)].words.lower()
    words = (
        f"{person.name} of {person.company} was sent back ({why}) and is in nurturing again; "
        f"so were {len(facts.back) - 1} others"
    )
    return StoryProof(words, true=True)


def _evaluators(work: Work, scene: DemoScene, facts: _Facts) -> StoryProof:
    """Those who really weigh a station up get to sales."""
    all_of_them = _leads_of(work, scene, Temperament.EVALUATOR)
    ready = [lead_id for lead_id in all_of_them if lead_id in facts.ready]
    words = f"{len(ready)} of {len(all_of_them)} evaluators became sales-ready"
    return StoryProof(words, 2 * len(ready) >= len(all_of_them) > 0)


def _leads_of(work: Work, scene: DemoScene, temperament: Temperament) -> list[LeadId]:
    """Find the leads of one temperament that may be written to."""
    addresses = [
        EmailAddress(address)
        for address, person in scene.people.items()
        if person.temperament == temperament
    ]
    return sorted(leads.by_email(work, addresses).values())
