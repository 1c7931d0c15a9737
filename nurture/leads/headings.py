"""Guess what the columns of a list mean, from the headings that usual systems export."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from nurture.leads.mail_wishes_read import MailColumn, about_mail
from nurture.leads.plain_words import words_of


class Column(StrEnum):
    """What a column of a list may hold; any other fact is mapped as `fact:<name>`."""

    EMAIL = "email"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    NAME = "name"
    PHONE = "phone"
    JOB = "job"
    COMPANY = "company"
    COUNTRY = "country"
    POSTCODE = "postcode"
    LANGUAGE = "language"
    INTEREST = "interest"
    SOURCE = "source"
    OPT_IN = "opt_in"
    OPT_OUT = "opt_out"
    INDUSTRY = "fact:industry"
    EMPLOYEES = "fact:employees"
    COMPRESSOR_KW = "fact:compressor_kw"
    AUTHORITY = "fact:authority"
    BUDGET = "fact:budget"
    TIMING = "fact:timing"
    MAIN_CONCERN = "fact:main_concern"
    LAST_CONTACT = "fact:last_contact"
    CITY = "fact:city"
    WEBSITE = "fact:website"


FACT = "fact:"
IGNORED = ""
LEFT_OUT = "left_out"
"""Left out by somebody who saw that it sounds like a column of who wants mail."""
SEVERAL = frozenset({Column.OPT_IN.value, Column.OPT_OUT.value})
"""What more than one column may hold: each one counts."""

_WORDS: Mapping[Column, str] = {
    Column.EMAIL: "email|emailaddress|emailadresse|mail|mailadresse|mailaddress|kontaktemail|"
    "eemail|emailid|emailadres|mailadres|adressemail|adresseemail|courriel|adressecourriel|mel|"
    "adresseelectronique|correo|correoelectronico|direccionemail|indirizzoemail|"
    "postaelettronica|emailaddress1|elektronischepost|epost|emailkontakt",
    Column.FIRST_NAME: "vorname|firstname|givenname|forename|first|fname|prenom|voornaam|nombre|"
    "nome|rufname|nombredepila|primernombre|vornamen|roepnaam",
    Column.LAST_NAME: "nachname|lastname|surname|familyname|familienname|zuname|last|lname|"
    "nomdefamille|achternaam|apellido|apellidos|cognome|primerapellido|nachnamen",
    Column.NAME: "name|fullname|kontakt|contact|ansprechpartner|ansprechpartnerin|contactname|"
    "person|nomcomplet|nombrecompleto|naam|volledigenaam|contactperson|contactpersoon|"
    "nometprenom|prenometnom|nomprenom|prenomnom|leadname|contactfullname|personname|"
    "nombreyapellidos|nomecognome|nomeecognome|kontaktperson|kontaktname|attendeename",
    Column.PHONE: "tel|telefon|phone|telephone|phonenumber|telefonnummer|rufnummer|durchwahl|"
    "telefono|telefoonnummer|telefoon|numerodetelephone|telnr|phoneno|telephonenumber|telno|"
    "businessphone|workphone|officephone|phonework|phonebusiness|telefongeschaftlich|"
    "telefonnr|numerotelephone|numerodetelefono|fon|telefonzentrale|telefondienstlich|phone1",
    Column.JOB: "job|jobtitle|position|funktion|beruf|rolle|role|stelle|function|jobrole|"
    "jobfunction|jobposition|poste|fonction|functie|cargo|puesto|ruolo|mansione|positiontitle|"
    "stellenbezeichnung|berufsbezeichnung|jobbezeichnung|professionaltitle|occupation|"
    "designation|profession|functietitel|intitulededupost|intituleposte|intituledeposte|"
    "qualifica|puestodetrabajo",
    Column.COMPANY: "firma|company|unternehmen|organisation|organization|companyname|account|"
    "firmenname|betrieb|accountname|organizationname|organisationname|companyaccount|employer|"
    "arbeitgeber|societe|entreprise|raisonsociale|nomdelentreprise|nomdelasociete|bedrijf|"
    "bedrijfsnaam|empresa|nombredelaempresa|organizacion|azienda|ragionesociale|nomeazienda|"
    "business|businessname|firm|institution|unternehmensname|nomentreprise|nomsociete|"
    "organisatie|ditta|currentcompany|companyororganization|societa",
    Column.COUNTRY: "country|land|staat|countrycode|landescode|nation|pays|pais|landcode|"
    "countryregion|paese|countryname|cc|landerkennzeichen|lkz|countryiso|isocountry|landname|"
    "countryorregion|codepays|nazione|countryterritory|landkurzel|laenderkennzeichen",
    Column.POSTCODE: "plz|postcode|zip|zipcode|postalcode|postleitzahl|zippostalcode|codepostal|"
    "cp|codigopostal|cap|zippostcode|postalzip|postalzipcode|pincode|zippostal|postcodezip",
    Column.LANGUAGE: "language|sprache|lang|locale|preferredlanguage|preferredlocale|langue|taal|"
    "idioma|lingua|korrespondenzsprache|languagecode|userlanguage|kontaktsprache|"
    "communicationlanguage|voorkeurstaal|bevorzugtesprache",
    Column.INTEREST: "interest|interests|interesse|interessen|topic|topics|thema|themen|interets|"
    "interet|intereses|interessi|productinterest|areaofinterest|areasofinterest|"
    "interessengebiet|centresdinteret|interessegebied|productofinterest",
    Column.SOURCE: "source|quelle|herkunft|leadsource|origin|leadquelle|channel|sourceoflead|"
    "acquisitionsource|bron|origen|fonte|herkomst|leadherkunft|originalsource|leadchannel|"
    "sourcedulead|leadbron|origine|fuente|kontaktquelle|leadorigin",
    Column.INDUSTRY: "industry|branche|sector|sektor|secteur|industrie|wirtschaftszweig|"
    "secteuractivite|secteurdactivite|sectordeactividad|settore|industria|industrysector|"
    "industriesector|wirtschaftsbranche|vertical|industryvertical|industrytype",
    Column.EMPLOYEES: "employees|mitarbeiter|headcount|mitarbeiterzahl|companysize|staff|"
    "numberofemployees|noofemployees|anzahlmitarbeiter|mitarbeiteranzahl|employeecount|"
    "numemployees|totalemployees|staffcount|companyheadcount|effectif|effectifs|"
    "nombredesalaries|nombredemployes|aantalmedewerkers|medewerkers|werknemers|"
    "aantalwerknemers|beschaftigte|anzahlbeschaftigte|beschaftigtenzahl|numerodeempleados|"
    "empleados|dipendenti|numerodipendenti|sizeofcompany|companysizeemployees|firmengrosse|"
    "unternehmensgrosse|employeerange|employeesrange|anzahldermitarbeiter|nodeempleados|"
    "tailledelentreprise|bedrijfsgrootte|ofemployees|employeenumber|numberemployees",
    Column.COMPRESSOR_KW: "kw|compressorkw|leistung|leistungkw|power|kompressorleistung|powerkw|"
    "compressorpower|compressorpowerkw",
    Column.AUTHORITY: "authority|entscheider|decisionmaker",
    Column.BUDGET: "budget",
    Column.TIMING: "timing|zeitpunkt|timeframe|when|wann|purchasetimeframe",
    Column.MAIN_CONCERN: "mainconcern|anliegen|concern|problem|need|bedarf",
    Column.LAST_CONTACT: "lastcontact|letzterkontakt|lastcontacted|kontaktdatum|"
    "lastcontactdate|lastcontactedon|dateoflastcontact|derniercontact|laatstecontact|"
    "ultimocontacto|ultimocontatto|letztekontaktaufnahme",
    Column.CITY: "city|ort|stadt|town|wohnort|ville|plaats|woonplaats|ciudad|poblacion|citta|"
    "localite|commune|locality|citytown|stadtort|gemeente|localidad|towncity|standort|addresscity",
    Column.WEBSITE: "website|web|url|homepage|webseite|webpage|siteweb|internet|www|webadresse|"
    "websiteurl|companywebsite|sitioweb|sitoweb|internetadresse|webaddress|siteinternet|paginaweb",
}
_MEANING = {word: column for column, words in _WORDS.items() for word in words.split("|")}
_WEAK: Mapping[str, Column] = {
    **dict.fromkeys(
        (
            "mobile",
            "handy",
            "mobil",
            "cell",
            "mobilephone",
            "cellphone",
            "mobilenumber",
            "mobiltelefon",
            "portable",
            "gsm",
            "movil",
            "cellulare",
            "mobiel",
            "telefonmobil",
            "mobilephonenumber",
            "handynummer",
            "mobilnummer",
            "homephone",
            "otherphone",
            "cellnumber",
            "telephonemobile",
            "telefonomovil",
            "mobilenummer",
            "phonemobile",
            "privatephone",
        ),
        Column.PHONE,
    ),
    "title": Column.JOB,
    "nom": Column.LAST_NAME,
    "displayname": Column.NAME,
    "site": Column.WEBSITE,
}
"""Words that mean it only where no other heading of the list does."""
_WHOSE = """
    contact lead person business work office primary main mailing billing postal address adresse
    organization organisation company account customer prospect subscriber member user firmen your
    ihre kontakt geschaftlich dienst dienstlich current default home personal
    recipient attendee participant teilnehmer besucher visitor employer corporate
    kunden rechnungs primare hq headquarters registered job individual direct
