"""Invent the words that the example company's leads are made of; hosts end in .example."""

from collections.abc import Mapping
from types import MappingProxyType

COUNTRIES: Mapping[str, int] = MappingProxyType(
    {"DE": 45, "AT": 10, "NL": 13, "BE": 9, "GB": 16, "IE": 7}
)
"""Countries that the company serves, with their share of the list in per cent."""

NOT_SERVED: tuple[str, ...] = ("FR", "PL", "CH", "IT", "US", "ES")

COUNTRY_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "DE": ("DE", "Deutschland", "Germany", "D", "de"),
        "AT": ("AT", "Österreich", "Austria", "A"),
        "NL": ("NL", "Nederland", "Netherlands", "Niederlande"),
        "BE": ("BE", "België", "Belgium", "Belgien"),
        "GB": ("GB", "UK", "United Kingdom", "England"),
        "IE": ("IE", "Ireland", "Irland", "Éire"),
        "FR": ("FR", "France", "Frankreich"),
        "PL": ("PL", "Poland", "Polen"),
        "CH": ("CH", "Schweiz", "Switzerland"),
        "IT": ("IT", "Italia", "Italien"),
        "US": ("US", "USA", "United States"),
        "ES": ("ES", "España", "Spain"),
    }
)

_GERMAN = (
    ("Anja", "Jürgen", "Bärbel", "Sören", "Katrin", "Uwe", "Jörg", "Heike", "Götz", "Silke"),
    ("Grünfeld", "Weißkamp", "Möllhorst", "Brandtner", "Käsmark", "Oberndahl", "Süßmoor"),
)
_DUTCH = (
    ("Henk", "Saskia", "Joost", "Anouk", "Daniël", "Femke", "Ruud", "Zoë", "Wim", "Marijke"),
    ("van Dorrel", "Vlietstra", "de Brinck", "Hoogwerf", "Scheltens", "ten Aarde", "Veldhorst"),
)
_BRITISH = (
    ("Aoife", "Declan", "Gareth", "Siân", "Niall", "Imogen", "Callum", "Róisín", "Hugh", "Tess"),
    ("Marran", "O'Farrow", "Pendlow", "Ashcombe", "Kilbrae", "Thornwick", "Haddow"),
)
_OTHER = (
    ("Chloé", "Marek", "Luca", "Inés", "Étienne", "Paola", "Brent", "Agata", "Hélène", "Diego"),
    ("Dubrêt", "Nowalski", "Ferrandi", "Castañer", "Holbrook", "Zielko", "Montclair"),
)
NAMES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = MappingProxyType(
    {
        "DE": _GERMAN,
        "AT": _GERMAN,
        "NL": _DUTCH,
        "BE": _DUTCH,
        "GB": _BRITISH,
        "IE": _BRITISH,
        **dict.fromkeys(NOT_SERVED, _OTHER),
    }
)

STEM_HEADS: tuple[str, ...] = (
    "Bren",
    "Hark",
    "Tann",
    "Oster",
    "Kell",
    "Grün",
    "Wald",
    "Lind",
    "Rott",
    "Stell",
    "Marn",
    "Dorn",
    "Fal",
    "Quar",
    "Esch",
    "Hol",
    "Neu",
    "Pfal",
    "Sund",
    "Thal",
    "Ulm",
    "Vel",
    "Wester",
    "Zell",
)
STEM_TAILS: tuple[str, ...] = (
    "nick",
    "moor",
    "stra",
    "wick",
    "feld",
    "horst",
    "mark",
    "dahl",
    "beck",
    "ström",
    "rode",
    "hagen",
    "brück",
    "tal",
    "wede",
    "ling",
    "kamp",
    "gard",
    "sen",
    "thorpe",
)

INDUSTRIES: Mapping[str, int] = MappingProxyType(
    {
        "food": 24,
        "pharma": 8,
        "plastics": 16,
        "car_parts": 12,
        "metal": 20,
        "wood": 10,
        "other": 10,
    }
)
"""Share of each industry in per cent; the trade word in the company's name tells which."""

TRADES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = MappingProxyType(
    {
        "food": (
            ("Backwaren", "Molkerei", "Brauerei"),
            ("Bakkerij", "Zuivel", "Brouwerij"),
            ("Bakery", "Dairy", "Brewery"),
        ),
        "pharma": (("Pharma", "Arzneimittel"), ("Farma",), ("Pharma", "Laboratories")),
        "plastics": (
            ("Kunststofftechnik", "Spritzguss"),
            ("Kunststoffen",),
            ("Plastics", "Mouldings"),
        ),
        "car_parts": (("Fahrzeugteile",), ("Auto-onderdelen",), ("Car Parts", "Automotive")),
        "metal": (("Metallbau", "Zerspanung", "Gießerei"), ("Metaal",), ("Metalworks", "Castings")),
        "wood": (("Holzwerke", "Möbel"), ("Houtindustrie",), ("Timber", "Joinery")),
        "other": (("Textil", "Druckerei"), ("Textiel", "Drukkerij"), ("Textiles", "Printing")),
    }
)
"""Trade words in German, Dutch and English; everybody else uses the English ones."""

