"""Safe templates: the allow-list for what people write, token protection, inlining."""

from nurture.markup.environment import MarkupEnvironment, Missing
from nurture.markup.errors import MarkupRefused, refuse_all
from nurture.markup.filters import text
from nurture.markup.foreign import foreign_elements, foreign_tags
from nurture.markup.guard import RULES, parse, path_of, validate
from nurture.markup.inline import inline
from nurture.markup.inspect import MarkupRemarks, inspect, without_links
from nurture.markup.protect import Protected, protect
from nurture.markup.template_fields import TemplateFields, vocabulary_of
from nurture.markup.template_pieces import Piece, PieceKind, pieces_of

__all__ = [
    "RULES",
    "MarkupEnvironment",
    "MarkupRefused",
    "MarkupRemarks",
    "Missing",
    "Piece",
    "PieceKind",
    "Protected",
    "TemplateFields",
    "foreign_elements",
    "foreign_tags",
    "inline",
    "inspect",
    "parse",
    "path_of",
    "pieces_of",
    "protect",
    "refuse_all",
    "text",
    "validate",
    "vocabulary_of",
    "without_links",
]
