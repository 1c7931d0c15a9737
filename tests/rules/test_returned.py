"""Notices as mail servers and providers write them: of whom, whether it failed, and why."""

# ruff: noqa: E501 - mails as they are

from collections import Counter
from dataclasses import dataclass
from functools import partial

import pytest

from nurture.kernel.types import Json
from nurture.mail import InboundKind, InboundMailKind, ReplyClass, ReportAction, read_incoming
from nurture.mail.notices import events

LEAD = "lead@firm.example"
US = "us@vendor.example"
HARD, FULL, SOFT = ReplyClass.HARD_BOUNCE, ReplyClass.MAILBOX_FULL, ReplyClass.SOFT_BOUNCE
POLICY, CONTENT = ReplyClass.POLICY, ReplyClass.CONTENT
RATE, RELAY = ReplyClass.RATE_LIMIT, ReplyClass.RELAY


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice, and what is right."""

    name: str
    raw: bytes
    why: ReplyClass | None = None
    action: ReportAction = ReportAction.FAILED
    came: InboundMailKind = InboundMailKind.RETURNED
    by_status: bool = False


def letter(
    body: str,
    *,
    sender: str = "MAILER-DAEMON@mx.example (Mail Delivery System)",
    subject: str = "Undelivered Mail Returned to Sender",
    head: str = "",
    kind: str = "text/plain; charset=utf-8",
) -> bytes:
    """Write a mail from its text."""
    return (
        f"From: {sender}\nTo: {US}\nSubject: {subject}\nMessage-ID: <1@mx.example>\n{head}"
        f"MIME-Version: 1.0\nContent-Type: {kind}\n\n{body}\n"
    ).encode()


def report(
    fields: str, *, text: str = "It could not be delivered.", kind: str = "message/delivery-status"
) -> bytes:
    """Write a report in three parts (RFC 3464)."""
    body = (
        f"--B\nContent-Type: text/plain\n\n{text}\n\n--B\nContent-Type: {kind}\n\n"
        f"Reporting-MTA: dns; mx.example\n\n{fields}\n\n--B\nContent-Type: message/rfc822\n\n"
        f"From: {US}\nTo: {LEAD}\nSubject: For you\n\nHello\n--B--"
    )
    return letter(body, kind='multipart/report; report-type=delivery-status; boundary="B"')


def dsn(action: str, status: str, said: str = "", final: str = LEAD) -> bytes:
    """Write the fields of one recipient."""
    told = f"\nDiagnostic-Code: smtp; {said}" if said else ""
    return report(f"Final-Recipient: rfc822; {final}\nAction: {action}\nStatus: {status}{told}")


by_status = partial(Notice, by_status=True)
BY_STATUS = [
    by_status("bare 5.1.1", dsn("failed", "5.1.1"), HARD),
    by_status("5.1.10", dsn("failed", "5.1.10", "550 5.1.10 RecipientNotFound"), HARD),
    by_status("5.1.2", dsn("failed", "5.1.2", "550 Host unknown"), HARD),
    by_status("5.1.6", dsn("failed", "5.1.6", "550 has moved, no forwarding address"), HARD),
    by_status("5.2.1", dsn("failed", "5.2.1", "550 5.2.1 mailbox disabled"), HARD),
    by_status("5.4.4", dsn("failed", "5.4.4", "Domain name not found"), HARD),
    by_status("words win over 5.0.0", dsn("failed", "5.0.0", "550 no such user"), HARD),
    by_status("words win over 5.5.0", dsn("failed", "5.5.0", "550 mailbox unavailable"), HARD),
    by_status("words win over 5.7.1", dsn("failed", "5.7.1", "550 5.7.1 User unknown"), HARD),
    by_status("given up on a person", dsn("failed", "4.1.1", "450 4.1.1 User unknown"), HARD),
    by_status(
        "refused by a directory",
        dsn("failed", "5.4.1", "550 5.4.1 Recipient address rejected: Access denied"),
        HARD,
    ),
    by_status("with a comment", dsn("failed", "5.1.1 (bad destination mailbox address)"), HARD),
    by_status(
        "words in the other part",
        report(
            f"Final-Recipient: rfc822; <{LEAD}>\nAction: failed\nStatus: 5.5.0",
            text=f"mail.local: unknown user: lead\n554 <{LEAD}>... Service unavailable",
        ),
        HARD,
    ),
    by_status("full", dsn("failed", "5.2.2", "552 5.2.2 mailbox full"), FULL),
    by_status("full against the code", dsn("failed", "5.1.1", "550 disk quota exceeded"), FULL),
    by_status("expired", dsn("failed", "4.4.7", "delivery time expired"), SOFT),
    by_status("no answer", dsn("failed", "4.4.1"), SOFT),
    by_status(
        "a name server in trouble", dsn("failed", "5.4.4", "Host not found, try again"), SOFT
    ),
    by_status(
        "sender refused", dsn("failed", "5.1.8", f"553 5.1.8 <{US}>: Sender refused"), POLICY
    ),
    by_status(
        "sender rejected by 5.1.0",
        dsn("failed", "5.1.0", f"550 5.1.0 <{US}> sender rejected"),
        POLICY,
    ),
    by_status(
        "no such domain is ours",
        dsn("failed", "5.1.7", "550 No such domain (in reply to MAIL FROM command)"),
        POLICY,
    ),
    by_status("dmarc", dsn("failed", "5.7.26", "550 5.7.26 unauthenticated, see DMARC"), POLICY),
    by_status("block list", dsn("failed", "5.7.1", "554 blocked using zen.spamhaus.org"), POLICY),
    by_status("spam", dsn("failed", "5.7.1", "554 message looks like spam"), CONTENT),
    by_status("too large", dsn("failed", "5.3.4", "552 message too large"), CONTENT),
    by_status("relay", dsn("failed", "5.7.1", "554 5.7.1 Relay access denied"), RELAY),
    by_status("rate", dsn("failed", "4.7.28", "421 4.7.28 unusual rate of mail"), RATE),
    by_status(
        "refused after the text",
        report(
            f"Final-Recipient: rfc822; {LEAD}\nAction: failed\nStatus: 5.0.0\n"
            "Diagnostic-Code: smtp; 550 Unknown user",
            text=f"<{LEAD}>: host mx said: 550 Unknown user (in reply to end of DATA command)",
        ),
        POLICY,
    ),
    by_status("delayed", dsn("delayed", "4.4.1", "451 later"), SOFT, ReportAction.DELAYED),
    by_status("delivered", dsn("delivered", "2.0.0", "250 ok"), None, ReportAction.DELIVERED),
    by_status(
        "deliverable", dsn("deliverable", "2.1.5", "250 2.1.5 ok"), None, ReportAction.DELIVERED
    ),
    by_status("relayed", dsn("relayed", "2.0.0"), None, ReportAction.DELIVERED),
    by_status(
        "passed on to another address",
        report(
            f"Original-Recipient: rfc822; {LEAD}\nFinal-Recipient: rfc822; other@firm.example\n"
            "Action: failed\nStatus: 5.1.1"
        ),
        HARD,
    ),
    by_status(
        "fields in a text part",
        letter(
            f"Technical report:\n\nReporting-MTA: dns; x\n\nAction: failed\nFinal-Recipient: rfc822; {LEAD}"
            "\nDiagnostic-Code: smtp; 550 5.1.1 user unknown\nStatus: 5.1.1\n"
        ),
        HARD,
    ),
    by_status(
        "quoted by a forwarder",
        letter(
            f"Begin forwarded message:\n\n> Final-Recipient: RFC822; {LEAD}\n> Action: failed\n"
            "> Status: 5.1.1\n> Diagnostic-Code: SMTP; 550 5.1.1 User unknown\n",
            sender="Anna <anna@firm.example>",
            subject="Fwd: Returned mail: see transcript",
        ),
        HARD,
    ),
    by_status(
        "wrapped by a filter",
        letter(
            "--O\nContent-Type: text/plain\n\nA message was returned.\n--O\nContent-Type: message/rfc822\n\n"
            + dsn("failed", "5.1.1", "550 5.1.1 User unknown").decode()
            + "\n--O--",
            kind='multipart/mixed; boundary="O"',
        ),
        HARD,
    ),
    by_status("a source route", dsn("failed", "5.1.1", final=f"@relay.example:{LEAD}"), HARD),
]
QMAIL = "Hi. This is the qmail-send program at old.example.\n\n<{lead}>:\n{said}\n\n--- Below this line is a copy of the message.\n\nTo: {lead}\n"
WORDS = [
    Notice(
        "qmail",
        letter(
            QMAIL.format(lead=LEAD, said="Sorry, no mailbox here by that name. (#5.1.1)"),
            subject="failure notice",
        ),
        HARD,
    ),
    Notice(
        "qmail, host",
        letter(
            QMAIL.format(lead=LEAD, said="Sorry, I couldn't find any host named x."),
            subject="failure notice",
        ),
        HARD,
    ),
    Notice(
        "qmail, too long",
        letter(
            QMAIL.format(
                lead=LEAD, said="Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)"
            ),
            subject="failure notice",
        ),
        SOFT,
    ),
    Notice(
        "exim",
        letter(
            "A message that you sent could not be delivered to one or more of its\nrecipients. The following "
            f"address failed:\n\n  {LEAD}\n    host mx.firm.example: 550 No such user here",
            head=f"X-Failed-Recipients: {LEAD}\n",
        ),
        HARD,
    ),
    Notice(
        "dragonfly",
        letter(
            f"There was an error delivering your mail to <{LEAD}>.\n\nmx [192.0.2.1] did not like our RCPT TO:"
            f"550 <{LEAD}>: Recipient address rejected: User unknown\n\nMessage headers follow.\n\nTo: <{LEAD}>",
            sender="MAILER-DAEMON <>",
            subject="Mail delivery failed",
            head=f"X-Original-To: <{LEAD}>\n",
        ),
        HARD,
    ),
    Notice(
        "old sendmail",
        letter(
            f"   ----- Transcript of session follows -----\n>>> RCPT To:<{LEAD}>\n<<< 550 <{LEAD}>, User Unknown\n"
            f"550 <{LEAD}>... User unknown\n\n   ----- Unsent message follows -----\nTo: {LEAD}"
        ),
        HARD,
    ),
    Notice(
        "transcript that stops at our sender",
        letter(
            f"    Recipient: <{LEAD}>\n    >>> MAIL FROM:<{US}>\n    <<< 550 no such user as this sender\n",
            sender="Postmaster@carrier.example",
            subject="Mail System Error - Returned Mail",
        ),
        POLICY,
    ),
    Notice(
        "groupware",
        letter(
            f"------- Failure Reasons  --------\n\nUser  not listed in public Name & Address Book\n{LEAD}\n\n"
            f"------- Returned Message --------\nTo: {LEAD}",
            subject="Undeliverable message",
        ),
        HARD,
    ),
    Notice(
        "carrier",
        letter(
            "Error: Invalid user address\n\nError message below:\n550 - Requested action not taken: no such user "
            f"here\n\nMessage details:\n  MAIL FROM: {US}\n  RCPT TO: {LEAD}\n",
            sender="post_master@text.example",
            subject="Re: For you",
            head="In-Reply-To: <2@vendor.example>\n",
        ),
        HARD,
    ),
    Notice(
        "carrier, full",
        letter(
            f"Your mail could not be delivered to: <{LEAD}>\nAs their mailbox is full.",
            sender="no-reply@carrier.example",
            subject="Notice",
        ),
        FULL,
    ),
    Notice(
        "Japanese carrier",
        letter(
            f"送信できませんでした。\n\n<{LEAD}>\n宛先のユーザーが見つかりません",
            sender="no-reply@carrier.example",
            subject="メールエラー通知",
        ),
        HARD,
    ),
    Notice(
        "cloud mail",
        letter(
            f"** Address not found **\n\nYour message wasn't delivered to {LEAD} because the address couldn't be "
            "found. Check for typos or unnecessary spaces and try again.",
            subject="Delivery Status Notification (Failure)",
        ),
        HARD,
    ),
    Notice(
        "office mail",
        letter(
            f"Delivery has failed to these recipients or groups:\n\n{LEAD}<mailto:{LEAD}>\nThe email address wasn't "
            f"found.\n\nDiagnostic information for administrators:\n\n{LEAD}\nRemote Server returned '550 5.1.10 "
            "RESOLVER.ADR.RecipientNotFound; not found'",
            sender="postmaster@firm.example",
            subject="Undeliverable: For you",
            head="Precedence: bulk\n",
        ),
        HARD,
    ),
    Notice(
        "gone out of time",
        letter(
            f"Could not deliver to <{LEAD}> for the last 432000 seconds. Giving up.",
            sender="MAILER-DAEMON <>",
            subject="Mail delivery failed",
        ),
        SOFT,
    ),
    Notice(
        "only a warning",
        letter(
            f"THIS IS A WARNING MESSAGE ONLY. YOU DO NOT NEED TO RESEND YOUR MESSAGE.\n\n<{LEAD}>: host away",
            subject="Warning: could not send message for past 4 hours",
        ),
        None,
        ReportAction.DELAYED,
    ),
    Notice(
        "arrived",
        letter(
            f"Your message was successfully delivered to <{LEAD}>.",
            subject="Successful Mail Delivery Report",
        ),
        None,
        ReportAction.DELIVERED,
    ),
    Notice(
        "German",
        letter(
            f"Ihre Nachricht an {LEAD} konnte nicht zugestellt werden.\nDer Empfänger ist unbekannt.",
            subject="Unzustellbar: Für Sie",
        ),
        HARD,
    ),
    Notice(
        "German, full",
        letter(
            f"Ihre Nachricht an {LEAD} konnte nicht zugestellt werden.\nDas Postfach ist voll.",
            subject="Unzustellbar: Für Sie",
        ),
        FULL,
    ),
    Notice(
        "French",
        letter(
            f"Votre message n'a pas pu être distribué à {LEAD} :\nutilisateur inconnu",
            subject="Non remis : Pour vous",
        ),
        HARD,
    ),
    Notice(
        "Spanish",
        letter(
            f"No se pudo entregar a {LEAD}:\nEl usuario no existe.",
            subject="No se puede entregar: Para usted",
        ),
        HARD,
    ),
    Notice(
        "Italian",
        letter(f"Impossibile recapitare a {LEAD}.\nUtente sconosciuto", subject="Mancato recapito"),
        HARD,
    ),
    Notice(
        "Dutch",
        letter(
            f"Uw bericht aan {LEAD} is niet bezorgd.\nOnbekende gebruiker",
            subject="Onbestelbaar: Voor u",
        ),
        HARD,
    ),
    Notice(
        "Polish",
        letter(
            f"Nie można dostarczyć wiadomości do {LEAD}.\nUżytkownik nie istnieje",
            subject="Niedostarczono: Dla Ciebie",
        ),
        HARD,
    ),
    Notice(
        "greylisted in words",
        letter(
            f"Your message to <{LEAD}> could not be delivered:\n450 greylisted, try again later",
            subject="failure notice",
        ),
        SOFT,
    ),
    Notice(
        "spam in words",
        letter(
            f"Your message to <{LEAD}> could not be delivered:\n550 Message rejected as spam",
            subject="failure notice",
        ),
        CONTENT,
    ),
    Notice(
        "verified sender",
        letter(
            f"Your message to <{LEAD}> could not be delivered:\n550 Sender verify failed",
            subject="failure notice",
        ),
        POLICY,
    ),
    Notice(
        "mail loop",
        letter(
            f"Error transferring to x.example; Maximum hop count exceeded.\n{LEAD}",
            subject="DELIVERY FAILURE: loop",
        ),
        SOFT,
    ),
]


def notice_in_json(kind: str, about: str) -> bytes:
    """Write what Amazon sends by mail, with its lines broken."""
    inner = (
        f'{{\\"notificationType\\":\\"{kind}\\",{about},\\"mail\\":{{\\"source\\":\\"{US}\\"}}}}'
    )
    return letter(
        f'{{\n  "Type" : "Notification",\n  "MessageId" : "1",\n  "Message" : "{inner}"\n}}',
        sender="Notices <no-reply@sns.example>",
        subject="Notification Message",
    )


def json_bounce(kind: str, said: str) -> bytes:
    """Write a bounce as JSON."""
    return notice_in_json(
        "Bounce",
        (
            f'\\"bounce\\":{{\\"bounceType\\":\\"{kind}\\",\\"bouncedRecipients\\":[{{\\"emailAddress\\":'
            f'\\"{LEAD}\\",\\"diagnosticCode\\":\\"{said}\\"}}]}}'
        ),
    )


ABUSE = (
    "--B\nContent-Type: {kind}\n\n{told}\n--B\nContent-Type: message/rfc822\n\n"
    f"X-HmXmrOriginalRecipient: {LEAD}\nTo: {LEAD}\nFrom: {US}\nSubject: For you\n\nHello\n--B--"
)
complained = partial(Notice, came=InboundMailKind.COMPLAINT, action=ReportAction.DELIVERED)
OTHERS = [
    Notice("json, gone", json_bounce("Permanent", "smtp; 550 5.1.1 user unknown"), HARD),
    Notice("json, gone without words", json_bounce("Permanent", ""), HARD),
    Notice("json, full", json_bounce("Transient", "smtp; 552 5.2.2 mailbox full"), FULL),
    Notice("json, transient", json_bounce("Transient", ""), SOFT),
    Notice(
        "json, delivered",
        notice_in_json("Delivery", f'\\"delivery\\":{{\\"recipients\\":[\\"{LEAD}\\"]}}'),
        None,
        ReportAction.DELIVERED,
    ),
    complained(
        "json, complaint",
        notice_in_json(
            "Complaint",
            (
                f'\\"complaint\\":{{\\"complainedRecipients\\":[{{\\"emailAddress\\":\\"{LEAD}\\"}}]}}'
            ),
        ),
    ),
    complained(
        "feedback report",
        letter(
            ABUSE.format(kind="message/feedback-report", told="Feedback-Type: abuse\nVersion: 1"),
            sender="fbl@provider.example",
            subject="FW: For you",
            kind='multipart/report; report-type=feedback-report; boundary="B"',
        ),
    ),
    complained(
        "feedback report that wants to leave",
        letter(
            ABUSE.format(kind="message/feedback-report", told="Feedback-Type: opt-out\nVersion: 1"),
            sender="fbl@provider.example",
            subject="FW: For you",
            kind='multipart/report; report-type=feedback-report; boundary="B"',
        ),
    ),
    complained(
        "abuse notice in words",
        letter(
            ABUSE.format(
                kind="text/plain", told="This is an email abuse report for a message from 192.0.2.1"
            ),
            sender="abuse@provider.example",
            subject="Abuse",
            kind='multipart/mixed; boundary="B"',
        ),
    ),
    complained(
        "abuse notice by its subject",
        letter(
            ABUSE.format(kind="text/plain", told=""),
            sender="staff@provider.example",
            subject="complaint about message from 192.0.2.1",
            kind='multipart/mixed; boundary="B"',
        ),
    ),
]
NOTICES = [*BY_STATUS, *WORDS, *OTHERS]


@pytest.mark.parametrize("notice", NOTICES, ids=lambda one: one.name)
def test_a_notice_tells_of_whom_and_why(notice: Notice) -> None:
    found = read_incoming(notice.raw)
    assert found.came is notice.came
    (told,) = found.reports
    assert LEAD in (told.recipient, told.original)
    assert told.action is notice.action
    if notice.why is not None and notice.action is ReportAction.FAILED:
        assert told.why is notice.why


def test_there_are_notices_of_each_kind_and_none_is_a_persons() -> None:
    by_kind = Counter(
        "complaint" if one.came is InboundMailKind.COMPLAINT else str(one.why or one.action)
        for one in NOTICES
    )
    print(f"\n{len(NOTICES)} notices: {dict(by_kind)}")  # noqa: T201 - the figure
    assert len(NOTICES) >= 60
    assert min(by_kind[str(kind)] for kind in (HARD, FULL, SOFT, POLICY, CONTENT)) >= 3
    assert not any(read_incoming(one.raw).came is InboundMailKind.PERSON for one in NOTICES)


@pytest.mark.parametrize("ending", [b"\r\n", b"\r"])
def test_every_notice_reads_the_same_whatever_ends_its_lines(ending: bytes) -> None:
    for one in NOTICES:
        plain, other = read_incoming(one.raw), read_incoming(one.raw.replace(b"\n", ending))
        assert (plain.came, plain.reports) == (other.came, other.reports), one.name


def test_a_report_on_many_tells_of_each() -> None:
    found = read_incoming(
        report(
            f"Final-Recipient: rfc822; {LEAD}\nAction: failed\nStatus: 5.1.1\n\n"
            "Final-Recipient: rfc822; ben@firm.example\nAction: failed\nStatus: 5.2.2"
        )
    )
    assert {one.recipient: one.why for one in found.reports} == {
        LEAD: HARD,
        "ben@firm.example": FULL,
    }


def test_a_mail_says_the_same_as_a_providers_notice() -> None:
    (by_mail,) = read_incoming(dsn("failed", "5.1.1", "550 5.1.1 user unknown")).events
    payload: Json = {
        "event": "bounce",
        "email": LEAD,
        "sg_event_id": "7",
        "timestamp": 1461095250,
        "reason": "550 5.1.1 user unknown",
        "status": "5.1.1",
        "smtp-id": "<4711.aabbccddeeff00112233aa@vendor.example>",
    }
    (by_hook,) = events(payload)
    assert (by_mail.kind, by_mail.recipient, by_mail.why) == (InboundKind.BOUNCED, LEAD, HARD)
    assert (by_hook.kind, by_hook.recipient, by_hook.why) == (InboundKind.BOUNCED, LEAD, HARD)
    assert by_hook.marks == ("4711.aabbccddeeff00112233aa",)
    assert events(payload)[0].source_id == by_hook.source_id


HOOKS: list[tuple[Json, InboundKind]] = [
    ({"RecordType": "Delivery", "Recipient": LEAD, "MessageID": "1"}, InboundKind.DELIVERED),
    ({"RecordType": "SpamComplaint", "Email": LEAD}, InboundKind.COMPLAINED),
    (
        {"RecordType": "SubscriptionChange", "Recipient": LEAD, "SuppressSending": True},
        InboundKind.UNSUBSCRIBED,
    ),
    ([{"event": "spamreport", "email": LEAD}], InboundKind.COMPLAINED),
    (
        [{"event": "hard_bounce", "msg": {"email": LEAD, "diag": "smtp;550 5.1.1 gone"}}],
        InboundKind.BOUNCED,
    ),
    ({"type": "email.delivery_delayed", "data": {"to": [LEAD]}}, InboundKind.DEFERRED),
    (
        {"type": "activity.unsubscribed", "data": {"email": {"recipient": {"email": LEAD}}}},
        InboundKind.UNSUBSCRIBED,
    ),
    (
        {"event-data": {"event": "failed", "severity": "temporary", "recipient": LEAD}},
        InboundKind.DEFERRED,
    ),
    (
        {"event-data": {"event": "failed", "severity": "permanent", "recipient": LEAD}},
        InboundKind.BOUNCED,
    ),
    (
        [{"msys": {"message_event": {"type": "bounce", "bounce_class": "60", "rcpt_to": LEAD}}}],
        InboundKind.AUTO_REPLIED,
    ),
    ({"events": [{"event": "delivery", "email": LEAD}]}, InboundKind.DELIVERED),
    ({"event": "unsubscribe", "email": LEAD, "message-id": "<1@x>"}, InboundKind.UNSUBSCRIBED),
    ({"event": "dropped", "email": LEAD, "reason": "Bounced Address"}, InboundKind.REJECTED),
]


@pytest.mark.parametrize(("payload", "kind"), HOOKS)
def test_each_providers_names_mean_the_same_few_things(payload: Json, kind: InboundKind) -> None:
    (found,) = events(payload)
    assert (found.kind, found.recipient) == (kind, LEAD)


@pytest.mark.parametrize(
    "payload",
    [
        None,
        7,
        "x",
        [],
        {},
        {"event": 7},
        {"event": ["bounce"]},
        {"mail": {"mail": {}}},
        {"Type": "Notification", "Message": "{"},
        [[[[[[[[{"event": "bounce"}]]]]]]]],
    ],
)
def test_a_payload_that_nobody_knows_tells_nothing(payload: Json) -> None:
    assert events(payload) == ()
