import pytest

from campaigns.library import shipped
from campaigns.rejection_reasons import SENT_BACK, RejectionReasons, RejectReason, load_sent_back
from campaigns.yamlfile import FileError

SCRIPTS = "scripts:\n  merge: Compare the two.\n"


def test_a_file_without_the_section_goes_on_as_by_default() -> None:
    assert load_sent_back("company: {name: Mill}\n") == SENT_BACK


def test_the_file_decides_what_follows_and_the_rest_stays() -> None:
    text = (
        f"{SCRIPTS}sent_back:\n"
        "  no_budget: {words: Money is out, enrol: slow, wake: 12 months}\n"
        "  no_need: {words: Not now, stage: disqualified, task: mara, script: merge}\n"
        "  later: {words: Later on, enrol: slow, wake: date}\n"
    )

    found = load_sent_back(text)

    assert found[RejectReason.NO_BUDGET] == RejectionReasons(
        "Money is out", track="slow", resume_months=12
    )
    assert found[RejectReason.NO_NEED] == RejectionReasons(
        "Not now", ends=True, ask="Compare the two", who="mara", script="merge"
    )
    assert found[RejectReason.LATER] == RejectionReasons("Later on", track="slow", asks_date=True)
    assert found[RejectReason.DUPLICATE] == SENT_BACK[RejectReason.DUPLICATE]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("bored: {words: Bored, enrol: slow}", "`bored` is no reason; known: no_budget, later"),
        ("no_need: {words: No need}", "write `enrol:` with a track, or `stage: disqualified`"),
        ("no_need: {words: No, enrol: a, stage: disqualified}", "not both"),
        ("no_need: {words: No, stage: marketing}", "is `disqualified`"),
        ("no_need: {enrol: slow}", "`words:` is missing"),
        ("no_need: {words: No, enrol: slow, wake: soon}", "`soon` is no time to wake up"),
        ("no_need: {words: No, enrol: slow, task: mara}", "write both or neither"),
        ("no_need: {words: No, enrol: slow, task: mara, script: call}", "under `scripts:`"),
        ("no_need: {words: No, enrol: slow, stop: true}", "unknown field `stop`"),
        ("no_need: No", "must be a map of what follows"),
    ],
)
def test_a_reason_that_leads_nowhere_is_refused_with_its_line(line: str, said: str) -> None:
    with pytest.raises(FileError, match=r"company\.yaml") as refused:
        load_sent_back(f"{SCRIPTS}sent_back:\n  {line}\n")

    assert said in str(refused.value)
    assert refused.value.problems[0].line == 4


def test_the_example_company_says_of_each_reason_what_follows() -> None:
    text = (shipped() / "company.yaml").read_text()

    found = load_sent_back(text)

    assert all(f"  {reason}: {{" in text for reason in RejectReason)
    assert {reason for reason, what in found.items() if what.ends} == {
        reason for reason, what in SENT_BACK.items() if what.ends
    }
