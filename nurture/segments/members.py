"""A condition as one statement: what `campaigns.conditions.holds` tells of one lead, of all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    true,
)

from campaigns.conditions import (
    PROSPECT_ACTS,
    SIGNS,
    ActivityAlias,
    All,
    AnyOf,
    Compare,
    Condition,
    DateCondition,
    EventCondition,
    Not,
    Op,
)
from campaigns.scorecard import Bands, Scorecard
from campaigns.vocabulary import ActivityKind, Verdict
from nurture import content, handoff, published
from nurture.consent.tables import Permission
from nurture.content import AssetCard
from nurture.content.tables import Asset
from nurture.engagement.tables import Activity
from nurture.handoff.tables import Handoff
from nurture.kernel.database import is_postgresql
from nurture.kernel.work import Work
from nurture.leads.tables import CompanyRow, Lead, SourceRecord
from nurture.mail.tables import Message
from nurture.published import NothingPublished
from nurture.scoring.rules import fading_half_life
from nurture.scoring.tables import ScoreRow
from nurture.segments.dialects import Postgresql, Sqlite, prepare
from nurture.segments.values import (
    Dialect,
    Fact,
    Flag,
    Instant,
    Number,
    Text,
    Typed,
    Words,
    Yes,
    sure,
)

Ids: TypeAlias = Select[int]
"""A question whose answer is the ids of leads."""
_HUMAN = tuple(str(one) for one in Verdict if one.human)
_SENT_BACK = ("rejected", "lost")
_MAIL = "mail"
_NEGATED = {Op.NE: Op.EQ, Op.NOT_IN: Op.IN, Op.UNSET: Op.SET}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a condition is asked with, beside the leads: the moment, and what is in force."""

    now: datetime
    sql: Dialect
    card: Scorecard
    assets: Sequence[AssetCard]
    serves: frozenset[str]
    industries: Mapping[str, Sequence[str]]
    handles: Mapping[int, str]
    """How conditions call our people."""


def asked_now(work: Work) -> Asked:
    """Read what is in force, in a few statements whatever is asked."""
    prepare(work.session.connection())
    try:
        firm = published.company(work)
        serves, industries = firm.serves, firm.industries
    except NothingPublished:
        serves, industries = frozenset(), {}
    return Asked(
        now=work.now,
        sql=Postgresql() if is_postgresql(work.session) else Sqlite(),
        card=published.scorecard(work),
        assets=content.assets(work),
        serves=serves,
        industries=industries,
        handles={int(one): handle for one, handle in handoff.handles(work).items()},
    )


def members(work: Work, condition: Condition) -> Ids:
    """Select the ids of all living leads that a condition is true of, in one statement."""
    return within(asked_now(work), condition)


def within(asked: Asked, condition: Condition) -> Ids:
    """Select the ids of all living leads that a condition is true of now."""
    return (
        select(Lead.id)
        .outerjoin(CompanyRow, CompanyRow.id == Lead.company_id)
        .outerjoin(SourceRecord, SourceRecord.id == Lead.source_id)
        .outerjoin(ScoreRow, ScoreRow.lead_id == Lead.id)
        .where(Lead.erased_at.is_(None), _holds(condition, asked))
    )


def _holds(condition: Condition, asked: Asked) -> Yes:
    match condition:
        case All(parts):
            return and_(true(), *(_holds(part, asked) for part in parts))
        case AnyOf(parts):
            return or_(false(), *(_holds(part, asked) for part in parts))
        case Not(part):
            return not_(_holds(part, asked))
        case Compare():
            return _compares(condition, _value(condition.field, asked))
        case DateCondition(field, days, older):
            is_day, is_old = _value(field, asked).older(days, asked.now)
            return is_old if older else and_(is_day, not_(is_old))
        case EventCondition():
            return _happened(condition, asked)


def _compares(asked: Compare, value: Typed) -> Yes:
    if asked.op in _NEGATED:
        return not_(_compares(Compare(asked.field, _NEGATED[asked.op], asked.value), value))
    if asked.op is Op.SET:
        return value.is_set()
    wanted = asked.value if isinstance(asked.value, tuple) else (asked.value,)
    if asked.op in (Op.EQ, Op.IN):
        return or_(false(), *(value.equals(one) for one in wanted if one is not None))
    single = wanted[0] if wanted else None
    return false() if single is None else value.ordered(asked.op, single)


# --- fields -------------------------------------------------------------------------------------


def _value(name: str, asked: Asked) -> Typed:
    """Give a field; what no rule of ours fills is a fact of the lead, else of its company."""
    if name in _COLUMNS:
        return Text(_COLUMNS[name], asked.sql)
    if name in _OTHERS:
        return _OTHERS[name](asked)
    return _fact(name, asked)


