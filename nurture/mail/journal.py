"""The dot journal: what this process has told mail servers, in a file that survives its death.

A sender's life is the exclusive lock on its journal. The lock goes with the process, so whoever
gets it later knows that the sender is gone and settles its messages; a sender that is merely
stopped keeps the lock and its messages.
"""

import fcntl
import os
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from nurture.kernel.errors import Unavailable
from nurture.kernel.types import MessageId
from nurture.mail.transport import SendOutcome, SmtpStage, outcome_of

SUFFIX = ".journal"
FORMAT = "nurture-journal-1"
SYNC_EVERY = 64
LONGEST_TEXT = 400
LINGERS = 60.0
"""Seconds; a commit that was on its way when its sender died has arrived by then."""
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class JournalBroken(Unavailable):
    """The journal cannot be written, so no message may leave."""


@dataclass(frozen=True, slots=True)
class JournalledReply:
    """What a server answered about one message, as the journal kept it."""

    code: int
    text: str
    stage: SmtpStage | None = None
    """To what it was answered; journals of older versions do not say."""

    @property
    def outcome(self) -> SendOutcome:
        """Read the reply as the sender would have."""
        return outcome_of(self.code)


class Journal:
    """One sender's journal, locked for its life; safe for several connections (threads)."""

    def __init__(self, path: Path, *, number: int, identity: str) -> None:
        """Take over an open, locked file; use `Journal.open`."""
        self.path = path
        self.id = identity
        self._number = number
        self._process = os.getpid()
        self._guard = threading.Lock()
        self._disk = ThreadPoolExecutor(max_workers=1)
        self._syncing: Future[None] | None = None
        self._unsynced = 0
        self._broken = False

    @classmethod
    def open(cls, folder: Path) -> "Journal":
        """Start a journal, in the process that sends: before a fork, the parent would hold it."""
        identity = secrets.token_hex(12)
        hidden = folder / f".{identity}"
        path = folder / f"{identity}{SUFFIX}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
            number = os.open(hidden, flags, 0o600)
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            journal = cls(path, number=number, identity=identity)
            journal._append(f"h {FORMAT} {identity} {boot_id()}\n")
            journal._sync()
            # It gets its name once it is locked, or the reaper could take it for abandoned.
            hidden.rename(path)
            _sync_folder(folder)
        except OSError as error:
            raise JournalBroken(_sentence(folder, error)) from error
        return journal

    def dot(self, message_id: MessageId) -> None:
        """Note that the end of this message is about to be sent; raise if that cannot be noted."""
        self._write(f"d {message_id}\n")

    def reply(
        self, message_id: MessageId, *, code: int, text: str, stage: SmtpStage = SmtpStage.DOT
    ) -> None:
        """Note what the server answered, and to what."""
        line = " ".join(text.split())[:LONGEST_TEXT]
        self._write(f"a {message_id} {code} {stage} {line}\n")

    def close(self) -> None:
        """Note a regular end: from now on, what stands nowhere was certainly never sent."""
        with self._guard:
            if self._number < 0:
                return
            try:
                self._synced()
                if not self._broken:
                    self._append("e\n")
                    self._sync()
            except OSError:
                self._broken = True
            self._release()

    def discard(self) -> None:
        """Remove it and let go, once the database knows every outcome."""
        with self._guard:
            self.path.unlink(missing_ok=True)
            if self._number >= 0:
                self._release()

    def _release(self) -> None:
        self._disk.shutdown()
        os.close(self._number)
        self._number = -1

    def _write(self, line: str) -> None:
        if os.getpid() != self._process:
            raise JournalBroken("A journal belongs to the process that opened it.")
        with self._guard:
            if self._broken or self._number < 0:
                raise JournalBroken("The journal of this sender is closed.")
            try:
                self._append(line)
                self._unsynced += 1
                if self._unsynced >= SYNC_EVERY:
                    self._unsynced = 0
                    self._sync_beside()
            except OSError as error:
                # Write nothing more: after half a line nothing that follows could be read.
                self._broken = True
                raise JournalBroken(_sentence(self.path, error)) from error

    def _sync_beside(self) -> None:
        """Let the disk work while mail goes on; a disk that is slower than the mail holds it up."""
        self._synced()
        self._syncing = self._disk.submit(self._sync)

    def _synced(self) -> None:
        """Wait for what is on its way to the disk; raise what the disk said."""
        syncing, self._syncing = self._syncing, None
        if syncing is not None:
            syncing.result()

    def _append(self, line: str) -> None:
        raw = line.encode("utf-8", "replace")
        if os.write(self._number, raw) != len(raw):
            raise OSError(28, "The disk is full")

    def _sync(self) -> None:
        os.fdatasync(self._number)


@dataclass(frozen=True, slots=True)
class AbandonedJournal:
    """The journal of a sender that is gone, held by us while its messages are settled."""

    id: str
    outcomes: Mapping[MessageId, JournalledReply | None]
    """Each message with a dot, and the reply, or None: it may have been delivered."""
    certain: bool
    """Whether a message that stands nowhere was certainly not sent (false after a power loss)."""
    path: Path
    lingers: bool
    """Whether a claim under its name may still be on its way to the database: its end is fresh."""

    def retire(self) -> None:
        """Remove it, once the database knows every outcome."""
        self.path.unlink(missing_ok=True)


def settled(folder: Path) -> Iterator[AbandonedJournal]:
    """Take each journal whose sender is gone; locks are released as the caller moves on."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            if _locked(number) and os.fstat(number).st_nlink:
                yield _read(path)
        finally:
            os.close(number)


def is_kept(folder: Path, identity: str) -> bool:
    """Tell whether a journal of this host still exists, whoever holds it."""
    return (folder / f"{identity}{SUFFIX}").exists()


def boot_id() -> str:
    """Name this boot of the machine: after another one, unsynced lines may be missing."""
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        # Without one, every journal counts as written in this boot, as on a system that has none.
        return "none"


def _locked(number: int) -> bool:
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(path: Path) -> AbandonedJournal:
    """Read as far as lines can be trusted: a torn or foreign line makes the rest uncertain."""
    identity, booted, whole, ended = path.stem, "", True, False
    outcomes: dict[MessageId, JournalledReply | None] = {}
    raw = path.read_bytes()
    lines = raw.split(b"\n")
    torn = lines.pop() != b""
    for line in lines:
        match line.decode("utf-8", "replace").split(" ", 3):
            case ["h", format_, name, boot] if format_ == FORMAT:
                identity, booted = name, boot
            case ["d", number] if number.isdecimal():
                outcomes[MessageId(int(number))] = None
            case ["r", number, code, *rest] if number.isdecimal() and code.isdecimal():
                text = rest[0] if rest else ""
                outcomes[MessageId(int(number))] = JournalledReply(code=int(code), text=text)
            case ["a", number, code, rest] if number.isdecimal() and code.isdecimal():
                named, _, text = rest.partition(" ")
                outcomes[MessageId(int(number))] = JournalledReply(int(code), text, _stage(named))
            case ["e"]:
                ended = True
            case _:
                whole = False
    same_boot = booted == boot_id()
    # Within one boot a torn tail is a dot that was never sent: the sender stops at a short write.
    certain = whole and (ended or same_boot) and (same_boot or not torn)
    lingers = time.time() - path.stat().st_mtime < LINGERS
    return AbandonedJournal(identity, outcomes, certain, path, lingers)


def _stage(word: str) -> SmtpStage | None:
    return SmtpStage(word) if word in set(SmtpStage) else None


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _sentence(path: Path, error: OSError) -> str:
    return f"The journal {path} cannot be written ({error.strerror}); nothing is sent until it can."
