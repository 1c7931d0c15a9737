"""What every public page stands in: the company's name, its address, its texts as safe HTML."""

from collections.abc import Mapping
from functools import lru_cache

import nh3
from flask import current_app, render_template
from markdown_it import MarkdownIt
from markupsafe import Markup

from campaigns.company import CompanyProfile, Plain
from nurture.kernel.work import Work
from nurture.runtime import Runtime
from nurture.usecases.intake import page_cache
from nurture.usecases.shared.sending_company import company, stand_in
from nurture.web.current import TEMPLATES, here, text_inside
from nurture.web.patience import within

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
    return render_template(f"public/{template}.html", firm=firm, own=own(firm), **values)


def firm_of(work: Work, runtime: Runtime | None = None) -> CompanyProfile:
    """Give the company whose pages these are; outside a request, of this runtime."""
    settings = (runtime or here()).settings
    return company(work, sender=settings.sender, postal=settings.postal_address)


def firm_anyway() -> CompanyProfile:
    """Give the company also while the database is away: as it was last seen, else as it is set."""
    runtime = here()

    def ask() -> CompanyProfile:
        with runtime.works.read("prospect") as work:
            return firm_of(work, runtime)

    found = within(ask)
    if found is None:
        return firm_last_seen()
    current_app.extensions[LAST_SEEN] = found
    return found


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
