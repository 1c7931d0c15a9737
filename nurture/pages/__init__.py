"""Landing pages, forms and what people sent through them."""

from nurture.pages.limits import Allowance, Scope
from nurture.pages.service import (
    Counting,
    NewSubmission,
    Standing,
    SubmissionView,
    allowance,
    by_nonce,
    count,
    find,
    forget_counts,
    held,
    held_count,
    hold_limits,
    keep,
    link,
    settle,
    unproven,
    waiting,
)

__all__ = [
    "Allowance",
    "Counting",
    "NewSubmission",
    "Scope",
    "Standing",
    "SubmissionView",
    "allowance",
    "by_nonce",
    "count",
    "find",
    "forget_counts",
    "held",
    "held_count",
    "hold_limits",
    "keep",
    "link",
    "settle",
    "unproven",
    "waiting",
]
