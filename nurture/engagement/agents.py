"""Families of user agents: all that is kept of the string (T-04)."""

import re
from enum import StrEnum
from functools import cache, lru_cache

import crawleruseragents
from crawlerdetect.providers.crawlers import data as crawler_names
from crawlerdetect.providers.exclusions import data as browser_words

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
    (
        Agent.TOOL,
        re.compile(
            r"(?i)\A(?:\S* )?(?:curl|wget|python|java/|okhttp|go-http-client|go \d|axios|libwww|"
            r"undici|node|php|perl|ruby|jakarta|apache-httpclient|scalaj|grpc|postman)"
        ),
    ),
)
_BROWSERS = (
    (Agent.OUTLOOK, re.compile(r"Microsoft Outlook|MSOffice|ms-office")),
    (Agent.THUNDERBIRD, re.compile(r"Thunderbird")),
    (Agent.EDGE, re.compile(r"Edg(e|A|iOS)?/")),
    (Agent.CHROME, re.compile(r"Chrome/|CriOS/")),
    (Agent.FIREFOX, re.compile(r"Firefox/|FxiOS/")),
    (Agent.SAFARI, re.compile(r"Safari/|AppleWebKit/")),
)


_FRAME = re.compile(
    r"Mozilla/\d\.\d \((?P<device>(?:Linux|Windows|Macintosh|iPhone|iPad|iPod|X11|Android|Mobile|"
    r"Tablet|Wayland|BB10|BlackBerry|PlayStation|PlayBook|Series|Symbian|U;|compatible; MSIE)"
    r"(?:[^()]|\([^()]*\))*)\)"
)
"""How a browser begins: the device stands in brackets, and its name is no word of a program."""
_ENGINE = re.compile(
    r"\(KHTML, ?like Gecko\)|\(via translate\.google\.com\)|"
    r"\b(?:AppleWebKit|Chrome|Safari|Version|Mobile|Gecko|Firefox|Trident|MSIE|like|Presto)\b"
    r"[/ ]?[\w.+]*"
)
_APPS = re.compile(
    r"(?i)sogou\w*[\S]*|sginfo/\S+|baiduboxapp/\S*|bd\w+/\S+|\[?FB_?(?:IAB|AN|AV).*|MetaIAB \w+|"
    r"GoogleGoggles\S*|gsa/\S+|slack\w*/\S+|viber\S*|Ya\w+/\S+|YandexSearch\w*/\S+|"
    r"CamScanner/\S+|StumbleUpon/\S+|Blackboard/\S+|GTmetrix|YLT|Fluid/\S+|freespoke/\S+|"
    r"Ecosia \S+|Instagram .*|WindowsStore/\S+|Sonic|Silk\S*|DuckDuckGo/\S+|KHTML/\S+"
)
"""Apps with a browser inside, and browsers whose names are like those of programs."""
_BESIDE = re.compile(
    r"(?i)bots?\b|bot[/_-]|spider|crawl|scraper|scanner|https?://|headless|lighthouse|page ?speed|"
    r"monitor|preview|fetcher|link ?(?:check|resolver|expander)|validator|archiver|thumbnail|"
    r"phantomjs|inspector|synthetic|checker|@[a-z0-9-]+\.[a-z]|transcoder|observatory|advisor|"
    r"like gecko;|compatible;|\bproxy\)|\(www\.|semantics|prospecting|cloudflare|cursor/|splash|"
    r"gecko \w|\w+@\w|cypress|rigor|functionize|googleweblight|console\)|infeed|plugin\)|whatcms|"
    r"audit|sparkler|measurement|expert"
)
"""Words beside those of a browser: a program that dresses as one."""
_DEVICE = re.compile(
    r"(?i)\+https?://|headless|(?:\w{3}bot|crawler|spider|scraper)(?:[/;)]|\Z)|\wbot-|catchpoint|"
    r"neustar|datanyze|\w-agent\b|@[a-z0-9-]+\.[a-z]|\+feeder|transcoder|gomezagent|aggregator|"
    r"\w-google/|robot|rigor\Z|https://gtmetrix"
)
_PEOPLES = re.compile(
    r"(?i)CFNetwork/|\bDarwin/|\bAndroid\b|\biOS\b|\biP(?:hone|ad|od)|MIDP|CLDC|Profile/|Nokia|Samsung|"
    r"SonyEricsson|\ALG[-/ ]|\bHTC|Windows (?:NT|CE|Phone|98)|webOS|Opera|Dalvik|BlackBerry|"
    r"UP\.Browser|Mosaic|Lynx|\bLinks\b|w3m|Konqueror|Outlook|Microsoft Office|MSOffice|ms-office|"
    r"Thunderbird|MRE/|Obigo|PlayStation|Nintendo|Huawei|Symbian|S60|KaiOS|UCWEB|\AZTE|\AMOT-|"
    r"Macintosh|X11|AppleCoreMedia|Kindle|Tizen|Amiga|HbbTV|NetFront|POLARIS|BREW|\AAlcatel|"
    r"\ALenovo|\ASIE-|\AAmoi|LG Browser|DirectFB|BeOS|GOGGalaxy|GoogleApp/|\AMozilla/4\.0|Syllable|"
    r"MozacFetch|\APANTECH|\AAUDIOVOX|\ADoCoMo|\APhilips|\AASUS|\Alephone|WAP-"
)
"""Where no browser stands first: phones, and programs by which people read."""
_PROGRAMS = re.compile(
    r"(?i)bot\b|bot[/_-]|crawl|spider|scrap|fetch|monitor|check|valid|preview|archiv|feed|rss|probe|"
    r"scan|grab|expander|resolver|server|agent\b|index|collector|harvest|analy|audit|detect|proxy|"
    r"url|link|download|client|library|parser|rank|seo|ping|synthetic|lookup|capture|inspect|"
    r"optimi|http(?!\w*/\d+ \(Linux)|@|\+http|\.com|\.net|\.org|leadgen|\.js\b|"
    r"\A[\w.-]+/v?[\d.]+\w*\Z"
)
_PLAINLY = re.compile(
    r"(?i)\AMozilla/5\.0 \(compatible; (?!konqueror|u;|msie|yahoo! slurp\))|burpcollaborator|"
    r"\AMozilla/5\.0 [\w.-]+/[\d.]+\Z|azure-logic|\Addg[_-]android|googleweblight|cypex|/scan |"
    r"\Ai(?:phone|pad)(?: [^(]*)?;\S*https?://"
)
"""Strings of programs only, whatever else stands in them."""
_BARE = re.compile(r"(?i)\A(?!mozilla|opera|lg|sec-|sam|nokia|htc|moto)[^()/]{2,60}(?:/[^()]*)?\Z")
"""A short name, with a version or none: no browser says so little."""
_READERS = re.compile(r"(?i)iOS podcast app|CFNetwork/|okhttp\S*\) WebView|Wayback%20Machine%20Ext")


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
    if _is_program(user_agent):
        return Agent.CRAWLER
    for agent, pattern in _BROWSERS:
        if pattern.search(user_agent):
            return agent
    return Agent.OTHER


