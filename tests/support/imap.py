"""Real IMAP servers on a port of their own, one that keeps our keyword and one that does not."""

import imaplib
import mailbox
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pysasl.hashing import BuiltinHash

from nurture.adapters.mailbox_imap import READ

USER, PASSWORD = "anna", "pass word/1"
PROGRAM = Path(sys.executable).parent / "pymap"


@contextmanager
def plain_server() -> Iterator[str]:
    """Serve a mailbox in memory that keeps the marks of the standard only; give its URL."""
    argv = ["dict", "--demo-user", USER, "--demo-password", PASSWORD]
    with _served(argv) as url:
        yield url


@contextmanager
def keyword_server(folder: Path) -> Iterator[str]:
    """Serve a mailbox on disk that keeps our keyword; give its URL."""
    secret = BuiltinHash().hash(PASSWORD)
    (folder / "pymap-etc-passwd").write_text(f"{USER}:x::::{USER}:\n")
    (folder / "pymap-etc-shadow").write_text(f"{USER}:{secret}:::::::\n")
    (folder / "pymap-etc-group").write_text("")
    mailbox.Maildir(folder / USER, create=True)
    (folder / USER / "dovecot-keywords").write_text(f"0 {READ}\n")
    with _served(["maildir", str(folder)]) as url:
        yield url


def put_in(url: str, raw: bytes) -> None:
    """Deliver a mail."""
    with imaplib.IMAP4("127.0.0.1", _port(url)) as talk:
        talk.login(USER, PASSWORD)
        talk.append("INBOX", "", "", raw)


def flags_in(url: str) -> list[str]:
    """Tell how each mail is marked, the oldest first."""
    with imaplib.IMAP4("127.0.0.1", _port(url)) as talk:
        talk.login(USER, PASSWORD)
        talk.select("INBOX", readonly=True)
        _, told = talk.fetch("1:*", "(FLAGS)")
    return [one.decode() for one in told if isinstance(one, bytes)]


@contextmanager
def _served(backend: list[str]) -> Iterator[str]:
    port = _free_port()
    argv = [
        str(PROGRAM),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-tls",
        "--no-service",
        "managesieve",
        *backend,
    ]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _wait_for(port, server)
            yield f"imap://{USER}:pass%20word%2F1@127.0.0.1:{port}/INBOX"
        finally:
            server.terminate()


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        assert server.poll() is None, "the IMAP server ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the IMAP server does not answer")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _port(url: str) -> int:
    return int(url.rpartition(":")[2].partition("/")[0])
