"""The fields that every installation has; a company's `fields.yaml` adds its own, and words."""

from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType

from campaigns.fields import EditRight, FieldDefinition, FieldGroup, FieldKind, FieldSchema


def _words(listed: str) -> tuple[str, ...]:
    return tuple(listed.split("|"))


_GIVEN = (
    FieldDefinition(
        "email",
        "E-mail",
        FieldKind.EMAIL,
        group=FieldGroup.PERSON,
        aliases=_words(
            "email|emailaddress|emailadresse|mail|mailadresse|mailaddress|kontaktemail|eemail|"
            "emailid|emailadres|mailadres|adressemail|adresseemail|courriel|adressecourriel|mel|"
            "adresseelectronique|correo|correoelectronico|direccionemail|indirizzoemail|"
            "postaelettronica|emailaddress1|elektronischepost|epost|emailkontakt"
        ),
        column=True,
        edit=EditRight.NOBODY,
        needed=True,
        question="Work e-mail",
    ),
    FieldDefinition(
        "first_name",
        "First name",
        group=FieldGroup.PERSON,
        aliases=_words(
            "vorname|firstname|givenname|forename|first|fname|prenom|voornaam|nombre|nome|"
            "rufname|nombredepila|primernombre|vornamen|roepnaam"
        ),
        column=True,
        most=100,
    ),
    FieldDefinition(
        "last_name",
        "Last name",
        group=FieldGroup.PERSON,
        aliases=_words(
            "nachname|lastname|surname|familyname|familienname|zuname|last|lname|nomdefamille|"
            "achternaam|apellido|apellidos|cognome|primerapellido|nachnamen"
        ),
        column=True,
        most=100,
    ),
    FieldDefinition(
        "company",
        "Company",
        group=FieldGroup.PERSON,
        aliases=_words(
            "firma|company|unternehmen|organisation|organization|companyname|account|firmenname|"
            "betrieb|accountname|organizationname|organisationname|companyaccount|employer|"
            "arbeitgeber|societe|entreprise|raisonsociale|nomdelentreprise|nomdelasociete|"
            "bedrijf|bedrijfsnaam|empresa|nombredelaempresa|organizacion|azienda|ragionesociale|"
            "nomeazienda|business|businessname|firm|institution|unternehmensname|nomentreprise|"
            "nomsociete|organisatie|ditta|currentcompany|companyororganization|societa"
        ),
        column=True,
        most=200,
        help="With a domain of its own, all its people show it.",
    ),
    FieldDefinition(
        "job",
        "Job",
        group=FieldGroup.PERSON,
        aliases=_words(
            "job|jobtitle|position|funktion|beruf|rolle|role|stelle|function|jobrole|jobfunction|"
            "jobposition|poste|fonction|functie|cargo|puesto|ruolo|mansione|positiontitle|"
            "stellenbezeichnung|berufsbezeichnung|jobbezeichnung|professionaltitle|occupation|"
            "designation|profession|functietitel|intitulededupost|intituleposte|intituledeposte|"
            "qualifica|puestodetrabajo"
        ),
        column=True,
        most=120,
    ),
    FieldDefinition(
        "phone",
        "Phone",
        FieldKind.PHONE,
        group=FieldGroup.PERSON,
        aliases=_words(
            "tel|telefon|phone|telephone|phonenumber|telefonnummer|rufnummer|durchwahl|telefono|"
            "telefoonnummer|telefoon|numerodetelephone|telnr|phoneno|telephonenumber|telno|"
            "businessphone|workphone|officephone|phonework|phonebusiness|telefongeschaftlich|"
            "telefonnr|numerotelephone|numerodetelefono|fon|telefonzentrale|telefondienstlich|"
            "phone1"
        ),
        column=True,
    ),
    FieldDefinition(
        "country",
        "Country",
        FieldKind.COUNTRY,
        group=FieldGroup.PERSON,
        aliases=_words(
            "country|land|staat|countrycode|landescode|nation|pays|pais|landcode|countryregion|"
            "paese|countryname|cc|landerkennzeichen|lkz|countryiso|isocountry|landname|"
            "countryorregion|codepays|nazione|countryterritory|landkurzel|laenderkennzeichen"
        ),
        column=True,
        help="A name or two letters, such as DE.",
    ),
    FieldDefinition(
        "zone",
        "Time zone",
        FieldKind.ZONE,
        group=FieldGroup.PERSON,
        column=True,
        exported=False,
        help="Mail leaves in its daytime. Left empty, the country's.",
    ),
    FieldDefinition(
        "language",
        "Language",
        FieldKind.LANGUAGE,
        group=FieldGroup.PERSON,
        aliases=_words(
            "language|sprache|lang|locale|preferredlanguage|preferredlocale|langue|taal|idioma|"
            "lingua|korrespondenzsprache|languagecode|userlanguage|kontaktsprache|"
            "communicationlanguage|voorkeurstaal|bevorzugtesprache"
        ),
        column=True,
        help="Two letters, such as en.",
    ),
    FieldDefinition(
        "postcode",
        "Postcode",
        group=FieldGroup.PERSON,
        aliases=_words(
            "plz|postcode|zip|zipcode|postalcode|postleitzahl|zippostalcode|codepostal|cp|"
            "codigopostal|cap|zippostcode|postalzip|postalzipcode|pincode|zippostal|postcodezip"
        ),
        column=True,
    ),
    FieldDefinition(
        "industry",
        "Industry",
        aliases=_words(
            "industry|branche|sector|sektor|secteur|industrie|wirtschaftszweig|secteuractivite|"
            "secteurdactivite|sectordeactividad|settore|industria|industrysector|industriesector|"
            "wirtschaftsbranche|vertical|industryvertical|industrytype"
        ),
        most=60,
    ),
    FieldDefinition(
        "employees",
        "Employees",
        FieldKind.NUMBER,
        aliases=_words(
            "employees|mitarbeiter|headcount|mitarbeiterzahl|companysize|staff|numberofemployees|"
            "noofemployees|anzahlmitarbeiter|mitarbeiteranzahl|employeecount|numemployees|"
            "totalemployees|staffcount|companyheadcount|effectif|effectifs|nombredesalaries|"
            "nombredemployes|aantalmedewerkers|medewerkers|werknemers|aantalwerknemers|"
            "beschaftigte|anzahlbeschaftigte|beschaftigtenzahl|numerodeempleados|empleados|"
            "dipendenti|numerodipendenti|sizeofcompany|companysizeemployees|firmengrosse|"
            "unternehmensgrosse|employeerange|employeesrange|anzahldermitarbeiter|nodeempleados|"
            "tailledelentreprise|bedrijfsgrootte|ofemployees|employeenumber|numberemployees"
        ),
        most=10_000_000,
        whole=True,
    ),
    FieldDefinition(
        "authority",
        "Authority",
        aliases=_words("authority|entscheider|decisionmaker"),
        to_sales=True,
        help="Who decides, and what this person's part is.",
    ),
    FieldDefinition(
        "budget",
        "Budget",
        aliases=_words("budget"),
        to_sales=True,
    ),
    FieldDefinition(
        "timing",
        "Timing",
        aliases=_words("timing|zeitpunkt|timeframe|when|wann|purchasetimeframe"),
        to_sales=True,
    ),
    FieldDefinition(
        "main_concern",
        "Need",
        aliases=_words("mainconcern|anliegen|concern|problem|need|bedarf"),
        to_sales=True,
    ),
    FieldDefinition(
        "last_contact",
        "Last contact",
        FieldKind.DATE,
        group=FieldGroup.ANSWERS,
        aliases=_words(
            "lastcontact|letzterkontakt|lastcontacted|kontaktdatum|lastcontactdate|"
            "lastcontactedon|dateoflastcontact|derniercontact|laatstecontact|ultimocontacto|"
            "ultimocontatto|letztekontaktaufnahme"
        ),
    ),
    FieldDefinition(
        "city",
        "Town",
        group=FieldGroup.ANSWERS,
        aliases=_words(
            "city|ort|stadt|town|wohnort|ville|plaats|woonplaats|ciudad|poblacion|citta|localite|"
            "commune|locality|citytown|stadtort|gemeente|localidad|towncity|standort|addresscity"
        ),
    ),
    FieldDefinition(
        "website",
        "Website",
        group=FieldGroup.ANSWERS,
        aliases=_words(
            "website|web|url|homepage|webseite|webpage|siteweb|internet|www|webadresse|"
            "websiteurl|companywebsite|sitioweb|sitoweb|internetadresse|webaddress|siteinternet|"
            "paginaweb"
        ),
    ),
)
_DERIVED = (
    ("phone_as_typed", "Phone, as typed", FieldKind.TEXT, FieldGroup.ANSWERS),
    ("phone_extension", "Extension", FieldKind.TEXT, FieldGroup.ANSWERS),
    ("sent_back_reason", "Sent back", FieldKind.TEXT, FieldGroup.ANSWERS),
    ("wake_date", "Come back on", FieldKind.DATE, FieldGroup.ANSWERS),
    ("mail_topics", "Wants mail about", FieldKind.CHOICES, FieldGroup.ANSWERS),
    ("mail_often", "Wants mail at most", FieldKind.TEXT, FieldGroup.ANSWERS),
    ("mail_paused_until", "Wants no mail before", FieldKind.DATE, FieldGroup.ANSWERS),
    ("interests", "Interests", FieldKind.CHOICES, FieldGroup.INNER),
    ("company_id", "Company", FieldKind.NUMBER, FieldGroup.INNER),
    ("source", "Source", FieldKind.TEXT, FieldGroup.INNER),
    ("channel", "Channel", FieldKind.TEXT, FieldGroup.INNER),
    ("campaign", "Campaign", FieldKind.TEXT, FieldGroup.INNER),
    ("stage", "Stage", FieldKind.CHOICE, FieldGroup.INNER),
    ("cell", "Grade", FieldKind.TEXT, FieldGroup.INNER),
    ("fit", "Fit", FieldKind.NUMBER, FieldGroup.INNER),
    ("engagement", "Engagement", FieldKind.NUMBER, FieldGroup.INNER),
    ("permission", "Permission to mail", FieldKind.YES_NO, FieldGroup.INNER),
    ("deliverable", "Address works", FieldKind.YES_NO, FieldGroup.INNER),
    ("reachable", "Reachable", FieldKind.YES_NO, FieldGroup.INNER),
    ("free_mail", "Free mail address", FieldKind.YES_NO, FieldGroup.INNER),
    ("role_address", "Address of a role", FieldKind.YES_NO, FieldGroup.INNER),
    ("email_domain", "Domain", FieldKind.TEXT, FieldGroup.INNER),
    ("postcode_area", "Postcode area", FieldKind.TEXT, FieldGroup.INNER),
    ("country_served", "In a country that we serve", FieldKind.YES_NO, FieldGroup.INNER),
    ("company_name", "Company, as typed", FieldKind.TEXT, FieldGroup.INNER),
    ("company_owner", "Owner of the company", FieldKind.PERSON, FieldGroup.INNER),
    ("company_owner_id", "Owner of the company", FieldKind.PERSON, FieldGroup.INNER),
    ("owner_id", "Owner", FieldKind.PERSON, FieldGroup.INNER),
    ("open_handoff", "With sales", FieldKind.YES_NO, FieldGroup.INNER),
    ("sent_back_at", "Sent back on", FieldKind.DATE, FieldGroup.INNER),
    ("intent_since_sent_back", "Intent since sent back", FieldKind.NUMBER, FieldGroup.INNER),
)
"""What Nurture works out or notes itself: key, label, kind, where it is shown."""


@lru_cache(maxsize=1)
def built_in() -> FieldSchema:
    """Give the schema of an installation that has declared nothing."""
    derived = (
        FieldDefinition(
            key, label, kind, group=group, edit=EditRight.NOBODY, exported=False, derived=True
        )
        for key, label, kind, group in _DERIVED
    )
    fields = (*_GIVEN, *derived)
    return FieldSchema(MappingProxyType({one.key: replace(one, built_in=True) for one in fields}))
