"""The cards of one lead's page: where it stands, what comes, what is missing, what is known."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from campaigns.conditions import Compare, EventCondition, leaves
from campaigns.definitions import Clause, check
from campaigns.scorecard import Scorecard
from campaigns.vocabulary import ActivityKind, EnrolmentState, Stage
from nurture import consent, mail, published, scoring, tasks, tracks
from nurture.handoff import HandoffView
from nurture.kernel.work import Work
from nurture.leads import country_name, utm_of, utm_words
from nurture.mail import MessageLine
from nurture.tasks import TaskKind
from nurture.tracks import TrackStay
from nurture.usecases.desk import lift_bounce
from nurture.usecases.journeys.explain import MailExplanation
from nurture.usecases.sales.promotion import OPEN_STAGES, held, with_standing
from nurture.usecases.shared.lead_facts import known
from nurture.web.console import act_words, page_frame, step_words
from nurture.web.console.lead_case import LeadCase
from nurture.web.formatting import plural

BESIDE: Mapping[Stage, tuple[str, str]] = {
    Stage.UNQUALIFIED: ("user-question", "A new name: not a marketing lead yet"),
    Stage.RECYCLED: ("arrow-back-up", "Back to nurturing: sales has given this lead back"),
    Stage.DISQUALIFIED: ("ban", "Disqualified: we neither write nor call"),
}
BASES = {
    "consent": "Agreed to mail",
    "form": "Agreed in a form",
    "existing_customer": "Customer of ours",
    "none": "No ground known",
}
TASK_ICONS: Mapping[TaskKind, str] = {TaskKind.CALL: "phone", TaskKind.WAKE: "alarm"}


@dataclass(frozen=True, slots=True)
class StageMark:
    """One stage of the bar: done, on or to come."""

    words: str
    note: str
    state: str


@dataclass(frozen=True, slots=True)
class StageBar:
    """The stage bar, and a line above it for the stages beside the road."""

    marks: tuple[StageMark, ...]
    icon: str = ""
    beside: str = ""


@dataclass(frozen=True, slots=True)
class DefinitionTick:
    """One line of a definition, and the fact behind it."""

    holds: bool
    words: str
    fact: str = ""


@dataclass(frozen=True, slots=True)
class ReadinessCard:
    """What is there and what is missing to become sales-ready."""

    ticks: tuple[DefinitionTick, ...] = ()
    hint: str = ""

    @property
    def missing(self) -> int:
        """Count what does not hold."""
        return sum(not tick.holds for tick in self.ticks)


@dataclass(frozen=True, slots=True)
class UpcomingItem:
    """One thing that is planned for a lead."""

    icon: str
    words: str
    how: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FactLine:
    """One line of what is known, with who said it and when."""

    name: str
    words: str = ""
    told: str = ""
    kind: str = ""
    """mail, phone, owner, missing, or unknown where nobody has asked; else plain."""


@dataclass(frozen=True, slots=True)
class PermissionCard:
    """One line about permission."""

    state: str
    words: str
    fact: str = ""


@dataclass(frozen=True, slots=True)
class LeadCards:
    """All of them."""

    road: StageBar
    verdict: str
    verdict_rest: str
    ready: ReadinessCard
    coming: tuple[UpcomingItem, ...]
    facts: tuple[FactLine, ...]
    permits: tuple[PermissionCard, ...]
    line: str
    country: str
    stays: tuple[TrackStay, ...] = field(default=())
    dead: str = ""
    """What a server called the address dead with, "" where none did."""


def cards_of(work: Work, case: LeadCase, why: MailExplanation) -> LeadCards:
    """Put every card beside the timeline together."""
    ready = _ready(work, case) if case.person.stage in OPEN_STAGES else ReadinessCard()
    mails_sent = mail.upcoming(work, case.person.id)
    bold, rest = verdict(why, case, title=case.title_of(mails_sent[0]) if mails_sent else "")
    active = tuple(one for one in case.stays if one.state == EnrolmentState.ACTIVE)
    return LeadCards(
        road=_road(case, ready, work.now),
        verdict=bold,
        verdict_rest=rest,
        ready=ready,
        coming=tuple(sorted(_coming(work, case, active, mails_sent), key=lambda one: one.at)),
        facts=tuple(_facts(case)),
        permits=tuple(_permits(work, case)),
        line=page_frame.capital(act_words.plain(case.person.job)),
        country=country_name(case.person.country),
        stays=active,
        dead=lift_bounce.dead_words(work, case.person.id),
    )


def verdict(why: MailExplanation, case: LeadCase, *, title: str) -> tuple[str, str]:
    """Say in bold when the next mail leaves, in the lead's own time."""
    if why.next_at is None:
        return why.verdict, why.rest
    zone = case.person.zone
    there = why.next_at.astimezone(ZoneInfo(zone))
    city = zone.rpartition("/")[2].replace("_", " ")
    bold = f"{why.verdict} {there:%a} {there.day} {there:%b}, {there:%H:%M}"
    rest = f"“{title}” waits for its hour." if title else why.rest
    return bold, f"({city} time). {rest}"


