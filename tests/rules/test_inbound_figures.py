"""Figures on public samples of returned mail, where they lie beside the project."""

import json
from pathlib import Path
from typing import Any

import pytest

from nurture.mail import (
    InboundMailKind,
    IncomingMail,
    ReplyClass,
    ReportAction,
    read_incoming,
    report_on,
)
from nurture.mail.notices import events

SHARED = Path(__file__).parents[3] / "shared"
CASES, FLUFL = SHARED / "cases/bounces", SHARED / "data/bounces-flufl"
HOOKS = SHARED / "data/webhooks-anymail"
LEAD = "lead@firm.example"
SAME = {
    "queued": "sent",
    "failed": "rejected",
    "autoresponded": "auto_replied",
    "subscribed": "unknown",
}


def labels(folder: Path) -> list[dict[str, Any]]:
    if not (folder / "labels.json").exists():
        pytest.skip(f"{folder} is not here: no figure on these samples")
    told: list[dict[str, Any]] = json.loads((folder / "labels.json").read_text())
    return told


def hard_on(found: IncomingMail, address: str) -> bool:
    told = report_on(address, found.reports)
    return (
        told is not None
        and told.action is ReportAction.FAILED
        and told.why is ReplyClass.HARD_BOUNCE
    )


def right(want: str, found: IncomingMail) -> bool:
    if want == "complaint":
        return found.came is InboundMailKind.COMPLAINT
    if found.came is not InboundMailKind.RETURNED or not found.reports:
        return False
    if want.startswith("hard"):
        return hard_on(found, LEAD)
    return not want.startswith("failed, not hard") or not hard_on(found, LEAD)


def test_each_mail_that_was_misread_once_is_read_right() -> None:
    told = labels(CASES)
    wrong = [
        one["file"]
        for one in told
        if not right(one["want"], read_incoming((CASES / one["file"]).read_bytes()))
    ]
    print(f"\nmisread once: {len(told) - len(wrong)} of {len(told)} right")  # noqa: T201 - the figure
    assert wrong == []


def test_bounces_in_the_words_of_twenty_servers_name_their_recipients() -> None:
    told = labels(FLUFL)
    named = failed = wanted = gone = persons = 0
    for one in told:
        found = read_incoming((FLUFL / one["file"]).read_bytes())
        persons += bool(one["recipients"]) and found.came is InboundMailKind.PERSON
        for address in one["recipients"]:
            wanted += 1
            named += any(address.lower() in (r.recipient, r.original) for r in found.reports)
            if not one["temporary"]:
                gone += 1
                report = report_on(address, found.reports)
                failed += report is not None and report.action is ReportAction.FAILED
    print(f"\nrecipients {named} of {wanted}, permanent {failed} of {gone}")  # noqa: T201 - the figure
    assert persons == 0
    assert named >= 0.97 * wanted
    assert failed >= 0.97 * gone


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_every_sample_reads_the_same_whatever_ends_its_lines(ending: bytes) -> None:
    files = [CASES / one["file"] for one in labels(CASES)]
    files += [FLUFL / one["file"] for one in labels(FLUFL)]
    for file in files:
        plain = file.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        one, other = read_incoming(plain), read_incoming(plain.replace(b"\n", ending))
        assert (one.came, one.reports) == (other.came, other.reports), file.name


def test_the_payloads_of_thirteen_providers_are_mapped_right() -> None:
    if not HOOKS.exists():
        pytest.skip(f"{HOOKS} is not here: no figure on these samples")
    right_ones = all_ones = 0
    for file in sorted(HOOKS.glob("*_webhooks.json")):
        for one in json.loads(file.read_text()):
            want = one["expected"].get("event_type")
            if not want or want.startswith("<"):
                continue
            kinds = {str(event.kind) for raw in one["payloads"] for event in events(raw)}
            all_ones += 1
            right_ones += SAME.get(want, want) in (kinds or {"unknown"})
    print(f"\nproviders' events: {right_ones} of {all_ones} mapped right")  # noqa: T201 - the figure
    assert right_ones >= 0.95 * all_ones
