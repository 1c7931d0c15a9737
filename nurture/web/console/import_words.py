"""The words of the pages of an import: reasons to write, columns, states."""

from campaigns.fields import GROUP_WORDS, FieldSchema
from campaigns.vocabulary import Basis
from nurture.leads import Column, ImportState, column_of

BASES = {
    Basis.NONE: (
        "We may not write to them yet",
        "They come in, sales may call them, and no mail leaves. You can add permission later.",
    ),
    Basis.CONSENT: (
        "They have agreed to get our mail",
        "With an opt-in column, only the rows that say yes.",
    ),
    Basis.FORM: ("They filled in a form of ours", "And were told there that we write to them."),
    Basis.EXISTING_CUSTOMER: (
        "They are customers",
        "We write about what they bought, and they may say no at any time.",
    ),
}
LIST_ONLY = {
    Column.NAME: "Whole name",
    Column.INTEREST: "Interests",
    Column.SOURCE: "Source",
    Column.OPT_IN: "Said yes to mail",
    Column.OPT_OUT: "Said no to mail",
}
"""What only a list has, beside the fields."""


def grouped_columns(fields: FieldSchema) -> dict[str, dict[str, str]]:
    """Name what a column may hold, by group: the fields, and what only a list has."""
    found = {
        words: {column_of(one): one.full_label for one in fields.imported if one.group is group}
        for group, words in GROUP_WORDS.items()
    }
    return {**found, "The list": {column.value: words for column, words in LIST_ONLY.items()}}


STATES = {
    ImportState.RUNNING: "Coming in",
    ImportState.DONE: "Done",
    ImportState.UNDOING: "Being taken back",
    ImportState.UNDONE: "Taken back",
}
