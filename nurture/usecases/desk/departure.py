"""Somebody of ours leaves: they get in no more, and whoever takes over has their work at once."""

from dataclasses import dataclass, replace

from campaigns.vocabulary import Role
from nurture import handoff, leads, mail, tasks, users
from nurture.handoff import HandoffView, Notifier
from nurture.kernel.errors import Conflict, Invalid
from nurture.kernel.types import LeadId, UserId
from nurture.kernel.work import Work
from nurture.usecases.sales import handoff_answers
from nurture.users import UserCard

WHY = "had the lead and works here no more"


@dataclass(frozen=True, slots=True)
class OpenWork:
    """What somebody has to do, in their own name and in the queue of their name."""

    offers: tuple[HandoffView, ...]
    tasks: int
    lead_ids: tuple[LeadId, ...]

    @property
    def nothing(self) -> bool:
        """Tell whether there is nothing to hand over."""
        return not (self.offers or self.tasks or self.lead_ids)


@dataclass(frozen=True, slots=True)
class HandoverResult:
    """Who left, who took over, and how much it was."""

    who: UserCard
    to: UserCard | None
    offers: int
    tasks: int
    leads: int


def in_hand(work: Work, who: UserCard) -> OpenWork:
    """Tell what somebody would leave behind."""
    return OpenWork(
        offers=tuple(handoff.held_by(work, who.id, queue=who.handle)),
        tasks=tasks.held_by(work, who.id, queue=who.handle),
        lead_ids=tuple(leads.held_by(work, who.id, queue=who.handle)),
    )


def stand_in(work: Work, who: UserCard) -> UserCard | None:
    """Name who takes over unless somebody else is chosen: the deputy, else the next manager."""
    staff = {one.id: one for one in users.everybody(work)}
    deputy = staff.get(who.deputy_id or UserId(0))
    if deputy is not None and deputy.active and deputy.id != who.id:
        return deputy
    above, seen = staff.get(who.manager_id or UserId(0)), {who.id}
    while above is not None and above.id not in seen:
        if above.active:
            return above
        seen.add(above.id)
        above = staff.get(above.manager_id or UserId(0))
    return None


def disable(work: Work, user_id: UserId, *, to: UserId | None, notify: Notifier) -> HandoverResult:
    """Let somebody in no more, and give what they have to `to`, else to whoever stands in.

    Sessions and answer links end with this transaction; alert mail to them that has not left stays
    here. Who gets a hand-off has not accepted it yet, and is told by mail.
    """
    who = users.get(work, user_id)
    if not who.active:
        raise Conflict(f"{who.name} is disabled already.")
    _keep_an_admin(work, who)
    held = in_hand(work, who)
    heir = _heir(work, who, to)
    if heir is None and not held.nothing:
        raise Invalid(
            f"{who.name} has {counted(len(held.offers), 'hand-off')}, "
            f"{counted(held.tasks, 'task')} and {counted(len(held.lead_ids), 'lead')}, and neither "
            "a deputy nor a manager. Name who takes over."
        )
    users.set_active(work, who.id, active=False)
    mail.drop_alerts(work, who.id, reason=f"{who.name} {WHY}")
    if heir is not None:
        _hand_over(work, who, heir, held, notify)
    if held.nothing:
        heir = None
    return HandoverResult(who, heir, len(held.offers), held.tasks, len(held.lead_ids))


def enable(work: Work, user_id: UserId) -> UserCard:
    """Let somebody in again, with their old password; what was handed over stays where it is."""
    who = users.get(work, user_id)
    if who.active:
        raise Conflict(f"{who.name} is not disabled.")
    users.set_active(work, who.id, active=True)
    return replace(who, active=True)


def told(done: HandoverResult) -> str:
    """Say what came of it."""
    heir = done.to
    if heir is None:
        return f"{done.who.name} is disabled. There was nothing to hand over."
    return (
        f"{done.who.name} is disabled. {heir.name} has {counted(done.offers, 'hand-off')}, "
        f"{counted(done.tasks, 'task')} and {counted(done.leads, 'lead')} of theirs now."
    )


def counted(many: int, word: str) -> str:
    """Say how many."""
    return f"{many or 'no'} {word}{'' if many == 1 else 's'}"


def _hand_over(work: Work, who: UserCard, heir: UserCard, held: OpenWork, notify: Notifier) -> None:
    leads.set_owner(work, held.lead_ids, owner_id=heir.id)
    tasks.hand_over(work, who.id, queue=who.handle, to=heir.id)
    for offer in held.offers:
        # One by one, as by hand: each has its timers, its history and its mail.
        handoff_answers.redirect(work, offer.id, to=heir.id, notify=notify)


def _heir(work: Work, who: UserCard, to: UserId | None) -> UserCard | None:
    if to is None:
        return stand_in(work, who)
    heir = users.get(work, to)
    if not heir.active or heir.id == who.id:
        raise Invalid("Choose somebody else, who is not disabled, to take over.")
    return heir


def _keep_an_admin(work: Work, who: UserCard) -> None:
    admins = [one for one in users.everybody(work) if one.active and one.has(Role.ADMIN)]
    if admins == [who]:
        raise Conflict(f"{who.name} is the only admin. Make somebody else one first.")
