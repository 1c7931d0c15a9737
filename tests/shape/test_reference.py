"""docs/reference says what the code knows, and every key of fields.yaml is explained there."""

import pytest

from campaigns.fields import FieldSchema, declared
from campaigns.yamlfile import Fields, Notes, read
from tests.shape.reference import FOLDER, filled, generated


def test_the_reference_lists_what_the_code_knows() -> None:
    for name, parts in generated().items():
        text = (FOLDER / name).read_text("utf-8")
        assert filled(text, parts) == text, f"run python -m tests.shape.reference for {name}"


def test_every_key_of_a_field_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[str] = set()
    close = Fields.close

    def noted(self: Fields) -> None:
        asked.update(self._asked)
        close(self)

    monkeypatch.setattr(Fields, "close", noted)
    text = "fields:\n  size:\n    label: Size\n    kind: choice\n    options: {a: {words: A}}\n"
    notes = Notes("fields.yaml")
    from_code = declared(read(text, notes), notes, base=FieldSchema({}))
    assert [one.key for one in from_code] == ["size"]
    told = (FOLDER / "fields.md").read_text("utf-8")
    assert len(asked) > 15
    assert [key for key in sorted(asked) if f"`{key}`" not in told] == []
