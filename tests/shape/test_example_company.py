"""The example company's files must fit together: pages, items, texts, mails and people."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import templates
from campaigns.library import Library, read_library, shipped
from campaigns.routing import ToQueue, ToUsers
from campaigns.vocabulary import BuyingStage
from nurture.kernel.types import Json
from nurture.mail.compile import CompiledMail, compile_mail, load_source
from nurture.usecases.publishing.check_library import FIELDS, kind_of
from tests.rules.given import example_fields

TEMPLATES = Path(templates.__file__).parent
MAILS = frozenset(folder.name for folder in (TEMPLATES / "mail").iterdir() if folder.is_dir())
PAGES_AT = "https://www.tarnholt.example/p/"


@pytest.fixture(scope="module")
def library() -> Library:
    return read_library(shipped(), mails=MAILS)


def plain(name: str) -> Mapping[str, Json]:
    read: object = YAML(typ="safe").load((shipped() / name).read_text("utf-8"))
    assert isinstance(read, dict)
    return read


def rows(name: str, key: str) -> list[dict[str, Json]]:
    found = plain(name)[key]
    assert isinstance(found, list)
    return [row for row in found if isinstance(row, dict)]


@pytest.mark.parametrize("name", sorted(MAILS))
def test_every_mail_can_be_published_without_a_finding(name: str) -> None:
    compiled = _compiled(name)

    assert compiled.findings == ()
    assert "!" not in compiled.subject


def test_every_link_of_a_mail_leads_to_a_page_that_exists() -> None:
    slugs = {f"{PAGES_AT}{row['slug']}" for row in rows("pages.yaml", "pages")}

    for name in MAILS:
        assert set(_compiled(name).links) <= slugs


def _compiled(name: str) -> CompiledMail:
    kind = kind_of(name)
    urls = FIELDS.get(kind, frozenset[str]())
    return compile_mail(load_source(TEMPLATES / "mail" / name), kind=kind, url_fields=urls)


def test_every_item_has_a_text_and_a_page_at_its_address(library: Library) -> None:
    paths = {row.get("asset"): f"/p/{row['slug']}" for row in rows("pages.yaml", "pages")}

    for item in library.content.items:
        words = (TEMPLATES / "content" / f"{item.asset.key}.md").read_text("utf-8").split()
        assert 120 <= len(words) <= 280
        assert paths[item.asset.key] == item.url


def test_every_page_without_an_item_has_a_text() -> None:
    for row in rows("pages.yaml", "pages"):
        if "asset" not in row:
            assert (TEMPLATES / "content" / str(row["text"])).is_file()


def test_a_form_guards_exactly_the_items_behind_one(library: Library) -> None:
    guarded = {
        row["asset"] for row in rows("pages.yaml", "pages") if "asset" in row and "form" in row
    }

    assert guarded == {item.asset.key for item in library.content.items if item.access == "form"}


def test_every_form_asks_known_fields_and_sends_a_mail_that_exists() -> None:
    fields, forms = example_fields().fields, plain("pages.yaml")["forms"]
    assert isinstance(forms, dict)

    for form in forms.values():
        assert isinstance(form, dict)
        assert isinstance(form["ask"], list)
        assert set(map(str, form["ask"])) <= set(fields)
        assert form["mail"] in MAILS


def test_the_one_gap_of_the_content_matrix_is_monitoring_at_the_decision(library: Library) -> None:
    filled = {
        (topic, item.asset.stage) for item in library.content.items for topic in item.asset.topics
    }
    every = {(topic, stage) for topic in library.content.topics for stage in BuyingStage}

    assert every - filled == {("monitoring", BuyingStage.DECIDE)}


def test_routing_names_only_people_who_exist(library: Library) -> None:
    people = {row["id"] for row in rows("users.yaml", "users")}
    named: set[str] = {library.routing.fallback}
    for rule in library.routing.rules:
        for target in (rule.to, rule.else_to):
            if isinstance(target, ToUsers):
                named |= set(target.users)
            if isinstance(target, ToQueue):
                named.add(target.user)

    assert named <= people


def test_everybody_who_answers_hand_offs_has_a_manager_or_a_deputy() -> None:
    for row in rows("users.yaml", "users"):
        if "channel" in row:
            assert row.get("manager") or row.get("deputy")
