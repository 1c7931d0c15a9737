import smtplib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from nurture.adapters import sink_store
from nurture.kernel.errors import NotFound
from tests.support.processes import free_port, listens, wait_until


@dataclass(frozen=True)
class Sink:
    home: Path
    port: int
    process: subprocess.Popen[bytes]

    def client(self) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", self.port, timeout=20)


@pytest.fixture
def sink(home: Path) -> Iterator[Sink]:
    port = free_port()
    command = [sys.executable, "-m", "workers", "sink", "--home", str(home), "--port", str(port)]
    process = subprocess.Popen([*command, "--refuse", str(home / "refused")])
    wait_until(lambda: listens(port))
    yield Sink(home=home, port=port, process=process)
    process.terminate()
    assert process.wait(20) == 0


def letter(to: str, subject: str = "Hello") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Nurture <hello@nurture.example>", to, subject
    mail["Message-ID"] = f"<{to}>"
    mail.set_content("One line.\n.\nA line after a lone dot.\n")
    return mail


def test_what_is_accepted_is_in_the_mailbox(sink: Sink) -> None:
    with sink.client() as client:
        client.send_message(letter("Ada@Example.org", "Grüße aus Köln"))

    [line] = sink_store.messages(sink.home)
    whole = sink_store.message(sink.home, line.id)

    assert line.rcpt_to == ("Ada@Example.org",)
    assert line.mail_from == "hello@nurture.example"
    assert line.subject == "Grüße aus Köln"
    assert line.message_id == "<Ada@Example.org>"
    assert line.received_at.tzinfo is not None
    assert whole.line == line
    assert b"\r\n.\r\nA line after a lone dot." in whole.raw


def test_addresses_without_a_mailbox_are_refused_with_550(sink: Sink) -> None:
    (sink.home / "refused").write_text("gone@example.org\n")

    with sink.client() as client:
        client.ehlo()
        client.mail("hello@nurture.example")
        answers = [client.rcpt(f"{name}@example.org") for name in ("bounces-1", "Gone", "ada")]

    assert [code for code, _ in answers] == [550, 550, 250]
    assert answers[0][1].startswith(b"5.1.1")
    assert sink_store.count(sink.home) == 0


def test_pipelined_commands_are_offered_and_understood(sink: Sink) -> None:
    with sink.client() as client:
        client.ehlo()
        client.send(b"MAIL FROM:<a@x.example>\r\nRCPT TO:<b@x.example>\r\nDATA\r\n")
        codes = [client.getreply()[0] for _ in range(3)]
        client.send(
            b"Subject: 1\r\n\r\nx\r\n.\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<c@x.example>\r\n"
        )
        codes += [client.getreply()[0] for _ in range(3)]

        assert client.has_extn("pipelining")
    assert codes == [250, 250, 354, 250, 250, 250]


def test_a_killed_sink_keeps_what_it_accepted(sink: Sink) -> None:
    with sink.client() as client:
        for number in range(20):
            client.send_message(letter(f"lead{number}@example.org"))
        sink.process.kill()
        sink.process.wait()

    # What a new one does first: open the file.
    sink_store.SinkWriter(sink.home).close()
    sink.process.returncode = 0
    assert sink_store.count(sink.home) == 20


def test_pages_of_the_mailbox_follow_each_other(home: Path) -> None:
    box = sink_store.SinkWriter(home)
    at = datetime(2026, 3, 2, tzinfo=UTC)
    for to in ("ada@x.example", "bob@x.example", "Ada@x.example"):
        box.store(b"Subject: S\r\n\r\nx", mail_from="n@x.example", rcpt_to=[to], received_at=at)

    newest = sink_store.latest(home, limit=2)
    older = sink_store.latest(home, before_id=newest[-1].id, limit=2)

    assert [line.id for line in newest + older] == [3, 2, 1]
    assert [line.id for line in sink_store.messages(home, after_id=1)] == [2, 3]
    assert [line.id for line in sink_store.messages(home, rcpt="ADA@x.example")] == [1, 3]
    box.close()


def test_a_mailbox_that_never_received_anything_is_empty(home: Path) -> None:
    assert sink_store.messages(home) == []
    assert sink_store.count(home) == 0
    with pytest.raises(NotFound, match="no message 7"):
        sink_store.message(home, 7)


def test_a_taken_port_is_named(sink: Sink) -> None:
    command = [sys.executable, "-m", "workers", "sink", "--home", str(sink.home)]

    second = subprocess.run(
        [*command, "--port", str(sink.port)], capture_output=True, text=True, check=False
    )

    assert second.returncode == 1
    taken = f"Port {sink.port} of the mail sink is taken by another program"
    already = "perhaps by a Nurture that runs already"
    assert second.stderr == f"{taken}, {already}. Stop it.\n"
