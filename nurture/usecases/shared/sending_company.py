"""Who sends: the company as its published text names it, else as the settings do."""

from campaigns.company import CompanyProfile
from nurture import published
from nurture.kernel.errors import NotFound
from nurture.kernel.work import Work


def company(work: Work, *, sender: str, postal: str) -> CompanyProfile:
    """Give the published company; the settings' sender and address stand in until there is one."""
    try:
        return published.company(work)
    except NotFound:
        return stand_in(sender=sender, postal=postal)


def stand_in(*, sender: str, postal: str) -> CompanyProfile:
    """Make a company of what the settings say, where no published one can be read."""
    return CompanyProfile("Nurture", sender, postal, sender.rpartition("@")[2].strip(" >"))


def script(work: Work, name: str | None) -> str:
    """Give what to say at a task, "" where the company has not written it down."""
    scripts = company(work, sender="", postal="").words.get("scripts")
    found = scripts.get(name) if isinstance(scripts, dict) and name else None
    return str(found or "")
