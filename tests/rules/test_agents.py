"""Which user agents are programs, however they dress, and which are people's, whatever they say."""

import json
from pathlib import Path

import pytest

from nurture.engagement import Agent, family

PROGRAMS = frozenset(
    {Agent.CRAWLER, Agent.TOOL, Agent.NONE, Agent.MAIL_GATEWAY, Agent.GOOGLE_IMAGE_PROXY}
)
ANDROID = "Mozilla/5.0 (Linux; Android 15; {}) AppleWebKit/537.36 (KHTML, like Gecko) "
MOBILE = ANDROID + "Chrome/131.0.0.0 Mobile Safari/537.36"
DESKTOP = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36"
)
CASES = Path(__file__).parents[2].parent / "shared" / "cases" / "agents.json"
MISLABELLED = frozenset({"Mozilla/5.0 (compatible; Yahoo! Slurp)"})
"""A search engine's crawler, which a public list has among its browsers."""


@pytest.mark.parametrize(
    "header",
    [
        "linkprobe/2.1 (+https://probe.example/about)",
        "Acme Link Resolver",
        "ruby-http 5.1",
        f"{DESKTOP} AcmeBot/1.0",
        f"{DESKTOP} (compatible; mailcheck; +https://mail.example)",
        DESKTOP.replace("Gecko)", "Gecko; compatible; Sampler)"),
        DESKTOP.replace("Chrome/", "HeadlessChrome/"),
        "Mozilla/5.0 (compatible; Sampler/3.0)",
        "undici",
        "go-resty/2.3.0 (https://resty.example)",
    ],
)
def test_a_program_is_known_by_its_name_or_its_trade(header: str) -> None:
    assert family(header) in PROGRAMS


@pytest.mark.parametrize(
    "header",
    [
        MOBILE.format("Spider 8"),
        MOBILE.format("M bot 51 Build/NRD90M"),
        MOBILE.format("HTCButterfly Build/KOT49H"),
        MOBILE.format("PKH120 Build/AP3A.240617.008; wv"),
        MOBILE.format("SM-G991B") + " SogouMSE,SogouMobileBrowser/5.6.3",
        MOBILE.format("SM-G991B") + " (Ecosia android@131.0.0.0)",
        f"{DESKTOP} Slack_SSB/4.4.2",
        f"{DESKTOP} Edg/131.0.0.0",
        "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Microsoft Outlook 16.0)",
        "Viber/12.8.0.1 CFNetwork/1121.2.2 Darwin/19.3.0",
    ],
)
def test_a_phone_or_an_app_whose_name_is_like_a_programs_is_a_persons(header: str) -> None:
    assert family(header) not in PROGRAMS


@pytest.mark.skipif(not CASES.exists(), reason="the shared cases are not here")
def test_the_cases_that_were_misread_are_read_right() -> None:
    cases = json.loads(CASES.read_text(encoding="utf-8"))
    machines = cases["machines_taken_for_people"]
    people = set(cases["people_taken_for_machines"]) - MISLABELLED
    assert [one for one in machines if family(one) not in PROGRAMS] == []
    assert [one for one in people if family(one) in PROGRAMS] == []
