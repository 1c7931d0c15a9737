"""What a list says of who wants our mail: in its headings, and in the cells below them."""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

from nurture.leads.plain_words import EMPTY, words_of


class MailColumn(StrEnum):
    """What a heading has to do with mail."""

    REFUSAL = "refusal"
    """It holds who wants none."""
    STATE = "state"
    """It holds states, of which one is "unsubscribed"."""
    AGREEMENT = "agreement"
    """It holds who wants some."""
    REFUSAL_DETAIL = "refusal_detail"
    """Why, how or how often: what is filled in means a refusal."""
    AGREEMENT_DETAIL = "agreement_detail"
    """When or from where."""
    PERHAPS = "perhaps"
    """It sounds like one of these, and nobody knows which."""


class CellMeaning(StrEnum):
    """What one cell says."""

    YES = "yes"
    """Yes to whatever the heading says, such as a tick or a date."""
    NO = "no"
    NOTHING = "nothing"
    WELCOME = "welcome"
    """Our mail is wanted, whatever the heading: subscribed."""
    AGREED = "agreed"
    """Yes to mail, unless the heading asks for refusals: confirmed."""
    UNASKED = "unasked"
    """Nobody has said yes or no: pending."""
    REFUSED = "refused"
    """Our mail is not wanted or does not arrive, whatever the heading: unsubscribed, bounced."""
    UNCLEAR = "unclear"


class MailStatement(StrEnum):
    """What one cell means for mail, given its heading."""

    AGREED = "agreed"
    OPEN = "open"
    """Nothing that matters here."""
    UNASKED = "unasked"
    """No permission, and no refusal either."""
    REFUSED = "refused"
    UNCLEAR = "unclear"
    """Somebody must say it; until then nobody is written to."""


@lru_cache(maxsize=4_096)
def about_mail(heading: str) -> MailColumn | None:
    """Tell what a heading has to do with who wants mail; None = nothing."""
    words = words_of(heading)
    if _OTHER.search(words) and not _MAIL.search(words):
        return None
    for about, pattern in _HEADINGS.items():
        if pattern.search(words):
            return _detail(about, words)
    return MailColumn.PERHAPS if _SOUNDS.search(words) else None


@lru_cache(maxsize=16_384)
def said_by(cell: str) -> CellMeaning:
    """Read one cell below a heading about mail."""
    text = _BEHIND.sub("", cell.strip()).strip()
    if text in _TICKS:
        return _TICKS[text]
    words = words_of(text)
    if not words or words in EMPTY:
        return CellMeaning.NOTHING
    if words in _CELLS:
        return _CELLS[words]
    if _is_day(text, words):
        return CellMeaning.NOTHING if _NO_DAY.match(text) else CellMeaning.YES
    for pattern, said in _PATTERNS:
        if pattern.search(text):
            return said
    return next((said for pattern, said in _PHRASES if pattern.search(words)), CellMeaning.UNCLEAR)


@lru_cache(maxsize=16_384)
def standing(cell: str, heading: str, *, agreement: bool) -> MailStatement:
    """Tell what a cell means in a column of who wants mail (`agreement`), or of who wants none."""
    said = said_by(cell)
    if agreement:
        return _AGREEMENTS[said]
    if about_mail(heading) is MailColumn.STATE:
        known = said is CellMeaning.UNCLEAR and words_of(cell) in _OF_SALES
        return MailStatement.OPEN if known else _STATES[said]
    return _REFUSED[said]


def is_refusal(cell: str) -> bool:
    """Tell whether a cell of any column refuses mail without a doubt: unsubscribed."""
    return len(cell) <= _LONGEST_STATE and cell[:1].isalnum() and _plain_refusal(cell)


@lru_cache(maxsize=16_384)
def _plain_refusal(cell: str) -> bool:
    words = words_of(cell)
    return _PLAIN_REFUSAL.fullmatch(words) is not None


