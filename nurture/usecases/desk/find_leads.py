"""Find leads by conditions, one a line; a line that cannot be asked gets a sentence."""

from collections.abc import Iterator, Sequence

from campaigns.condition_text import parse
from campaigns.conditions import All, AnyOf, Compare, Condition, DateCondition, Not, leaves
from campaigns.fields import FieldSchema
from campaigns.references import wrong_kind
from campaigns.yamlfile import did_you_mean
from nurture import leads, segments
from nurture.kernel.errors import Invalid
from nurture.kernel.work import Work
from nurture.usecases.shared.fact_words import schema_in_force

MOST_LINES = 30
LONGEST = 4_000
_NOT = "not "


def leads_that_meet(work: Work, text: str, *, any_of: bool = False) -> segments.Ids:
    """Select whom the lines of a text mean: all of them, or any; "" means nobody in particular.

    Refuses with a sentence for each line that cannot be asked.
    """
    condition = read_conditions(work, text, any_of=any_of)
    return segments.members(work, condition)


def read_conditions(work: Work, text: str, *, any_of: bool = False) -> Condition:
    """Read a text of conditions, one a line; a line may begin with `not`."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(text) > LONGEST or len(lines) > MOST_LINES:
        raise Invalid(f"At most {MOST_LINES} conditions can be asked at once: take some out.")
    parts: list[Condition] = []
    problems: list[str] = []
    schema = schema_in_force(work)
    for line in lines:
        try:
            part = _line(line)
        except ValueError as error:
            problems.append(_sentence(line, str(error)))
            continue
        problems += [_sentence(line, said) for said in _problems(work, part, schema)]
        parts.append(part)
    if problems:
        raise Invalid(" ".join(problems))
    return AnyOf(tuple(parts)) if any_of and parts else All(tuple(parts))


def _sentence(line: str, said: str) -> str:
    end = "" if said.endswith(("?", ".")) else "."
    return f"“{line[:80]}”: {said}{end}"


def _line(line: str) -> Condition:
    if line.startswith(_NOT):
        return Not(parse(line.removeprefix(_NOT).strip()))
    return parse(line)


def _problems(work: Work, condition: Condition, schema: FieldSchema) -> Iterator[str]:
    for leaf in leaves(condition):
        if not isinstance(leaf, Compare | DateCondition):
            continue
        known = schema.get(leaf.field)
        if known is None and leaf.field not in leads.fact_names(work):
            names: Sequence[str] = [one.key for one in schema.live]
            hint = did_you_mean(leaf.field, names)
            yield f"there is no field `{leaf.field}`{hint}"
        elif isinstance(leaf, Compare) and (said := wrong_kind(leaf, schema)):
            yield said
