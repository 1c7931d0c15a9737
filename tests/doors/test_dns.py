"""The name servers over the wire: a real client against a small server of our own."""

import socket
import threading
from collections.abc import Iterator

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from nurture.adapters import dns_mx
from nurture.adapters.dns_mx import DnsLookup
from nurture.leads import NamesUnavailable

ZONE = {
    ("big.industries.", "MX"): ["20 second.big.industries.", "10 mxa.pphosted.com."],
    ("plain.industries.", "A"): ["192.0.2.1"],
    ("six.industries.", "AAAA"): ["2001:db8::1"],
    ("null.industries.", "MX"): ["0 ."],
}
EXISTS = {name for name, _ in ZONE} | {"bare.industries."}


def reply(query: bytes) -> bytes | None:
    asked = dns.message.from_wire(query)
    name, kind = asked.question[0].name.to_text(), asked.question[0].rdtype
    if name == "silent.industries.":
        return None
    answer = dns.message.make_response(asked)
    if name == "broken.industries.":
        answer.set_rcode(dns.rcode.SERVFAIL)
    elif name not in EXISTS:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    elif found := ZONE.get((name, dns.rdatatype.to_text(kind))):
        answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *found))
    return answer.to_wire()


@pytest.fixture
def lookup(monkeypatch: pytest.MonkeyPatch) -> Iterator[DnsLookup]:
    monkeypatch.setattr(dns_mx, "PATIENCE_SECONDS", 0.5)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.1)
        stop = threading.Event()

        def serve() -> None:
            while not stop.is_set():
                try:
                    query, who = server.recvfrom(4096)
                except TimeoutError:
                    continue
                if (told := reply(query)) is not None:
                    server.sendto(told, who)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield DnsLookup(servers=["127.0.0.1"], port=server.getsockname()[1])
        stop.set()
        thread.join(5)


@pytest.mark.parametrize(
    ("domain", "servers"),
    [
        ("big.industries", ("mxa.pphosted.com", "second.big.industries")),
        ("plain.industries", ("plain.industries",)),
        ("six.industries", ("six.industries",)),
        ("null.industries", ()),
        ("bare.industries", ()),
        ("gone.industries", ()),
    ],
)
def test_who_takes_the_mail_of_a_domain(
    lookup: DnsLookup, domain: str, servers: tuple[str, ...]
) -> None:
    assert tuple(lookup.mail_servers(domain)) == servers


@pytest.mark.parametrize(
    "domain", ["silent.industries", "broken.industries", "a" * 64 + ".x", "..x"]
)
def test_who_does_not_answer_says_nothing_of_the_domain(lookup: DnsLookup, domain: str) -> None:
    with pytest.raises(NamesUnavailable):
        lookup.mail_servers(domain)
