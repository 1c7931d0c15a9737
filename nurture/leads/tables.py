"""People, companies, where they came from, and how they got in."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from nurture.kernel.database import Base
from nurture.kernel.types import Json, UtcDateTime, type_id, type_json


class CompanyRow(Base):
    """A firm; found by its domain."""

    __tablename__ = "company"

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    domain: Mapped[str | None] = mapped_column(String(200), unique=True)
    facts: Mapped[Json] = mapped_column(type_json, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SourceRecord(Base):
    """Where leads come from: channel > source; campaign stands on the lead."""

    __tablename__ = "source"

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    channel: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(120))
    cost_cents_per_month: Mapped[int] = mapped_column(default=0)
    mapping: Mapped[Json] = mapped_column(type_json, default=dict)
    """The column mapping of the last import from here."""


class Lead(Base):
    """One person we know; one row per normalised address."""

    __tablename__ = "lead"
    __table_args__ = (
        Index("ix_lead_stage", "stage", "id"),
        Index("ix_lead_owner", "owner_id"),
        Index("ix_lead_import", "import_id"),
        Index("ix_lead_company", "company_id"),
    )

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    """Normalised: trimmed, lower case, IDNA domain."""
    first_name: Mapped[str | None] = mapped_column(String(100))
    last_name: Mapped[str | None] = mapped_column(String(100))
    phone: Mapped[str | None] = mapped_column(String(40))
    job: Mapped[str | None] = mapped_column(String(120))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    country: Mapped[str | None] = mapped_column(String(2))
    postcode: Mapped[str | None] = mapped_column(String(20))
    language: Mapped[str | None] = mapped_column(String(10))
    zone: Mapped[str] = mapped_column(String(60), default="UTC")
    """IANA name; sending hours are read in it."""
    facts: Mapped[Json] = mapped_column(type_json, default=dict)
    """What is known beside the columns, by the key of its field."""
    interests: Mapped[Json] = mapped_column(type_json, default=list)
    """Topics, the strongest first."""
    stage: Mapped[str] = mapped_column(String(20))
    """Written by lifecycle only; equals the open row of stage_change (Q01)."""
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    queue: Mapped[str | None] = mapped_column(String(60))
    source_id: Mapped[int | None] = mapped_column(ForeignKey("source.id"))
    campaign: Mapped[str | None] = mapped_column(String(120))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("import_run.id"))
    """The import that created it; undo deletes by it."""
    deliverable: Mapped[bool] = mapped_column(default=True)
    """False once the address is known not to work."""
    tracking: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Touch(Base):
    """One contact that a source brought; the first is the original source."""

    __tablename__ = "touch"
    __table_args__ = (Index("ix_touch_lead", "lead_id", "at"),)

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    source_id: Mapped[int | None] = mapped_column(ForeignKey("source.id"))
    campaign: Mapped[str | None] = mapped_column(String(120))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    detail: Mapped[Json] = mapped_column(type_json, default=dict)
    """UTM values, page, form."""


class FieldChange(Base):
    """Who changed which field when, from what to what (F20)."""

    __tablename__ = "field_change"
    __table_args__ = (Index("ix_field_change_lead", "lead_id", "at"),)

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(80))
    field: Mapped[str] = mapped_column(String(60))
    old: Mapped[Json] = mapped_column(type_json)
    new: Mapped[Json] = mapped_column(type_json)


class ImportFile(Base):
    """What somebody uploaded, kept in pieces where every host can read it."""

    __tablename__ = "import_file"

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    form: Mapped[str] = mapped_column(String(20))
    """text, or workbook as long as nobody has unfolded it."""
    size: Mapped[int | None]
    """Bytes; NULL while it still comes in."""
    kept_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Machine time of its beginning; one that never became whole is swept away."""