_COLUMNS: Mapping[str, ColumnElement[Any]] = {
    "email": Lead.email.expression,
    "first_name": Lead.first_name.expression,
    "last_name": Lead.last_name.expression,
    "phone": Lead.phone.expression,
    "job": Lead.job.expression,
    "country": Lead.country.expression,
    "postcode": Lead.postcode.expression,
    "language": Lead.language.expression,
    "source": SourceRecord.key.expression,
    "channel": SourceRecord.channel.expression,
    "campaign": Lead.campaign.expression,
    "stage": Lead.stage.expression,
}


def _fact(name: str, asked: Asked) -> Fact:
    return asked.sql.fact(name, Lead.facts.expression, CompanyRow.facts.expression)


def _company(asked: Asked) -> ColumnElement[Any]:
    typed = _fact("company_name", asked)
    return case(
        (func.coalesce(CompanyRow.name, "") != "", CompanyRow.name),
        (typed.type == "text", typed.text),
        else_=None,
    )


def _industry(asked: Asked) -> Typed:
    """Give the industry that is known, else the one that a word of the company's name tells."""
    known = _fact("industry", asked)
    name = asked.sql.lower(func.coalesce(_company(asked), ""))
    guesses = [
        (or_(false(), *(func.coalesce(_place(asked, name, word), 0) > 0 for word in words)), key)
        for key, words in asked.industries.items()
    ]
    guessed = case(*guesses, else_=None) if guesses else None
    if guessed is None:
        return known
    empty = or_(
        not_(known.is_set()),
        sure(known.type == "no"),
        sure(and_(known.type == "number", known.number == 0)),
    )
    return Fact(
        type=case((empty, case((guessed.is_not(None), "text"), else_=None)), else_=known.type),
        text=case((empty, guessed), else_=known.text),
        number=known.number,
        whole=known.whole,
        sql=asked.sql,
    )


def _place(asked: Asked, text: ColumnElement[Any], word: str) -> ColumnElement[Any]:
    find = func.strpos if isinstance(asked.sql, Postgresql) else func.instr
    return find(text, word)


def _domain(asked: Asked) -> Typed:
    at = _place(asked, Lead.email.expression, "@")
    return Text(func.substr(Lead.email, at + 1), asked.sql)


def _area(asked: Asked) -> Typed:
    return Text(func.nullif(func.substr(func.coalesce(Lead.postcode, ""), 1, 1), ""), asked.sql)


def _permission(_: Asked) -> Typed:
    return Flag(
        exists(
            select(1).where(
                Permission.lead_id == Lead.id,
                Permission.channel == _MAIL,
                Permission.withdrawn_at.is_(None),
            )
        )
    )


def _served(asked: Asked) -> Typed:
    if not asked.serves:
        return Flag(true())
    return Flag(or_(Lead.country.is_(None), Lead.country.in_(sorted(asked.serves))))


def _free_mail(asked: Asked) -> Typed:
    known = _fact("free_mail", asked)
    return Fact(
        type=func.coalesce(known.type, "no"),
        text=known.text,
        number=known.number,
        whole=known.whole,
        sql=asked.sql,
    )


def _owner_of_company() -> ColumnElement[Any]:
    """Give who owns the longest known lead of the company."""
    other = Lead.__table__.alias("colleague")
    return (
        select(other.c.owner_id)
        .where(other.c.company_id == Lead.company_id, other.c.owner_id.is_not(None))
        .order_by(other.c.id)
        .limit(1)
        .correlate(Lead)
        .scalar_subquery()
    )


def _company_owner(asked: Asked) -> Typed:
    if not asked.handles:
        return Text(case((false(), ""), else_=None), asked.sql)
    owner = _owner_of_company()
    return Text(case(*((owner == one, handle) for one, handle in asked.handles.items())), asked.sql)


# --- scores -------------------------------------------------------------------------------------


def _fit() -> ColumnElement[Any]:
    return func.coalesce(ScoreRow.fit, 0.0)


def _engagement(asked: Asked) -> ColumnElement[Any]:
    """Carry the score forward to now, as `scoring.rules.ScoreState.at` does."""
    half_life = fading_half_life(asked.card)
    fading: ColumnElement[Any] = ScoreRow.engagement.expression
    if half_life is not None:
        halvings = asked.sql.days_since(ScoreRow.as_of.expression, asked.now) / half_life
        faded = fading * asked.sql.power_of_two(-halvings)
        fading = case((ScoreRow.as_of >= asked.now, fading), else_=faded)
    return func.coalesce(fading + ScoreRow.steady, 0.0)


def _grade(asked: Asked) -> Typed:
    def band(bands: Bands, score: ColumnElement[Any]) -> ColumnElement[Any]:
        steps = [(score >= least, name) for name, least in bands.steps]
        return case(*steps, else_=bands.rest)

    fit, engagement = _fit(), _engagement(asked)
    return Text(
        band(asked.card.fit_bands, fit).op("||")(band(asked.card.engagement_bands, engagement)),
        asked.sql,
    )


