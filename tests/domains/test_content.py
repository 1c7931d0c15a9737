from dataclasses import replace
from datetime import date

import pytest

from campaigns.vocabulary import BuyingStage
from nurture import content, leads
from nurture.content import NewAsset, SeenRow
from nurture.kernel.errors import NotFound
from nurture.kernel.types import EmailAddress
from nurture.kernel.work import Work
from nurture.leads import FieldPolicy, NewLead, Origin

E1 = NewAsset(
    "E1",
    "article",
    ("energy", "uptime"),
    BuyingStage.LEARN,
    "Leak",
    "…",
    "open",
    "/p/leak",
    body="text",
    minutes=2,
)
U4 = NewAsset(
    "U4",
    "webinar",
    ("uptime",),
    BuyingStage.COMPARE,
    "Ask us",
    "…",
    "form",
    "/p/ask",
    active_through=date(2026, 2, 12),
    event_on=date(2026, 2, 12),
)


def test_the_shelf_follows_the_files_and_keeps_its_ids(work: Work) -> None:
    assert content.apply(work, [E1, U4]).created == ("E1", "U4")
    assert content.apply(work, [E1, U4]).unchanged == ("E1", "U4")
    before = content.get(work, "E1")
    assert content.assets(work)[0].title == "Leak"
    assert content.apply(work, [replace(E1, title="New", body=None)]).changed == ("E1",)
    after = content.get(work, "E1")
    assert (after.id, after.title, after.body) == (before.id, "New", "text")
    assert [(card.key, card.title) for card in content.assets(work)] == [
        ("E1", "New"),
        ("U4", U4.title),
    ]
    with pytest.raises(NotFound):
        content.get(work, "E9")


def test_choosing_sees_an_item_as_its_file_has_it(work: Work) -> None:
    content.apply(work, [U4])
    seen = content.get(work, "U4").to_choice()
    assert (seen.topics, seen.stage) == (("uptime",), BuyingStage.COMPARE)
    assert seen.event_on == date(2026, 2, 12)


def test_the_first_time_that_a_lead_has_an_item_counts(work: Work) -> None:
    content.apply(work, [E1, U4])
    e1, u4 = (card.id for card in content.assets(work))
    rows = [NewLead(EmailAddress("a@x.example")), NewLead(EmailAddress("b@x.example"))]
    result = leads.capture(work, rows, origin=Origin(), policy=FieldPolicy.FILL_BLANKS)
    first, other = result.lead_ids

    assert content.mark_seen(work, [SeenRow(first, e1, "mailed")]) == 1
    again = [SeenRow(first, e1, "downloaded"), SeenRow(first, u4, "downloaded")]
    assert content.mark_seen(work, again) == 1

    assert content.seen(work, [first, other]) == {first: {"E1", "U4"}, other: frozenset()}
    assert content.last_topics(work, [first]) == {first: ("uptime", "energy")}
