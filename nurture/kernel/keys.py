"""The secret keys of an installation: those that sign, by id, and the one that hides addresses.

Signing keys change: a new one signs, the old ones verify until they are retired. The key of the
suppression hashes never changes, or every no that was given would be forgotten.
"""

import fcntl
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nurture.kernel.clock import Clock
from nurture.kernel.errors import Conflict, Invalid, NotFound
from nurture.kernel.private import private_folder
from nurture.kernel.settings import Settings
from nurture.kernel.strength import weakness
from nurture.kernel.tokens import FIRST_KEY, LARGEST_KEY_ID, SHORTEST_KEY, Keyring

FILE = "keyring"
FIRST_FILE = "secret.key"
"""The one key of an older installation: it signs as key 1 and hides addresses."""
LOOK_EVERY = timedelta(seconds=10)
"""How soon a running process signs with a new key; it verifies by it at once."""
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBERED = re.compile(r"\s*(\d{1,3}):(.*)", re.DOTALL)
_IN_USE = (
    " If it has been in use, set NURTURE_SUPPRESSION_KEY to it, or every no that was given is "
    "forgotten, and NURTURE_SECRET_KEY to 2: and a new key."
)
_RIGHT = "Give at least 32 random characters, or leave it out and one is generated."


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key, and since when it is the one that signs (machine time)."""

    secret: bytes = field(repr=False)
    signs_from: datetime = ALWAYS


@dataclass(frozen=True, slots=True)
class KeySet:
    """All keys of an installation."""

    signing: Mapping[int, SigningKey]
    suppression: bytes = field(repr=False)

    def current(self, machine: datetime) -> int:
        """Name the key that signs: of those whose time has come, the one that came last."""
        come = [one for one in self.signing if self.signing[one].signs_from <= machine]
        return max(come or self.signing, key=lambda one: (self.signing[one].signs_from, one))

    def ring(self, machine: datetime) -> Keyring:
        """Give what signs and verifies at an instant."""
        secrets_ = {number: key.secret for number, key in self.signing.items()}
        return Keyring(current=self.current(machine), keys=secrets_)


class FileKeyring(Keyring):
    """The keys of the instance folder; a change is seen by processes that run already."""

    def __init__(self, home: Path, clock: Clock) -> None:
        """Read the keys; they are there."""
        self._home = home
        self._clock = clock
        self._stamp: tuple[int, int, int] | None = None
        self._look_at = ALWAYS
        self._read()

    def signer(self) -> tuple[int, bytes]:
        """Give the key that signs now, with its id."""
        return self._looked().signer()

    def all(self) -> Mapping[int, bytes]:
        """Give all keys that verify now."""
        return self._looked().all()

    def find(self, number: int) -> bytes | None:
        """Find a key; one that was made a moment ago, perhaps by another process, counts."""
        found = self._looked().find(number)
        if found is None and _stamp(self._home) != self._stamp:
            self._read()
            return self._ring.find(number)
        return found

    def _looked(self) -> Keyring:
        """Look whether the keys have changed, unless that was done a moment ago."""
        if not self._look_at - LOOK_EVERY <= self._clock.machine() < self._look_at:
            self._read()
        return self._ring

    def _read(self) -> None:
        machine = self._clock.machine()
        stamp = _stamp(self._home)
        if stamp != self._stamp:
            self._set = read(self._home)
            self._stamp = stamp
        self._ring = self._set.ring(machine)
        self._look_at = machine + LOOK_EVERY


def open_keys(settings: Settings, clock: Clock) -> tuple[Keyring, bytes]:
    """Give the key ring and the key of the suppression hashes; make both on the first start."""
    given = settings.secret_key.get_secret_value()
    if given:
        keys = told(given, settings.suppression_key.get_secret_value())
        return keys.ring(clock.machine()), keys.suppression
    if settings.suppression_key.get_secret_value():
        raise Invalid(
            "NURTURE_SUPPRESSION_KEY goes with NURTURE_SECRET_KEY. Leave both out, and the keys "
            f"are kept in {settings.home / FILE}; or set both."
        )
    home = settings.home.resolve()
    if not (home / FILE).exists() and not (home / FIRST_FILE).exists():
        _begin(home)
    return FileKeyring(home, clock), read(home).suppression


def told(given: str, suppression: str) -> KeySet:
    """Read the keys of a setting: one key, or several as `2:key,1:key`, of which the first signs.

    A single key is key 1, and hides addresses too unless another one is named for that.
    """
    if not _NUMBERED.match(given):
        _check(given, "NURTURE_SECRET_KEY", kept=bool(suppression))
        keys = {FIRST_KEY: SigningKey(given.encode())}
    else:
        keys = dict(_numbered(given))
        if not suppression:
            raise Invalid(
                "NURTURE_SECRET_KEY names keys by number, so NURTURE_SUPPRESSION_KEY must be set: "
                "to the key that stood alone before. It stays the same when keys change."
            )
    if suppression and len(suppression) < SHORTEST_KEY:
        # One that was typed is taken: whoever has begun with it cannot change it any more.
        raise Invalid("NURTURE_SUPPRESSION_KEY is too short: 32 characters are needed.")
    return KeySet(keys, (suppression or given).encode())


def read(home: Path) -> KeySet:
    """Read the keys of the instance folder."""
    try:
        text = (home / FILE).read_text()
    except FileNotFoundError:
        first = (home / FIRST_FILE).read_text()
        _check(first, f"{home / FIRST_FILE}")
        return KeySet({FIRST_KEY: SigningKey(first.encode())}, first.encode())
    try:
        raw = json.loads(text)
        signing = {
            int(one["id"]): SigningKey(
                str(one["secret"]).encode(), datetime.fromisoformat(one["signs_from"])
            )
            for one in raw["keys"]
        }
        found = KeySet(signing, str(raw["suppression"]).encode())
        found.ring(ALWAYS)
    except (ValueError, KeyError, TypeError, Invalid) as error:
        raise Invalid(
            f"{home / FILE} cannot be read as keys. Put back the copy of your backup: "
            "links in mail that was sent, and every no that was given, depend on it."
        ) from error
    return found


def rotate(home: Path, *, signs_from: datetime) -> int:
    """Add a key that signs from an instant on; the others go on verifying. Tells its id."""
    with _changing(home) as keys:
        number = max(keys.signing) + 1
        if number > LARGEST_KEY_ID:
            number = min(set(range(1, LARGEST_KEY_ID + 1)) - set(keys.signing), default=0)
        if not number:
            raise Conflict("There are 255 keys. Retire one first.")
        new = {number: SigningKey(_fresh(), signs_from)}
        _write(home, replace(keys, signing={**keys.signing, **new}))
    return number


def retire(home: Path, number: int, *, machine: datetime) -> int:
    """Forget a signing key: what it signed is worth nothing any more. Tells which key signs now."""
    with _changing(home) as keys:
        if number not in keys.signing:
            there = ", ".join(str(one) for one in sorted(keys.signing))
            raise NotFound(f"There is no key {number}. There are: {there}.")
        left = {one: key for one, key in keys.signing.items() if one != number}
        if not left:
            raise Conflict(
                f"Key {number} is the only one. Make another with `nurture keys rotate`."
            )
        if not any(key.signs_from <= machine for key in left.values()):
            # The key that was to follow later signs from now on: this one may be in wrong hands.
            newest = max(left)
            left[newest] = replace(left[newest], signs_from=machine)
        rest = replace(keys, signing=left)
        _write(home, rest)
    return rest.current(machine)


def _numbered(given: str) -> Iterator[tuple[int, SigningKey]]:
    """Read `2:key,1:key`; the first one signs, so it is the one whose time came last."""
    seen: set[int] = set()
    for place, part in enumerate(given.split(",")):
        found = _NUMBERED.fullmatch(part)
        if found is None or not 1 <= int(found[1]) <= LARGEST_KEY_ID or int(found[1]) in seen:
            raise Invalid(
                "NURTURE_SECRET_KEY: write one key, or several as 2:newer-key,1:older-key with "
                "different numbers from 1 to 255; the first one signs."
            )
        number, secret = int(found[1]), found[2].strip()
        seen.add(number)
        _check(secret, f"NURTURE_SECRET_KEY, key {number},")
        yield number, SigningKey(secret.encode(), ALWAYS - timedelta(seconds=place))


def _check(secret: str, name: str, *, kept: bool = True) -> None:
    """Refuse a key that could be guessed; unless it is `kept`, say how to hold on to its noes."""
    if why := weakness(secret, shortest=SHORTEST_KEY):
        raise Invalid(f"{name} is too weak: {why}. {_RIGHT}{'' if kept else _IN_USE}")


def _stamp(home: Path) -> tuple[int, int, int]:
    for name in (FILE, FIRST_FILE):
        try:
            found = (home / name).stat()
        except FileNotFoundError:
            continue
        return found.st_mtime_ns, found.st_ino, found.st_size
    return 0, 0, 0


def _begin(home: Path) -> None:
    """Make the first keys; two first starts at once agree on one set."""
    private_folder(home)
    keys = KeySet({FIRST_KEY: SigningKey(_fresh())}, _fresh())
    fresh = _written(home, keys)
    try:
        (home / FILE).hardlink_to(fresh)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


@contextmanager
def _changing(home: Path) -> Iterator[KeySet]:
    """Let nobody else change the keys meanwhile."""
    with (home / f"{FILE}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield read(home)


def _write(home: Path, keys: KeySet) -> None:
    _written(home, keys).replace(home / FILE)


def _written(home: Path, keys: KeySet) -> Path:
    """Write the keys into a new file, on the disk, that only this user may read."""
    file = home / f"{FILE}.{secrets.token_hex(4)}"
    told_ = {
        "keys": [
            {
                "id": number,
                "secret": key.secret.decode(),
                "signs_from": key.signs_from.isoformat(),
            }
            for number, key in sorted(keys.signing.items())
        ],
        "suppression": keys.suppression.decode(),
    }
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as out:
        json.dump(told_, out, indent=1)
        out.flush()
        os.fsync(out.fileno())
    return file


def _fresh() -> bytes:
    return secrets.token_urlsafe(48).encode()
