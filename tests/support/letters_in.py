"""Mail as it comes back: bounces of well-known servers, complaints, automatic and human answers."""

from email.message import EmailMessage

OURS = "news@sender.example"
BOUNCES = "bounces@mail.sender.example"


def returned_to(mark: str) -> str:
    """Address a bounce as a mail server does, from our envelope's sender."""
    local, _, domain = BOUNCES.partition("@")
    return f"{local}+{mark}@{domain}"


def dsn(
    mark: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 <anna@works.example>: rejected: User unknown",
    recipient: str = "anna@works.example",
) -> bytes:
    """Write a bounce as Postfix does (RFC 3464)."""
    return f"""Return-Path: <>
From: MAILER-DAEMON@mx.example (Mail Delivery System)
To: {returned_to(mark)}
Subject: Undelivered Mail Returned to Sender
Message-ID: <{mark[-8:]}.{action}@mx.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--B
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Mon, 2 Mar 2026 09:00:00 +0000 (UTC)

Final-Recipient: rfc822; {recipient}
Original-Recipient: rfc822;{recipient}
Action: {action}
Status: {status}
Diagnostic-Code: {diagnostic}

--B
Content-Type: text/rfc822-headers

From: {OURS}
Subject: For you

--B--
""".encode()


def complaint(message_id: str, *, feedback: str = "abuse") -> bytes:
    """Write a complaint whose recipient is left out, as large providers do (RFC 5965)."""
    return f"""From: <fbl@provider.example>
To: <fbl@sender.example>
Subject: complaint about message from 192.0.2.1
Message-ID: <fbl.1@provider.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="B"

--B
Content-Type: text/plain

This is an email abuse report.

--B
Content-Type: message/feedback-report

Feedback-Type: {feedback}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: <redacted>

--B
Content-Type: message/rfc822

From: {OURS}
To: redacted
Message-ID: {message_id}
Subject: For you

Hello
--B--
""".encode()


def answer(message_id: str, *, words: str = "Please call me.", **headers: str) -> bytes:
    """Write an answer to a mail of ours; further headers with _ for -."""
    written = EmailMessage()
    written["From"] = "Anna <anna@works.example>"
    written["To"] = OURS
    written["Message-ID"] = f"<{abs(hash((words, *headers)))}@works.example>"
    if message_id:
        written["In-Reply-To"] = message_id
    written["Subject"] = headers.pop("subject", "Re: For you")
    for name, value in headers.items():
        written[name.replace("_", "-")] = value
    written.set_content(words)
    return written.as_bytes()


QMAIL = b"""Return-Path: <>
From: MAILER-DAEMON@old.example
To: bounces+%MARK%@mail.sender.example
Subject: failure notice

Hi. This is the qmail-send program at old.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<anna@works.example>:
192.0.2.7 does not like recipient.
Remote host said: 550 5.1.1 unknown user
Giving up on 192.0.2.7.

--- Below this line is a copy of the message.
"""
EXIM = b"""Return-Path: <>
X-Failed-Recipients: anna@works.example
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@exim.example>
To: bounces+%MARK%@mail.sender.example
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  anna@works.example
    host mx.works.example [192.0.2.9]
    SMTP error from remote mail server after RCPT TO:<anna@works.example>:
    550 mailbox is full
"""
