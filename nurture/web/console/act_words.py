"""What people read where the code has a word of its own (features: "Words on the screen")."""

from collections.abc import Mapping
from dataclasses import dataclass

from campaigns.vocabulary import (
    ActivityKind,
    Channel,
    ExitReason,
    HandoffState,
    Heat,
    MessageState,
    Role,
    Stage,
)

STAGES: Mapping[Stage, str] = {
    Stage.UNQUALIFIED: "New name",
    Stage.MARKETING: "Marketing lead",
    Stage.SALES_READY: "Sales-ready",
    Stage.ACCEPTED: "Accepted",
    Stage.OPPORTUNITY: "Opportunity",
    Stage.CUSTOMER: "Customer",
    Stage.RECYCLED: "Back to nurturing",
    Stage.DISQUALIFIED: "Disqualified",
}
ROAD = (Stage.MARKETING, Stage.SALES_READY, Stage.ACCEPTED, Stage.OPPORTUNITY, Stage.CUSTOMER)
"""The stages in their order; a stage's place is how far its ring is filled, in fifths."""
HEATS: Mapping[Heat, str] = {Heat.HOT: "Hot", Heat.WARM: "Warm", Heat.LATER: "Later"}
BARS: Mapping[Heat, int] = {Heat.HOT: 3, Heat.WARM: 2, Heat.LATER: 1}
ROLES: Mapping[Role, str] = {
    Role.MARKETER: "Marketer",
    Role.SALES: "Sales",
    Role.MANAGER: "Manager",
    Role.DEALER: "Dealer",
    Role.ADMIN: "Admin",
}
CHANNELS: Mapping[Channel, str] = {
    Channel.TELESALES: "Phone sales",
    Channel.FIELD: "Field sales",
    Channel.DEALER: "Dealer",
    Channel.MANAGER_QUEUE: "Whoever takes it",
}
WAITS_FOR: Mapping[HandoffState, str] = {
    HandoffState.OFFERED: "Accept",
    HandoffState.ACCEPTED: "First contact",
    HandoffState.CONTACTED: "Result",
    HandoffState.CLOSED: "Nothing",
}
MAILS: Mapping[MessageState, str] = {
    MessageState.PLANNED: "Planned",
    MessageState.SENDING: "On its way",
    MessageState.SENT: "Sent",
    MessageState.DEFERRED: "Tried again soon",
    MessageState.REFUSED: "Refused by the other side",
    MessageState.IN_DOUBT: "Maybe delivered, will not be sent again",
    MessageState.DROPPED: "Not sent",
}
PRESUMED = "Presumed delivered"
"""What a mail is called that was maybe delivered three days ago and not heard of since."""
ENDINGS: Mapping[ExitReason, str] = {
    ExitReason.FINISHED: "went through to the end",
    ExitReason.GOAL: "reached what the track is for",
    ExitReason.PROMOTED: "became sales-ready",
    ExitReason.SUPPRESSED: "do not mail",
    ExitReason.NO_PERMISSION: "no permission",
    ExitReason.EXHAUSTED: "nothing new to send",
    ExitReason.DISQUALIFIED: "disqualified",
    ExitReason.MOVED: "moved to another track",
    ExitReason.REMOVED: "taken out",
    ExitReason.TAKEN_BACK: "taken back",
    ExitReason.ERROR: "the track could not go on",
}


@dataclass(frozen=True, slots=True)
class ActWords:
    """How an act reads: its verb, its icon, and whether it is the prospect's."""

    verb: str
    icon: str
    theirs: bool = True


ACTS: Mapping[ActivityKind, ActWords] = {
    ActivityKind.SENT: ActWords("Mail sent", "send", theirs=False),
    ActivityKind.OPENED: ActWords("Opened", "mail-opened"),
    ActivityKind.CLICKED: ActWords("Clicked", "click"),
    ActivityKind.VISITED: ActWords("Visited", "eye"),
    ActivityKind.SUBMITTED: ActWords("Filled in", "forms"),
    ActivityKind.DOWNLOADED: ActWords("Downloaded", "download"),
    ActivityKind.REGISTERED: ActWords("Registered for", "ticket"),
    ActivityKind.ATTENDED: ActWords("Attended", "presentation"),
    ActivityKind.NO_SHOW: ActWords("Did not come to", "user-x"),
    ActivityKind.REPLIED: ActWords("Replied", "message-circle"),
    ActivityKind.AUTO_REPLIED: ActWords("Automatic reply", "robot", theirs=False),
    ActivityKind.BOUNCED: ActWords("Mail came back", "mail-x", theirs=False),
    ActivityKind.COMPLAINED: ActWords("Reported our mail as unwanted", "flag"),
    ActivityKind.UNSUBSCRIBED: ActWords("Unsubscribed", "mail-off"),
    ActivityKind.ASKED_TO_STOP: ActWords("Asked for no more mail", "mail-pause"),
    ActivityKind.CONFIRMED: ActWords("Confirmed the address", "mail-check"),
    ActivityKind.CALLED: ActWords("Called", "phone-call", theirs=False),
    ActivityKind.NOTED: ActWords("Note", "note", theirs=False),
    ActivityKind.IMPORTED: ActWords("Came with a list", "file-import", theirs=False),
}


def fifths(stage: Stage) -> int:
    """Tell how far the ring of a stage is filled; nought for the stages beside the road."""
    return ROAD.index(stage) + 1 if stage in ROAD else 0


def plain(key: str | None) -> str:
    """Read a key of ours, such as `leak-hunt`, as words."""
    return (key or "").replace("-", " ").replace("_", " ")
