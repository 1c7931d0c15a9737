"""What a person asks for in a reply, as far as a rule can tell: no more mail, in many languages."""

import re

from nurture.mail.phrase_lists import phrases, simple

SHORT = 120
"""Letters of a reply that is nothing but the wish."""
LONG = 600
"""Letters after which the wish must stand in the first sentences to be the sense of the reply."""
FIRST = 3

_LIKE = phrases("letter_phrases")
_ALONE = re.compile(
    rf"\W*(?:{_LIKE['please'].pattern})?(?:{_LIKE['stop_alone'].pattern})"
    rf"(?:[ ,](?:{_LIKE['thanks'].pattern}))?\W*"
)
_SENTENCE = re.compile(r"[.!?。！？\n]+")  # noqa: RUF001 - sentences end so in Japanese and Chinese


def wants_no_more(words: str) -> bool:
    """Tell whether a reply asks for no more mail: as its whole text, or as its plain sense."""
    told = simple(words)
    if len(told) <= SHORT and _ALONE.fullmatch(told):
        return True
    first = next((one.strip() for one in _SENTENCE.split(words) if one.strip()), "")
    if _ALONE.fullmatch(simple(first)):
        return True
    said = [one for one in _SENTENCE.split(told) if one.strip()]
    heard = said if len(told) <= LONG else said[:FIRST]
    said_no = _LIKE["stop_said"]
    return any(said_no.search(one) and not _LIKE["not_that"].search(one) for one in heard)
