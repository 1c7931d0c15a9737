"""Work the style sheet into the elements, once per version; nothing is ever fetched for it."""

import logging
import re
from typing import NoReturn

import cssutils.util
import premailer

from nurture.markup.errors import MarkupRefused

_DOCTYPE = re.compile(r"\s*(<!doctype[^>]*>)", re.IGNORECASE)


def _fetch_nothing(url: str) -> NoReturn:
    raise MarkupRefused(f"A style sheet cannot bring in another one ({url}).")


# `allow_network=False` below does not stop @import: the parser of style sheets fetches by itself.
cssutils.util._defaultFetcher = _fetch_nothing  # noqa: SLF001 - there is no public switch


def inline(html: str) -> str:
    """Give every element its style; media queries stay where they are."""
    doctype = _DOCTYPE.match(html)
    try:
        styled: str = premailer.Premailer(
            html,
            allow_network=False,
            allow_loading_external_files=False,
            strip_important=False,
            disable_validation=True,
            disable_link_rewrites=True,
            remove_classes=False,
            cache_css_parsing=False,
            cssutils_logging_level=logging.CRITICAL,
        ).transform()
    except MarkupRefused:
        raise
    except Exception as error:
        # Whatever the inliner cannot digest is the author's to mend, not an error of ours.
        raise MarkupRefused(
            f"The style sheet or the HTML cannot be read: {str(error)[:200]}."
        ) from error
    body = re.sub(r"^\s*<!doctype[^>]*>\s*", "", styled, count=1, flags=re.IGNORECASE)
    return f"{doctype.group(1) if doctype else '<!doctype html>'}\n{body}"
