"""By which signs a mail server is in trouble: pure rules over its latest answers."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from nurture.mail.refusal_scope import RefusalScope, gist
from nurture.mail.reply_reasons import ReplyClass, classify
from nurture.mail.rules import MessageEvent
from nurture.mail.transport import SmtpStage

LATELY = timedelta(minutes=5)
LAST = 200
UNKNOWN, TEMPORARY = 5, 20
SHARE = 0.05
LOST = "the server did not answer after the last line"
"""How a reply begins that never came; what our own crash left in doubt reads otherwise."""
IN_A_ROW = 5
"""So many refusals of all mail in a row stop a server that took mail just before."""
ALL = 3
"""So many unclear refusals, and nothing taken, are the server's matter."""
ALIKE, ALIKE_SHARE = 20, 0.2
"""So many refusals in the same words, and such a share of all, are the server's matter."""
WAITS = (MessageEvent.TEMPORARY, MessageEvent.HUNG_UP)
REFUSED = (MessageEvent.PERMANENT, MessageEvent.TURNED_AWAY)
LONGEST_QUOTE = 200
LOGIN = frozenset({530, 534, 535, 538})
"""Codes that ask for a login, or refuse one (RFC 4954, section 6)."""


class RelayTry(NamedTuple):
    """One answer, or its absence, as the rules count it."""

    event: str
    at: datetime
    own: bool = False
    """Left in doubt by a crash of ours."""
    code: int = 0
    reply: str = ""
    stage: SmtpStage | None = None
    whose: RefusalScope | None = None
    """Whose matter a refusal is."""

    @property
    def key(self) -> tuple[int, str]:
        """Say what refusals in the same words share."""
        return self.code, gist(self.reply)


class TroubleSign(NamedTuple):
    """What a server's answers say of it: why it must be left alone, and what to do about it."""

    why: str
    mend: str = ""
    dead: bool = False
    """Whether it calls every address dead, which nobody believes."""


def trouble(tries: Sequence[RelayTry], *, now: datetime) -> TroubleSign | None:
    """Say why the relay must be left alone, None while it need not be; the latest tries first."""
    recent = [one for one in tries if now - one.at <= LATELY and not one.own]
    return _silent(recent, len(tries)) or refusing(recent) or _putting_off(recent, len(tries))


def _silent(recent: Sequence[RelayTry], of: int) -> TroubleSign | None:
    lost = sum(one.event == MessageEvent.UNKNOWN for one in recent)
    if lost < UNKNOWN or lost < SHARE * of:
        return None
    return TroubleSign(
        f"{lost} of the last {of} mails got no answer after their last line",
        "Ask whoever runs the mail server: its log shows what became of them",
    )


def _putting_off(recent: Sequence[RelayTry], of: int) -> TroubleSign | None:
    put_off = [one for one in recent if one.event in WAITS]
    if len(put_off) < TEMPORARY or len(put_off) < SHARE * of:
        return None
    answers = (quoted(one) for one in put_off if one.code)
    said = next(answers, "") or next((one.reply for one in put_off if one.reply), "")
    last = f": {said}" if said else ""
    return TroubleSign(
        f"{len(put_off)} of the last {of} mails were put off by the server{last}",
        "They are tried again by themselves; if it goes on, ask whoever runs the mail server",
    )


def refusing(recent: Sequence[RelayTry]) -> TroubleSign | None:
    """Tell of refusals that are no single recipient's matter; the latest tries first."""
    said = [one for one in recent if one.event in (*REFUSED, MessageEvent.ACCEPTED)]
    taken = [place for place, one in enumerate(said) if one.event == MessageEvent.ACCEPTED]
    row = said[: taken[0]] if taken else said
    ours = [one for one in row if one.whose is RefusalScope.US]
    unclear = [one for one in row if one.whose is RefusalScope.UNCLEAR]
    if ours and (not taken or len(ours) >= IN_A_ROW):
        return trouble_sign(ours[0])
    if len(unclear) >= ALL and not taken:
        return trouble_sign(unclear[0], count=len(unclear))
    return _alike(said, taken=bool(taken))


def _alike(said: Sequence[RelayTry], *, taken: bool) -> TroubleSign | None:
    found: Counter[tuple[int, str]] = Counter()
    first: dict[tuple[int, str], RelayTry] = {}
    for one in said:
        # Many dead addresses are believed of a server that takes others.
        if one.whose is not None and not (taken and one.whose is RefusalScope.RECIPIENT):
            found[one.key] += 1
            first.setdefault(one.key, one)
    for key, count in found.most_common(1):
        if count >= ALIKE and count >= ALIKE_SHARE * len(said):
            return trouble_sign(first[key], count=count)
    return None


def trouble_sign(one: RelayTry, *, count: int = 0) -> TroubleSign:
    """Put a refusal of all mail in words: the server's own, and what to do."""
    to = "to our sender " if one.stage is SmtpStage.MAIL else ""
    times = f" to {count} mails in a row" if count > 1 else ""
    dead = one.whose is RefusalScope.RECIPIENT
    return TroubleSign(f"it says {to}{quoted(one)}{times}", _mend(one), dead=dead)


def quoted(one: RelayTry) -> str:
    """Quote a server's words; "" where it gave none."""
    return f"“{one.reply[:LONGEST_QUOTE].strip()}”" if one.code else ""


def _mend(one: RelayTry) -> str:
    if one.whose is RefusalScope.RECIPIENT:
        return "It calls every address dead, which is hardly true: ask whoever runs it"
    if one.code in LOGIN:
        return "It wants a login: set user and password in NURTURE_SMTP_URL, or correct them"
    match classify(one.code, one.reply, stage=one.stage):
        case ReplyClass.RATE_LIMIT:
            return "We send more than it allows: wait, or have the limit raised"
        case ReplyClass.RELAY:
            return (
                "It carries no mail for us now: set or correct the login in NURTURE_SMTP_URL, or "
                "have whoever runs it allow this host, or raise the limit"
            )
        case ReplyClass.CONTENT:
            return "Look at the mails that wait, or ask whoever runs the server what it dislikes"
        case _:
            return (
                "Look whether the sender's address is right and the server may send for its "
                "domain, or ask whoever runs it, with these words"
            )


def refuses_all(run: Sequence[RefusalScope]) -> bool:
    """Tell, by refusals since mail was last taken, whether nothing more may start for now."""
    if len(run) >= ALIKE or run[-IN_A_ROW:] == [RefusalScope.US] * IN_A_ROW:
        return True
    return len(run) >= 2 * IN_A_ROW and RefusalScope.RECIPIENT not in run[-2 * IN_A_ROW :]