def _road(case: LeadCase, ready: ReadinessCard, now: datetime) -> StageBar:
    stage = case.person.stage
    current = case.periods[-1] if case.periods else None
    since = current.since if current else case.person.created_at
    reached = act_words.fifths(stage)
    if stage is Stage.RECYCLED:
        reached = act_words.fifths(Stage.MARKETING)
    marks = tuple(
        _mark(one, place, reached, _since(since, now), ready)
        for place, one in enumerate(act_words.ROAD, start=1)
    )
    icon, words = BESIDE.get(stage, ("", ""))
    reason = (
        f". {page_frame.capital(current.reason)}" if words and current and current.reason else ""
    )
    return StageBar(marks, icon, f"{words}{reason}." if words else "")


def _mark(stage: Stage, place: int, reached: int, since: str, ready: ReadinessCard) -> StageMark:
    words = act_words.STAGES[stage]
    if place == reached:
        return StageMark(words, since, "on")
    if place < reached:
        return StageMark(words, "", "done")
    missing = ready.missing
    if stage is Stage.SALES_READY and reached == place - 1 and ready.ticks:
        many = "one thing" if missing == 1 else f"{missing} things"
        return StageMark(words, f"{many} missing" if missing else "everything is there", "todo")
    return StageMark(words, "", "todo")


def _since(at: datetime, now: datetime) -> str:
    days = (now - at) // timedelta(days=1)
    date = page_frame.viewer().date(at)
    return (
        f"{plural(days, 'day')}, since {date}" if days else f"since {page_frame.viewer().brief(at)}"
    )


def _ready(work: Work, case: LeadCase) -> ReadinessCard:
    lead_id = case.person.id
    definition = published.definitions(work).get("sales_ready")
    if definition is None:
        return ReadinessCard()
    facts = with_standing(work, known(work, [lead_id]))[lead_id]
    result = check(definition, facts, now=work.now)
    intent = scoring.intents_of(work, [lead_id]).get(lead_id)
    ticks = tuple(
        DefinitionTick(tick.holds, tick.words, _behind(clause, facts.values, intent))
        for clause, tick in zip(definition.clauses, result.ticks, strict=True)
    )
    doubt = held(work, {lead_id: facts}).get(lead_id)
    if doubt is not None:
        # A promise that is kept the moment such a sign comes; nobody needs to watch for it.
        ticks = (*ticks, DefinitionTick(holds=False, words=doubt.words))
    return ReadinessCard(ticks, _counts_as_intent(published.scorecard(work)))


