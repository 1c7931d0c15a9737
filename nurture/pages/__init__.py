"""Landing pages, forms and what people sent through them."""

from nurture.pages.form_limits import Allowance, LimitScope
from nurture.pages.service import (
    FormCounting,
    NewSubmission,
    Proofness,
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
    "FormCounting",
    "LimitScope",
    "NewSubmission",
    "Proofness",
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
