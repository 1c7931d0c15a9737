"""Random conditions and tracks for property tests."""

from datetime import date, time

from hypothesis import strategies as st

from campaigns.conditions import (
    ActivityAlias,
    All,
    AnyOf,
    Compare,
    Condition,
    DateCondition,
    EventCondition,
    Not,
    Op,
)
from campaigns.timing import UNITS, Duration, TimeOfWeek
from campaigns.track import (
    NEVER,
    BranchStep,
    ContentStep,
    EmailStep,
    ExitStep,
    FactDate,
    GoalStep,
    HandoffStep,
    OnExhausted,
    ReentryRule,
    Step,
    StreamHandover,
    StreamStep,
    TaskStep,
    Track,
    WaitStep,
)
from campaigns.vocabulary import ActivityKind, BuyingStage

ACTS = (
    ActivityKind.CLICKED,
    ActivityKind.OPENED,
    ActivityKind.VISITED,
    ActivityKind.SUBMITTED,
    ActivityKind.DOWNLOADED,
    ActivityKind.REGISTERED,
    ActivityKind.ATTENDED,
    ActivityKind.REPLIED,
)
fields = st.sampled_from(["engagement", "stage", "country", "wake_date", "cell"])
texts = st.text("abcXYZ 0123456789_-.#:{}[]@öß", min_size=1, max_size=12)
names = st.sampled_from(["learn1", "calculator", "E1", "price_page", "energy"])
spans = st.none() | st.integers(0, 400)
times = st.integers(1, 9)
scalars = (
    st.integers(-999, 999)
    | st.sampled_from([0.5, -2.25, 18.0])
    | st.booleans()
    | st.dates(date(2020, 1, 1), date(2030, 1, 1))
    | texts
)
compares = (
    st.builds(Compare, fields, st.sampled_from([Op.EQ, Op.NE, Op.GE, Op.GT, Op.LE, Op.LT]), scalars)
    | st.builds(Compare, fields, st.sampled_from([Op.SET, Op.UNSET]))
    | st.builds(
        Compare,
        fields,
        st.sampled_from([Op.IN, Op.NOT_IN]),
        st.lists(texts, min_size=1, max_size=4).map(tuple),
    )
)
deeds = (
    st.builds(EventCondition, st.sampled_from(ACTS), st.just("") | names, spans, times)
    | st.builds(
        EventCondition,
        st.sampled_from(ACTS),
        st.just("") | names,
        spans,
        times,
        st.just(value=True),
    )
    | st.builds(EventCondition, st.sampled_from(ActivityAlias), st.just(""), spans, times)
)
leaves: st.SearchStrategy[Condition] = (
    compares | deeds | st.builds(DateCondition, fields, st.integers(0, 900), st.booleans())
)
conditions: st.SearchStrategy[Condition] = st.recursive(
    leaves,
    lambda part: (
        st.builds(Not, part)
        | st.builds(All, st.lists(part, max_size=3).map(tuple))
        | st.builds(AnyOf, st.lists(part, max_size=3).map(tuple))
    ),
    max_leaves=5,
)
durations = st.builds(Duration, st.integers(1, 400), st.sampled_from(UNITS))
day_times = st.builds(time, st.integers(0, 23), st.integers(0, 59))


@st.composite
def tracks(draw: st.DrawFn) -> Track:
    """Draw a track that `check` accepts: every step is reached from the one before."""
    number = draw(st.integers(0, 6))
    keys = [f"s{place}" for place in range(number)] + ["end"]
    steps = [
        draw(_step(key, following=keys[place + 1], end=keys[-1]))
        for place, key in enumerate(keys[:-1])
    ]
    ends = st.builds(ExitStep, st.just("end"), st.none() | durations)
    ends_ = ends | st.builds(GoalStep, st.just("end")) | st.builds(HandoffStep, st.just("end"))
    return Track(
        key="random_track",
        name=draw(texts.map(str.strip).filter(bool)),
        priority=draw(st.integers(1, 9)),
        steps=(*steps, draw(ends_)),
        enter=draw(st.none() | conditions),
        again=draw(st.just(NEVER) | st.builds(ReentryRule, st.integers(0, 400))),
        goal=draw(st.none() | conditions),
        after=draw(st.sampled_from(["", "evaluate"])),
    )


def _step(key: str, *, following: str, end: str) -> st.SearchStrategy[Step]:
    name = st.just(key)
    nexts = st.sampled_from(["", following])
    varied = st.just(((), "")) | st.just((("price", "default"), "reason"))
    email = varied.flatmap(
        lambda pair: st.builds(EmailStep, name, names, st.just(pair[0]), st.just(pair[1]), nexts)
    )
    until = (
        durations
        | st.builds(TimeOfWeek, st.integers(0, 6), day_times)
        | st.builds(FactDate, fields, st.integers(-30, 30))
    )
    handover = st.none() | st.builds(StreamHandover, conditions, st.just("evaluate"))
    on_exhausted = st.none() | st.builds(OnExhausted, st.just("marketer"), st.just("what_next"))
    ways = st.just(()) | st.just((("yes", following), ("no", end)))
    return st.one_of(
        email,
        st.builds(ContentStep, name, st.sampled_from(BuyingStage), st.booleans(), nexts),
        st.builds(StreamStep, name, durations, st.integers(1, 9), handover, on_exhausted, nexts),
        st.builds(WaitStep, name, until, nexts),
        st.builds(BranchStep, name, conditions, st.just(following), st.just(end), durations),
        st.builds(TaskStep, name, names, durations, names, ways, durations, nexts),
    )
