"""What the built-in mail sink has accepted: one small file that the sink writes and pages read."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from pathlib import Path

from nurture.kernel.errors import NotFound
from nurture.kernel.private import private_file

FILE = "mailbox.db"
TABLES = """
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    received_at TEXT NOT NULL,
    mail_from TEXT NOT NULL,
    rcpt_to TEXT NOT NULL,
    subject TEXT NOT NULL,
    message_id TEXT NOT NULL,
    raw BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS recipient (
    address TEXT NOT NULL,
    message INTEGER NOT NULL,
    PRIMARY KEY (address, message)
) WITHOUT ROWID;
"""
COLUMNS = "id, received_at, mail_from, rcpt_to, subject, message_id"


@dataclass(frozen=True, slots=True)
class SinkMailRow:
    """One accepted message as a line of a list."""

    id: int
    received_at: datetime
    """Machine time, aware UTC."""
    mail_from: str
    rcpt_to: tuple[str, ...]
    subject: str
    message_id: str


@dataclass(frozen=True, slots=True)
class StoredMail:
    """One accepted message, whole."""

    line: SinkMailRow
    raw: bytes
    """The bytes as they arrived, dot-unstuffed, CRLF line ends."""


class SinkWriter:
    """The sink's side: one open connection, one commit per message."""

    def __init__(self, home: Path) -> None:
        """Open or create the file; a crash of this process loses nothing that was accepted."""
        private_file(home / FILE)
        self._db = sqlite3.connect(home / FILE, timeout=10)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(TABLES)

    def store(
        self, raw: bytes, *, mail_from: str, rcpt_to: Sequence[str], received_at: datetime
    ) -> int:
        """Keep one message; return when it is committed."""
        headers = BytesHeaderParser().parsebytes(raw)
        subject = _readable(str(headers.get("Subject", "")))
        row = (
            received_at.astimezone(UTC).isoformat(),
            mail_from,
            json.dumps(list(rcpt_to)),
            subject,
            str(headers.get("Message-ID", "")).strip(),
            raw,
        )
        with self._db:
            cursor = self._db.execute(
                "INSERT INTO message (received_at, mail_from, rcpt_to, subject, message_id, raw)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                row,
            )
            number = cursor.lastrowid or 0
            self._db.executemany(
                "INSERT OR IGNORE INTO recipient VALUES (?, ?)",
                [(address.lower(), number) for address in rcpt_to],
            )
        return number

    def close(self) -> None:
        """Fold the log into the file."""
        self._db.close()


def messages(
    home: Path, *, after_id: int = 0, rcpt: str | None = None, limit: int = 100
) -> list[SinkMailRow]:
    """List what came after `after_id`, oldest first: for those who follow the mailbox."""
    return _select(home, after_id, rcpt=rcpt, limit=limit, newest_first=False)


def latest(
    home: Path, *, before_id: int | None = None, rcpt: str | None = None, limit: int = 50
) -> list[SinkMailRow]:
    """List the newest first; the page after it begins before the last id."""
    bound = 2**62 if before_id is None else before_id
    return _select(home, bound, rcpt=rcpt, limit=limit, newest_first=True)


def message(home: Path, number: int) -> StoredMail:
    """Fetch one message whole."""
    with _reading(home) as db:
        query = f"SELECT {COLUMNS}, raw FROM message WHERE id = ?"  # noqa: S608 - COLUMNS is a constant
        row = db.execute(query, (number,)).fetchone() if db else None
    if row is None:
        sentence = f"There is no message {number} in the mailbox."
        raise NotFound(sentence)
    return StoredMail(line=_line(row[:-1]), raw=row[-1])


def count(home: Path) -> int:
    """Count the accepted messages."""
    with _reading(home) as db:
        return int(db.execute("SELECT count(*) FROM message").fetchone()[0]) if db else 0


def _select(
    home: Path, bound: int, *, rcpt: str | None, limit: int, newest_first: bool
) -> list[SinkMailRow]:
    beyond, order = ("<", "DESC") if newest_first else (">", "ASC")
    query = f"SELECT {COLUMNS} FROM message WHERE id {beyond} ?"  # noqa: S608 - constants
    values: list[int | str] = [bound]
    if rcpt is not None:
        query += " AND id IN (SELECT message FROM recipient WHERE address = ?)"
        values.append(rcpt.lower())
    query += f" ORDER BY id {order} LIMIT ?"
    with _reading(home) as db:
        rows = db.execute(query, [*values, limit]) if db else ()
        return [_line(row) for row in rows]


def _line(row: tuple[int, str, str, str, str, str]) -> SinkMailRow:
    number, received_at, mail_from, rcpt_to, subject, message_id = row
    return SinkMailRow(
        id=number,
        received_at=datetime.fromisoformat(received_at),
        mail_from=mail_from,
        rcpt_to=tuple(json.loads(rcpt_to)),
        subject=subject,
        message_id=message_id,
    )


def _readable(subject: str) -> str:
    """Decode RFC 2047 words; show what cannot be decoded as it came."""
    unfolded = " ".join(subject.split())
    try:
        return str(make_header(decode_header(unfolded)))
    except (HeaderParseError, LookupError, UnicodeError):
        return unfolded


@contextmanager
def _reading(home: Path) -> Iterator[sqlite3.Connection | None]:
    """Open the file for reading; None while no sink has ever run."""
    file = home / FILE
    if not file.exists():
        yield None
        return
    db = sqlite3.connect(f"file:{file.resolve()}?mode=ro", uri=True, timeout=10)
    try:
        yield db
    finally:
        db.close()
