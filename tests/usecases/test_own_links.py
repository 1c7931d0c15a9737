"""A link to our own pages is served by the instance; any other link of the site is not ours."""

import pytest

from nurture.usecases.publishing.own_links import own_path

SLUGS = frozenset({"prices", "leak-hunt"})
AT = "https://www.tarnholt.example"


@pytest.mark.parametrize("pages_at", [AT, f"{AT}/"])
@pytest.mark.parametrize(
    ("url", "leads_to"),
    [
        (f"{AT}/p/prices", "/p/prices"),
        (f"{AT}/p/prices/", "/p/prices"),
        (f"{AT}/p/prices?x=1&y=2#top", "/p/prices?x=1&y=2#top"),
        ("https://WWW.Tarnholt.example/p/leak-hunt", "/p/leak-hunt"),
        ("http://www.tarnholt.example/p/leak-hunt", "/p/leak-hunt"),
        (AT, AT),
        (f"{AT}/", f"{AT}/"),
        (f"{AT}/login", f"{AT}/login"),
        (f"{AT}/p/unknown", f"{AT}/p/unknown"),
        (f"{AT}/p/", f"{AT}/p/"),
        (f"{AT}.org/p/prices", f"{AT}.org/p/prices"),
        (f"{AT}:8443/p/prices", f"{AT}:8443/p/prices"),
        ("https://tarnholt.example/p/prices", "https://tarnholt.example/p/prices"),
        (
            "https://a.example/?u=https://www.tarnholt.example/p/prices",
            "https://a.example/?u=https://www.tarnholt.example/p/prices",
        ),
    ],
)
def test_only_a_published_page_of_the_whole_host_is_ours(
    url: str, leads_to: str, pages_at: str
) -> None:
    assert own_path(url, pages_at, SLUGS) == leads_to


def test_without_an_address_of_our_pages_no_link_is_ours() -> None:
    assert own_path(f"{AT}/p/prices", "", SLUGS) == f"{AT}/p/prices"
