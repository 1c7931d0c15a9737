"""What somebody asked for in a form leaves at once (F162)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from campaigns.forms import FormDefinition
from campaigns.timing import zone_of
from campaigns.vocabulary import MessageKind
from nurture import content, leads, mail
from nurture.kernel.types import Json
from nurture.kernel.work import Work
from nurture.usecases.shared import home_country


@dataclass(frozen=True, slots=True)
class RequestedMail:
    """One mail that somebody asked for, and what may stand in it."""

    submission_id: int
    form: FormDefinition
    asset: content.AssetCard | None
    owner: str = ""
    promised_at: datetime | None = None
    question: str = ""
    """What they wrote; "" where nobody has proven that the address is theirs."""
    confirm_url: str = ""
    """Where they say that the address is theirs, where nobody has proven it."""

    @property
    def key(self) -> str:
        """Name the mail, so that there is no second one."""
        return key_of(self.submission_id)

    @property
    def exists(self) -> bool:
        """Tell whether there is anything to send."""
        something = self.asset is not None or self.promised_at is not None
        return bool(self.form.mail) and something


def key_of(submission_id: int) -> str:
    """Name the mail that answers a form."""
    return f"requested|{submission_id}"


def send(work: Work, wanted: RequestedMail, person: leads.LeadView) -> None:
    """Plan the mail; doing so twice is once."""
    mail.plan(
        work,
        [
            mail.NewMessage(
                dedup_key=wanted.key,
                kind=MessageKind.REQUESTED,
                recipient=person.email,
                template_version_id=mail.live_versions(work)[wanted.form.mail],
                not_before=work.now,
                lead_id=person.id,
                asset_id=wanted.asset.id if wanted.asset else None,
                context=dict(_context(work, wanted, person)),
            )
        ],
    )


def _context(work: Work, wanted: RequestedMail, person: leads.LeadView) -> Mapping[str, Json]:
    context: dict[str, Json] = {}
    if wanted.promised_at is not None:
        there = wanted.promised_at.astimezone(zone_of(home_country.zone_told(work, person)))
        context |= {
            "owner": {"name": wanted.owner, "phone": None},
            "promised_time": f"{there:%a} {there.day} {there:%b}, {there:%H:%M}",
            "question": wanted.question,
        }
    if wanted.confirm_url:
        context["confirm_url"] = wanted.confirm_url
    return context
