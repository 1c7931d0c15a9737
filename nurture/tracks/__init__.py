"""Where each lead stands: versions, enrolments, due steps, receipts."""

from nurture.tracks.errors import NoSuchTrack, TrackRefused
from nurture.tracks.queries import (
    Due,
    Place,
    ReceiptLine,
    Stay,
    TrackState,
    claim_due,
    counts,
    endings,
    get_track,
    next_due,
    places,
    receipts,
    rivals,
    stays,
    texts,
    tracks,
)
from nurture.tracks.service import (
    End,
    EnrolResult,
    Move,
    NewReceipt,
    answer,
    definitions,
    end,
    enrol,
    leave,
    message_key,
    move,
    note,
    pause,
    publish,
    resume,
    wake,
)

__all__ = [
    "Due", "End", "EnrolResult", "Move", "NewReceipt", "NoSuchTrack", "Place", "ReceiptLine", "Stay",
    "TrackRefused", "TrackState", "answer", "claim_due", "counts", "definitions", "end",
    "endings", "enrol", "get_track", "leave", "message_key", "move", "next_due", "note", "pause", "places",
    "publish", "receipts", "resume", "rivals", "stays", "texts", "tracks", "wake",
]  # fmt: skip