def _is_program(user_agent: str) -> bool:
    """Tell whether this calls itself a program: by two kept lists, and by words of its trade.

    Both lists search the whole string, and find their names in the names of phones, too. So what
    stands for a browser, a device or an app is taken out before they are asked.
    """
    frame = _FRAME.match(user_agent)
    if frame is not None:
        rest = user_agent[frame.end() :]
        beside = _ENGINE.sub(" ", _APPS.sub(" ", rest)).strip()
        dressed = bool(_BESIDE.search(beside) or _DEVICE.search(frame["device"]))
        return dressed or (bool(beside) and crawleruseragents.is_crawler(beside))
    if _PLAINLY.search(user_agent):
        return True
    if _READERS.search(user_agent):
        return False
    named = crawleruseragents.is_crawler(user_agent) or _is_named(user_agent)
    reads = bool(_PEOPLES.search(user_agent))
    return (named and not (reads and not _BESIDE.search(user_agent))) or (
        not reads and bool(_PROGRAMS.search(user_agent) or _BARE.match(user_agent))
    )


def _is_named(user_agent: str) -> bool:
    found = _no_name().sub("", user_agent)
    return bool(found.strip() and _named().search(found))


# Compiled when first asked for: only processes that hear of clicks need these long lists.
@cache
def _named() -> re.Pattern[str]:
    return re.compile("|".join(crawler_names), re.IGNORECASE)


@cache
def _no_name() -> re.Pattern[str]:
    return re.compile("|".join(browser_words), re.IGNORECASE)
