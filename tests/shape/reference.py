"""Write the parts of docs/reference that the code knows: `python -m tests.shape.reference`."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from campaigns.built_in_fields import built_in
from campaigns.conditions import Op
from campaigns.fields import GROUP_WORDS, EditRight, FieldDefinition, FieldKind
from campaigns.formulas import FUNCTIONS
from campaigns.vocabulary import ActivityKind

FOLDER = Path(__file__).parents[2] / "docs" / "reference"


def generated() -> Mapping[str, Mapping[str, list[str]]]:
    """Give each generated part of each document, by the name between its marks."""
    return {
        "fields.md": {
            "kinds": [f"`{one}`" for one in FieldKind],
            "groups": [f"`{one}`: {words}" for one, words in GROUP_WORDS.items()],
            "edit": [f"`{one}`" for one in EditRight],
            "built in": list(_table(derived=False)),
            "worked out": list(_table(derived=True)),
            "functions": [f"`{name}` with {number} values" for name, number in FUNCTIONS.items()],
        },
        "conditions.md": {
            "comparisons": [f"`{one}`" for one in Op],
            "events": [f"`{one}`" for one in ActivityKind],
        },
    }


def _table(*, derived: bool) -> Iterator[str]:
    for one in built_in().fields.values():
        if one.derived == derived:
            yield f"`{one.key}`: {one.full_label}, {one.kind}{_more(one)}"


def _more(one: FieldDefinition) -> str:
    found = []
    if one.most is not None:
        found.append(f"at most {one.most:,.0f}")
    if one.to_sales:
        found.append("told to sales")
    return "".join(f", {part}" for part in found)


def filled(text: str, parts: Mapping[str, list[str]]) -> str:
    """Put each part between its marks."""
    for name, lines in parts.items():
        begin, end = f"<!-- generated: {name} -->\n", f"<!-- end: {name} -->"
        before, mark, rest = text.partition(begin)
        _, close, after = rest.partition(end)
        if not mark or not close:
            raise ValueError(name)
        text = f"{before}{begin}{''.join(f'- {line}{chr(10)}' for line in lines)}{end}{after}"
    return text


def main() -> None:
    """Write every document anew."""
    for name, parts in generated().items():
        path = FOLDER / name
        path.write_text(filled(path.read_text("utf-8"), parts), encoding="utf-8")


if __name__ == "__main__":
    main()
