"""Whether we may write: permission and suppression."""

from nurture.consent.model import Grant, PermissionRow, SuppressionRow
from nurture.consent.queries import (
    leads_suppressed,
    may_answer,
    may_write,
    permissions,
    permitted,
    said_at,
    suppressed_now,
    suppression,
)
from nurture.consent.rules import NoMail, Refused, Standing, judge
from nurture.consent.service import (
    address_hash,
    give,
    recall,
    suppress,
    suppress_leads,
    take_back,
    unsay,
    withdraw,
)

__all__ = [
    "Grant",
    "NoMail",
    "PermissionRow",
    "Refused",
    "Standing",
    "SuppressionRow",
    "address_hash",
    "give",
    "judge",
    "leads_suppressed",
    "may_answer",
    "may_write",
    "permissions",
    "permitted",
    "recall",
    "said_at",
    "suppress",
    "suppress_leads",
    "suppressed_now",
    "suppression",
    "take_back",
    "unsay",
    "withdraw",
]
