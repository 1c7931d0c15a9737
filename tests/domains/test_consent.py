import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.vocabulary import Basis, Stage, SuppressionReason
from nurture import consent, leads, lifecycle
from nurture.consent import Grant, MailFacts, NoMail
from nurture.consent.rules import judge, may_answer
from nurture.kernel.types import EmailAddress, LeadId
from nurture.kernel.work import Work
from nurture.leads import FieldPolicy, NewLead, Origin

KEY = b"k" * 32
A, B = EmailAddress("a@x.example"), EmailAddress("b@x.example")
REASONS = list(SuppressionReason)


def lead(work: Work, address: EmailAddress = A, stage: Stage = Stage.MARKETING) -> LeadId:
    result = leads.capture(
        work, [NewLead(address)], origin=Origin(), policy=FieldPolicy.FILL_BLANKS
    )
    lifecycle.begin(work, result.created, stage=stage, reason="test")
    return result.lead_ids[0]


def word(work: Work, lead_id: LeadId) -> NoMail | None:
    refused = consent.may_write(work, [lead_id])[lead_id]
    return refused.word if refused else None


def test_the_earliest_reason_not_to_write_is_told(work: Work) -> None:
    lead_id = lead(work, stage=Stage.UNQUALIFIED)
    noise = lead(work, B)
    assert word(work, lead_id) is NoMail.UNQUALIFIED
    lifecycle.move(work, [lead_id], to=Stage.MARKETING, reason="test")
    assert word(work, lead_id) is NoMail.NO_PERMISSION
    consent.give(work, [Grant(lead_id, Basis.FORM), Grant(noise, Basis.FORM)], renew=True)
    assert word(work, lead_id) is None
    leads.set_undeliverable(work, [lead_id])
    assert word(work, lead_id) is NoMail.UNDELIVERABLE
    consent.suppress(work, [A], reason=SuppressionReason.MANUAL, key=KEY)
    assert word(work, lead_id) is NoMail.SUPPRESSED
    assert word(work, noise) is None
    assert consent.suppressed_now(work, [lead_id, noise]) == {lead_id: SuppressionReason.MANUAL}


@pytest.mark.parametrize("first", REASONS)
@pytest.mark.parametrize("second", REASONS)
def test_the_strongest_reason_stays(
    work: Work, first: SuppressionReason, second: SuppressionReason
) -> None:
    lead_id = lead(work)
    assert consent.suppress(work, [A, B], reason=first, key=KEY) == 2
    assert consent.suppress_leads(work, [lead_id], reason=second, key=KEY) == 0
    found = consent.suppression(work, lead_id)
    assert found is not None
    assert found.reason is min(first, second, key=REASONS.index)


def test_a_no_outlives_the_lead_and_comes_back_with_its_address(work: Work) -> None:
    lead_id = lead(work)
    consent.suppress(work, [A], reason=SuppressionReason.UNSUBSCRIBED, key=KEY)
    leads.delete_leads(work, [lead_id])
    again, other = lead(work), lead(work, B)
    assert consent.recall(work, [again, other], key=KEY) == {again}
    assert word(work, again) is NoMail.SUPPRESSED
    assert word(work, other) is NoMail.NO_PERMISSION


def test_an_address_may_be_suppressed_before_anybody_knows_it(work: Work) -> None:
    consent.suppress(work, [A], reason=SuppressionReason.COMPLAINT, key=KEY)
    lead_id = lead(work)
    consent.suppress(work, [A], reason=SuppressionReason.IMPORTED, key=KEY)
    assert consent.suppressed_now(work, [lead_id]) == {lead_id: SuppressionReason.COMPLAINT}


def test_a_permission_that_was_taken_back_is_renewed_by_its_person_only(work: Work) -> None:
    lead_id = lead(work)
    assert consent.give(work, [Grant(lead_id, Basis.CONSENT)] * 2, renew=False) == 1
    consent.withdraw(work, [lead_id])
    assert consent.give(work, [Grant(lead_id, Basis.CONSENT)], renew=False) == 0
    assert consent.permitted(work, [lead_id]) == set()
    assert consent.give(work, [Grant(lead_id, Basis.FORM, {"page": "x"})], renew=True) == 1
    assert consent.permitted(work, [lead_id]) == {lead_id}
    assert [row.withdrawn_at for row in consent.permissions(work, lead_id)] == [work.now, None]


def test_an_address_cannot_be_read_back_without_the_key() -> None:
    assert consent.address_hash(A, key=KEY) != consent.address_hash(A, key=b"o" * 32)


STANDINGS = st.builds(
    MailFacts,
    stage=st.sampled_from(Stage),
    deliverable=st.booleans(),
    permitted=st.booleans(),
    suppressed=st.none() | st.sampled_from(SuppressionReason),
)


@given(STANDINGS)
def test_whoever_may_be_written_to_may_be_answered(standing: MailFacts) -> None:
    if judge(standing) is None:
        assert standing.suppressed is None
        assert may_answer(standing) is None


def test_who_unsubscribed_still_gets_what_they_ask_for() -> None:
    standing = MailFacts(
        Stage.MARKETING,
        deliverable=True,
        permitted=False,
        suppressed=SuppressionReason.UNSUBSCRIBED,
    )
    assert may_answer(standing) is None
