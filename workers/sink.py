"""The built-in mail sink: accepts mail, keeps it for the mailbox page, sends none."""

import argparse
import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from nurture.adapters.sink_store import SinkWriter
from nurture.kernel.clock import RealClock
from workers.supervise import Child, check_address

BOUNCING = "bounces-"
"""Addresses that start so do not exist: demos and tests need mailboxes that refuse."""

UNKNOWN_MAILBOX = "550 5.1.1 There is no such mailbox here"
LARGEST = 33_554_432


class RefusedAddresses:
    """Addresses without a mailbox: a rule, and a file with one address a line that may change."""

    def __init__(self, file: Path | None) -> None:
        """Take the file, which need not exist yet."""
        self._file = file
        self._seen = 0
        self._listed: frozenset[str] = frozenset()

    def __contains__(self, address: str) -> bool:
        """Look an address up, in the file's newest state."""
        return address.lower().startswith(BOUNCING) or address.lower() in self._current()

    def _current(self) -> frozenset[str]:
        if self._file is None or not self._file.exists():
            return self._listed
        changed = self._file.stat().st_mtime_ns
        if changed != self._seen:
            lines = self._file.read_text(encoding="utf-8").splitlines()
            self._listed = frozenset(line.strip().lower() for line in lines if line.strip())
            self._seen = changed
        return self._listed


class SinkHandler:
    """Answer the SMTP server's questions; it looks these methods up by name."""

    def __init__(self, mailbox: SinkWriter, refused: RefusedAddresses) -> None:
        """Write to `mailbox` what `refused` does not forbid."""
        self._mailbox = mailbox
        self._refused = refused
        self._clock = RealClock()

    async def handle_EHLO(  # noqa: N802 - named and shaped by the library
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        """Offer RFC 2920 pipelining: commands are read one by one from one stream."""
        del server, envelope
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_RCPT(  # noqa: N802 - named and shaped by the library
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        rcpt_options: list[str],
    ) -> str:
        """Refuse a mailbox that does not exist."""
        del server, session
        if address in self._refused:
            return UNKNOWN_MAILBOX
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(rcpt_options)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - named by the library
        """Answer 250 only when the message is committed.

        A crash before the commit loses a message that nobody was told of; one after it, but before
        the answer, leaves the sender in doubt, as with any server.
        """
        del server, session
        number = self._mailbox.store(
            envelope.original_content or b"",
            mail_from=envelope.mail_from or "",
            rcpt_to=envelope.rcpt_tos,
            received_at=self._clock.machine(),
        )
        return f"250 2.0.0 Ok: kept as {number}"


async def serve(home: Path, *, host: str, port: int, refused: RefusedAddresses) -> None:
    """Serve until the task is cancelled."""
    mailbox = SinkWriter(home)
    handler = SinkHandler(mailbox, refused)

    def connection() -> SMTP:
        return SMTP(
            handler, hostname="nurture-sink", ident="Nurture mail sink", data_size_limit=LARGEST
        )

    server = await asyncio.get_running_loop().create_server(connection, host, port)
    try:
        await server.serve_forever()
    finally:
        mailbox.close()


async def _serve_until_asked(home: Path, options: argparse.Namespace) -> None:
    refused = RefusedAddresses(options.refuse)
    task = asyncio.ensure_future(serve(home, host=options.host, port=options.port, refused=refused))
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, task.cancel)
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()


def main(arguments: Sequence[str]) -> int:
    """Run the sink: `python -m workers sink --home DIR --port N [--refuse FILE]`."""
    parser = argparse.ArgumentParser(prog="python -m workers sink", description=main.__doc__)
    parser.add_argument("--home", type=Path, required=True, help="the instance's folder")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8025)
    parser.add_argument("--refuse", type=Path, help="a file of addresses that get 550 5.1.1")
    options = parser.parse_args(arguments)
    check_address(Child(name="mail sink", argv=(), address=(options.host, options.port)))
    asyncio.run(_serve_until_asked(options.home, options))
    return 0