# --- sales --------------------------------------------------------------------------------------


def _in_hand(_: Asked) -> Typed:
    return Flag(exists(select(1).where(Handoff.lead_id == Lead.id, Handoff.closed_at.is_(None))))


def _sent_back(what: ColumnElement[Any]) -> ColumnElement[Any]:
    """Give something of the last time that sales sent the lead back."""
    return (
        select(what)
        .where(
            Handoff.lead_id == Lead.id,
            Handoff.closed_at.is_not(None),
            Handoff.outcome.in_(_SENT_BACK),
        )
        .order_by(Handoff.closed_at.desc())
        .limit(1)
        .correlate(Lead)
        .scalar_subquery()
    )


def _intent_since(asked: Asked) -> Typed:
    since = _sent_back(Handoff.closed_at.expression)
    acts = _acts(EventCondition(ActivityAlias.INTENT), asked).where(Activity.at > since)
    return Flag(case((since.is_not(None), exists(acts)), else_=None))


_OTHERS: Mapping[str, Callable[[Asked], Typed]] = {
    "company": lambda asked: Text(_company(asked), asked.sql),
    "company_owner": _company_owner,
    "company_owner_id": lambda _: Number(_owner_of_company()),
    "owner_id": lambda _: Number(Lead.owner_id.expression),
    "industry": _industry,
    "interests": lambda asked: Words(Lead.interests.expression, asked.sql),
    "email_domain": _domain,
    "postcode_area": _area,
    "deliverable": lambda _: Flag(Lead.deliverable.expression),
    "reachable": lambda _: Flag(or_(Lead.deliverable, func.coalesce(Lead.phone, "") != "")),
    "free_mail": _free_mail,
    "permission": _permission,
    "country_served": _served,
    "fit": lambda _: Number(_fit()),
    "engagement": lambda asked: Number(_engagement(asked)),
    "cell": _grade,
    "open_handoff": _in_hand,
    "sent_back_at": lambda asked: Instant(_sent_back(Handoff.closed_at.expression), asked.sql),
    "sent_back_reason": lambda asked: Text(_sent_back(Handoff.reason.expression), asked.sql),
    "intent_since_sent_back": _intent_since,
}


# --- events -------------------------------------------------------------------------------------


def _happened(event: EventCondition, asked: Asked) -> Yes:
    acts = _acts(event, asked).where(Activity.at <= asked.now)
    if event.days is not None:
        acts = acts.where(Activity.at >= asked.now - timedelta(days=event.days))
    if event.times <= 1:
        return exists(acts)
    counted = func.count(func.distinct(_ITEM)) if event.distinct else func.count()
    number = acts.with_only_columns(counted).scalar_subquery()
    return number >= event.times


_ITEM = func.coalesce(Asset.key, func.nullif(Activity.name, ""), Activity.origin)
"""What tells distinct things apart."""


def _acts(event: EventCondition, asked: Asked) -> Select[Any]:
    """Select a lead's human acts that a condition means, whatever their time."""
    return (
        select(Activity.id)
        .outerjoin(Message, Message.id == Activity.message_id)
        .outerjoin(Asset, Asset.id == func.coalesce(Activity.asset_id, Message.asset_id))
        .where(
            Activity.lead_id == Lead.id,
            Activity.verdict.in_(_HUMAN),
            _is_meant(event, asked),
        )
        .correlate(Lead)
    )


def _is_meant(event: EventCondition, asked: Asked) -> Yes:
    if event.kind is ActivityAlias.INTENT:
        rules = [rule.did for group in asked.card.groups if group.intent for rule in group.rules]
        intent = or_(false(), *(_is_meant(rule, asked) for rule in rules))
        return and_(_in_kinds(PROSPECT_ACTS), intent, _is_called(event.what, asked))
    kinds = SIGNS if event.kind is ActivityAlias.SIGN else PROSPECT_ACTS & {event.kind}
    return and_(_in_kinds(kinds), _is_called(event.what, asked))


def _in_kinds(kinds: frozenset[Any]) -> Yes:
    return Activity.kind.in_(sorted(str(ActivityKind(one)) for one in kinds))


def _is_called(what: str, asked: Asked) -> Yes:
    """Tell whether an act is called so: by its own name, its mail's step, its item's words."""
    if not what:
        return true()
    items = [one.id for one in asked.assets if what in _words_of(one)]
    return or_(sure(Activity.name == what), sure(Message.step == what), sure(Asset.id.in_(items)))


def _words_of(one: AssetCard) -> frozenset[str]:
    return frozenset({one.key, one.kind, str(one.stage), *one.topics})
