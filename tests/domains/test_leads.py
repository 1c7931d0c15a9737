from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.vocabulary import Basis, Role, Stage
from nurture import leads, lifecycle, users
from nurture.kernel.errors import Invalid
from nurture.kernel.types import EmailAddress, LeadId
from nurture.kernel.work import Work
from nurture.leads import CaptureOutcome, FieldPolicy, LeadFilter, LeadSort, NewLead, Origin
from nurture.leads.rules import changes
from nurture.users import NewUser

FORM = FieldPolicy.OVERWRITE
LIST = FieldPolicy.FILL_BLANKS


def new(
    email: str,
    first_name: str | None = None,
    *,
    last_name: str | None = None,
    **rest: str,
) -> NewLead:
    return NewLead(
        EmailAddress(email),
        first_name=first_name,
        last_name=last_name,
        job=rest.get("job"),
        company=rest.get("company"),
        country=rest.get("country"),
    )


def taken(work: Work, *rows: NewLead, policy: FieldPolicy = LIST) -> leads.CaptureResult:
    source = leads.ensure_source(work, "website/search")
    return leads.capture(work, rows, origin=Origin(source_id=source), policy=policy)


def test_one_address_is_one_lead_in_one_batch_and_over_many(work: Work) -> None:
    first = taken(work, new("a@x.example", first_name="A"), new("a@x.example", job="Head"))
    again = taken(work, new("a@x.example", first_name="A", job="Head"))
    assert [row.outcome for row in first.rows] == [CaptureOutcome.CREATED, CaptureOutcome.UPDATED]
    assert [row.outcome for row in again.rows] == [CaptureOutcome.UNCHANGED]
    assert len({row.lead_id for row in (*first.rows, *again.rows)}) == 1


def test_every_change_says_who_when_old_and_new(work: Work) -> None:
    (lead_id,) = taken(work, new("a@x.example", country="DE")).created
    taken(work, new("a@x.example", country="AT"), policy=FORM)
    found = {change.field: change for change in leads.history(work, lead_id)}
    assert (found["country"].old, found["country"].new) == ("DE", "AT")
    assert (found["country"].actor, found["country"].at) == ("test", work.now)
    assert leads.get(work, lead_id).zone == "Europe/Vienna"


def test_colleagues_share_a_company_and_free_mail_has_none(work: Work) -> None:
    result = taken(
        work,
        new("a@works.example"),
        new("b@mail.works.example", company="Works Ltd"),
        NewLead(EmailAddress("c@gmail.com"), company="Works Ltd", facts={"free_mail": True}),
    )
    people = leads.by_ids(work, result.lead_ids)
    first, second, third = (people[lead_id] for lead_id in result.lead_ids)
    assert first.company_id == second.company_id is not None
    assert first.company == "Works Ltd"
    assert (third.company_id, third.company) == (None, "Works Ltd")


def test_the_first_source_stays_and_each_contact_is_kept(work: Work) -> None:
    (lead_id,) = taken(work, new("a@x.example")).created
    fair = leads.ensure_source(work, "fair/spring_fair")
    origin = Origin(source_id=fair, detail={"form": "stand"})
    leads.capture(work, [new("a@x.example")], origin=origin, policy=FORM)
    assert leads.get(work, lead_id).source == "website/search"
    assert [touch.source for touch in leads.touches(work, lead_id)] == [
        "website/search",
        "fair/spring_fair",
    ]


def test_facts_are_told_as_rules_ask_for_them(work: Work) -> None:
    row = NewLead(
        EmailAddress("a@works.example"),
        country="DE",
        postcode="80331",
        interests=("energy",),
        facts={"compressor_kw": 30, "wake_date": "2026-05-01", "need_named": True},
    )
    (lead_id,) = taken(work, row).created
    facts = leads.facts(work, [lead_id])[lead_id]
    assert (facts["compressor_kw"], facts["need_named"], facts["postcode_area"]) == (30, True, "8")
    assert (facts["interests"], facts["channel"], facts["free_mail"]) == (
        ("energy",),
        "website",
        False,
    )
    assert str(facts["wake_date"]) == "2026-05-01"


def test_facts_name_the_owner_of_a_colleague(work: Work) -> None:
    owner = users.add(work, NewUser("tom", "Tom", "tom@own.example", (Role.SALES,)))
    first, second = taken(work, new("a@works.example"), new("b@works.example")).lead_ids
    leads.set_owner(work, [first], owner_id=owner)
    assert leads.facts(work, [second])[second]["company_owner_id"] == owner


