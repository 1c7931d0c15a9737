"""Whether a secret looks as if it were drawn at random, or as if somebody had typed it."""

import re
from collections.abc import Callable
from typing import TypeAlias

Belongs: TypeAlias = Callable[[str, int], bool]

FEWEST_DIFFERENT = 8
MOST_COPIED = 0.5
MOST_IN_ORDER = 0.5
MOST_IN_WORDS = 0.65
MOST_USUAL_PAIRS = 0.58
FEWEST_PAIRS = 14
FEW_WORDS = 2
COPY = RUN = 4
"""How many characters make a copy of something before, or a stretch of a keyboard's row."""
_ORDERS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "1234567890-=",
    "aabbccddeeffgghh",
    "00112233445566778899aabbccddeeff",
    "qwertyuiop[]",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "qwertzuiopü+",
    "asdfghjklöä#",
    "yxcvbnm,.-",
    "azertyuiop^$",
    "qsdfghjklmù",
    "wxcvbn,;:!",
    "!@#$%^&*()_+",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "qazwsxedcrfvtgbyhnujmikolp",
)
_STEPS = frozenset(
    order[start : start + RUN]
    for one in _ORDERS
    for order in (one, one[::-1])
    for start in range(len(order) - RUN + 1)
)
_HEX = re.compile(r"[0-9a-fA-F]+")
_WORD = re.compile(r"[A-Z]?[a-z]{3,}|[A-Z]{4,}")
_LETTERS = re.compile(r"[A-Za-z]+")
_USUAL_PAIRS = frozenset(
    re.findall(
        r"\w\w",
        "th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le "
        "ve co me de hi ri ro ic ne ea ra ce ch ei ie ge be un au sc ns da di la ue qu el os em et "
        "ec cr ke ey wo rd pa ss ur tu ct pr",
    )
)
"""The commonest pairs of letters in English, German, French and Spanish text: three fifths of the
pairs of a sentence, one in nine of random letters."""


def weakness(secret: str, *, shortest: int) -> str:
    """Say why a secret could be guessed, "" for one that may be random.

    The bounds are so wide that none of half a million random secrets of 32 characters crossed one,
    in hexadecimal, base64 or base32.
    """
    if len(secret) < shortest:
        return f"it has {len(secret)} characters, {shortest} are needed"
    plain = secret.lower()
    if len(set(plain)) < FEWEST_DIFFERENT:
        return "it has few different characters"
    if _share(plain, _copied) > MOST_COPIED:
        return "it repeats itself"
    if _share(plain, _in_order) > MOST_IN_ORDER:
        return "it follows the alphabet or the keys of a keyboard"
    return "it is made of words" if _worded(secret) else ""


def _share(text: str, belongs: Belongs) -> float:
    """Tell which share of a text lies in stretches that belong."""
    covered = [False] * len(text)
    for start in range(len(text) - RUN + 1):
        if belongs(text, start):
            covered[start : start + RUN] = [True] * RUN
    return sum(covered) / len(text)


def _copied(text: str, start: int) -> bool:
    return text.find(text[start : start + COPY]) < start


def _in_order(text: str, start: int) -> bool:
    return text[start : start + RUN] in _STEPS


def _worded(secret: str) -> bool:
    """Tell whether letters stand together as in words; in random text the kinds change often."""
    if _HEX.fullmatch(secret):
        return False
    if len(secret.split()) > FEW_WORDS:
        return True
    stretches = _LETTERS.findall(secret)
    letters = sum(len(one) for one in stretches)
    in_words = sum(len(one) for one in _WORD.findall(secret))
    pairs = [one[at : at + 2].lower() for one in stretches for at in range(len(one) - 1)]
    usual = sum(pair in _USUAL_PAIRS for pair in pairs)
    return (
        len(pairs) >= FEWEST_PAIRS
        and in_words > MOST_IN_WORDS * letters
        and usual > MOST_USUAL_PAIRS * len(pairs)
    )
