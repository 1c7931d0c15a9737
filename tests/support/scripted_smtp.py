"""A real SMTP server on the loopback that answers as a test says, and remembers what it took."""

import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

HANG_UP = ""
"""Instead of a reply: the connection ends without a word."""
SILENCE = "..."
"""Instead of a reply: nothing comes until the server is closed."""


@dataclass
class Script:
    """What the server says to each command; what is left out it takes."""

    greeting: str = "220 scripted.example ESMTP"
    offers: tuple[str, ...] = ("PIPELINING", "8BITMIME")
    auth: str = "235 2.7.0 accepted"
    mail: str = "250 2.1.0 ok"
    rcpt: str = "250 2.1.5 ok"
    data: str = "354 go ahead"
    dot: str = "250 2.0.0 queued"
    only: dict[str, str] = field(default_factory=dict)
    """To these recipients, instead of `rcpt`."""
    allowed: int | None = None
    """After so many mails, `mail`, `rcpt` and `dot` hold; before, all is taken."""


@dataclass
class ScriptedSmtp:
    """One server; change `script` at any time, `taken` counts the mails by recipient."""

    script: Script
    port: int = 0
    taken: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    """How many mails were refused or put off, counted each time."""
    connections: int = 0
    closing: threading.Event = field(default_factory=threading.Event)

    def says(self, part: str, recipient: str = "") -> str:
        """Give the reply that holds now."""
        script = self.script
        if script.allowed is not None and sum(self.taken.values()) < script.allowed:
            script = Script()
        if part == "rcpt" and recipient in self.script.only:
            return self.script.only[recipient]
        return str(getattr(script, part))


@contextmanager
def scripted_smtp(
    script: Script, *, tls: ssl.SSLContext | None = None, port: int = 0
) -> Iterator[ScriptedSmtp]:
    """Serve on a free port of the loopback until the block ends."""
    server = ScriptedSmtp(script)
    with socket.create_server(("127.0.0.1", port)) as listener:
        server.port = listener.getsockname()[1]
        thread = threading.Thread(target=_accept, args=(listener, server, tls), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def free_port() -> int:
    """Name a port at which nobody listens."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        return int(nobody.getsockname()[1])


def _accept(listener: socket.socket, server: ScriptedSmtp, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            line, _ = listener.accept()
        except OSError:
            return
        server.connections += 1
        threading.Thread(target=_serve, args=(line, server, tls), daemon=True).start()


def _serve(line: socket.socket, server: ScriptedSmtp, tls: ssl.SSLContext | None) -> None:
    line.settimeout(20)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        with line if tls is None else tls.wrap_socket(line, server_side=True) as talk:
            _Talk(talk, server).hold()
    except (_HungUpError, OSError):
        line.close()


class _HungUpError(Exception):
    """The script says so."""


class _Talk:
    def __init__(self, line: socket.socket, server: ScriptedSmtp) -> None:
        self.line, self.server = line, server
        self.lines = line.makefile("rb")
        self.recipient = ""
        self.begun = self.taking = False

    def hold(self) -> None:
        """Answer one command after the other."""
        self.say(self.server.script.greeting)
        while raw := self.lines.readline():
            words = raw.decode("ascii", "replace").strip()
            verb = words.partition(" ")[0].upper()
            if verb in ("EHLO", "HELO"):
                self.offer()
            elif verb == "AUTH":
                self.say(self.server.script.auth)
            elif verb == "MAIL":
                self.begun = self.asked(self.server.says("mail"))
            elif verb == "RCPT" and not self.begun:
                self.taking = self.say("503 5.5.1 MAIL first")
            elif verb == "RCPT":
                self.recipient = words[words.index("<") + 1 : words.index(">")]
                self.taking = self.asked(self.server.says("rcpt", self.recipient))
            elif verb == "DATA":
                self.take()
            else:
                self.say("221 bye" if verb == "QUIT" else "250 ok")

    def offer(self) -> None:
        """Say what the server can do."""
        said = ["scripted.example", *self.server.script.offers]
        last = len(said) - 1
        text = "".join(f"250{' ' if n == last else '-'}{one}\r\n" for n, one in enumerate(said))
        self.line.sendall(text.encode())

    def take(self) -> None:
        """Take a message in, or refuse it as the script says."""
        if not self.taking:
            self.say("503 5.5.1 no valid recipients")
            return
        if not self.asked(self.server.says("data")):
            return
        while (raw := self.lines.readline()) != b".\r\n":
            if not raw:
                raise _HungUpError
        said = self.server.says("dot")
        if said.startswith("2") or not said:
            self.server.taken[self.recipient] += 1
        self.asked(said)

    def asked(self, reply: str) -> bool:
        """Answer what concerns a mail."""
        self.server.asked += 1 if reply[:1] in ("4", "5") else 0
        return self.say(reply)

    def say(self, reply: str) -> bool:
        """Answer; tell whether the answer was a yes."""
        if reply == HANG_UP:
            raise _HungUpError
        if reply == SILENCE:
            while not self.server.closing.is_set():
                time.sleep(0.01)
            raise _HungUpError
        self.line.sendall(f"{reply}\r\n".encode())
        if reply.startswith("421"):
            raise _HungUpError
        return reply[0] in "23"
