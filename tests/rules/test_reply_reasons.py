"""Replies as mail servers give them, and whose matter each is."""

import pytest

from nurture.mail.reply_reasons import ReplyClass, classify, enhanced_code
from nurture.mail.transport import SmtpStage

HARD = ReplyClass.HARD_BOUNCE
FULL = ReplyClass.MAILBOX_FULL
SOFT = ReplyClass.SOFT_BOUNCE
POLICY = ReplyClass.POLICY
CONTENT = ReplyClass.CONTENT
RATE = ReplyClass.RATE_LIMIT
RELAY = ReplyClass.RELAY
ACCEPTED = ReplyClass.ACCEPTED

REPLIES = [
    # --- the address does not exist, by code and words
    (550, "5.1.1 The email account that you tried to reach does not exist. Please try", HARD),
    (550, "5.1.1 <x@example.com>: Recipient address rejected: User unknown in virtual", HARD),
    (550, "5.1.1 <x@example.com>: Recipient address rejected: example.com", HARD),
    (550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address", HARD),
    (550, "5.4.1 Recipient address rejected: Access denied. AS(201806281)", HARD),
    (550, "5.2.1 The email account that you tried to reach is disabled.", HARD),
    (550, "5.2.1 This mailbox has been blocked due to inactivity", HARD),
    (550, "5.1.2 Host unknown (Name server: host not found)", HARD),
    (553, "5.1.3 The recipient address is not a valid RFC 5321 address.", HARD),
    (550, "5.1.6 recipient no longer on server: x@example.com", HARD),
    (550, "#5.1.0 Address rejected.", HARD),
    (550, "sorry, no mailbox here by that name (#5.1.1)", HARD),
    (511, "sorry, no mailbox here by that name (#5.1.1 - chkuser)", HARD),
    (550, "5.1.1 x@example.com: no such user", HARD),
    (550, "5.1.1 <x@example.com> unknown or illegal alias", HARD),
    (550, "5.1.351 Remote server returned unknown recipient or mailbox unavailable", HARD),
    (550, "5.1.1 http://support.example.com/mail?answer=6596 pb-83 - gsmtp", HARD),
    (550, "5.4.4 Invalid domain", HARD),
    # --- by words alone, or against the code
    (550, "5.5.0 Requested action not taken: mailbox unavailable (S2017062302).", HARD),
    (550, "5.7.1 No such user!", HARD),
    (553, "5.3.0 User unknown", HARD),
    (553, "5.3.0 <x@example.com>... No such user here", HARD),
    (550, "5.7.1 <x@example.com>: Recipient address rejected: User unknown", HARD),
    (554, "5.7.1 <x@example.com>: Recipient address rejected: Access denied", HARD),
    (550, "<x@example.com>: Recipient address rejected.", HARD),
    (550, "Requested action not taken: mailbox unavailable", HARD),
    (554, "delivery error: dd This user doesn't have a yahoo.com account (x@yahoo.com)", HARD),
    (552, "1 Requested mail action aborted, mailbox not found", HARD),
    (550, "No such user here", HARD),
    (550, "<x@example.com>: User does not exist", HARD),
    (550, "Unrouteable address", HARD),
    (550, "Account inactive: account has been disabled", HARD),
    (551, "User not local; please try <forward-path>", HARD),
    (551, "not our customer", HARD),
    (550, "Invalid recipient x@example.com", HARD),
    (550, "RCPT TO:<x@example.com> Mailbox disabled for this recipient", HARD),
    (550, "User not found", HARD),
    (550, "Unknown user: x@example.com", HARD),
    (554, "5.0.0 x@example.com no longer accepts messages: account closed", HARD),
    (550, "User some.name (x@example.com) not listed in Domino Directory", HARD),
    (550, "Host does not accept mail", HARD),
    (556, "Recipient domain has null MX", HARD),
    (550, "Invalid final delivery userid: x@example.com", HARD),
    (550, "5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient.", HARD),
    (550, "Empfänger unbekannt", HARD),
    (550, "Das Postfach existiert nicht", HARD),
    (550, "Utilisateur inconnu", HARD),
    (550, "El usuario no existe en este servidor", HARD),
    (550, "Utente sconosciuto", HARD),
    (550, "Destinatário desconhecido", HARD),
    (550, "Onbekende gebruiker", HARD),
    (550, "Nieznany użytkownik", HARD),
    (550, "Uživatel neexistuje", HARD),
    (550, "Okänd mottagare", HARD),
    (550, "Vastaanottaja tuntematon", HARD),
    (550, "Пользователь не найден", HARD),
    (550, "宛先のユーザーが見つかりません", HARD),
    (550, "收件人不存在", HARD),
    # --- no room
    (452, "4.2.2 The email account that you tried to reach is over quota. Please direct", FULL),
    (552, "5.2.2 The email account that you tried to reach is over quota and inactive.", FULL),
    (550, "5.2.2 STOREDRV.Deliver; mailbox full", FULL),
    (552, "5.2.2 <x@example.com>: user is over quota", FULL),
    (554, "5.2.2 mailbox full;STOREDRV.Deliver.Exception:QuotaExceededException", FULL),
    (552, "Requested mail action aborted: exceeded storage allocation", FULL),
    (552, "sorry, mailbox x@example.com is over quota temporarily (#5.1.1)", FULL),
    (550, "5.1.0 - Unknown address error '5.2.2 <x@example.com>... Mailbox Full'", FULL),
    (554, "The recipient's inbox is out of storage space and inactive.", FULL),
    (554, "Das Postfach des Empfängers ist voll", FULL),
    (550, "La boîte aux lettres du destinataire est pleine", FULL),
    (552, "El buzón del destinatario está lleno", FULL),
    # --- the recipient's server is in trouble or asks for patience
    (450, "4.2.0 <x@example.com>: Recipient address rejected: Greylisted, see http://a", SOFT),
    (451, "4.7.1 Greylisting in action, please come back later", SOFT),
    (451, "4.7.1 <x@example.com>: Greylisted, try again in 5 minutes", SOFT),
    (451, "4.3.0 Mail server temporarily rejected message", SOFT),
    (450, "4.1.1 <x@example.com>: Recipient address rejected: unverified address", SOFT),
    (450, "4.1.1 <x@example.com>: User unknown in virtual alias table", SOFT),
    (452, "4.3.1 Insufficient system storage", SOFT),
    (451, "4.4.1 Connection timed out", SOFT),
    (441, "4.4.1 Error encountered while communicating with primary target", SOFT),
    (421, "4.3.2 Service not available, closing transmission channel", SOFT),
    (432, "4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded", SOFT),
    (451, "Requested action aborted: local error in processing", SOFT),
    (450, "Requested mail action not taken: mailbox unavailable", SOFT),
    (452, "Requested action not taken: insufficient system storage", SOFT),
    (554, "5.3.0 Unknown mailer error 1", SOFT),
    (554, "5.4.14 Hop count exceeded - possible mail loop ATTR34", SOFT),
    (554, "5.4.6 Too many hops", SOFT),
    (554, "Host not found, try again", SOFT),
    (554, "Name service error for name=example.com type=MX: Host not found, try again", SOFT),
    (554, "5.4.4 Malformed or unexpected name server reply", SOFT),
    (554, "4.4.7 Message expired: unable to deliver in 840 minutes", SOFT),
    (554, "Could not deliver for the last 432000 seconds. Giving up.", SOFT),
    (554, "retry timeout exceeded", SOFT),
    (554, "Service currently unavailable", SOFT),
    (550, "5.7.1 User x@example.com temporary locked. Please try again later!", SOFT),
    # --- our sender, domain or network
    (550, "5.1.0 <us@vendor.example>: Sender address rejected", POLICY),
    (550, "Sender verify failed", POLICY),
    (550, "5.1.0 <us@vendor.example> sender rejected. Refer to Error Codes section", POLICY),
    (553, "5.1.8 <news@x.com>: Sender address rejected: Domain not found", POLICY),
    (553, "5.1.8 <us@vendor.example>... Domain of sender address does not exist", POLICY),
    (501, "5.1.8 Sender address rejected [MAIL_FROM]", POLICY),
    (550, "Unroutable sender address", POLICY),
    (550, "5.1.7 The sender's address was syntactically invalid", POLICY),
    (550, "5.1.7 No such domain vendor.example. (in reply to MAIL FROM command)", POLICY),
    (550, "5.7.515 Access denied, sending domain x.com does not meet the required level", POLICY),
    (550, "5.7.26 Unauthenticated email from x.com is not accepted due to domain's DMARC", POLICY),
    (421, "4.7.0 This message does not pass authentication checks (SPF and DKIM).", POLICY),
    (550, "5.7.1 Service unavailable; Client host [1.2.3.4] blocked using Spamhaus.", POLICY),
    (553, "5.1.3 http://www.spamhaus.org/query/bl?ip=192.0.2.222", POLICY),
    (550, "5.7.606 Access denied, banned sending IP [1.2.3.4]", POLICY),
    (550, "SC-001 (SNT004-MC1F3) Unfortunately, messages from 1.2.3.4 weren't sent", POLICY),
    (554, "Your access to this mail system has been rejected due to poor reputation", POLICY),
    (554, "5.7.9 Message not accepted for policy reasons. See https://postmaster.yahooinc", POLICY),
    (550, "5.7.25 The IP address sending this message does not have a PTR record setup", POLICY),
    (550, "5.7.25 <x@example.com>: Recipient address rejected: Reverse DNS failed", POLICY),
    (521, "5.2.1 (CON:B1) IP blocked: https://postmaster.aol.com/error-codes", POLICY),
    (550, "5.7.1 <us@vendor.example>... Access denied", POLICY),
    (550, "Administrative prohibition", POLICY),
    (550, "Protocol violation", POLICY),
    (550, "Denied by policy", POLICY),
    (500, "5.5.1 Command unrecognized", POLICY),
    (554, "Transaction failed", POLICY),
    (550, "JunkMail rejected - listed at bl.example.net", POLICY),
    (550, "", POLICY),
    (550, "Rejected", POLICY),
    # --- our text
    (550, "Message rejected", CONTENT),
    (550, "5.7.1 Our system has detected that this message is likely unsolicited mail.", CONTENT),
    (554, "Message rejected due to content restrictions", CONTENT),
    (552, "5.3.4 Message size exceeds fixed limit", CONTENT),
    (552, "5.2.3 Message exceeds maximum fixed size", CONTENT),
    (554, "5.6.0 Message contains NUL characters", CONTENT),
    (550, "High probability of spam", CONTENT),
    (550, "Virus Detected; Content Rejected (in reply to end of DATA command)", CONTENT),
    (552, "5.7.0 This message was blocked because its content presents a threat", CONTENT),
    # --- the relay carries nothing for us
    (554, "5.7.1 <x@example.com>: Relay access denied", RELAY),
    (530, "5.7.0 Must issue a STARTTLS command first.", RELAY),
    (530, "Authentication required", RELAY),
    (535, "5.7.8 Username and Password not accepted.", RELAY),
    (550, "5.4.5 Daily sending limit exceeded", RELAY),
    (550, "5.4.5 Daily user sending quota exceeded.", RELAY),
    (550, "5.7.1 Unable to relay", RELAY),
    (554, "You've reached your daily relay quota - 203.0.113.7", RELAY),
    (553, "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", RELAY),
    # --- too fast
    (421, "4.7.28 Our system has detected an unusual rate of unsolicited mail", RATE),
    (421, "4.7.0 [TSS04] Messages from 1.2.3.4 temporarily deferred due to user complaints", RATE),
    (450, "4.2.1 The user you are trying to contact is receiving mail at a rate that", RATE),
    (450, "Too many requests", RATE),
    (421, "4.7.0 Too many concurrent SMTP connections", RATE),
    (454, "Throttling failure: Maximum sending rate exceeded.", RATE),
    (452, "4.5.3 Too many recipients", RATE),
    (451, "4.7.500 Server busy. Please try again later; rate limit", RATE),
    (550, "5.7.28 Mail flood detected: too many messages", RATE),
    (550, "5.1.1 <x@example.com> - 1.2.3.4 has sent to too many recipients this hour.", RATE),
    (421, "RP-001 The mail server IP connecting exceeded the rate limit allowed", RATE),
    (421, "Too many errors, closing connection", RATE),
    (421, "", RATE),
    # --- taken
    (250, "2.0.0 OK 1699999999 a1-20020 - gsmtp", ACCEPTED),
    (250, "ok: queued as 4XyZ1", ACCEPTED),
    (250, "2.1.5 <x@example.com> recipient ok; user unknown to us, forwarded", ACCEPTED),
]


@pytest.mark.parametrize(("code", "text", "meaning"), REPLIES)
def test_a_reply_is_somebodys_matter(code: int, text: str, meaning: ReplyClass) -> None:
    assert classify(code, text) is meaning


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(REPLIES) >= 120


def test_a_temporary_reply_never_condemns_an_address() -> None:
    for code, text, _ in REPLIES:
        if 400 <= code < 500:
            assert classify(code, text) is not HARD
        assert classify(450, text) is not HARD


def test_nothing_said_to_the_connection_or_to_our_sender_condemns_an_address() -> None:
    for code, text, _ in REPLIES:
        assert classify(code, text, stage=SmtpStage.CONNECT) is not HARD
        assert classify(code, text, stage=SmtpStage.MAIL) is not HARD


def test_after_the_text_only_a_code_about_the_address_condemns_it() -> None:
    assert classify(550, "Unknown user x@example.com", stage=SmtpStage.RCPT) is HARD
    assert classify(550, "Unknown user x@example.com", stage=SmtpStage.DOT) is POLICY
    assert classify(550, "Unknown user (in reply to end of DATA command)") is POLICY
    assert classify(550, "5.1.1 Unknown user x@example.com", stage=SmtpStage.DOT) is HARD


def test_who_gives_up_after_temporary_answers_may_say_that_nobody_is_there() -> None:
    said = "4.1.1 <x@example.com>: Recipient address rejected: User unknown"
    assert classify(450, said, final=True) is HARD
    assert classify(450, "4.4.4 domain name not found", final=True) is SOFT
    assert classify(450, "4.2.2 mailbox full", final=True) is FULL


@pytest.mark.parametrize("name", ["userunknown", "spam", "mailbox-full", "ratelimit"])
def test_the_words_in_an_address_or_a_link_say_nothing(name: str) -> None:
    said = f"<{name}@firm.example>: transaction failed, see https://firm.example/{name}"
    assert classify(554, said) is POLICY


def test_a_reply_of_any_length_is_read_at_once() -> None:
    for said in ("user " * 50_000, "@ " * 50_000, "a@" * 50_000, "<" * 100_000, "5.1.1" * 20_000):
        classify(550, said)


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
