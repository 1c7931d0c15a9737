"""A person says what they want to read about, and how often; it holds at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from campaigns import preferences
from campaigns.preferences import MailFrequency, MailPreferences
from campaigns.vocabulary import MessageKind, Receipt
from nurture import consent, leads, lifecycle, mail, tracks
from nurture.kernel import pending_requests
from nurture.kernel.clock import Clock
from nurture.kernel.pending_requests import PendingRequest
from nurture.kernel.types import Json, LeadId, MessageId
from nurture.kernel.work import Work, Works
from nurture.mail import Claimed
from nurture.usecases.shared import replay
from nurture.usecases.shared.sending_policy import topic_words

FOLDER = "choices"
"""Where a host keeps the choices that the database does not know yet."""
HELD = "this person {words}"
ALL_HELD = tuple(HELD.format(words=words) for words in preferences.WORDS)


@dataclass(frozen=True, slots=True)
class PreferencePage:
    """What the page shows: only what was said on it, nothing that we found out (F84)."""

    topics: dict[str, str]
    preferences: MailPreferences
    often: MailFrequency
    stopped: bool
    """Nothing is sent any more, whatever is chosen."""


def preference_page(work: Work, message_id: MessageId) -> PreferencePage | None:
    """Give the choices of whoever got this message; None when nobody is known any more."""
    lead_id = _whose(work, message_id)
    person = leads.by_ids(work, [lead_id] if lead_id else []).get(lead_id or LeadId(0))
    if person is None:
        return None
    held = preferences.read(person.facts)
    return PreferencePage(
        topics=dict(topic_words(work)),
        preferences=held,
        often=held.often(now=work.now),
        stopped=bool(consent.suppressed_now(work, [person.id])),
    )


def prefer(
    work: Work, message_id: MessageId, *, topics: Sequence[str], often: MailFrequency
) -> None:
    """Note the choices; what waited for an older wish is looked at anew, at once."""
    lead_id = _whose(work, message_id)
    if lead_id is None:
        return
    # The lead before its enrolments, as the tick takes them: none wait in a circle.
    lifecycle.hold(work, [lead_id])
    person = leads.by_ids(work, [lead_id]).get(lead_id)
    if person is None:
        return
    chosen = [one for one in topic_words(work) if one in topics]
    told: dict[str, Json] = {
        name: list(value) if isinstance(value, list) else value
        for name, value in preferences.told(
            chosen, often, before=preferences.read(person.facts), now=work.now
        ).items()
    }
    if chosen:
        told["interests"] = list(chosen)
    leads.set_facts(work, {lead_id: told})

    tracks.release(work, [lead_id], hold=Receipt.HELD_WISH)
    for reason in ALL_HELD:
        mail.release(work, [lead_id], reason=reason)


def keep(
    home: Path, message_id: MessageId, *, topics: Sequence[str], often: MailFrequency, clock: Clock
) -> PendingRequest:
    """Write the choices down; they cannot get lost any more."""
    machine = clock.machine()
    told: dict[str, Json] = {
        "message": message_id,
        "topics": list(topics),
        "often": str(often),
        "machine_at": machine.isoformat(),
    }
    return pending_requests.keep(home / FOLDER, told, at=machine)


def forget(home: Path, message_id: MessageId) -> None:
    """Tear up what this person chose before on this host: a newer choice holds."""
    for pending in pending_requests.kept(home / FOLDER):
        if pending.content.get("message") == message_id:
            pending.delete_pending()


def replay_pending(works: Works, home: Path) -> int:
    """Note the choices that were made while the database was away, each once, in their order."""

    def act(work: Work, pending: PendingRequest) -> None:
        told, listed = pending.content, pending.content["topics"]
        topics = [str(one) for one in listed] if isinstance(listed, list) else []
        message_id = MessageId(int(str(told["message"])))
        prefer(work, message_id, topics=topics, often=MailFrequency(str(told["often"])))

    return replay.replay_pending(works, home / FOLDER, act)


def without_preferences(
    work: Work, waiting: Sequence[Claimed], people: Mapping[LeadId, leads.LeadView]
) -> list[Claimed]:
    """Ask once more at the moment of sending: hold what a wish holds back, and give the rest."""
    asked = {
        one: wish
        for one, person in people.items()
        if (wish := preferences.read(person.facts)) != preferences.NO_WISHES
    }
    mine = [one for one in waiting if one.kind is MessageKind.MARKETING and one.lead_id in asked]
    gone = _gone(work, mine) if mine else {}
    held: dict[str, dict[int, datetime]] = {}
    for one in mine:
        lead_id = one.lead_id or LeadId(0)
        wait = preferences.asks_to_wait(asked[lead_id], tuple(gone[lead_id]), at=work.now)
        if wait is None:
            gone[lead_id].append(work.now)
        else:
            held.setdefault(HELD.format(words=wait.words), {})[one.id] = wait.until

    for words, until in held.items():
        mail.hold(work, until, reason=words)
    return [one for one in waiting if not any(one.id in until for until in held.values())]


def _gone(work: Work, mine: Sequence[Claimed]) -> dict[LeadId, list[datetime]]:
    """Tell when these leads were written to; what waits here has not gone, nor what comes later."""
    ids = [one.lead_id for one in mine if one.lead_id]
    sends = mail.sends(work, ids, days=preferences.MONTHLY.days)
    gone = {one: [at for at in sends.get(one, ()) if at <= work.now] for one in ids}
    for one in mine:
        if one.lead_id and one.not_before in gone[one.lead_id]:
            gone[one.lead_id].remove(one.not_before)
    return gone


def _whose(work: Work, message_id: MessageId) -> LeadId | None:
    ref = mail.refs(work, [message_id]).get(message_id)
    return ref.lead_id if ref is not None and ref.kind != MessageKind.ALERT else None
