"""The short text form of conditions: `engagement >= 18`, `clicked learn1`, `2 clicks in 14 d`."""

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from campaigns.conditions import (
    ActivityAlias,
    All,
    AnyOf,
    Compare,
    Condition,
    DateCondition,
    EventCondition,
    Leaf,
    Not,
    Op,
    Scalar,
    Value,
)
from campaigns.vocabulary import ActivityKind

_TOKEN = re.compile(r"""'[^']*'|"[^"]*"|>=|<=|!=|[<>=]|[^\s<>=!'"]+""")
FIELD_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_WORD = re.compile(r"[A-Za-z][\w.+@:/-]*\Z")
_NUMBER = re.compile(r"-?\d+(\.\d+)?\Z")
_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")
_SYMBOLS = {">=": Op.GE, ">": Op.GT, "<=": Op.LE, "<": Op.LT, "=": Op.EQ, "!=": Op.NE}
_NOUNS: dict[str, ActivityKind | ActivityAlias] = {
    "opens": ActivityKind.OPENED,
    "clicks": ActivityKind.CLICKED,
    "visits": ActivityKind.VISITED,
    "submissions": ActivityKind.SUBMITTED,
    "downloads": ActivityKind.DOWNLOADED,
    "registrations": ActivityKind.REGISTERED,
    "attendances": ActivityKind.ATTENDED,
    "no_shows": ActivityKind.NO_SHOW,
    "replies": ActivityKind.REPLIED,
    "calls": ActivityKind.CALLED,
    "unsubscribes": ActivityKind.UNSUBSCRIBED,
    "signs": ActivityAlias.SIGN,
}
_VERBS: dict[str, ActivityKind] = {
    kind.value: kind for kind in _NOUNS.values() if isinstance(kind, ActivityKind)
}
_NOUN_OF = {kind: noun for noun, kind in _NOUNS.items()}
_EXAMPLES = (
    "write for example `engagement >= 18`, `stage is sales_ready`, `wake_date set`, "
    "`clicked learn1`, `2 human clicks in 14 d` or `any human sign`"
)


class ConditionTextError(ValueError):
    """A condition that cannot be read; the message says how to mend it."""


def parse(text: str) -> Condition:
    """Read one line."""
    tokens = _TOKEN.findall(text)
    if _TOKEN.sub("", text).strip():
        raise ConditionTextError(f"cannot read `{text.strip()}`: a quote is not closed")
    if not tokens:
        raise ConditionTextError(f"the condition is empty; {_EXAMPLES}")
    if tokens[0] == "not" and len(tokens) > 1:
        return Not(parse(text.strip()[len("not") :]))
    if tokens[0] in _VERBS or tokens[0] in ("any", "an") or tokens[0].isdigit():
        return _act(tokens, text)
    return _field(tokens, text)


@lru_cache(maxsize=4096)
def words(condition: Condition) -> str:
    """Say a condition in words; one line of a leaf can be parsed again."""
    match condition:
        case All(parts):
            return " and ".join(_bracketed(part) for part in parts) or "always"
        case AnyOf(parts):
            return " or ".join(_bracketed(part) for part in parts) or "never"
        case Not(part):
            return f"not {_bracketed(part)}"
        case Compare():
            return _compare_words(condition)
        case DateCondition():
            order = "older" if condition.older else "newer"
            return f"{condition.field} {order} than {condition.days} d"
        case EventCondition():
            return _did_words(condition)


def parse_value(written: str) -> Scalar:
    """Read a number, a truth, a date or a word; quotes keep a text a text."""
    if written[:1] in ("'", '"'):
        return written[1:-1]
    if written in ("true", "false"):
        return written == "true"
    if _NUMBER.match(written):
        return float(written) if "." in written else int(written)
    if _DATE.match(written):
        try:
            return date.fromisoformat(written)
        except ValueError:
            raise ConditionTextError(f"{written} is no date; write year-month-day") from None
    return written


