"""What prospects and link scanners browse with: real HTTP, redirects, forms read from HTML."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection, HTTPException, HTTPResponse
from urllib.parse import urlencode, urljoin, urlsplit

PEOPLE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0"
SCANNERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Safari/537.36"
)
"""Scanners look like browsers; these prospects happen to use another one."""
MOST_REDIRECTS = 5
WAIT_SECONDS = 30.0
REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class WebAnswer:
    """What a server answered in the end."""

    status: int
    url: str
    body: str


@dataclass(slots=True)
class WebForm:
    """A form as it stands in a page, with its values and what may be chosen."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """Names of the questions that somebody sees; traps for machines are not among them."""
    options: dict[str, list[str]] = field(default_factory=dict)
    ticks: dict[str, str] = field(default_factory=dict)
    """Check boxes by name, with the value of a tick."""


@dataclass(slots=True)
class WebPage:
    """What a page offers."""

    links: list[str] = field(default_factory=list)
    forms: list[WebForm] = field(default_factory=list)


class Browser:
    """Keep one connection to one server; not for several threads."""

    def __init__(self, base_url: str, *, agent: str = PEOPLE, keeps_cookies: bool = False) -> None:
        """Browse below `base_url`; addresses elsewhere are not followed."""
        parts = urlsplit(base_url)
        self._host = parts.hostname or "127.0.0.1"
        self._port = parts.port or 80
        self._base = base_url
        self._agent = agent
        self._connection: HTTPConnection | None = None
        self._keeps_cookies = keeps_cookies
        self._cookies: dict[str, str] = {}

    def get(self, url: str) -> WebAnswer:
        """Open an address and follow where it leads."""
        return self._follow("GET", url)

    def head(self, url: str) -> WebAnswer:
        """Ask for the head alone, as careful scanners do first."""
        return self._follow("HEAD", url)

    def post(self, url: str, fields: Mapping[str, str]) -> WebAnswer:
        """Send a form and follow where it leads."""
        return self._follow("POST", url, body=urlencode(fields))

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _follow(self, method: str, url: str, *, body: str | None = None) -> WebAnswer:
        url = urljoin(self._base, url)
        response, text = self._once(method, url, body)
        for _ in range(MOST_REDIRECTS):
            target = response.getheader("Location")
            if response.status not in REDIRECTS or target is None:
                break
            url = urljoin(url, target)
            if response.status == 303 and method == "POST":  # noqa: PLR2004 - See Other
                method, body = "GET", None
            if not url.startswith(self._base):
                break
            response, text = self._once(method, url, body)
        return WebAnswer(response.status, url, text)

    def _once(self, method: str, url: str, body: str | None) -> tuple[HTTPResponse, str]:
        """Ask once; a kept connection that the server has closed is opened anew."""
        for last in (False, True):
            connection = self._connection or HTTPConnection(
                self._host, self._port, timeout=WAIT_SECONDS
            )
            self._connection = connection
            try:
                parts = urlsplit(url)
                path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
                connection.request(method, path, body=body, headers=self._headers(body))
                response = connection.getresponse()
                self._keep(response)
                return response, response.read().decode(errors="replace")
            except (HTTPException, OSError):
                self.close()
                if last:
                    raise
        raise AssertionError("the loop returns or raises")

    def _keep(self, response: HTTPResponse) -> None:
        for line in response.headers.get_all("Set-Cookie", []) if self._keeps_cookies else []:
            name, _, value = line.partition(";")[0].partition("=")
            self._cookies[name.strip()] = value.strip()

    def _headers(self, body: str | None) -> dict[str, str]:
        headers = {"User-Agent": self._agent, "Accept": "text/html", "Origin": self._base}
        if self._cookies:
            headers["Cookie"] = "; ".join(
                f"{name}={value}" for name, value in self._cookies.items()
            )
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        return headers


def read_sheet(html: str) -> WebPage:
    """Read the links and forms of a page or a mail."""
    reader = _HtmlReader()
    reader.feed(html)
    reader.close()
    return reader.sheet


class _HtmlReader(HTMLParser):
    """Collect addresses and form fields as the page has them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.sheet = WebPage()
        self._form: WebForm | None = None
        self._select = ""
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag offers."""
        told = {name: value or "" for name, value in attrs}
        if tag == "a" and told.get("href"):
            self.sheet.links.append(told["href"])
        elif tag == "form":
            self._form = WebForm(told.get("action", ""), told.get("method", "get").lower())
            self.sheet.forms.append(self._form)
        elif self._form is not None:
            self._field(self._form, tag, told)

    def handle_endtag(self, tag: str) -> None:
        """Leave the form."""
        if tag == "form":
            self._form = None
        elif tag == "textarea":
            self._area = ""
        elif tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        """Take what a text area holds already."""
        if self._form is not None and self._area:
            self._form.values[self._area] += data

    def _field(self, form: WebForm, tag: str, told: Mapping[str, str]) -> None:
        name = told.get("name", "")
        if tag == "option" and self._select:
            form.options[self._select].append(told.get("value", ""))
        elif not name:
            return
        elif tag == "input":
            _input(form, name, told)
        elif tag == "select":
            self._select = name
            form.options[name] = []
            form.asked.append(name)
        elif tag == "textarea":
            self._area = name
            form.values[name] = ""
            form.asked.append(name)


def _input(form: WebForm, name: str, told: Mapping[str, str]) -> None:
    kind = told.get("type", "text")
    if kind in ("checkbox", "radio"):
        if kind == "checkbox":
            form.ticks[name] = told.get("value", "on")
        else:
            form.options.setdefault(name, []).append(told.get("value", ""))
            if name not in form.asked:
                form.asked.append(name)
        return
    if kind in ("submit", "button", "image", "reset"):
        return
    form.values[name] = told.get("value", "")
    if kind != "hidden" and told.get("tabindex") != "-1":
        form.asked.append(name)
