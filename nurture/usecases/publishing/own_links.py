"""Which links of a mail are pages of our own, wherever the instance serves them."""

from collections.abc import Collection
from urllib.parse import urlsplit, urlunsplit


def own_path(url: str, pages_at: str, slugs: Collection[str]) -> str:
    """Make a link to a page of ours a path: the instance's base address goes before it.

    Only a page that is published is ours; all else of the same site is served elsewhere.
    """
    slug = own_slug(url, pages_at)
    if slug not in slugs:
        return url
    parts = urlsplit(url)
    return urlunsplit(("", "", f"/p/{slug}", parts.query, parts.fragment))


def own_slug(url: str, pages_at: str) -> str:
    """Name the page that a link to our own pages asks for; "" for any other link."""
    there, base = urlsplit(url), urlsplit(pages_at)
    front = base.path.rstrip("/") + "/p/"
    same = bool(base.netloc) and there.netloc.lower() == base.netloc.lower()
    if not same or there.scheme not in ("http", "https") or not there.path.startswith(front):
        return ""
    return there.path.removeprefix(front).rstrip("/")
