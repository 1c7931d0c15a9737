"""Prospects read the product's own words in their language, whole and without English between."""

from collections.abc import Iterator
from html import unescape
from pathlib import Path
from re import findall

import pytest
from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from campaigns.company import load_company
from campaigns.languages import PUBLIC_LANGUAGES
from nurture.kernel.clock import FrozenClock
from nurture.kernel.work import Works
from nurture.web.public import prospect_words
from nurture.web.public.prospect_words import CATALOGUES, choose
from nurture.web.public.public_frame import LAST_SEEN, reader_language, say
from tests.doors.public import HENK, LIBRARY, ROOT, Site, henk, open_site

OTHERS = [one for one in PUBLIC_LANGUAGES if one != "en"]
PUBLIC = ROOT / "nurture" / "web" / "public"
KEYWORDS = {"_": None, "say": None, "later": None, "count": (1, 2), "counted": (1, 2)}
THANKED = {"email": "jan@bakker.example"}
PAUSED = {
    "en": "Nothing until Sunday 31 May",
    "de": "Nichts bis Sonntag, 31. Mai",
    "nl": "Niets tot zondag 31 mei",
    "fr": "Rien jusqu\u2019au dimanche 31 mai",
}


@pytest.fixture
def site(works: Works, clock: FrozenClock, home: Path) -> Site:
    return open_site(works, clock, home)


def catalogue(language: str) -> Catalog:
    with (CATALOGUES / language / "LC_MESSAGES" / "nurture.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def forms(message: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [message] if isinstance(message, str) else list(message or ())


def written() -> Iterator[str | tuple[str, ...]]:
    """Give what the sources say to prospects."""
    for folder, methods in (
        (PUBLIC, [("**.py", "python")]),
        (ROOT / "templates" / "public", [("**.html", "jinja2.ext:babel_extract")]),
    ):
        told = extract_from_dir(folder, methods, keywords=KEYWORDS)
        yield from (message for _, _, message, _, _ in told)


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_has_every_word_of_the_sources_and_none_besides(language: str) -> None:
    have = {tuple(forms(one.id)) for one in catalogue(language) if one.id}

    assert have == {tuple(forms(one)) for one in written()}
    assert len(have) > 80


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_is_complete_and_keeps_its_blanks(language: str) -> None:
    told = catalogue(language)
    for message in told:
        if not message.id:
            continue
        said = forms(message.string)
        assert len(said) == (told.num_plurals if message.pluralizable else 1)
        assert all(said)
        assert not message.fuzzy
        for own, others in zip(forms(message.id), said, strict=True):
            assert sorted(findall(r"%\(\w+\)s", own)) == sorted(findall(r"%\(\w+\)s", others))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["0 minutes", "1 minute", "2 minutes"]),
        ("de", ["0 Minuten", "1 Minute", "2 Minuten"]),
        ("nl", ["0 minuten", "1 minuut", "2 minuten"]),
        ("fr", ["0 minute", "1 minute", "2 minutes"]),
    ],
)
def test_each_language_counts_in_its_own_way(language: str, said: list[str]) -> None:
    words = prospect_words.catalogue(language)
    one, many = "%(n)s minute", "%(n)s minutes"

    assert [words.ngettext(one, many, n) % {"n": n} for n in range(3)] == said


@pytest.mark.parametrize(
    ("told", "chosen"),
    [
        (("de-AT", "nl", "fr", "en"), "de"),
        (("", "nl", "fr", "de"), "nl"),
        (("es", "xx", "fr", "de"), "fr"),
        (("", "", "", "de"), "de"),
        (("", "", "", ""), "en"),
    ],
)
def test_the_lead_the_address_the_browser_and_the_company_are_asked_in_this_order(
    told: tuple[str, str, str, str], chosen: str
) -> None:
    lead, asked, accepted, company = told

    assert choose(lead, asked, lambda: accepted, company) == chosen


@pytest.mark.parametrize("language", PUBLIC_LANGUAGES)
def test_every_page_of_a_lead_is_in_their_language_and_holds_no_english(
    site: Site, language: str
) -> None:
    message = site.a_mail(henk(site, language=language))
    visit = site.visit(message)
    preferences, stop = site.preferences_link(message), site.stop_link(message)
    get, post = site.client.get, site.client.post
    pages = [
        get(f"/p/leak-hunt?m={visit}"),
        get(f"/p/prices?m={visit}"),
        get(preferences),
        post(preferences, data={"often": "paused"}),
        get(stop),
        post(stop),
        get(preferences),
    ]

    for page in pages:
        assert f'<html lang="{language}"' in page.text
        _no_english(page.text, language)
    assert PAUSED[language] in unescape(pages[3].text)


@pytest.mark.parametrize("language", OTHERS)
def test_a_stranger_is_answered_in_the_language_of_the_address_they_opened(
    site: Site, language: str
) -> None:
    page = site.client.get(f"/p/leak-hunt?lang={language}").text
    (action,) = findall(r'action="([^"]+)"', page)
    (ticket,) = findall(r'"ticket" value="([^"]+)"', page)
    filled = {"page": "leak-hunt", "ticket": ticket, "email": "jan@"}
    again = site.client.post(action, data=filled)
    thanks = site.client.post(action, data={**filled, **THANKED})
    confirm = f"{site.confirm_link()}?lang={language}"
    pages = [page, again.text, thanks.text, site.client.get(confirm).text]
    pages += [site.client.post(confirm).text, site.client.get(confirm).text]

    assert thanks.status_code == 200
    for text in pages:
        assert f'<html lang="{language}"' in text
        _no_english(text, language)


def test_the_browser_decides_where_nobody_else_does(site: Site) -> None:
    told = {"Accept-Language": "es, nl-BE;q=0.8, en;q=0.5"}

    assert '<html lang="nl"' in site.client.get("/p/contact", headers=told).text
    assert '<html lang="en"' in site.client.get("/p/contact").text


def test_a_stranger_who_gives_the_address_of_a_lead_does_not_learn_its_language(
    site: Site,
) -> None:
    henk(site, language="nl")

    assert '<html lang="en"' in site.send("leak-hunt", {"email": HENK}).text


def test_the_company_has_a_language_of_its_own(site: Site) -> None:
    text = (LIBRARY / "company.yaml").read_text("utf-8")
    firm = load_company(text.replace("  phone:", "  language: fr\n  phone:", 1))
    site.app.extensions[LAST_SEEN] = firm

    with site.app.test_request_context("/p/contact"):
        assert reader_language() == "fr"
        assert say("One of us") == "L\u2019un de nous"


def _no_english(page: str, language: str) -> None:
    """Look for every English sentence, and each label that stands alone between tags."""
    if language == "en":
        return
    text = unescape(page)
    alone = {one.strip() for one in findall(r">([^<>]+)<", text)}
    for message in catalogue(language):
        pairs = zip(forms(message.id), forms(message.string), strict=True) if message.id else ()
        for english, own in pairs:
            if english != own and " " in english and "%" not in english:
                assert not any(one.startswith(english) for one in alone), english
            if english != own:
                assert english not in alone