_LONGEST_STATE = 40
_OTHER = re.compile(
    r"\b(phone|telephone|call|calls|calling|sms|text|texts|fax|whatsapp|mobile|cell|push|post|"
    r"postal|letters?|telefon\w*|anrufe?|brief|appels?|telefonisch|bellen|llamadas?|cookies?|"
    r"track|tracking|web push|in app|linkedin)\b"
)
_MAIL = re.compile(r"\b(e?mails?|emailing|mailings?|newsletters?|nieuwsbrief|courriels?|correo)\b")
_OUT = (
    r"opt(ed|ing|s)? ?outs?\b|\bun ?subs?\b|unsubscri|\bun subscri|not subscri|non subscri|"
    r"\bdes(abon|inscri|uscri)|\bdisiscri|de ?subscri|abgemeldet|\babmeld|ausgetragen|"
    r"\babbestell|deaktiviert|\bdeactivated|black ?list|block ?list|\bblocked\b|\bbloque|"
    r"geblokkeerd|gesperrt|\bsperr|\w+sperre\b|suppress|\bexclu(de|ded|sion)|widerspr|"
    r"(do|does|can|may|must|should) ?not (be )?(allow |send |receive |get )*"
    r"(bulk ?)?(e?mail|contact|market|newsletter|spam|promo|bulk|disturb|solicit)|"
    r"\b(dont|donot) ?(allow |send )*(bulk ?)?(e?mail|contact|market|newsletter|bulk)|"
    r"\bdo ?not ?(e?mail|contact|bulk|market)|\b(dnc|dne|dnm)\b|"
    r"\bno (more )?(e?mails?|contact|mailings?|newsletters?|marketing|promotions?|spam)\b|"
    r"\bkein\w* (e?mails?|kontakt|newsletter|werbung|mailings?|kontaktaufnahme)|"
    r"nicht (an)?(mailen|schreiben|kontaktieren|anschreiben|bewerben|erwunscht)|"
    r"\bgeen (e?mails?|mailings?|nieuwsbrie|reclame|contact)|niet (mailen|benaderen|contact)|"
    r"uitgeschreven|uitschrij|afgemeld|afmeld|ne (pas|plus) (contacter|envoyer|emailer|solliciter)|"
    r"\bopposition\b|\bpas d(e|') ?(email|mail|newsletter)|\bbaja\b|\bno (enviar|contactar|"
    r"molestar|mandar|desea)|lista negra|liste noire|lista nera|zwarte lijst|sperrliste|"
    r"non (contattare|inviare)|cancellat|\b(is )?bounced\b|\bhard bounces?\b|undeliverable|"
    r"unzustellbar|invalid email|email (is )?invalid|\bcomplain(t|ed)\b|spam (complaint|report)|"
    r"reported (as )?spam|marked (as )?spam|stop (e?mail|time|date)|\bremove from (list|mailing)|"
    r"\bmarketing (suspended|stopped)\b|\brefus(e|es)? (d |de )?(email|mail|pub|contact|newsletter)"
)
_STATE = (
    r"^(person |email |mail |newsletter |"
    r"subscription |subscriber |subscribers |subscribed |contact |"
    r"member |mailing |list |global |email marketing |marketing |marketing contact |"
    r"email subscription |email subscriber |newsletter subscription |email permission |"
    r"email delivery |deliverability |recipient )*(status|statut|zustand|stato|estado)$|"
    r"^(abo|abonnement|newsletter ?|empfanger|versand|mail|email)status$"
)
_IN = (
    r"\bopt(ed|s)? ?in\b|\boptin\b|\bdouble opt|\bdoi\b|\bsubscribed\b|\bsubscri(be|ption)s?\b$|"
    r"^newsletters?( (ja|yes|ok|erlaubt|gewunscht|wanted))?$|^mailings?$|einwillig|zustimm|"
    r"\bconsent(s|ed)?\b|\bpermissions?\b|\bpermitted\b|accepts? (e?mail |bulk )*(marketing|"
    r"mails?|email|newsletters?)|\b(allow(s|ed)?|may|can|ok to|okay to) (we |be )?(bulk )?"
    r"(e?mail|contact|newsletter|marketing)|"
    r"\b(e?mail|mailing|marketing|newsletter|contact|kontakt) "
    r"(allowed|permitted|accepted|ok|okay|erlaubt|erwunscht|toegestaan|autorise)\b|\bsend "
    r"(marketing|newsletter|e?mail)|werbung$|werbeerlaubnis|\bwerbeeinwilligung|\bemailwerbung|"
    r"toestemming|consentement|consentimiento|consenso|\babonne\b|\babonniert|\binscrit\b|"
    r"\bsuscrito\b|\bsuscripcion\b|aangemeld|ingeschreven|\biscritto\b|\bangemeldet\b|"
    r"\b(wants?|receives?) (e?mails?|newsletters?|marketing)|\bnewsletter (an)?meldung|"
    r"\bnieuwsbrief$|\bboletin$|\bmarketing$|\b(gdpr|dsgvo|rgpd|avg)\b"
)
_HEADINGS: Mapping[MailColumn, re.Pattern[str]] = {
    MailColumn.STATE: re.compile(_STATE),
    MailColumn.REFUSAL: re.compile(_OUT),
    MailColumn.AGREEMENT: re.compile(_IN),
}
_REFUSAL_DETAILS = re.compile(
    r"\b(reasons?|campaign|title|ip|source|by|mode|type|count|counts|number|rate|url|link|comment|"
    r"note|notes|soft|bounces|grund|quelle|kommentar|anzahl|raison|motif|reden|motivo|feedback|"
    r"method|id|list|liste|from campaign)\b"
)
_AGREEMENT_DETAILS = re.compile(
    r"\b(ip|time|timestamp|date|datum|at|on|when|since|source|quelle|text|version|url|page|method|"
    r"zeit|zeitpunkt|heure|fecha|data|am|um|via|by|origin|form|proof|evidence|record|link|id|"
    r"type|basis|purpose|country|latitude|longitude|reason|notes?|expires?|updated?)\b"
)
_SOUNDS = re.compile(
    r"\bopt(?!i[omc])|\bremoved\b|\brefus|\bun ?sub|\bblock|black|subscri|\bdo ?not\b|"
    r"\bdont\b|\bdn[ceism]\b|bounc|consent|gdpr|"
    r"dsgvo|rgpd|permission|permiss|suppress|einwillig|zustimm|abmeld|abgemeld|\w*sperr|abonn|"
    r"inscri|\bbaja\b|uitschr|uitgeschr|afgemeld|disiscri|iscritt|toestemming|\bwerbung|newsletter|"
    r"nieuwsbrief|\bboletin|legal basis|rechtsgrundlage|mailable|emailable|marketable|complain|"
    r"\bspam\b|lawful|widerspr|oppos|exclu|do mail|no ?mail|nomail|kein ?mail|contactable|"
    r"unreachable|undeliver|marketing (status|contact|allowed|ok)|robinson|\bmail ?stop\b"
)


