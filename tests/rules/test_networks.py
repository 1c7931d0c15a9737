"""Networks that a setting names, and whose word about an address counts."""

import pytest

from nurture.kernel.errors import Invalid
from nurture.kernel.networks import read_address, read_networks
from nurture.kernel.settings import load_settings
from nurture.web.client import client_address

PROXY, FIRST, CLIENT, LIAR = "10.1.2.3", "93.184.216.1", "198.51.100.7", "8.8.8.8"
TRUSTED = read_networks(["10.0.0.0/8", "93.184.216.0/29", "2001:db8:1::/48"])


@pytest.mark.parametrize(
    ("remote", "forwarded", "client"),
    [
        (CLIENT, "", CLIENT),
        (CLIENT, LIAR, CLIENT),
        (PROXY, "", PROXY),
        (PROXY, CLIENT, CLIENT),
        (PROXY, f"{LIAR}, {CLIENT}", CLIENT),
        (PROXY, f"{LIAR}, {CLIENT}, {FIRST}", CLIENT),
        (PROXY, f"{LIAR}, {CLIENT}, {FIRST}, 10.9.9.9", CLIENT),
        (PROXY, f"{LIAR},{CLIENT}:51234", CLIENT),
        (PROXY, "[2a00:1450:4001::5]:443", "2a00:1450:4001::5"),
        ("::ffff:10.1.2.3", f"::ffff:{CLIENT}", CLIENT),
        ("2001:db8:1::9", "2A00:1450:4001:0::5", "2a00:1450:4001::5"),
        # What cannot be read ends the walk at the proxy that passed it on.
        (PROXY, f"{CLIENT}, unknown", PROXY),
        (PROXY, f"{CLIENT}, <script>, {FIRST}", FIRST),
        (PROXY, ",,,", PROXY),
        # A request of a proxy's own network is the leftmost address.
        (PROXY, "10.5.5.5, 10.6.6.6", "10.5.5.5"),
        ("", CLIENT, ""),
    ],
)
def test_the_client_is_the_first_address_from_the_right_that_is_no_proxy(
    remote: str, forwarded: str, client: str
) -> None:
    environ = {"REMOTE_ADDR": remote, "HTTP_X_FORWARDED_FOR": forwarded}
    assert client_address(environ, TRUSTED) == client


@pytest.mark.parametrize("header", ["HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_CLIENT_IP"])
def test_no_other_header_says_who_asks(header: str) -> None:
    assert client_address({"REMOTE_ADDR": PROXY, header: LIAR}, TRUSTED) == PROXY


def test_without_trusted_proxies_nobody_says_who_asks_for_somebody_else() -> None:
    assert client_address({"REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_FOR": LIAR}) == PROXY


@pytest.mark.parametrize(
    "value",
    [
        "0.0.0.0/0",
        "::/0",
        "0.0.0.0/1 128.0.0.0/1",
        "10.0.0.0/8, ::/1",
        "0.0.0.0/4",
        "::ffff:0:0/96",
        "2000::/3",
        " ".join(f"{first}.0.0.0/8" for first in range(64, 128)),
    ],
)
def test_networks_that_mean_everybody_are_refused(value: str) -> None:
    with pytest.raises(Invalid, match=r"NURTURE_TRUSTED_PROXIES: .* would trust everybody"):
        load_settings(trusted_proxies=value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("proxy.example", "proxy.example is no network; write 10.0.0.5 or 10.0.0.0/24"),
        ("10.0.0.1/8", "10.0.0.1/8 is no network; write 10.0.0.0/8 or 10.0.0.1"),
        ("10.0.0.0/33", "10.0.0.0/33 is no network"),
        ("1", "1 is no network"),
        ("*", r"\* is no network"),
    ],
)
def test_what_is_no_network_is_told_with_what_to_write(value: str, words: str) -> None:
    with pytest.raises(Invalid, match=f"NURTURE_TRUSTED_PROXIES: {words}"):
        load_settings(trusted_proxies=value)


def test_networks_are_told_apart_by_blanks_or_commas_or_as_a_list() -> None:
    want = read_networks(["10.0.0.5", "fd00::/8", "172.16.0.0/12"])
    for value in (
        "10.0.0.5 fd00::/8 172.16.0.0/12",
        "10.0.0.5,fd00::/8, 172.16.0.0/12",
        ["10.0.0.5", "fd00::/8", "172.16.0.0/12"],
    ):
        assert load_settings(trusted_proxies=value).trusted_proxies == want
    assert load_settings().trusted_proxies == ()


@pytest.mark.parametrize("text", ["", " ", "1.2.3", "a:b:c", "[::1", "1.2.3.4.5", "٣.1.1.1", "\0"])
def test_what_is_no_address_is_none(text: str) -> None:
    found = read_address(text)
    assert found is None or str(found) == "::1"