LEGAL_FORMS: Mapping[str, str] = MappingProxyType(
    {"DE": "GmbH", "AT": "GmbH", "NL": "B.V.", "BE": "NV", "GB": "Ltd", "IE": "Ltd"}
)

COMPETITORS: tuple[tuple[str, str], ...] = (
    ("Pressano Kompressoren", "pressano.example"),
    ("Boreal Air Technics", "boreal-air.example"),
    ("Windkessel & Sohn", "windkessel.example"),
)
UNIVERSITIES: tuple[tuple[str, str], ...] = (
    ("University of Exampleton", "students.exampleton-university.example"),
    ("Hochschule Tannrode", "stud.hs-tannrode.example"),
    ("Technical College Brenwick", "students.brenwick-college.example"),
)
FREE_MAIL_HOSTS: tuple[str, ...] = ("freepost.example", "webmail.example", "postfach.example")
THROW_AWAY_HOSTS: tuple[str, ...] = ("ten-minutes.example", "tempbox.example", "gone-by.example")
ROLE_NAMES: tuple[str, ...] = ("info", "office", "einkauf", "sales", "maintenance", "technik")

TOPIC_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "energy": ("Energy", "energy cost and leaks", "Energie", "Druckluftkosten"),
        "quality": ("Quality", "Air quality and purity classes", "Luftqualität", "quality "),
        "uptime": ("Uptime", "Maintenance and uptime", "Wartung", "onderhoud"),
        "monitoring": ("Monitoring", "Controls and monitoring", "Steuerung", "MONITORING"),
    }
)

SOURCES: Mapping[str, int] = MappingProxyType(
    {
        "website/search": 260,
        "website/search_ads": 170,
        "social/lead_ads": 110,
        "fair/spring_fair": 140,
        "post/plant_letter": 90,
        "webinar/service_live": 70,
        "referral/colleague": 70,
        "dealer/brennick": 60,
        "phone/call_in": 29,
    }
)
"""Rows per source; the totals row has none, so they add up to 999."""

SOURCE_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "website/search": ("website/search", "Search", "web", "Suche"),
        "website/search_ads": ("website/search_ads", "Search ads", "SEA"),
        "social/lead_ads": ("social/lead_ads", "Lead ads", "social"),
        "fair/spring_fair": ("fair/spring_fair", "Spring fair", "Messe", "fair"),
        "post/plant_letter": ("post/plant_letter", "Plant letter", "Mailing"),
        "webinar/service_live": ("webinar/service_live", "Service live", "Webinar"),
        "referral/colleague": ("referral/colleague", "Colleague", "Empfehlung"),
        "dealer/brennick": ("dealer/brennick", "Brennick", "Händler"),
        "phone/call_in": ("phone/call_in", "Call-in", "Telefon"),
    }
)

YES_WORDS: tuple[str, ...] = ("yes", "ja", "x", "1", "Y", "TRUE", "Ja ")
NO_WORDS: tuple[str, ...] = ("no", "nein", "0", "N", "", "?", "FALSE")
UNSUBSCRIBED_WORDS: tuple[str, ...] = ("x", "ja", "yes", "1", "unsubscribed", "Abgemeldet")
EMPLOYEES: Mapping[int, int] = MappingProxyType({10: 15, 35: 25, 150: 34, 500: 18, 1500: 8})
"""People at the site, as the form's options write them, with their share in per cent."""
JOBS: Mapping[str, int] = MappingProxyType(
    {
        "plant_head": 16,
        "maintenance_head": 22,
        "engineer": 22,
        "buyer": 15,
        "managing_director": 10,
        "other": 15,
    }
)
POWERS: tuple[int, ...] = (7, 11, 15, 22, 30, 37, 45, 55, 75, 90, 110, 160)
BROKEN_ADDRESSES: tuple[str, ...] = (
    "{local}.{domain}",
    "{local}@@{domain}",
    "{local}@",
    "@{domain}",
    "{local}@{domain}@",
    "{local}@{domain}/",
    "{local}@.{domain}",
    "n/a {local}",
    "{local}@exam ple",
    "{local}@<{domain}",
)
"""Each stays broken when blanks around it are taken away."""
