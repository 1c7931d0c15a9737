"""What holds for every lead: sending hours, cap, content; published text, parsed once."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from campaigns.decision import Policy
from campaigns.library import Shelf, load_content, load_sending
from nurture import content, scoring
from nurture.kernel.errors import NotFound
from nurture.kernel.work import Work
from nurture.scoring import RuleKind


def policy(work: Work, *, seed: int = 0) -> Policy:
    """Give today's policy: the newest published sending rules and the live library."""
    number, text = scoring.current(work, RuleKind.SENDING)
    assets = tuple(card.to_choice() for card in content.assets(work))
    return replace(_parsed(number, text), assets=assets, seed=seed)


@lru_cache(maxsize=8)
def _parsed(_number: int, text: str) -> Policy:
    sending = load_sending(text)
    return Policy(window=sending.window, cap=sending.cap)


def topic_words(work: Work) -> Mapping[str, str]:
    """Name the library's topics as people read them."""
    try:
        return _shelf(*scoring.current(work, RuleKind.CONTENT)).topics
    except NotFound:
        return {}


@lru_cache(maxsize=8)
def _shelf(_number: int, text: str) -> Shelf:
    return load_content(text)