def _behind(clause: Clause, values: Mapping[str, object], intent: datetime | None) -> str:
    """Give the fact behind a tick, where there is one to show."""
    for leaf in leaves(clause.when):
        if isinstance(leaf, EventCondition):
            return f"last {page_frame.viewer().date(intent)}" if intent else "none yet"
        if isinstance(leaf, Compare) and leaf.field == "cell":
            return str(values.get("cell", ""))
        if isinstance(leaf, Compare) and leaf.field == "reachable":
            phone, reachable = bool(values.get("phone")), bool(values.get("reachable"))
            return "phone" if phone else "mail" if reachable else "neither"
        if isinstance(leaf, Compare) and leaf.field == "sent_back_at":
            back = values.get("sent_back_at")
            return (
                f"sent back {page_frame.viewer().date(back)}"
                if isinstance(back, datetime)
                else "never"
            )
    return ""


def _counts_as_intent(card: Scorecard) -> str:
    rules = [rule.did for group in card.groups if group.intent for rule in group.rules]
    words = [_event(str(did.kind), did.what) for did in rules]
    return f"Counts as intent: {', '.join(words)}." if words else ""


def _event(kind: str, what: str) -> str:
    verb = act_words.ACTS[ActivityKind(kind)].verb.lower() if kind in set(ActivityKind) else kind
    if kind == ActivityKind.CALLED:
        return f"a call: {act_words.plain(what)}"
    return f"{verb} {act_words.plain(what)}".strip() if what else f"{verb} to a mail"


def _coming(
    work: Work, case: LeadCase, active: Sequence[TrackStay], mails_sent: Sequence[MessageLine]
) -> Iterator[UpcomingItem]:
    names = {one.step: one.track_name for one in case.receipts}
    for letter in mails_sent:
        track = names.get(letter.step or "", "")
        how = f"Mail, {track} step {letter.step}" if track else "Mail"
        waits = f": {letter.reason}" if letter.reason else ""
        yield UpcomingItem(
            "mail", case.title_of(letter), f"{how}{waits}", max(letter.not_before, work.now)
        )
    steps = _steps(work, active)
    for stay in active:
        words, how = steps[stay.id]
        track = f"{stay.track_name}: {how}" if how else stay.track_name
        yield UpcomingItem(
            "route", words, f"{track}, paused" if stay.paused else track, stay.due_at
        )
    for task in tasks.open_tasks(work, lead_id=case.person.id):
        icon = TASK_ICONS.get(task.kind, "checkbox")
        title = "Somebody looks at this lead" if task.kind is TaskKind.WAKE else task.title
        yield UpcomingItem(icon, title, page_frame.capital(task.reason), task.due_at)


def _steps(work: Work, active: Sequence[TrackStay]) -> dict[int, tuple[str, str]]:
    """Name the steps where a lead stands; those of an older version by their key."""
    live = {(one.key, one.version): one.version_id for one in tracks.tracks(work)} if active else {}
    ids = {stay.id: live.get((stay.track_key, stay.version)) for stay in active}
    texts = tracks.definitions(work, [one for one in ids.values() if one is not None])
    found = {}
    for stay in active:
        version = ids[stay.id]
        step = texts[version].step(stay.step) if version is not None else None
        found[stay.id] = step_words.describe(step) if step else (f"Step {stay.step}", "")
    return found


def _facts(case: LeadCase) -> Iterator[FactLine]:
    person = case.person
    told = _told(case)
    doubt = "its domain takes no mail" if case.no_mail else ""
    yield FactLine("Mail", person.email, doubt if person.deliverable else "does not work", "mail")
    phone = person.phone or ""
    yield FactLine("Phone", phone, told.get("phone", ""), "phone" if phone else "missing")
    yield _owner(case)
    source = case.sources.get(person.source or "", act_words.plain(person.source))
    yield FactLine(
        "Source", source, page_frame.viewer().date(person.created_at), "" if source else "missing"
    )
    yield from _came(case)
    topics = ", ".join(case.topic(one) for one in person.interests)
    yield FactLine("Interests", topics, told.get("interests", ""), "" if topics else "missing")
    schema = case.labels.schema
    asked = {one.key for one in schema.to_sales}
    known = [name for name in schema.fields if name in person.facts and name not in asked]
    rest = [name for name in person.facts if schema.get(name) is None]
    for name in [*known, *sorted(rest)]:
        one = schema.get(name)
        if not case.is_inner(name) and (one is None or not one.retired):
            words = schema.label(name)
            yield FactLine(words, case.value(name, person.facts[name]), told.get(name, ""))
    for asked_one in schema.to_sales:
        name, words = asked_one.key, asked_one.label
        raw = person.facts.get(name)
        if raw is None or raw == "":
            yield FactLine(words, "", "", "unknown")
        else:
            yield FactLine(words, case.value(name, raw), told.get(name, ""))


