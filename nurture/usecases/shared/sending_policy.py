"""What holds for every lead: sending hours, cap, content; published text, parsed once."""

from collections.abc import Mapping

from campaigns.decision import Policy
from nurture import content, published
from nurture.kernel.errors import NotFound
from nurture.kernel.work import Work


def policy(work: Work, *, seed: int = 0) -> Policy:
    """Give today's policy: the newest published sending rules and the live library."""
    sending = published.sending(work)
    assets = tuple(card.to_choice() for card in content.assets(work))
    return Policy(window=sending.window, cap=sending.cap, assets=assets, seed=seed)


def topic_words(work: Work) -> Mapping[str, str]:
    """Name the library's topics as people read them."""
    try:
        return published.library(work).topics
    except NotFound:
        return {}
