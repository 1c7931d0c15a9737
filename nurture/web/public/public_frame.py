"""What every public page stands in: the company's name, its address, its texts as safe HTML."""

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlencode

import nh3
from flask import current_app, g, render_template, request
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from campaigns.company import CompanyProfile, Plain
from nurture.kernel.types import MessageId
from nurture.kernel.work import Work
from nurture.runtime import Runtime
from nurture.usecases.intake import page_cache
from nurture.usecases.requests.published_forms import language_of
from nurture.usecases.shared.sending_company import company, stand_in
from nurture.web.current import TEMPLATES, here, text_inside
from nurture.web.patience import within
from nurture.web.public import prospect_words

LAST_SEEN = "nurture.company"

TAGS = {
    "a",
    "blockquote",
    "br",
    "code",
    "em",
    "h2",
    "h3",
    "hr",
    "img",
    "li",
    "ol",
    "p",
    "pre",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
}
ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title"}}
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


def show(template: str, firm: CompanyProfile, **values: object) -> str:
    """Render a public page in the company's name, and remember it for pages that cannot ask."""
    current_app.extensions[LAST_SEEN] = firm
    asked = request.args.get("lang", "")
    return render_template(
        f"public/{template}.html",
        firm=firm,
        own=own(firm),
        language=reader_language(),
        asked_language=f"?{urlencode({'lang': asked})}" if asked else "",
        **values,
    )


def read_by(language: str) -> None:
    """Note the language of the lead whose link opened this page; "" = it is not known."""
    g.lead_language = language


def reader_language() -> str:
    """Tell in which language this request is answered."""
    return prospect_words.choose(
        g.get("lead_language", ""),
        request.args.get("lang", ""),
        lambda: prospect_words.best_of(request.accept_languages),
        str(own(firm_last_seen()).get("language") or ""),
    )


def say(msgid: str, **values: object) -> str:
    """Say something of the product's own in the reader's language, as plain text."""
    told = prospect_words.catalogue(reader_language()).gettext(msgid) if msgid else ""
    return told % values if values else told


def count(one: str, many: str, n: int) -> str:
    """Say how many, as the reader's language counts."""
    return prospect_words.catalogue(reader_language()).ngettext(one, many, n) % {"n": n}


def say_html(msgid: str, **values: object) -> Markup:
    """Say it inside a page: what is not markup already is escaped."""
    told = escape(say(msgid))
    return told % values if values else told


def firm_of(work: Work, runtime: Runtime | None = None) -> CompanyProfile:
    """Give the company whose pages these are; outside a request, of this runtime."""
    settings = (runtime or here()).settings
    return company(work, sender=settings.sender, postal=settings.postal_address)


def firm_anyway(message_id: MessageId) -> CompanyProfile:
    """Give the company, and note the language of whoever got a message.

    While the database is away it is the company as it was last seen, else as it is set.
    """
    runtime = here()

    def ask() -> tuple[CompanyProfile, str]:
        with runtime.works.read("prospect") as work:
            return firm_of(work, runtime), language_of(work, message_id)

    found = within(ask)
    if found is None:
        return firm_last_seen()
    firm, language = found
    current_app.extensions[LAST_SEEN] = firm
    read_by(language)
    return firm


def firm_last_seen() -> CompanyProfile:
    """Give the company without asking the database."""
    last = current_app.extensions.get(LAST_SEEN)
    if isinstance(last, CompanyProfile):
        return last
    kept = page_cache.take(here().home)
    if kept is not None and kept.firm is not None:
        return kept.firm
    settings = here().settings
    return stand_in(sender=settings.sender, postal=settings.postal_address)


def own(firm: CompanyProfile) -> Mapping[str, Plain]:
    """Give what the company's file says of itself."""
    found = firm.words.get("company")
    return found if isinstance(found, dict) else {}


@lru_cache(maxsize=256)
def safe_html(text: str) -> Markup:
    """Turn Markdown into HTML that holds nothing but text, tables, links and pictures."""
    html = nh3.clean(
        _markdown.render(text),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel"},
    )
    # nh3 has just cleaned it: only the tags and attributes above are left.
    return Markup(html)  # noqa: S704 - see above


@lru_cache(maxsize=256)
def text_file(name: str) -> str:
    """Read a text of the library, "" when nobody has written it."""
    return text_inside(TEMPLATES / "content", name)