class ImportChunk(Base):
    """One piece of a file; all of a file are equally long but the last."""

    __tablename__ = "import_chunk"

    file_id: Mapped[int] = mapped_column(ForeignKey("import_file.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ImportDraft(Base):
    """A list before it comes in: what was said of it, and what a worker found."""

    __tablename__ = "import_draft"

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    """Its address, which nobody can guess."""
    shown: Mapped[str] = mapped_column(String(200))
    """The name that it had where it came from."""
    file_id: Mapped[int] = mapped_column(ForeignKey("import_file.id"))
    told: Mapped[Json] = mapped_column(type_json, default=dict)
    job: Mapped[str] = mapped_column(String(20), default="")
    """What a worker is awaited for; empty = nothing."""
    payload: Mapped[Json] = mapped_column(type_json, default=dict)
    asked: Mapped[str] = mapped_column(String(16), default="")
    """For which answers it is checked: after a change of mind a check is no longer wanted."""
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str] = mapped_column(String(500), default="")
    found: Mapped[Json] = mapped_column(type_json)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("import_run.id"))
    moved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Machine time of the last word on it, from a person or a worker."""


class ImportRun(Base):
    """One file on its way in; resumable at `done_rows`."""

    __tablename__ = "import_run"

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    file_name: Mapped[str] = mapped_column(String(200))
    file_id: Mapped[int | None] = mapped_column(ForeignKey("import_file.id"))
    """The list's text, kept until the import is over."""
    source_id: Mapped[int | None] = mapped_column(ForeignKey("source.id"))
    campaign: Mapped[str | None] = mapped_column(String(120))
    mapping: Mapped[Json] = mapped_column(type_json)
    basis: Mapped[str] = mapped_column(String(30))
    state: Mapped[str] = mapped_column(String(20))
    """running, done, undoing, undone."""
    total_rows: Mapped[int] = mapped_column(default=0)
    done_rows: Mapped[int] = mapped_column(default=0)
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    opted_out: Mapped[int] = mapped_column(default=0)
    repeated: Mapped[int] = mapped_column(default=0, server_default="0")
    """Rows whose address stood further up already."""
    actor: Mapped[str] = mapped_column(String(80))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    moved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Machine time of the last stretch; a run that stands still is taken up again."""


class ImportReject(Base):
    """A row that was not taken, and why."""

    __tablename__ = "import_reject"
    __table_args__ = (UniqueConstraint("import_id", "row"),)

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("import_run.id"))
    row: Mapped[int]
    column: Mapped[str] = mapped_column(String(120))
    value: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(300))


class ImportRepeat(Base):
    """A row whose address stood further up in its list: both made one lead."""

    __tablename__ = "import_repeat"
    __table_args__ = (UniqueConstraint("import_id", "row"),)

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("import_run.id"))
    row: Mapped[int]
    first: Mapped[int]
    """The row that has the address first."""


class BulkAct(Base):
    """Something that was done to many leads at once, and may be taken back for a while (F174)."""

    __tablename__ = "bulk_act"

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(String(200))
    """What was done, as the page says it: put in Welcome."""
    detail: Mapped[Json] = mapped_column(type_json, default=dict)
    actor: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class BulkChange(Base):
    """One lead of such an act, and what stood before."""

    __tablename__ = "bulk_change"
    __table_args__ = (
        UniqueConstraint("act_id", "lead_id"),
        Index("ix_bulk_change_lead", "lead_id"),
    )

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    act_id: Mapped[int] = mapped_column(ForeignKey("bulk_act.id"))
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    before: Mapped[Json] = mapped_column(type_json, default=dict)


class MailHost(Base):
    """What the name servers tell of a domain that people have mailboxes at."""

    __tablename__ = "mail_host"
    __table_args__ = (Index("ix_mail_host_ask_after", "ask_after"),)

    domain: Mapped[str] = mapped_column(String(253), primary_key=True)
    gateway: Mapped[str | None] = mapped_column(String(40))
    """The product that takes its mail and is known to scan it."""
    takes_mail: Mapped[bool | None]
    """Null until somebody has told."""
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Machine time."""
    ask_after: Mapped[datetime] = mapped_column(UtcDateTime)
    """Machine time."""