_AGREEMENTS = {
    CellMeaning.YES: MailStatement.AGREED,
    CellMeaning.WELCOME: MailStatement.AGREED,
    CellMeaning.AGREED: MailStatement.AGREED,
    CellMeaning.NO: MailStatement.UNASKED,
    CellMeaning.NOTHING: MailStatement.UNASKED,
    CellMeaning.UNASKED: MailStatement.UNASKED,
    CellMeaning.REFUSED: MailStatement.REFUSED,
    CellMeaning.UNCLEAR: MailStatement.UNCLEAR,
}
_REFUSED = {
    CellMeaning.YES: MailStatement.REFUSED,
    CellMeaning.REFUSED: MailStatement.REFUSED,
    CellMeaning.UNASKED: MailStatement.UNASKED,
    CellMeaning.NO: MailStatement.OPEN,
    CellMeaning.NOTHING: MailStatement.OPEN,
    CellMeaning.WELCOME: MailStatement.OPEN,
    CellMeaning.AGREED: MailStatement.UNCLEAR,  # "Opt-out: confirmed" may be either
    CellMeaning.UNCLEAR: MailStatement.UNCLEAR,
}
_STATES = {
    CellMeaning.WELCOME: MailStatement.OPEN,
    CellMeaning.AGREED: MailStatement.OPEN,
    CellMeaning.NOTHING: MailStatement.OPEN,
    CellMeaning.REFUSED: MailStatement.REFUSED,
    CellMeaning.UNASKED: MailStatement.UNASKED,
    CellMeaning.YES: MailStatement.UNCLEAR,  # "Status: 1" is a code of somebody else's
    CellMeaning.NO: MailStatement.UNCLEAR,
    CellMeaning.UNCLEAR: MailStatement.UNCLEAR,
}
_SALES_WORDS = (
    "new|open|contacted|attempted to contact|qualified|unqualified|working|nurturing|"
    "nurture|lead|prospect|customer|client|converted|closed|won|lost|in progress|hot|warm|"
    "cold|mql|sql|opportunity|neu|offen|kontaktiert|qualifiziert|kunde|interessent|"
    "in bearbeitung|gewonnen|verloren|nouveau|client perdu|contacte|nieuw|klant|abierto|"
    "nuevo|cliente|partner|supplier|lieferant|evangelist|subscriber|competitor|"
    "former customer|connected|bad timing"
)
_OF_SALES = frozenset(_SALES_WORDS.split("|"))
"""States of a sale, which say nothing about mail."""