def value_words(value: Value) -> str:
    """Write a value so that `parse_value` reads the same one."""
    if isinstance(value, tuple):
        return " ".join(value_words(one) for one in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        bare = _WORD.match(value) and value not in ("true", "false")
        quote = '"' if "'" in value else "'"
        return value if bare else f"{quote}{value}{quote}"
    return value.isoformat() if isinstance(value, date) else str(value)


# --- reading ------------------------------------------------------------------------------------


def _field(tokens: Sequence[str], text: str) -> Leaf:
    name, rest = tokens[0], list(tokens[1:])
    if not FIELD_NAME.match(name):
        raise ConditionTextError(
            f"`{name}` is no field name (small letters, digits, _); {_EXAMPLES}"
        )
    simple = _simple(name, rest)
    if simple is not None:
        return simple
    match rest:
        case ["older" | "newer" as order, "than", *span] if _days(span) is not None:
            return DateCondition(name, _days(span) or 0, older=order == "older")
        case ["in", _, *_]:
            return Compare(name, Op.IN, _texts(rest[1:]))
        case ["not", "in", _, *_]:
            return Compare(name, Op.NOT_IN, _texts(rest[2:]))
        case _:
            raise ConditionTextError(f"cannot read `{text.strip()}`; {_EXAMPLES}")


def _simple(name: str, rest: Sequence[str]) -> Compare | None:
    if " ".join(rest) in (Op.SET, Op.UNSET):
        return Compare(name, Op(" ".join(rest)))
    match rest:
        case [symbol, value] if symbol in _SYMBOLS:
            return Compare(name, _SYMBOLS[symbol], parse_value(value))
        case ["is", "not", value]:
            return Compare(name, Op.NE, parse_value(value))
        case ["is", value]:
            return Compare(name, Op.EQ, parse_value(value))
        case _:
            return None


def _texts(tokens: Sequence[str]) -> tuple[str, ...]:
    """Read words with blanks or commas between them; a comma within quotes is part of its word."""
    found: list[str] = []
    for one in tokens:
        if one[:1] in ("'", '"'):
            found.append(_unquoted(one.rstrip(",")))
        else:
            found += [word for word in one.split(",") if word]
    return tuple(found)


def _act(tokens: Sequence[str], text: str) -> EventCondition:
    rest, days = _window(tokens)
    match [word for word in rest if word != "human"]:
        case ["any", "sign"]:
            return EventCondition(ActivityAlias.SIGN, days=days)
        case ["an", "intent", "act", *by] if by in ([], ["by", "a"]):
            return EventCondition(ActivityAlias.INTENT, days=days)
        case [verb] if verb in _VERBS:
            return EventCondition(_VERBS[verb], days=days)
        case [verb, what] if verb in _VERBS:
            return EventCondition(_VERBS[verb], _unquoted(what), days)
        case [count, *counted] if count.isdigit() and int(count) > 0:
            return _counted(counted, int(count), days=days, text=text)
    raise ConditionTextError(f"cannot read `{text.strip()}`; {_EXAMPLES}")


def _counted(tokens: Sequence[str], times: int, *, days: int | None, text: str) -> EventCondition:
    match tokens:
        case ["intent", "act" | "acts"]:
            return EventCondition(ActivityAlias.INTENT, days=days, times=times)
        case ["items" | "item", verb] if verb in _VERBS:
            return EventCondition(_VERBS[verb], days=days, times=times, distinct=True)
        case [what, "items" | "item", verb] if verb in _VERBS:
            return EventCondition(_VERBS[verb], _unquoted(what), days, times, distinct=True)
        case [noun] if _noun(noun) is not None:
            return EventCondition(_noun(noun) or ActivityAlias.SIGN, days=days, times=times)
        case [noun, what] if isinstance(_noun(noun), ActivityKind):
            return EventCondition(_noun(noun) or ActivityAlias.SIGN, _unquoted(what), days, times)
    raise ConditionTextError(
        f"cannot read `{text.strip()}`; write for example `2 human clicks in 14 d`, "
        "`3 visits price_page in 7 d` or `2 compare items clicked in 21 d`"
    )


def _noun(token: str) -> ActivityKind | ActivityAlias | None:
    return _NOUNS.get(token) or _NOUNS.get(f"{token}s")


def _unquoted(written: str) -> str:
    return written[1:-1] if written[:1] in ("'", '"') else written


def _window(tokens: Sequence[str]) -> tuple[list[str], int | None]:
    if "in" not in tokens:
        return list(tokens), None
    place = len(tokens) - 1 - list(reversed(tokens)).index("in")
    days = _days(tokens[place + 1 :])
    if days is None:
        raise ConditionTextError("write the time as `in 14 d` or `in 2 w`")
    return list(tokens[:place]), days


def _days(tokens: Sequence[str]) -> int | None:
    match tokens:
        case [amount, "d" | "day" | "days"] if amount.isdigit():
            return int(amount)
        case [amount, "w" | "week" | "weeks"] if amount.isdigit():
            return int(amount) * 7
        case _:
            return None


# --- writing ------------------------------------------------------------------------------------


def _bracketed(condition: Condition) -> str:
    inner = words(condition)
    return f"({inner})" if isinstance(condition, All | AnyOf) else inner


def _compare_words(compare: Compare) -> str:
    if compare.op in (Op.SET, Op.UNSET):
        return f"{compare.field} {compare.op}"
    return f"{compare.field} {compare.op} {value_words(compare.value)}"


def _did_words(did: EventCondition) -> str:
    window = "" if did.days is None else f" in {did.days} d"
    what = value_words(did.what) if did.what else ""
    if did.distinct:
        return _joined(str(did.times), what, f"items {did.kind}") + window
    if did.kind is ActivityAlias.INTENT:
        return ("an intent act" if did.times == 1 else f"{did.times} intent acts") + window
    if did.kind is ActivityAlias.SIGN and did.times == 1:
        return f"any human sign{window}"
    if did.times == 1:
        return _joined(str(did.kind), what) + window
    return _joined(f"{did.times} human {_NOUN_OF[did.kind]}", what) + window


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)
