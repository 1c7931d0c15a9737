"""Read e-mail addresses as people write them; no DNS is asked."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, lru_cache
from string import ascii_lowercase

import tldextract
from disposable_email_domains import blocklist
from email_validator import EmailNotValidError, validate_email

from nurture.kernel.types import EmailAddress, Json
from nurture.leads.errors import UnusableAddress
from nurture.leads.mail_providers import is_provider

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


class MistypedAddress(UnusableAddress):
    """An address whose last letters are nobody's, and much like somebody's."""

    def __init__(self, sentence: str, address: Address, meant: str) -> None:
        """Keep the address as it was typed, and the likely one."""
        super().__init__(sentence)
        self.address, self.meant = address, meant


def read_address(text: str, *, hosts: HostLists | None = None) -> Address:
    """Normalise an address, or say what is wrong with it."""
    written = _plain(text)
    if not written:
        raise UnusableAddress("There is no e-mail address: give one, or take the row out.")
    try:
        checked = validate_email(written, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as wrong:
        raise UnusableAddress(_sentence(written, str(wrong))) from wrong
    domain = (checked.ascii_domain or checked.domain).lower()
    local = (checked.ascii_local_part or checked.local_part).lower()
    if len(local) > _LONGEST_LOCAL:
        raise UnusableAddress(_sentence(written, "at most 64 characters stand before the @"))
    address = Address(
        email=EmailAddress(f"{local}@{domain}"),
        domain=domain,
        role=local.partition("+")[0] in _ROLES,
        free_mail=is_free_mail(domain, hosts=hosts),
        disposable=_listed(domain, _THROW_AWAY, hosts.throw_away if hosts else ()),
    )
    last = domain.rpartition(".")[2]
    if not _is_top_level(last):
        raise _no_top_level(written, address, last)
    return address


def split_addresses(text: str) -> tuple[str, tuple[str, ...]]:
    """Take the first address of a cell, and those that stand behind it."""
    written = text.translate(_SIGNS)
    if written.count("@") < _TWO:
        return text, ()
    found = [part for part in _BETWEEN.split(written) if "@" in part]
    return (found[0], tuple(_plain(one) for one in found[1:])) if found else (text, ())


def meant_domain(domain: str) -> str | None:
    """Tell which well-known host somebody may have meant who mistyped it: gmial.com."""
    meant = _slips().get(domain)
    if meant is None or (f"{domain}m" != meant and is_free_mail(domain)):
        return None
    return meant


def is_free_mail(domain: str, *, hosts: HostLists | None = None) -> bool:
    """Tell whether anybody can get an address at this host."""
    registered = company_domain(domain)
    own = hosts.free_mail if hosts else frozenset()
    return is_provider(domain, registered) or not {domain, registered}.isdisjoint(own)


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


_TWO = 2
_SIGNS = {
    **dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f"), None),
    **dict.fromkeys(map(ord, "\u00a0\u202f\t\r\n"), " "),
    ord("＠"): "@",  # noqa: RUF001 - people paste them
    ord("﹫"): "@",
    ord("．"): ".",  # noqa: RUF001 - people paste them
    ord("。"): ".",
}
"""Signs that nobody sees, and wide ones."""
_BETWEEN = re.compile(r"[;,|\s]+|/|(?<=[\w>])\s*&\s*")
_IN_ANGLES = re.compile(r"<\s*(?:mailto:)?([^<>\s]+@[^<>\s]+?)\s*>", re.IGNORECASE)
_SPELLED_AT = re.compile(r"\s*[\[({]\s*(?:at|ät|@|a)\s*[\])}]\s*", re.IGNORECASE)
_SPELLED_DOT = re.compile(r"\s*[\[({]\s*(?:dot|punkt|point|punt|\.)\s*[\])}]\s*", re.IGNORECASE)
_AROUND = " \t'\"`´‘’“”„<>()[]{},;:"  # noqa: RUF001 - quotes that people paste
_QUERY = re.compile(r"(?<=@)([^?@]*)\?.*$")
"""What stands behind an address in a link (RFC 6068): ?subject=Hi."""
_LABEL = re.compile(r"^(?:mailto|e-?mail|mail|adresse|address)\s*:\s*", re.IGNORECASE)


def _plain(text: str) -> str:
    """Take an address out of what people and spreadsheets put around it."""
    written = text.translate(_SIGNS).strip()
    named = _IN_ANGLES.search(written)
    if named:
        return named[1]
    if "@" not in written:
        written = _SPELLED_DOT.sub(".", _SPELLED_AT.sub("@", written))
    if written.startswith('"') and '"@' in written:
        return written  # a quoted local part (RFC 5321) is no address in quotes
    written = _LABEL.sub("", written.strip(_AROUND))
    written = _QUERY.sub(r"\1", written).strip(_AROUND)
    written = re.sub(r"\s*@\s*", "@", written).rstrip(".")
    before, _, behind = written.partition("@")
    if ": " in before:
        before = before.rpartition(": ")[2]
    if " " not in before:
        # Words before an address may be a part of it, and are not taken away.
        written = f"{before}@{behind.partition(' ')[0]}" if behind else written
    return written.strip(_AROUND)


_LONGEST_LOCAL = 64
"""Octets before the @ (RFC 5321, 4.5.3.1.1)."""
_RESERVED = frozenset({"example"})
"""A top level for examples (RFC 2606), such as the company that ships with Nurture."""
_TOP_LEVELS = (
    "com",
    "net",
    "org",
    "de",
    "at",
    "ch",
    "fr",
    "nl",
    "be",
    "uk",
    "es",
    "it",
    "eu",
    "info",
    "biz",
    "pl",
    "dk",
    "se",
    "io",
)
_WELL_KNOWN = (
    "gmail.com",
    "hotmail.com",
    "outlook.com",
    "yahoo.com",
    "icloud.com",
    "hotmail.de",
    "googlemail.com",
    "t-online.de",
    "outlook.de",
    "yahoo.de",
    "freenet.de",
    "hotmail.fr",
    "wanadoo.fr",
    "orange.fr",
    "hotmail.co.uk",
    "yahoo.co.uk",
    "btinternet.com",
    "comcast.net",
    "protonmail.com",
)


def _no_top_level(written: str, address: Address, last: str) -> UnusableAddress:
    near = get_close_matches(last, _TOP_LEVELS, 1, 0.65) if len(last) > 1 else []
    why = f"there is no top level domain .{last}"
    if not near:
        return UnusableAddress(_sentence(written, why))
    meant = f"{address.email.removesuffix(last)}{near[0]}"
    return MistypedAddress(_sentence(written, f"{why}, did you mean {meant}?"), address, meant)


@lru_cache(maxsize=2_000)
def _is_top_level(last: str) -> bool:
    return last in _RESERVED or bool(_suffixes(f"a.{last}").suffix)


@cache
def _slips() -> dict[str, str]:
    """List each well-known host with one sign missing, too many, wrong, or in another's place."""
    found = {slip: known for known in _WELL_KNOWN for slip in _slips_of(known)}
    return {slip: known for slip, known in found.items() if slip not in _WELL_KNOWN}


def _slips_of(known: str) -> Iterator[str]:
    for place, sign in enumerate(known):
        head, tail = known[:place], known[place + 1 :]
        yield head + tail
        yield head + tail[:1] + sign + tail[1:]
        for other in ascii_lowercase:
            yield head + other + tail
            yield head + other + sign + tail


def _sentence(written: str, why: str) -> str:
    shown = written if len(written) <= 60 else written[:57] + "..."  # noqa: PLR2004 - fits a line
    why = why.rstrip(".")
    if why.endswith("?"):
        return f"“{shown}” is no e-mail address: {why}"
    return f"“{shown}” is no e-mail address: {why[:1].lower()}{why[1:]}. Correct it in the list."
