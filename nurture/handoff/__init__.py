"""The passage to sales: offer, route, timers, answers; the Notifier protocol."""

from nurture.handoff.answers import (
    Undone,
    accept,
    contacted,
    end,
    no_answer,
    redirect,
    undo,
)
from nurture.handoff.chase import Chased, DueChase, chase, due_chases, put_off
from nurture.handoff.offer import NewOffer, Offered, offer
from nurture.handoff.ports import AlertKind, Notifier
from nurture.handoff.queries import (
    HandoffEventView,
    HandoffView,
    closed_of,
    events,
    find_open,
    get,
    handles,
    last_sent_back,
    of_lead,
    open_leads,
    open_of,
    waiting_for,
)
from nurture.handoff.rules import (
    ATTEMPTS,
    UNDO_WITHIN,
    Answer,
    ChaseStep,
    Rules,
    heat,
)

__all__ = [
    "ATTEMPTS",
    "UNDO_WITHIN",
    "AlertKind",
    "Answer",
    "ChaseStep",
    "Chased",
    "DueChase",
    "HandoffEventView",
    "HandoffView",
    "NewOffer",
    "Notifier",
    "Offered",
    "Rules",
    "Undone",
    "accept",
    "chase",
    "closed_of",
    "contacted",
    "due_chases",
    "end",
    "events",
    "find_open",
    "get",
    "handles",
    "heat",
    "last_sent_back",
    "no_answer",
    "of_lead",
    "offer",
    "open_leads",
    "open_of",
    "put_off",
    "redirect",
    "undo",
    "waiting_for",
]
