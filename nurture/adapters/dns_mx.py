"""The name servers, asked by dnspython: which hosts take the mail of a domain."""

from collections.abc import Sequence

import dns.exception
import dns.rdatatype
import dns.resolver

from nurture.leads import NamesUnavailable

PATIENCE_SECONDS = 5.0


class DnsLookup:
    """Keep the promise of `MxLookup` with this host's name servers, or with others."""

    def __init__(self, *, servers: Sequence[str] = (), port: int = 53) -> None:
        """Take the servers that the host knows, unless some are named."""
        self._resolver = dns.resolver.Resolver(configure=not servers)
        if servers:
            self._resolver.nameservers, self._resolver.port = list(servers), port
        self._resolver.lifetime = PATIENCE_SECONDS

    def mail_servers(self, domain: str) -> Sequence[str]:
        """Ask for MX records, and where there are none for an address (RFC 5321, 5.1)."""
        try:
            answer = self._resolver.resolve(domain, "MX")
        except dns.resolver.NXDOMAIN:
            return ()
        except dns.resolver.NoAnswer:
            return (domain,) if self._has_address(domain) else ()
        except (dns.exception.DNSException, OSError, UnicodeError) as error:
            raise NamesUnavailable(f"No name server tells of {domain}.") from error
        names = sorted(
            (one.preference, one.exchange.to_text(omit_final_dot=True)) for one in answer
        )
        # A single dot says that the domain takes no mail (RFC 7505).
        return tuple(name for _, name in names if name.strip("."))

    def _has_address(self, domain: str) -> bool:
        for kind in (dns.rdatatype.A, dns.rdatatype.AAAA):
            try:
                self._resolver.resolve(domain, kind)
            except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
                continue
            except (dns.exception.DNSException, OSError, UnicodeError) as error:
                raise NamesUnavailable(f"No name server tells of {domain}.") from error
            return True
        return False
