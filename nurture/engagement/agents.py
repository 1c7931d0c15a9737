"""Families of user agents: all that is kept of the string (T-04)."""

import re
from enum import StrEnum
from functools import lru_cache

import crawleruseragents

LONGEST = 400
REMEMBERED = 4096


class Agent(StrEnum):
    """Who asks, by its own word; everybody may lie, so it is one signal among others."""

    GOOGLE_IMAGE_PROXY = "google_image_proxy"
    YAHOO_MAIL_PROXY = "yahoo_mail_proxy"
    GMAIL_PREVIEW = "gmail_preview"
    PRIVACY_PROXY = "privacy_proxy"
    MAIL_GATEWAY = "mail_gateway"
    CRAWLER = "crawler"
    TOOL = "tool"
    NONE = "none"
    OUTLOOK = "outlook"
    THUNDERBIRD = "thunderbird"
    EDGE = "edge"
    CHROME = "chrome"
    FIREFOX = "firefox"
    SAFARI = "safari"
    OTHER = "other"


_FIRST = (
    # The crawler list holds the image proxies too; they are asked for before it.
    (Agent.GOOGLE_IMAGE_PROXY, re.compile(r"GoogleImageProxy|ggpht\.com")),
    (Agent.YAHOO_MAIL_PROXY, re.compile(r"YahooMailProxy")),
    # What fetched the images of Gmail at delivery, before anybody opened (mautic PR #10245).
    (Agent.GMAIL_PREVIEW, re.compile(r"Chrome/42\.0\.2311\.135 .*Edge/12\.246")),
    # Apple's Mail Privacy Protection says this much and no more.
    (Agent.PRIVACY_PROXY, re.compile(r"Mozilla/5\.0\s*\Z")),
    (Agent.MAIL_GATEWAY, re.compile(r"(?i)barracuda|mimecast|proofpoint|safelinks|trendmicro")),
    (Agent.TOOL, re.compile(r"(?i)curl|wget|python|java/|okhttp|go-http-client|axios|libwww")),
)
_BROWSERS = (
    (Agent.OUTLOOK, re.compile(r"Microsoft Outlook|MSOffice|ms-office")),
    (Agent.THUNDERBIRD, re.compile(r"Thunderbird")),
    (Agent.EDGE, re.compile(r"Edg(e|A|iOS)?/")),
    (Agent.CHROME, re.compile(r"Chrome/|CriOS/")),
    (Agent.FIREFOX, re.compile(r"Firefox/|FxiOS/")),
    (Agent.SAFARI, re.compile(r"Safari/|AppleWebKit/")),
)


def family(user_agent: str) -> Agent:
    """Name the family of a User-Agent header; the same string costs its search only once."""
    return _family(user_agent[:LONGEST])


@lru_cache(maxsize=REMEMBERED)
def _family(user_agent: str) -> Agent:
    if not user_agent.strip():
        return Agent.NONE
    for agent, pattern in _FIRST:
        if pattern.search(user_agent):
            return agent
    if crawleruseragents.is_crawler(user_agent):
        return Agent.CRAWLER
    for agent, pattern in _BROWSERS:
        if pattern.search(user_agent):
            return agent
    return Agent.OTHER