def test_the_list_is_found_by_words_and_read_in_stretches(work: Work) -> None:
    names = ["Zoë", "Anna", "Östen", "Ben", "anton"]
    rows = [new(f"p{n}@firm.example", last_name=name) for n, name in enumerate(names)]
    taken(work, *rows, new("noise@other.example"))
    wanted = LeadFilter(text="firm")
    for sort in LeadSort:
        found, after = list[str](), None
        while True:
            page = leads.search(work, wanted, sort=sort, after=after, limit=2)
            found += [person.email for person in page.people]
            if page.next_cursor is None:
                break
            after = page.next_cursor
        assert sorted(found) == [row.email for row in rows]
    assert leads.count(work, wanted) == 5
    assert leads.count(work, LeadFilter(text="östen")) == 1
    assert len(leads.matching_ids(work, wanted, limit=3)) == 3
    with pytest.raises(Invalid):
        leads.search(work, wanted, after="nonsense")


def test_filters_narrow_the_list_together(work: Work) -> None:
    first, second = taken(work, new("a@x.example", country="DE"), new("b@y.example")).lead_ids
    lifecycle.begin(work, [first], stage=Stage.MARKETING, reason="test")
    assert leads.matching_ids(work, LeadFilter(stages=(Stage.MARKETING,))) == [first]
    assert leads.matching_ids(work, LeadFilter(ids=(first, second), countries=("DE",))) == [first]
    assert leads.matching_ids(work, LeadFilter(unowned=True, text="b@y")) == [second]
    assert leads.stage_counts(work)[Stage.MARKETING] == 1
    assert leads.mail_states(work, [first, LeadId(0)]) == {first: (Stage.MARKETING, True)}


def test_an_import_that_stands_still_is_found(work: Work) -> None:
    file_id = leads.open_file(work, leads.FileForm.TEXT)
    run = leads.NewRun("a.csv", file_id, leads.ensure_source(work, "x"), None, Basis.NONE, {}, 1)
    import_id = leads.open_run(work, run)
    assert leads.stalled_imports(work, for_=timedelta(minutes=2)) == []
    work.machine += timedelta(minutes=3)
    assert leads.stalled_imports(work, for_=timedelta(minutes=2)) == [import_id]


FIELDS = st.sampled_from(["job", "zone", "industry"])


@given(
    held=st.dictionaries(FIELDS, st.sampled_from(["", "UTC", "a"])),
    told=st.dictionaries(FIELDS, st.sampled_from(["a", "b"])),
)
def test_saying_the_same_twice_changes_nothing_the_second_time(
    held: dict[str, str], told: dict[str, str]
) -> None:
    for policy in FieldPolicy:
        known = dict(held)
        known.update({part.field: str(part.new) for part in changes(known, told, policy=policy)})
        assert changes(known, told, policy=policy) == []


def test_a_row_that_says_more_than_a_column_holds_is_cut_and_stops_no_other(work: Work) -> None:
    long = NewLead(
        EmailAddress("long@firm.example"),
        first_name="A\0" + "n" * 5_000,
        last_name="b" * 5_000,
        phone="1" * 500,
        job="c" * 5_000,
        company="d" * 5_000,
        postcode="9" * 500,
        facts={"note": "e\0f"},
    )
    short = NewLead(EmailAddress("short@other.example"), first_name="Ann")
    done = leads.capture(work, [long, short], origin=Origin(), policy=LIST)
    people = leads.by_ids(work, [row.lead_id for row in done.rows])
    assert {person.first_name for person in people.values()} == {"A" + "n" * 99, "Ann"}


def test_a_company_keeps_its_name_and_a_second_firm_behind_its_domain_keeps_its_own(
    work: Work,
) -> None:
    result = taken(
        work,
        new("c1@acme.example", company="Acme GmbH"),
        new("c2@acme.example"),
        new("c3@acme.example", company="ACME"),
        new("d1@acme.example", company="Beta Pumps AG"),
    )
    people = leads.by_ids(work, result.lead_ids)
    names = [people[one].company for one in result.lead_ids]
    assert names == ["Acme GmbH", "Acme GmbH", "Acme GmbH", "Beta Pumps AG"]
    assert [people[one].company_id is None for one in result.lead_ids] == [False] * 3 + [True]


def test_a_source_stands_as_it_was_typed(work: Work) -> None:
    for key in ("Messe Freiburg 2026", "fair/spring_fair"):
        leads.ensure_source(work, key)
    names = {one.key: one.name for one in leads.sources(work)}
    assert names["Messe Freiburg 2026"] == "Messe Freiburg 2026"
    assert names["fair/spring_fair"] == "Spring fair"


def test_the_names_of_all_facts_are_listed(work: Work) -> None:
    (lead_id,) = taken(work, new("a@x.example")).created
    leads.set_facts(work, {lead_id: {"machines": 3, "pump_kind": "screw"}})
    assert {"machines", "pump_kind"} <= set(leads.fact_names(work))


@pytest.mark.parametrize("domain", ["neuf.fr", "hispeed.ch", "chello.at", "gmx.li", "docomo.ne.jp"])
def test_the_host_of_a_provider_is_no_company(domain: str) -> None:
    assert leads.is_free_mail(domain)
    assert not leads.is_free_mail("tarnholt.example")
