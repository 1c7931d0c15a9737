"""What is known of leads, in bulk: the facts that every decision, definition and rule reads."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from campaigns.company import industry_of
from campaigns.conditions import Facts, LeadEvent, Value
from campaigns.human_evidence import confirmed
from campaigns.scorecard import Scorecard, is_intent
from campaigns.vocabulary import ActivityKind, Verdict
from nurture import consent, content, engagement, leads, mail, published
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.usecases.shared.sending_company import company

BARE = frozenset({ActivityKind.OPENED, ActivityKind.CLICKED, ActivityKind.VISITED})
"""What a machine may have done, as long as nothing proves the person."""


def known(work: Work, lead_ids: Sequence[LeadId]) -> dict[LeadId, Facts]:
    """Load values and named acts of many leads, one query per kind of fact.

    Scores, offers and earlier passages to sales come on top in `promote.with_standing`.
    """
    return known_of(work, lead_ids, leads.facts(work, lead_ids))


def known_of(
    work: Work, lead_ids: Sequence[LeadId], values: Mapping[LeadId, Mapping[str, Value]]
) -> dict[LeadId, Facts]:
    """Add what else is known to values that were loaded with the leads."""
    permitted = consent.permitted(work, lead_ids)
    firm = company(work, sender="", postal="")
    acts, served = acts_of(work, lead_ids), {*firm.serves, None}
    facts: dict[LeadId, Facts] = {}
    for lead_id in lead_ids:
        own: dict[str, Value] = dict(values.get(lead_id, {}))
        if not own.get("industry"):
            own["industry"] = industry_of(firm.industries, str(own.get("company") or ""))
        own["permission"] = lead_id in permitted
        own["country_served"] = not firm.serves or own.get("country") in served
        facts[lead_id] = Facts(own, acts.get(lead_id, ()))
    return facts


def acts_of(work: Work, lead_ids: Sequence[LeadId]) -> dict[LeadId, tuple[LeadEvent, ...]]:
    """Give the dated acts of leads with every name that a condition may call them by."""
    rows = engagement.acts(work, lead_ids)
    names = names_for(work, [row for ones in rows.values() for row in ones])
    return {lead_id: confirmed([names.act(row) for row in ones]) for lead_id, ones in rows.items()}


class FactNames:
    """The words by which acts are called: the step that sent the mail, the asset and its kind."""

    def __init__(
        self,
        messages: Mapping[int, mail.MessageRef],
        assets: Mapping[int, content.AssetCard],
        card: Scorecard,
    ) -> None:
        """Keep messages and assets by id, and the scorecard that says what is intent."""
        self._messages = messages
        self._assets = assets
        self._card = card

    def act(self, row: engagement.ActivityRow) -> LeadEvent:
        """Turn a timeline row into what conditions and scorecards read."""
        message = self._messages.get(row.message_id or 0)
        asset = self._assets.get(row.asset_id or (message.asset_id if message else None) or 0)
        words = {row.name} if row.name else set()
        if message is not None and message.step:
            words.add(message.step)
        if asset is not None:
            words |= {asset.key, asset.kind, str(asset.stage), *asset.topics}
        act = LeadEvent(
            kind=row.kind,
            at=row.at,
            names=frozenset(words),
            item=asset.key if asset else row.name or row.origin,
            human=row.verdict.human,
            ref=row.origin,
            sure=row.kind not in BARE or row.verdict is Verdict.HUMAN_PROVEN,
            mail=row.message_id or 0,
            sent_at=message.settled_at if message is not None else None,
        )
        return replace(act, intent=is_intent(self._card, act))


def names_for(work: Work, rows: Sequence[engagement.ActivityRow]) -> FactNames:
    """Load what names acts, in three queries however many acts there are."""
    messages = mail.refs(work, [row.message_id for row in rows if row.message_id])
    assets = {card.id: card for card in content.assets(work)}
    return FactNames(messages, assets, published.scorecard(work))
