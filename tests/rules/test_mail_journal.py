"""The journal tells what became of each message, whatever became of its writer."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from nurture.kernel.types import MessageId
from nurture.mail import journal as journals
from nurture.mail.journal import AbandonedJournal, Journal, JournalBroken, settled
from nurture.mail.transport import SendOutcome

SENDER = """
import sys, time
from pathlib import Path
from nurture.mail.journal import Journal
journal = Journal.open(Path(sys.argv[1]))
for number in range(1, 101):
    journal.dot(number)
    if number % 2:
        journal.reply(number, code=250, text="2.0.0 queued")
print(journal.id, flush=True)
time.sleep(60)
"""


def only(folder: Path) -> AbandonedJournal:
    (found,) = settled(folder)
    return found


def test_a_living_sender_keeps_its_journal_and_a_killed_one_leaves_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SENDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sender:
        assert sender.stdout is not None
        identity = sender.stdout.readline().strip()
        os.kill(sender.pid, signal.SIGSTOP)

        assert list(settled(tmp_path)) == []

        os.kill(sender.pid, signal.SIGKILL)
        sender.wait()

    found = only(tmp_path)
    assert found.id == identity
    assert found.certain
    assert sorted(found.outcomes) == list(range(1, 101))
    replies = {number: reply for number, reply in found.outcomes.items() if reply is not None}
    assert sorted(replies) == list(range(1, 101, 2))
    assert {reply.outcome for reply in replies.values()} == {SendOutcome.SENT}


def test_a_retired_journal_is_gone_and_another_reaper_never_sees_a_held_one(
    tmp_path: Path,
) -> None:
    journal = Journal.open(tmp_path)
    journal.dot(MessageId(1))
    journal.close()

    for found in settled(tmp_path):
        assert list(settled(tmp_path)) == []
        found.retire()

    assert list(settled(tmp_path)) == []


def test_a_discarded_journal_leaves_nothing(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    journal.dot(MessageId(1))

    journal.discard()
    journal.discard()

    assert list(tmp_path.iterdir()) == []


def test_replies_are_kept_on_one_line_as_they_were_read(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    journal.dot(MessageId(1))
    journal.reply(MessageId(1), code=451, text="4.3.0 é\r\nd 2\nr 3 250 x " + "y" * 9_000)
    journal.dot(MessageId(5))
    journal.reply(MessageId(5), code=550, text="")
    journal.close()

    outcomes = only(tmp_path).outcomes
    assert sorted(outcomes) == [1, 5]
    first, fifth = outcomes[MessageId(1)], outcomes[MessageId(5)]
    assert first is not None
    assert fifth is not None
    assert (first.code, first.outcome) == (451, SendOutcome.DEFERRED)
    assert first.text.startswith("4.3.0 é d 2 r 3 250 x yyy")
    assert (fifth.code, fifth.text, fifth.outcome) == (550, "", SendOutcome.REFUSED)


def test_another_dot_after_a_reply_is_in_doubt_again(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    journal.dot(MessageId(1))
    journal.reply(MessageId(1), code=451, text="later")
    journal.dot(MessageId(1))
    journal.close()

    assert only(tmp_path).outcomes == {1: None}


def test_after_a_power_loss_what_stands_nowhere_is_uncertain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_one, ended = Journal.open(tmp_path), Journal.open(tmp_path)
    open_one.dot(MessageId(1))
    ended.dot(MessageId(2))
    ended.close()
    os.close(open_one._number)
    other = tmp_path / "boot_id"
    other.write_text("another boot")
    monkeypatch.setattr(journals, "BOOT_ID", other)

    found = {one.id: one for one in settled(tmp_path)}

    assert not found[open_one.id].certain
    assert found[open_one.id].outcomes == {1: None}
    assert found[ended.id].certain


@pytest.mark.parametrize("tail", [b"d 12", b"\0\0\0\0\n", b"x 1\n", b"d one\n", b"r 1\n"])
def test_what_cannot_be_read_takes_nothing_else_with_it(tmp_path: Path, tail: bytes) -> None:
    journal = Journal.open(tmp_path)
    journal.dot(MessageId(1))
    os.close(journal._number)
    with journal.path.open("ab") as file:
        file.write(tail)

    found = only(tmp_path)

    assert found.outcomes == {1: None}
    assert found.certain is (tail == b"d 12")


def test_a_sender_that_died_before_its_header_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "abc.journal").write_bytes(b"")
    (tmp_path / ".abc").write_bytes(b"")

    found = only(tmp_path)

    assert found.outcomes == {}


def test_what_cannot_be_noted_stops_the_sender(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    os.close(journal._number)
    journal._number = os.open("/dev/full", os.O_WRONLY)

    with pytest.raises(JournalBroken, match="nothing is sent"):
        journal.dot(MessageId(1))
    with pytest.raises(JournalBroken):
        journal.dot(MessageId(2))

    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(JournalBroken):
        Journal.open(blocked)


def test_a_forked_child_cannot_write_into_its_parents_journal(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    journal._process = 1

    with pytest.raises(JournalBroken):
        journal.dot(MessageId(1))
    journal.discard()


def test_four_connections_write_whole_lines(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)

    def connection(first: int) -> None:
        for number in range(first, first + 200):
            journal.dot(MessageId(number))
            journal.reply(MessageId(number), code=250, text="ok")

    threads = [threading.Thread(target=connection, args=(n * 1000 + 1,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.close()

    outcomes = only(tmp_path).outcomes
    assert len(outcomes) == 800
    assert None not in outcomes.values()
