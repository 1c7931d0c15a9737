"""Bring headings and cells to one spelling, so that they can be looked up."""

import re
import unicodedata
from functools import lru_cache

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NO_WORD = re.compile(r"[^a-z0-9]+")
_EMAIL = re.compile(r"\be mails?\b")


@lru_cache(maxsize=8_192)
def words_of(text: str) -> str:
    """Write a text as small words without accents: HasOptedOutOfEmail -> has opted out of email."""
    return _EMAIL.sub("email", " ".join(_NO_WORD.sub(" ", _bare(_CAMEL.sub(" ", text))).split()))


def _bare(text: str) -> str:
    """Take capitals and accents away: Élodie Groß -> elodie gross."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


_NOTHING = (
    "null",
    "none",
    "nil",
    "n/a",
    "na",
    "nan",
    "#n/a",
    "undefined",
    "unknown",
    "not known",
    "unspecified",
    "not specified",
    "not provided",
    "not available",
    "not set",
    "not applicable",
    "no data",
    "blank",
    "empty",
    "missing",
    "no value",
    "no entry",
    "tbd",
    "to be determined",
    "unbekannt",
    "nicht bekannt",
    "k.A.",
    "keine Angabe",
    "keine Angaben",
    "ohne Angabe",
    "leer",
    "nicht angegeben",
    "fehlt",
    "entfällt",
    "inconnu",
    "inconnue",
    "non renseigné",
    "non renseignée",
    "non disponible",
    "non précisé",
    "néant",
    "vide",
    "onbekend",
    "niet bekend",
    "n.v.t.",
    "niet ingevuld",
    "leeg",
    "geen opgave",
    "desconocido",
    "desconocida",
    "sin datos",
    "no disponible",
    "no especificado",
    "vacío",
    "sconosciuto",
    "sconosciuta",
    "non specificato",
    "non disponibile",
)
"""What people and systems write where nothing is known."""


EMPTY = frozenset(words_of(word) for word in _NOTHING)
_AROUND = " .-–—_#()[]{}<>/\\\"'*?!,;:"  # noqa: RUF001 - dashes that people type
_AS_WRITTEN = frozenset(word.casefold().strip(_AROUND) for word in (*_NOTHING, ""))


def says_nothing(cell: str) -> bool:
    """Tell whether a cell stands empty, or for nothing: NULL, n/a, "-"."""
    return cell.casefold().strip(_AROUND) in _AS_WRITTEN
