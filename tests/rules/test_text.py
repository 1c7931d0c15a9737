from dataclasses import replace

import pytest
from hypothesis import given, settings

from campaigns.text import FileError, Known, check, load, rewrite, write
from campaigns.text_check import weak_signals
from campaigns.timing import Duration
from campaigns.track import EmailStep, Track, WaitStep
from tests.rules.strategies import tracks

WELCOME = """\
# Why we do this at all.
track: welcome   # its key
name: Welcome
priority: 2
again: never
goal: sales_ready
steps:

  # First a word of greeting.
  - hello: email # short
    mail: welcome_mail
  # Then some peace,
  # three days of it.
  - w1: wait
    for: 3 d   # not two
  - b1: branch
    if: {any: [clicked learn1, replied]}
    within: 5 d
    then: end
    else: end
  - end: exit
# The last word.
"""


@settings(max_examples=40)
@given(tracks())
def test_a_track_says_the_same_after_a_round_trip(track: Track) -> None:
    assert load(write(track)) == track


@settings(max_examples=25)
@given(tracks())
def test_any_track_can_be_written_over_any_other(track: Track) -> None:
    written = rewrite(WELCOME, track)

    assert load(written) == track
    assert written.startswith("# Why we do this at all.")
    assert written.rstrip().endswith("# The last word.")


def test_a_file_that_says_the_same_already_is_not_touched() -> None:
    assert rewrite(WELCOME, load(WELCOME)) == WELCOME


def test_comments_stay_with_the_steps_they_belong_to() -> None:
    track = load(WELCOME)
    hello, w1, *rest = track.steps
    turned = replace(track, steps=(w1, EmailStep("new", "news"), hello, *rest))

    lines = rewrite(WELCOME, turned).splitlines()

    assert lines[lines.index("  - w1: wait") - 2 : lines.index("  - w1: wait")] == [
        "  # Then some peace,",
        "  # three days of it.",
    ]
    place = lines.index("  - hello: email # short")
    assert lines[place - 1] == "  # First a word of greeting."
    assert "    for: 3 d   # not two" in lines
    assert lines[-1] == "# The last word."


def test_one_change_changes_one_line() -> None:
    track = load(WELCOME)
    hello, w1, *rest = track.steps
    assert isinstance(w1, WaitStep)
    slower = replace(track, steps=(hello, replace(w1, until=Duration(4, "d")), *rest))

    before, after = WELCOME.splitlines(), rewrite(WELCOME, slower).splitlines()

    assert len(before) == len(after)
    changed = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
    assert len(changed) == 1


@pytest.mark.parametrize(
    ("good", "bad", "line", "step", "field", "says"),
    [
        ("    mail: welcome_mail", "    mail: no_such", 11, "hello", "mail", "there is no mail"),
        ("    mail: welcome_mail", "    male: welcome_mail", 10, "hello", "mail", "missing"),
        ("    mail: welcome_mail", "    mail: x\n    cc: y", 12, "hello", "cc", "unknown field"),
        ("    for: 3 d   # not two", "", 14, "w1", "for", "a wait needs"),
        ("    for: 3 d   # not two", "    for: 3 days", 15, "w1", "for", "no duration"),
        ("    within: 5 d\n", "", 16, "b1", "within", "needs an end"),
        ("    then: end", "    then: nowhere", 19, "b1", "then", "no step `nowhere`"),
        ("  - w1: wait", "  - hello: wait", 14, "hello", "", "has this name already"),
        ("  - w1: wait", "  - w1: pause", 14, "w1", "", "no kind of step"),
        ("name: Welcome", "name: Welcome\nname: Again", 4, "", "name", "stands here twice"),
        (
            "    then: end\n    else: end",
            "    then: w1\n    else: w1",
            21,
            "end",
            "",
            "nothing leads",
        ),
        ("clicked learn1", "clicked me now", 17, "b1", "if", "cannot read"),
        ("again: never", "again: sometimes", 5, "", "again", "write never"),
        ("priority: 2", "priority: high", 4, "", "priority", "whole number"),
        ("track: welcome", "track: [", 2, "", "", "no valid YAML"),
    ],
)
def test_a_mistake_is_named_with_line_step_and_field(
    good: str, bad: str, *, line: int, step: str, field: str, says: str
) -> None:
    known = Known(mails=frozenset({"welcome_mail", "x"}))

    problems = check(WELCOME.replace(good, bad), file="welcome.yaml", known=known)

    found = [
        problem
        for problem in problems
        if (problem.step, problem.field) == (step, field) and says in problem.message
    ]
    assert found, problems
    assert found[0].file == "welcome.yaml"
    if says != "no valid YAML":
        assert found[0].line == line


def test_all_mistakes_are_named_at_once() -> None:
    text = WELCOME.replace("for: 3 d", "for: soon").replace("then: end", "then: nowhere")

    with pytest.raises(FileError) as refused:
        load(text, file="welcome.yaml")

    assert [problem.step for problem in refused.value.problems] == ["w1", "b1"]


def test_a_track_that_does_not_exist_cannot_follow() -> None:
    text = WELCOME.replace("again: never", "after: nirvana")

    problems = check(text, file="t", known=Known(tracks=frozenset({"welcome"})))

    assert [p.message for p in problems] == ["there is no track `nirvana`; tracks are welcome"]


def test_anchors_are_refused_because_they_can_explode() -> None:
    problems = check("a: &x [1]\nb: *x\n", file="t")

    assert "anchors" in problems[0].message


@pytest.mark.parametrize("text", ["", "- 1", "a: [", "[" * 3000, "a: !!python/object:os.x 1", "\0"])
def test_a_file_that_is_no_map_is_refused_with_a_sentence(text: str) -> None:
    assert check(text, file="t")[0].message


def test_a_branch_on_opens_is_a_weak_signal() -> None:
    assert weak_signals(load(WELCOME)) == []
    ((step, said),) = weak_signals(load(WELCOME.replace("clicked learn1", "opened learn1")))
    assert step == "b1"
    assert said.startswith("step b1 asks whether a mail was opened")
