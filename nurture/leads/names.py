"""Names of people as one cell holds them."""

from nurture.leads.plain_words import words_of

_SALUTATION_WORDS = (
    "mr|mrs|ms|miss|mx|mister|sir|madam|herr|herrn|frau|fraulein|m|mme|mlle|monsieur|madame|"
    "mademoiselle|dhr|mevr|mw|de heer|mevrouw|heer|sr|sra|srta|senor|senora|don|dona|sig|"
    "sig ra|signor|signora|dott|dottssa|herr dr|frau dr|mr mrs|divers|male|female|mannlich|"
    "weiblich|company|firma|familie|family|hr|fr"
)
_SALUTATIONS = frozenset(_SALUTATION_WORDS.split("|"))
_DEGREE_WORDS = (
    "dr|prof|professor|doctor|ing|dipl|mag|mba|phd|md|msc|bsc|ma|ba|llm|cpa|jr|sr|ii|iii|iv|"
    "dipl ing|prof dr|dr ing|ph d|esq|pe|pmp|mr dr|b sc|m sc|dr med|dr rer nat|di|bed|ir|"
    "drs|mr"
)
_DEGREES = frozenset(_DEGREE_WORDS.split("|"))
_PARTICLE_WORDS = (
    "van|von|vom|zu|zur|zum|de|der|den|del|della|di|da|dal|dos|das|do|du|des|la|le|lo|el|al|"
    "bin|ibn|ben|ter|ten|te|'t|op|af|av|y|e|santa|san|st|mac|mc"
)
_PARTICLES = frozenset(_PARTICLE_WORDS.split("|"))
"""What stands before a family name and belongs to it."""


def is_salutation(text: str) -> bool:
    """Tell whether a word only addresses somebody: "Title" may mean Mr., or a job."""
    return words_of(text) in _SALUTATIONS | _BARE_DEGREES


_BARE_DEGREES = frozenset({"dr", "prof", "prof dr", "dipl ing", "phd", "mag", "ing", "dr ing"})


def split_name(whole: str) -> tuple[str, str]:
    """Split a name into first and last; one word alone is what somebody is called."""
    head, comma, behind = whole.partition(",")
    if comma and words_of(behind) not in _DEGREES and behind.strip():
        return _without_titles(behind), head.strip()
    words = _without_titles(head if comma else whole).split()
    if len(words) < 2:  # noqa: PLR2004 - one word cannot be split
        return " ".join(words), ""
    cut = len(words) - 1
    while cut > 1 and words[cut - 1].lower() in _PARTICLES:
        cut -= 1
    return " ".join(words[:cut]), " ".join(words[cut:])


def _without_titles(text: str) -> str:
    """Take away what stands before a name: Mr., Herr Dr."""
    words = text.split()
    while len(words) > 1 and words_of(words[0]) in _BEFORE_NAMES:
        words = words[1:]
    return " ".join(words)


_BEFORE_NAMES = (_SALUTATIONS - {"m", "company", "firma", "don"}) | {"dr", "prof", "dipl", "ing"}
