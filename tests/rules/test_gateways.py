"""Whose servers take a domain's mail tells which gateway opens links before the recipient."""

import pytest

from nurture.leads import gateway_of


@pytest.mark.parametrize(
    ("servers", "gateway"),
    [
        (["mx1.firm.example"], None),
        ([], None),
        (["mxa-001.gslb.pphosted.com."], "Proofpoint"),
        (["eu-smtp-inbound-1.MIMECAST.com"], "Mimecast"),
        (["d1234.ess.barracudanetworks.com"], "Barracuda"),
        (["firm-com.mail.protection.outlook.com"], "Microsoft"),
        (["firm-com.o-v1.mx.microsoft"], "Microsoft"),
        (["mx1.hc1234.eu.iphmx.com"], "Cisco"),
        (["mx01.hornetsecurity.com"], "Hornetsecurity"),
        (["mx1.firm.example", "backup.pphosted.com"], "Proofpoint"),
        (["aspmx.l.google.com"], None),
        (["notpphosted.com"], None),
        (["pphosted.com.evil.example"], None),
        (["com"], None),
        (["."], None),
    ],
)
def test_a_gateway_is_known_by_where_its_servers_live(
    servers: list[str], gateway: str | None
) -> None:
    assert gateway_of(servers) == gateway
