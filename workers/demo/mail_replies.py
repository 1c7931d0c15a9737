"""The answers that prospects' mail programs write."""

from email.message import EmailMessage

from workers.demo.population import Prospect
from workers.demo.read_mail import Mail


def reply(mail: Mail, person: Prospect, *, serial: int) -> bytes:
    """Answer a mail as a person does."""
    words = "Thank you. We are looking at our station this year; which of your cases fits us?"
    return _answer(mail, person, serial=serial, words=words).as_bytes()


def out_of_office(mail: Mail, person: Prospect, *, serial: int) -> bytes:
    """Answer a mail as an absent person's server does (RFC 3834)."""
    words = "I am out of the office and read my mail next week."
    answer = _answer(mail, person, serial=-serial, words=words)
    answer["Auto-Submitted"] = "auto-replied"
    answer["Precedence"] = "bulk"
    return answer.as_bytes()


def _answer(mail: Mail, person: Prospect, *, serial: int, words: str) -> EmailMessage:
    answer = EmailMessage()
    answer["From"] = person.address.strip()
    answer["To"] = mail.sender
    answer["Subject"] = f"Re: {mail.subject}"
    answer["Message-ID"] = f"<reply{serial}.{person.address.strip()}>"
    answer["In-Reply-To"] = mail.message_id
    answer.set_content(words)
    return answer