def _detail(about: MailColumn, words: str) -> MailColumn:
    if about is MailColumn.REFUSAL:
        return MailColumn.REFUSAL_DETAIL if _REFUSAL_DETAILS.search(_without_all(words)) else about
    if about is MailColumn.AGREEMENT and _AGREEMENT_DETAILS.search(words):
        return MailColumn.AGREEMENT_DETAIL
    return about


def _without_all(words: str) -> str:
    """Take out what only names the mail that is meant: "unsubscribed from all email list"."""
    return re.sub(r"\b(black|block|mailing) list\b|\blista negra\b|\bliste noire\b", "", words)


_BEHIND = re.compile(r"\s*\([^()]*\)\s*$")
_TICKS = {
    "✓": CellMeaning.YES,
    "✔": CellMeaning.YES,
    "☑": CellMeaning.YES,
    "☒": CellMeaning.YES,
    "✅": CellMeaning.YES,
    "■": CellMeaning.YES,
    "☐": CellMeaning.NO,
    "□": CellMeaning.NO,
    "✗": CellMeaning.NO,
    "✘": CellMeaning.NO,
    "❌": CellMeaning.NO,
    "✕": CellMeaning.NO,
    "+": CellMeaning.YES,
}
_SAYS: Mapping[CellMeaning, str] = {
    CellMeaning.YES: (
        "yes|y|ja|j|oui|o|si|s|sim|x|xx|true|t|wahr|vrai|waar|verdadero|vero|on|checked|tak|ano|"
        "jep|yep"
    ),
    CellMeaning.NO: (
        "no|n|nein|non|nee|false|f|falsch|faux|onwaar|falso|off|unchecked|nie|ne|nej|nao|never|not"
    ),
    CellMeaning.WELCOME: (
        "subscribed|active|opted in|opt in|optin|consented|allow|allowed|mailable|aktiv|"
        "angemeldet|eingewilligt|abonniert|actief|ingeschreven|aangemeld|abonne|abonnee|inscrit|"
        "inscrite|actif|suscrito|suscrita|activo|activa|iscritto|iscritta|attivo|attiva|"
        "express consent|express permission|double opt in|single opt in|double optin|"
        "single optin|doi|soi|confirmed opt in|deliverable|erlaubt|autorise|toegestaan|permitido|"
        "marketing contact|opted into email|zugestimmt|sendable|send|not unsubscribed|"
        "not opted out|not suppressed|not blocked|not bounced|not blacklisted|never unsubscribed|"
        "zustellbar|nicht gesperrt|nicht abgemeldet|niet uitgeschreven|non desabonne"
    ),
    CellMeaning.AGREED: (
        "confirmed|granted|given|express|explicit|ok|okay|good|valid|gultig|accepted|accept|"
        "approved|agreed|signed up|registered|verified|bestatigt|erteilt|akzeptiert|confirme|"
        "confirmado|bevestigd|confermato|clean|normal|regular|enabled|received|obtained|vorhanden"
    ),
    CellMeaning.UNASKED: (
        "pending|unconfirmed|not confirmed|non subscribed|never subscribed|not subscribed|"
        "nonsubscribed|neversubscribed|notsubscribed|inactive|transactional|no consent|"
        "unbestatigt|nicht bestatigt|ausstehend|inaktiv|en attente|non confirme|non inscrit|"
        "inactif|niet bevestigd|niet actief|inactief|no confirmado|pendiente|inactivo|archived|"
        "archiviert|no permission|no opt in|not opted in|not asked|not requested|no response|"
        "waiting|awaiting confirmation|waiting for confirmation|implied|implicit|implied consent|"
        "implied permission|non marketing contact|no reply|keine einwilligung|nicht erteilt|"
        "offen|nicht angemeldet|not given|not consented|transactional only|unverified|sms only|"
        "in attesa|non attivo|non confermato|temporarily held|temp hold|awaiting|invited|"
        "not marketable"
    ),
    CellMeaning.REFUSED: (
        "unsubscribed|unsubscribe|opted out|opt out|do not allow|dont allow|do not send|"
        "not allowed|disallowed|deny|denied|declined|rejected|revoked|withdrawn|objected|opposed|"
        "cleaned|bounced|bounce|hard bounce|hard bounced|hardbounce|hardbounced|soft bounced|"
        "complained|complaint|complainer|spam|spam complaint|spam report|reported as spam|"
        "reported spam|marked as spam|marked spam|abuse|junk|suppressed|user suppressed|"
        "globally suppressed|suppress|blacklisted|blacklist|blocklisted|blocklist|blocked|block|"
        "removed|remove|deleted|delete|cancelled|canceled|invalid|invalid email|undeliverable|"
        "unmailable|disabled|stopped|stop|banned|dead|quarantined|excluded|abgemeldet|gesperrt|"
        "widersprochen|widerspruch|widerrufen|ausgetragen|geloscht|abbestellt|deaktiviert|"
        "unzustellbar|ungultig|gebannt|blockiert|abgelehnt|verweigert|nicht erlaubt|"
        "uitgeschreven|afgemeld|geblokkeerd|geweigerd|ingetrokken|bounced email|niet toegestaan|"
        "desabonne|desabonnee|desinscrit|desinscrite|bloque|bloquee|refuse|refusee|oppose|npai|"
        "supprime|liste noire|baja|dado de baja|dada de baja|bloqueado|rechazado|revocado|"
        "rebotado|lista negra|no enviar|no contactar|desuscrito|disiscritto|disiscritta|"
        "cancellato|bloccato|rifiutato|revocato|unsub|unsubs|optout|optedout|dnc|dne|dnm|"
        "master unsubscribed|bad email|email invalid|user unsubscribed|opposition"
    ),
}
_CELLS = {word: said for said, words in _SAYS.items() for word in words.split("|")}
_PENDING = re.compile(
    r"\b(un|not|non|nicht|niet|pas) ?(confirm|verif|bestat|bevest)|\b(not|non) subscr|\bpending\b"
)
_REFUSALS = re.compile(
    r"^(is |has |was |been |user |manually |globally |global |master |auto |email |mail )*"
    r"(unsub|un subscrib|opted out|opt out|optout|do not (e?mail|contact|send|market)|"
    r"no (more )?(e?mail|contact|newsletter)|abgemeldet|gesperrt|widersp|widerruf|hard ?bounce|"
    r"bounced|complain|suppress|black ?list|block ?list|desabonn|desinscr|uitgeschr|afgemeld|"
    r"dad[oa] de baja|disiscri|kein\w* (e?mail|kontakt|newsletter|werbung)|nicht (kontakt|anschr)|"
    r"ne (pas|plus) |geen (e?mail|reclame)|niet (mailen|benaderen))"
)
_PLAIN_REFUSAL = re.compile(
    r"(manually |globally |email |newsletter |user )*(unsubscribed?|unsub|opted out|opt out|optout|"
    r"do not (e?mail|contact|email or call|market)|donotemail|donotcontact|dnc|abgemeldet|"
    r"keine? (werbung|newsletter|emails?|mailings?)|nicht (kontaktieren|anschreiben|mailen)|"
    r"bounced|hard ?bounced?|complained|spam complaint|blacklisted|blocklisted|suppressed|"
    r"user suppressed|desabonnee?|desinscrite?|ne pas contacter|uitgeschreven|afgemeld|"
    r"niet (mailen|benaderen)|dad[oa] de baja|no contactar|disiscritt[oa]|non contattare)"
)
_PATTERNS = (
    (re.compile(r"^[+-]?0+(?:[.,]0+)?%?$"), CellMeaning.NO),
    (re.compile(r"^\+?0*1(?:[.,]0+)?$"), CellMeaning.YES),
)
_PHRASES = (
    (_PENDING, CellMeaning.UNASKED),
    (_REFUSALS, CellMeaning.REFUSED),
    (re.compile(r"^(no|nein|non|nee)( \w+){1,3}$"), CellMeaning.NO),
    (re.compile(r"^(yes|ja|oui|si)( \w+){1,3}$"), CellMeaning.YES),
)
_DAY = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b|\d{10}(?:\d{3})?(?:\.\d+)?$|\d{8}T\d{4}")
_NO_DAY = re.compile(r"0000|0001-01-01|0?1[./]0?1[./]0001|00[./]00")
_MONTH = re.compile(
    r"\b(jan|feb|fev|mar|mrz|maer|apr|avr|mai|may|mei|jun|juin|jul|juil|aug|aou|sep|okt|oct|nov|"
    r"dec|dez|ene|abr|ago|dic|gen|mag|giu|lug|set|ott)[a-z]*\b"
)


def _is_day(text: str, words: str) -> bool:
    """Tell whether a cell holds a date; in a column of yes and no it means that it happened."""
    return bool(_DAY.match(text) or (any(map(str.isdigit, text)) and _MONTH.search(words)))
