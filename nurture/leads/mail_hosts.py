"""What stands before the mailboxes of a domain: asked of the name servers once, then remembered.

A gateway that is known to scan makes machines' clicks likelier (T-02); a domain that takes no mail
makes an address a mistake (F18). Nobody waits for an answer: what is not known yet is ordinary.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from sqlalchemy import ColumnElement, select

from nurture.kernel.database import CHUNK, among, bulk_update, chunks, insert_ignoring
from nurture.kernel.errors import Unavailable
from nurture.kernel.work import Work
from nurture.leads.tables import MailHost

GATEWAYS: Mapping[str, str] = {
    "pphosted.com": "Proofpoint",
    "ppe-hosted.com": "Proofpoint",
    "mimecast.com": "Mimecast",
    "mimecast.co.za": "Mimecast",
    "mimecast-offshore.com": "Mimecast",
    "barracudanetworks.com": "Barracuda",
    "cudamail.com": "Barracuda",
    "protection.outlook.com": "Microsoft",
    "mx.microsoft": "Microsoft",
    "iphmx.com": "Cisco",
    "messagelabs.com": "Symantec",
    "trendmicro.com": "Trend Micro",
    "trendmicro.eu": "Trend Micro",
    "fireeyecloud.com": "Trellix",
    "fortimailcloud.com": "Fortinet",
    "sophos.com": "Sophos",
    "hydra.sophos.com": "Sophos",
    "hornetsecurity.com": "Hornetsecurity",
    "antispameurope.com": "Hornetsecurity",
    "spamexperts.com": "SpamExperts",
    "antispamcloud.com": "SpamExperts",
    "retarus.com": "Retarus",
    "retarus.de": "Retarus",
    "mailspamprotection.com": "SiteGround",
    "forcepoint.net": "Forcepoint",
    "mailcontrol.com": "Forcepoint",
}
"""Where the mail servers of gateways live that open links before the recipient does."""
RESERVED = frozenset({"example", "test", "invalid", "localhost", "local"})
"""Nobody has these (RFC 2606, RFC 6761): asking for them would only tell the world of us."""
KNOWN_FOR = timedelta(days=30)
NO_MAIL_FOR = timedelta(days=1)
"""A domain without a mail server may get one tomorrow."""
ASK_AGAIN = timedelta(hours=1)
LONGEST_DOMAIN = 253


class NamesUnavailable(Unavailable):
    """The name servers did not answer for a domain."""


class MxLookup(Protocol):
    """Ask the name servers."""

    def mail_servers(self, domain: str) -> Sequence[str]:
        """Name the servers that take a domain's mail, none where it takes none.

        A domain without MX records takes mail at its own address (RFC 5321, 5.1). Raises
        `NamesUnavailable` when nobody answers.
        """
        ...


@dataclass(frozen=True, slots=True)
class HostFound:
    """What was found out about a domain; `servers` is None when nobody answered."""

    domain: str
    servers: Sequence[str] | None


def domain_of(email: str) -> str:
    """Give the part behind the last @."""
    return email.rpartition("@")[2].lower()


def gateway_of(servers: Iterable[str]) -> str | None:
    """Name the gateway that takes a domain's mail, None where no known one does."""
    for server in servers:
        labels = server.lower().rstrip(".").split(".")
        for start in range(len(labels) - 1):
            found = GATEWAYS.get(".".join(labels[start:]))
            if found is not None:
                return found
    return None


def note_hosts(work: Work, emails: Collection[str]) -> int:
    """Write down domains that are to be asked for; those that are known stay as they are."""
    domains = {domain_of(one) for one in emails}
    rows = [
        {"domain": one, "ask_after": work.machine}
        for one in sorted(domains)
        if 0 < len(one) <= LONGEST_DOMAIN and one.rpartition(".")[2] not in RESERVED
    ]
    return sum(insert_ignoring(work.session, MailHost, chunk) for chunk in chunks(rows, CHUNK))


def hosts_due(work: Work, *, limit: int) -> list[str]:
    """Name the domains that are to be asked for now (machine time)."""
    query = select(MailHost.domain).where(MailHost.ask_after <= work.machine)
    return list(work.session.scalars(query.order_by(MailHost.ask_after).limit(limit)))


def note_servers(work: Work, found: Sequence[HostFound]) -> None:
    """Remember what the name servers said; silence changes nothing but the next time to ask."""
    told = [one for one in found if one.servers is not None]
    bulk_update(
        work.session,
        MailHost,
        [
            {
                "domain": one.domain,
                "gateway": gateway_of(one.servers or ()),
                "takes_mail": bool(one.servers),
                "asked_at": work.machine,
                "ask_after": work.machine + (KNOWN_FOR if one.servers else NO_MAIL_FOR),
            }
            for one in told
        ],
        key="domain",
    )
    silent = [one.domain for one in found if one.servers is None]
    again = [{"domain": one, "ask_after": work.machine + ASK_AGAIN} for one in silent]
    bulk_update(work.session, MailHost, again, key="domain")


def behind_gateways(work: Work, emails: Collection[str]) -> set[str]:
    """Tell which of these addresses stand behind a gateway that is known to scan."""
    known = _domains(work, emails, MailHost.gateway.is_not(None))
    return {one for one in emails if domain_of(one) in known}


def without_mail(work: Work, emails: Collection[str]) -> set[str]:
    """Tell which of these addresses are of a domain that takes no mail."""
    known = _domains(work, emails, MailHost.takes_mail.is_(False))
    return {one for one in emails if domain_of(one) in known}


def _domains(work: Work, emails: Collection[str], which: ColumnElement[bool]) -> set[str]:
    domains = sorted({domain_of(one) for one in emails})
    return {
        found
        for chunk in chunks(domains, CHUNK)
        for found in work.session.scalars(
            select(MailHost.domain).where(among(work.session, MailHost.domain, chunk), which)
        )
    }
