"""What is answered about a hand-off, read from the form of a page in the console or of the mail."""

from datetime import date

from flask import request

from campaigns.rejection_reasons import RejectReason
from nurture.kernel.errors import Invalid
from nurture.kernel.types import UserId
from nurture.kernel.work import Work
from nurture.usecases.sales import handoff_answers
from nurture.usecases.sales.handoff_answers import Rejection

LONGEST_NOTE = 500


def note_answer(work: Work, handoff_id: int, chosen: str, *, by: UserId) -> None:
    """Note the answer that was chosen; refuse one that there is not."""
    match chosen:
        case "accept":
            handoff_answers.accept(work, handoff_id, by=by)
        case "spoke":
            handoff_answers.contacted(work, handoff_id, by=by)
        case "no_answer":
            handoff_answers.no_answer(work, handoff_id, by=by)
        case "not_a_fit":
            handoff_answers.reject(work, handoff_id, rejection=_rejection(work))
        case "won":
            handoff_answers.close(work, handoff_id, note=_note())
        case _:
            raise Invalid("Choose one of the answers.")


def _rejection(work: Work) -> Rejection:
    try:
        reason = RejectReason(request.form.get("reason", ""))
    except ValueError as error:
        raise Invalid("Choose why: the reason decides what happens next.") from error
    given = (
        request.form.get("wake_on", "") if handoff_answers.sent_back(work)[reason].asks_date else ""
    )
    try:
        resume_on = date.fromisoformat(given) if given else None
    except ValueError as error:
        raise Invalid("Write the day as year-month-day, such as 2026-09-01.") from error
    return Rejection(reason, note=_note(), resume_on=resume_on)


def _note() -> str:
    return request.form.get("note", "").strip()[:LONGEST_NOTE]
