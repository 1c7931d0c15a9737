"""The words of the pages of an import: reasons to write, columns, states."""

from campaigns.vocabulary import Basis
from nurture.leads import Column, ImportState

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
COLUMNS = {
    Column.EMAIL: "E-mail address",
    Column.FIRST_NAME: "First name",
    Column.LAST_NAME: "Last name",
    Column.NAME: "Whole name",
    Column.PHONE: "Phone",
    Column.JOB: "Job",
    Column.COMPANY: "Company",
    Column.COUNTRY: "Country",
    Column.POSTCODE: "Postcode",
    Column.LANGUAGE: "Language",
    Column.INTEREST: "Interests",
    Column.SOURCE: "Source",
    Column.OPT_IN: "Said yes to mail",
    Column.OPT_OUT: "Said no to mail",
    Column.INDUSTRY: "Industry",
    Column.EMPLOYEES: "Employees",
    Column.COMPRESSOR_KW: "Compressor power, kW",
    Column.AUTHORITY: "Who decides",
    Column.BUDGET: "Budget",
    Column.TIMING: "Timing",
    Column.MAIN_CONCERN: "Main concern",
    Column.LAST_CONTACT: "Last contact",
    Column.CITY: "Town",
    Column.WEBSITE: "Website",
}
STATES = {
    ImportState.RUNNING: "Coming in",
    ImportState.DONE: "Done",
    ImportState.UNDOING: "Being taken back",
    ImportState.UNDONE: "Taken back",
}
