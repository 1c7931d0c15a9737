"""Confirm an address: GET shows one button, POST does it, for people only (D-05, D-25)."""

from nurture.kernel.errors import Conflict
from nurture.kernel.tokens import BadToken, Purpose, verify
from nurture.usecases.intake import confirmation
from nurture.web import security
from nurture.web.current import here
from nurture.web.public.public_frame import firm_of, read_by, show


@security.public
def ask_to_confirm(token: str) -> str:
    """Show the button; opening the page, as link scanners do, changes nothing."""
    number = _number(token)
    with here().works.read("prospect") as work:
        question = confirmation.look(work, number)
        read_by(question.language)
        return show("confirm", firm_of(work), token=token, question=question)


@security.public
def confirm_address(token: str) -> str:
    """Take the yes; once more is the same."""
    number, runtime = _number(token), here()
    try:
        with runtime.works.begin("prospect") as work:
            question = confirmation.look(work, number)
            confirmation.confirm(work, number, journey=runtime.journey)
    except Conflict:
        return ask_to_confirm(token)
    read_by(question.language)
    with runtime.works.read("prospect") as work:
        return show("confirmed", firm_of(work), agreed=question.agreed)


def _number(token: str) -> int:
    """Open the token: it is good for this and for nothing else."""
    signed = verify(here().keyring, Purpose.CONFIRM, token)
    if not signed.subject.isdecimal():
        raise BadToken
    return int(signed.subject)
