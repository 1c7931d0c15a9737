"""The words every layer shares. Read this first."""

from enum import StrEnum


class Stage(StrEnum):
    """Where a lead stands between a first name and a customer; exactly one at a time."""

    UNQUALIFIED = "unqualified"
    MARKETING = "marketing"
    SALES_READY = "sales_ready"
    ACCEPTED = "accepted"
    OPPORTUNITY = "opportunity"
    CUSTOMER = "customer"
    RECYCLED = "recycled"
    DISQUALIFIED = "disqualified"


class BuyingStage(StrEnum):
    """What a prospect tries to do, and which content speaks to it."""

    LEARN = "learn"
    COMPARE = "compare"
    DECIDE = "decide"


class StepKind(StrEnum):
    """What one step of a track does."""

    EMAIL = "email"
    CONTENT = "content"
    STREAM = "stream"
    WAIT = "wait"
    BRANCH = "branch"
    TASK = "task"
    HANDOFF = "handoff"
    GOAL = "goal"
    EXIT = "exit"


class MessageState(StrEnum):
    """What became of one message; the table of moves is in `nurture.mail.rules`."""

    PLANNED = "planned"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"
    DROPPED = "dropped"


class MessageKind(StrEnum):
    """Why a message is written; it decides which guards apply before it leaves."""

    MARKETING = "marketing"
    REQUESTED = "requested"
    """What the prospect asked for: at once, outside sending hours and cap."""
    CONFIRM = "confirm"
    """Whether an address is theirs: one mail, before any other (double opt-in)."""
    ALERT = "alert"
    """To our own people: hand-off, reminder, escalation."""
    TEST = "test"


class Receipt(StrEnum):
    """What happened at a due step; every due step ends in one, also when nothing is sent."""

    PLANNED = "planned"
    WAITED = "waited"
    BRANCHED = "branched"
    TASK_CREATED = "task_created"
    HANDED_OFF = "handed_off"
    FINISHED = "finished"
    EXITED = "exited"
    HELD_WINDOW = "held_window"
    HELD_CAP = "held_cap"
    HELD_WISH = "held_wish"
    HELD_PRIORITY = "held_priority"
    HELD_PAUSED = "held_paused"
    HELD_NO_SENDER = "held_no_sender"
    SKIPPED_SUPPRESSED = "skipped_suppressed"
    SKIPPED_NO_PERMISSION = "skipped_no_permission"
    SKIPPED_EXHAUSTED = "skipped_exhausted"
    SKIPPED_SEEN = "skipped_seen"
    SKIPPED_STAGE = "skipped_stage"
    SKIPPED_PAUSED = "skipped_paused"
    """Its time passed while the track was paused, and somebody chose to leave it out."""
    SKIPPED_DATE = "skipped_date"
    """It hangs on a day of the lead that is not known, or has passed."""


class ExitReason(StrEnum):
    """Why an enrolment ended."""

    FINISHED = "finished"
    GOAL = "goal"
    PROMOTED = "promoted"
    SUPPRESSED = "suppressed"
    NO_PERMISSION = "no_permission"
    EXHAUSTED = "exhausted"
    DISQUALIFIED = "disqualified"
    MOVED = "moved"
    REMOVED = "removed"
    TAKEN_BACK = "taken_back"
    """The lead should never have been in it: whether it may come back is as if it had not."""
    ERROR = "error"


class EnrolmentState(StrEnum):
    """Whether a lead still moves along a track."""

    ACTIVE = "active"
    ENDED = "ended"


class ActivityKind(StrEnum):
    """What a prospect did, or what was done with the lead; the rows of the timeline."""

    SENT = "sent"
    OPENED = "opened"
    CLICKED = "clicked"
    VISITED = "visited"
    SUBMITTED = "submitted"
    DOWNLOADED = "downloaded"
    REGISTERED = "registered"
    ATTENDED = "attended"
    NO_SHOW = "no_show"
    REPLIED = "replied"
    AUTO_REPLIED = "auto_replied"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    ASKED_TO_STOP = "asked_to_stop"
    """Answered a mail with the wish for no more; weighs nothing, and a person acts on it."""
    CONFIRMED = "confirmed"
    """Said from the mailbox itself that the address is theirs."""
    CALLED = "called"
    NOTED = "noted"
    IMPORTED = "imported"


class Verdict(StrEnum):
    """Who was behind a hit (T-03)."""

    PENDING = "pending"
    HUMAN_PROVEN = "human_proven"
    HUMAN_LIKELY = "human_likely"
    IMAGE_PROXY = "image_proxy"
    PRIVACY_PROXY = "privacy_proxy"
    SCANNER_CERTAIN = "scanner_certain"
    SCANNER_PROBABLE = "scanner_probable"
    PREFETCH = "prefetch"

    @property
    def human(self) -> bool:
        """Count it for scores, branches and promotion."""
        return self in (Verdict.HUMAN_PROVEN, Verdict.HUMAN_LIKELY)


class Heat(StrEnum):
    """The one word that sales people see."""

    HOT = "hot"
    WARM = "warm"
    LATER = "later"


class Role(StrEnum):
    """Who somebody is in the console."""

    MARKETER = "marketer"
    SALES = "sales"
    MANAGER = "manager"
    DEALER = "dealer"
    ADMIN = "admin"


class Channel(StrEnum):
    """How a sales person works; each has its own timers."""

    TELESALES = "telesales"
    FIELD = "field"
    DEALER = "dealer"
    MANAGER_QUEUE = "manager_queue"


class HandoffState(StrEnum):
    """Where the passage of a lead to sales stands."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    CONTACTED = "contacted"
    CLOSED = "closed"


class SuppressionReason(StrEnum):
    """Why an address is never written to; ranked, the first wins (D-27)."""

    COMPLAINT = "complaint"
    UNSUBSCRIBED = "unsubscribed"
    HARD_BOUNCE = "hard_bounce"
    MANUAL = "manual"
    IMPORTED = "imported"


class Basis(StrEnum):
    """Why we may write to a person."""

    CONSENT = "consent"
    FORM = "form"
    EXISTING_CUSTOMER = "existing_customer"
    NONE = "none"


class JobName(StrEnum):
    """What the database may promise to the queue."""

    SEND = "send"
    ABSORB = "absorb"
    IMPORT = "import"
    CHECK = "check"
    UNFOLD = "unfold"
    COLLECT = "collect"
    LOOK_UP = "look_up"
