"""Replies as mail servers give them, and whose matter each is."""

import pytest

from nurture.mail.replies import ReplyClass, classify, enhanced_code

HARD = ReplyClass.HARD_BOUNCE
SOFT = ReplyClass.SOFT_BOUNCE
POLICY = ReplyClass.POLICY
RATE = ReplyClass.RATE_LIMIT

REPLIES = [
    # --- the address does not exist
    (550, "5.1.1 The email account that you tried to reach does not exist. Please try", HARD),
    (550, "5.1.1 <x@example.com>: Recipient address rejected: User unknown in virtual", HARD),
    (550, "5.1.1 <x@example.com>: Recipient address rejected: example.com", HARD),
    (550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address", HARD),
    (550, "5.5.0 Requested action not taken: mailbox unavailable (S2017062302).", POLICY),
    (550, "Requested action not taken: mailbox unavailable", HARD),
    (554, "delivery error: dd This user doesn't have a yahoo.com account (x@yahoo.com)", HARD),
    (552, "1 Requested mail action aborted, mailbox not found", HARD),
    (550, "5.4.1 Recipient address rejected: Access denied. AS(201806281)", HARD),
    (550, "No such user here", HARD),
    (550, "<x@example.com>: User does not exist", HARD),
    (550, "Unrouteable address", HARD),
    (550, "5.2.1 The email account that you tried to reach is disabled.", HARD),
    (550, "5.2.1 This mailbox has been blocked due to inactivity", POLICY),
    (550, "Account inactive: account has been disabled", HARD),
    (550, "5.1.2 Host unknown (Name server: host not found)", HARD),
    (553, "5.1.3 The recipient address is not a valid RFC 5321 address.", HARD),
    (550, "#5.1.0 Address rejected.", HARD),
    (550, "5.1.6 recipient no longer on server: x@example.com", HARD),
    (551, "User not local; please try <forward-path>", HARD),
    (550, "Invalid recipient x@example.com", HARD),
    (550, "sorry, no mailbox here by that name (#5.1.1)", HARD),
    (511, "sorry, no mailbox here by that name (#5.1.1 - chkuser)", HARD),
    (550, "5.1.1 x@example.com: no such user", HARD),
    (550, "RCPT TO:<x@example.com> Mailbox disabled for this recipient", HARD),
    # --- the mailbox is in trouble for a while
    (452, "4.2.2 The email account that you tried to reach is over quota. Please direct", SOFT),
    (552, "5.2.2 The email account that you tried to reach is over quota and inactive.", SOFT),
    (550, "5.2.2 STOREDRV.Deliver; mailbox full", SOFT),
    (552, "5.2.2 <x@example.com>: user is over quota", SOFT),
    (554, "5.2.2 mailbox full;STOREDRV.Deliver.Exception:QuotaExceededException", SOFT),
    (
        450,
        "4.2.0 <x@example.com>: Recipient address rejected: Greylisted, see http://postgrey",
        SOFT,
    ),
    (451, "4.7.1 Greylisting in action, please come back later", SOFT),
    (451, "4.7.1 <x@example.com>: Greylisted, try again in 5 minutes", SOFT),
    (451, "4.3.0 Mail server temporarily rejected message", SOFT),
    (450, "4.1.1 <x@example.com>: Recipient address rejected: unverified address", SOFT),
    (452, "4.3.1 Insufficient system storage", SOFT),
    (451, "4.4.1 Connection timed out", SOFT),
    (421, "4.3.2 Service not available, closing transmission channel", SOFT),
    (432, "4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded", SOFT),
    (451, "Requested action aborted: local error in processing", SOFT),
    (450, "Requested mail action not taken: mailbox unavailable", SOFT),
    (552, "Requested mail action aborted: exceeded storage allocation", SOFT),
    (452, "Requested action not taken: insufficient system storage", SOFT),
    (554, "5.3.0 Unknown mailer error 1", SOFT),
    (554, "5.4.14 Hop count exceeded - possible mail loop ATTR34", SOFT),
    # --- our domain, relay or text
    (550, "5.7.515 Access denied, sending domain x.com does not meet the required level", POLICY),
    (550, "5.7.26 Unauthenticated email from x.com is not accepted due to domain's DMARC", POLICY),
    (550, "5.7.1 Our system has detected that this message is likely unsolicited mail.", POLICY),
    (421, "4.7.0 This message does not pass authentication checks (SPF and DKIM).", POLICY),
    (550, "5.7.1 Service unavailable; Client host [1.2.3.4] blocked using Spamhaus.", POLICY),
    (554, "5.7.1 <x@example.com>: Relay access denied", POLICY),
    (550, "5.7.606 Access denied, banned sending IP [1.2.3.4]", POLICY),
    (554, "Message rejected due to content restrictions", POLICY),
    (
        550,
        "SC-001 (SNT004-MC1F3) Unfortunately, messages from 1.2.3.4 weren't sent; blocked",
        POLICY,
    ),
    (554, "Your access to this mail system has been rejected due to poor reputation", POLICY),
    (553, "5.1.8 <news@x.com>: Sender address rejected: Domain not found", POLICY),
    (550, "5.1.7 The sender's address was syntactically invalid", POLICY),
    (530, "5.7.0 Must issue a STARTTLS command first.", POLICY),
    (535, "5.7.8 Username and Password not accepted.", POLICY),
    (552, "5.3.4 Message size exceeds fixed limit", POLICY),
    (552, "5.2.3 Message exceeds maximum fixed size", POLICY),
    (554, "5.7.9 Message not accepted for policy reasons. See https://postmaster.yahooinc", POLICY),
    (550, "5.7.25 The IP address sending this message does not have a PTR record setup", POLICY),
    (521, "5.2.1 (CON:B1) IP blocked: https://postmaster.aol.com/error-codes", POLICY),
    (554, "5.6.0 Message contains NUL characters", POLICY),
    (500, "5.5.1 Command unrecognized", POLICY),
    (554, "Transaction failed", POLICY),
    (550, "High probability of spam", POLICY),
    (550, "JunkMail rejected - listed at bl.example.net", POLICY),
    # --- too fast
    (421, "4.7.28 Our system has detected an unusual rate of unsolicited mail", RATE),
    (421, "4.7.0 [TSS04] Messages from 1.2.3.4 temporarily deferred due to user complaints", RATE),
    (450, "4.2.1 The user you are trying to contact is receiving mail at a rate that", RATE),
    (421, "4.7.0 Too many concurrent SMTP connections", RATE),
    (454, "Throttling failure: Maximum sending rate exceeded.", RATE),
    (452, "4.5.3 Too many recipients", RATE),
    (451, "4.7.500 Server busy. Please try again later; rate limit", RATE),
    (550, "5.7.28 Mail flood detected: too many messages", RATE),
    (421, "RP-001 The mail server IP connecting exceeded the rate limit allowed", RATE),
    (421, "Too many errors, closing connection", RATE),
    (421, "", RATE),
    (250, "2.0.0 OK 1699999999 a1-20020 - gsmtp", ReplyClass.ACCEPTED),
    (250, "ok: queued as 4XyZ1", ReplyClass.ACCEPTED),
]


@pytest.mark.parametrize(("code", "text", "meaning"), REPLIES)
def test_a_reply_is_somebodys_matter(code: int, text: str, meaning: ReplyClass) -> None:
    assert classify(code, text) is meaning


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(REPLIES) >= 60


def test_a_temporary_reply_never_condemns_an_address() -> None:
    for code, text, _ in REPLIES:
        if 400 <= code < 500:
            assert classify(code, text) is not HARD
        assert classify(450, text) is not HARD


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("5.1.1 no", "5.1.1"),
        ("#5.1.0 Address", "5.1.0"),
        ("sorry (#5.1.1)", "5.1.1"),
        ("from 15.1.1.2", ""),
        ("host 192.5.1.1 said", ""),
        ("4.7.500 busy", "4.7.500"),
        ("", ""),
    ],
)
def test_an_enhanced_code_is_found_and_an_address_is_not_taken_for_one(
    text: str, code: str
) -> None:
    assert enhanced_code(text) == code