"""
_BEFORE = frozenset(_WHOSE.split())
"""Words before a heading that say whose it is: Mailing City, Account Name, Business Phone."""
_BEHIND = re.compile(
    r" (1|one|required|optional|pflichtfeld|obligatoire|field|text|value|input|work|business|"
    r"geschaftlich|of contact|company|kw)$"
)
_NUMBERED = re.compile(r"^(\w+) 1( value)?( (?=\w)|$)")
"""How address books number what one person has several of: E-mail 1 - Value, Address 1 - City."""
_PARTS = re.compile(r"[/|,()\[\]:]+")
_ABOUT = {
    MailColumn.REFUSAL: Column.OPT_OUT.value,
    MailColumn.STATE: Column.OPT_OUT.value,
    MailColumn.AGREEMENT: Column.OPT_IN.value,
}
_NO_MATCH = (99, IGNORED)


def guess(
    headings: Sequence[str], *, known: Mapping[str, str], said: bool = False
) -> dict[str, str]:
    """Map each heading to a column; what is `known` wins, from a former list or, `said`, for this.

    Of several headings that may mean the same the plainest one does, the others are left out. What
    a former list left out is looked at again where it sounds like a column of who wants mail.
    """
    settled = {
        heading: known[heading]
        for heading in headings
        if heading in known and (said or known[heading] or about_mail(heading) is None)
    }
    found = {heading: settled.get(heading, IGNORED) for heading in headings}
    taken = set(settled.values()) - SEVERAL
    new = [heading for heading in headings if heading not in settled]
    ranked = sorted(
        (far, place, column) for place, one in enumerate(new) for far, column in (_meaning(one),)
    )
    for _, place, column in ranked:
        if column != IGNORED and column not in taken:
            found[new[place]] = column
            taken |= {column} - SEVERAL
    return _with_halves(found, new)


def _with_halves(found: dict[str, str], new: Sequence[str]) -> dict[str, str]:
    """Read "Name" beside "Vorname" as the other half of a name."""
    missing = {Column.FIRST_NAME.value, Column.LAST_NAME.value} - set(found.values())
    if len(missing) != 1:
        return found
    half = missing.pop()
    return {
        heading: half
        if column == Column.NAME and heading in new and words_of(heading) in _HALVES
        else column
        for heading, column in found.items()
    }


_HALVES = frozenset({"name", "naam", "namen", "nom", "nome", "nombre"})


def is_column(name: str) -> bool:
    """Tell whether a mapping may name this: a column, a fact, or nothing."""
    plain = name.removeprefix(FACT)
    return name in (IGNORED, LEFT_OUT, *Column) or (name != plain and plain.isidentifier())


def _meaning(heading: str) -> tuple[int, str]:
    """Tell what a heading may mean, and how far from plain its words are."""
    own = heading.strip()
    if own.startswith(FACT) and is_column(own):
        return 0, own
    about = about_mail(heading)
    if about is not None:
        return 0, _ABOUT.get(about, IGNORED)
    best = _NO_MATCH
    for far, part in enumerate((heading, *_PARTS.split(heading))):
        best = min(best, _word(words_of(part), 0 if not far else 1))
    return best


def _word(words: str, far: int) -> tuple[int, str]:
    best = _NO_MATCH
    if not words or len(words) > _LONGEST_HEADING:
        return best
    for ahead, written in enumerate(_shorter(words)):
        squeezed = written.replace(" ", "")
        if squeezed in _MEANING:
            best = min(best, (far + ahead, _MEANING[squeezed].value))
        elif squeezed in _WEAK:
            best = min(best, (_WEAK_RANK + far + ahead, _WEAK[squeezed].value))
    return best


_WEAK_RANK = 20
_LONGEST_HEADING = 80


def _shorter(words: str) -> list[str]:
    """List a heading and what is left of it without the words that say whose it is."""
    found = [words]
    plain = _BEHIND.sub("", _NUMBERED.sub(r"\1 ", words).strip())
    if plain != words:
        found.append(plain)
    parts = plain.split()
    while len(parts) > 1 and parts[0] in _BEFORE:
        parts = parts[1:]
        found.append(" ".join(parts))
    return found