def _came(case: LeadCase) -> Iterator[FactLine]:
    """Say by which campaigns they came first and last, as the addresses said (F1)."""
    came = [(utm, one.at) for one in case.touches if (utm := utm_of(one.detail))]
    if came:
        yield FactLine("First touch", utm_words(came[0][0]), page_frame.viewer().date(came[0][1]))
    if len(came) > 1:
        yield FactLine("Last touch", utm_words(came[-1][0]), page_frame.viewer().date(came[-1][1]))


def _owner(case: LeadCase) -> FactLine:
    """Name the owner, else the queue whose lead it is."""
    person = case.person
    card = case.staff.get(person.owner_id) if person.owner_id is not None else None
    if card is not None:
        return FactLine("Owner", card.name, kind="owner")
    if not person.queue:
        return FactLine("Owner", "Nobody yet")
    whose = [one.name for one in case.staff.values() if one.handle == person.queue]
    named = f"of {whose[0]}" if whose else f"“{act_words.plain(person.queue)}”"
    return FactLine("Owner", f"Queue {named}")


def _told(case: LeadCase) -> dict[str, str]:
    """Say of each field who told it last, and when."""
    found: dict[str, str] = {}
    for row in case.changes:
        who = case.who(row.actor)
        date = page_frame.viewer().date(row.at)
        said = f"said {date}" if row.actor == "prospect" else f"{who}, {date}" if who else date
        found.setdefault(row.field, said)
    return found


def _permits(work: Work, case: LeadCase) -> Iterator[PermissionCard]:
    date = page_frame.viewer().date
    stopped = consent.suppression(work, case.person.id)
    if stopped is not None:
        reason = act_words.plain(str(stopped.reason))
        words = {"manual": "Do not mail: one of us said so"}.get(reason, f"Do not mail: {reason}")
        yield PermissionCard("no", words, f"since {date(stopped.since)}")
    rows = consent.permissions(work, case.person.id)
    for row in rows:
        words = BASES.get(str(row.basis), page_frame.capital(act_words.plain(str(row.basis))))
        if row.withdrawn_at is not None:
            yield PermissionCard("no", f"{words}, then took it back", date(row.withdrawn_at))
        else:
            yield PermissionCard("yes", words, f"{_evidence(row)}{date(row.given_at)}")
    asked = consent.waiting(work, [case.person.id]).get(case.person.id)
    if asked is not None and all(row.withdrawn_at is not None for row in rows):
        yield PermissionCard(
            "wait", "Waits for confirmation of the address", f"asked {date(asked)}"
        )
    elif not rows and stopped is None:
        yield PermissionCard("wait", "Nobody has said that we may mail", "")
    if not case.person.tracking:
        yield PermissionCard("wait", "Clicks and opens of this person are not noted")


def _evidence(row: consent.PermissionRow) -> str:
    for name in ("form", "file"):
        where = row.evidence.get(name)
        if isinstance(where, str):
            return f"{act_words.plain(where)}, "
    return ""


def first_words(case: LeadCase, offer: HandoffView | None) -> tuple[str, ...]:
    """Give the three reasons that sales people read first."""
    if offer is not None:
        return offer.reasons
    topics = [case.topic(one) for one in case.person.interests]
    return (f"Looks into {', '.join(topics)}.",) if topics else ()
