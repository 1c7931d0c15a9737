"""Who wrote a mail to us: a program, in whatever language, or a person; and what they want."""

# ruff: noqa: RUF001 - people write in other alphabets

import pytest

from nurture.mail import InboundMailKind, read_incoming
from nurture.mail.reply_requests import wants_no_more
from tests.support.letters_in import answer

HEADER = "<4711.aabbccddeeff00112233aa@x>"

AWAY_SUBJECTS = [
    "Out of office: For you",
    "Automatic reply: For you",
    "Auto: out until Monday",
    "OOO",
    "Thank you for your message",
    "On vacation",
    "Away from the office",
    "Abwesenheitsnotiz",
    "Automatische Antwort: Für Sie",
    "Ich bin im Urlaub: Für Sie",
    "Nicht im Büro",
    "Urlaub bis 12.8.",
    "Eingangsbestätigung",
    "Réponse automatique : Pour vous",
    "Absence du bureau",
    "Absent du 3 au 10 août",
    "Message d'absence",
    "Respuesta automática: Para usted",
    "Fuera de la oficina",
    "De vacaciones",
    "Ausente",
    "Risposta automatica: Per voi",
    "Fuori ufficio",
    "In ferie",
    "Resposta automática: Para si",
    "Ausência",
    "Estou de férias",
    "Automatisch antwoord: Voor u",
    "Afwezig tot maandag",
    "Op vakantie",
    "Autosvar: For dig",
    "Autosvar:",
    "Fravær",
    "Ikke på kontoret",
    "Frånvaro",
    "Semester",
    "Automatiskt svar: För dig",
    "Automatisk svar: For deg",
    "Automaattinen vastaus: Sinulle",
    "Lomalla",
    "Poissa",
    "Odpowiedź automatyczna: Dla Ciebie",
    "Nieobecność",
    "Na urlopie",
    "Automatická odpověď: Pro vás",
    "Na dovolené",
    "Автоответ: Для вас",
    "自動応答: ご案内",
    "不在のお知らせ",
    "自动回复: 给您",
]
AWAY_TEXTS = [
    "I am currently out of the office and will return on Monday.",
    "I'm on annual leave until 3 August with limited access to email.",
    "This is an automated reply. We have received your message.",
    "Ben Miller has left the company. Please write to info@works.example.",
    "Ich bin derzeit nicht im Büro. Ihre E-Mail wird nicht weitergeleitet.",
    "Ich bin bis zum 12. August im Urlaub und danach wieder erreichbar.",
    "Dies ist eine automatische Antwort.",
    "Je suis actuellement absent du bureau, de retour le 3 août.",
    "Ceci est un message automatique.",
    "Estoy fuera de la oficina hasta el lunes.",
    "Actualmente estoy de vacaciones.",
    "Sono fuori ufficio fino a lunedì.",
    "Sarò assente fino al 12 agosto.",
    "Estou de férias até 12 de agosto.",
    "Esta é uma mensagem automática.",
    "Ik ben momenteel afwezig en lees mijn mail niet.",
    "Dit is een automatisch antwoord.",
    "Jeg er på ferie til mandag.",
    "Jeg er for tiden ikke på kontoret.",
    "Jag är på semester till måndag.",
    "Jag är för närvarande inte på kontoret.",
    "Olen lomalla maanantaihin asti.",
    "Tämä on automaattinen vastaus.",
    "Jestem na urlopie do poniedziałku.",
    "Obecnie przebywam poza biurem.",
    "Momentálně jsem mimo kancelář, vrátím se v pondělí.",
    "Toto je automatická odpověď.",
    "Я в отпуске до понедельника.",
    "ただいま休暇をいただいております。",
    "我目前正在休假。",
]
PERSONS = [
    "I will be on vacation next week, call me after. What does the large one cost?",
    "Ich bin nächste Woche im Urlaub, rufen Sie mich danach an. Was kostet die große?",
    "Please call me.",
    "Yes, interested.",
    "Wir sind an einem Angebot interessiert.",
    "Merci, pouvez-vous me rappeler demain ?",
    "We are out of space in our hall, so a small one would be best.",
    "No, we do not need a compressor this year.",
]


@pytest.mark.parametrize("subject", AWAY_SUBJECTS)
def test_who_is_away_by_the_subject_is_a_program_in_any_language(subject: str) -> None:
    assert (
        read_incoming(answer(HEADER, subject=subject, words="-")).came is InboundMailKind.AUTOMATIC
    )


@pytest.mark.parametrize("words", AWAY_TEXTS)
def test_who_is_away_by_the_first_words_is_a_program_in_any_language(words: str) -> None:
    found = read_incoming(answer(HEADER, words=words))
    assert (found.came, found.words) == (InboundMailKind.AUTOMATIC, "")


@pytest.mark.parametrize("words", PERSONS)
def test_who_asks_or_wants_something_is_a_person(words: str) -> None:
    assert read_incoming(answer(HEADER, words=words)).came is InboundMailKind.PERSON


def test_a_group_address_that_passes_an_answer_on_leaves_it_a_persons() -> None:
    found = read_incoming(answer(HEADER, Precedence="list", List_Id="<sales.works.example>"))
    assert (found.came, found.words) == (InboundMailKind.PERSON, "Please call me.")


@pytest.mark.parametrize(
    "sender",
    [
        "MAILER-DAEMON <>",
        "<>",
        "no-reply@works.example",
        "Postmaster <postmaster@works.example>",
        "Mail Delivery System <x@works.example>",
        "notification@works.example",
        "",
    ],
)
def test_a_sender_that_nobody_answers_is_no_person(sender: str) -> None:
    raw = answer(HEADER).replace(b"From: Anna <anna@works.example>", f"From: {sender}".encode())
    assert read_incoming(raw).came is not InboundMailKind.PERSON


NO_MORE = [
    "stop",
    "STOP!",
    "Stop.",
    "Unsubscribe",
    "unsubscribe me please",
    "Please unsubscribe me.",
    "Please remove me from your mailing list.",
    "Remove",
    "Take me off this list.",
    "Stop sending me these emails!",
    "I don't want any more emails from you.",
    "No more emails please. Thanks",
    "I no longer wish to receive your newsletter.",
    "Abmelden",
    "Bitte abmelden.",
    "Bitte keine weiteren E-Mails mehr.",
    "Bitte nehmen Sie mich aus dem Verteiler.",
    "Ich möchte keine Werbung mehr erhalten.",
    "Austragen bitte",
    "Désabonnez-moi",
    "Désinscription",
    "Merci de me désinscrire de votre liste.",
    "Je ne souhaite plus recevoir vos mails.",
    "Baja",
    "Quiero darme de baja.",
    "No quiero recibir más correos.",
    "Por favor, elimíneme de su lista.",
    "Cancellami",
    "Non desidero più ricevere le vostre email.",
    "Basta!",
    "Remover",
    "Não quero mais receber e-mails.",
    "Por favor, retire o meu e-mail da lista.",
    "Afmelden",
    "Graag uitschrijven.",
    "Ik wil geen mails meer ontvangen.",
    "Afmeld mig, tak",
    "Fjern mig fra jeres liste.",
    "Jeg ønsker ikke å motta flere mailer.",
    "Avregistrera",
    "Jag vill inte ha fler mail.",
    "Wypisz mnie",
    "Proszę o wypisanie z listy.",
    "Nie chcę otrzymywać więcej wiadomości.",
    "Odhlásit",
    "Prosím, odhlaste mě.",
    "Nechci dostávat další e-maily.",
    "Poista minut listalta.",
    "En halua enää saada viestejä.",
    "Отписаться",
    "Не хочу больше получать письма.",
    "配信停止",
    "メールを送らないでください。",
    "退订",
    "Hello,\n\nplease take my address off your list.\n\nKind regards\nAnna Brown\nWorks Ltd",
]
MORE = [
    "Please call me.",
    "Can you stop by next week?",
    "How do your customers unsubscribe from such mails?",
    "Our old compressor stopped last week, we need a new one.",
    "Please remove the 30 kW one from the offer and send it again.",
    "Ist das Angebot noch gültig?",
    "Please do not unsubscribe me, I only changed my address.",
    "Can I cancel the appointment on Monday?",
    "Wir brauchen keine weiteren Informationen, bitte Angebot senden.",
    "Send me more.",
    "",
]


@pytest.mark.parametrize("words", NO_MORE)
def test_a_wish_for_no_more_mail_is_heard_in_any_language(words: str) -> None:
    assert wants_no_more(words)
    found = read_incoming(answer(HEADER, words=words))
    assert (found.came, found.wants_no_more) == (InboundMailKind.PERSON, True)


@pytest.mark.parametrize("words", MORE)
def test_what_only_sounds_like_it_is_no_such_wish(words: str) -> None:
    assert not wants_no_more(words)


def test_the_wish_is_not_looked_for_in_what_is_quoted() -> None:
    words = "Yes please!\n\nOn Mon, 2 Mar 2026, News wrote:\n> To unsubscribe, write stop"
    assert not read_incoming(answer(HEADER, words=words)).wants_no_more


def test_the_mail_that_a_program_sends_to_leave_a_list_is_a_no() -> None:
    raw = answer(HEADER, subject="unsubscribe", Auto_Submitted="auto-replied")
    found = read_incoming(raw)
    assert (found.came, found.wants_no_more) == (InboundMailKind.COMPLAINT, True)


@pytest.mark.parametrize("ending", [b"\r\n", b"\r", b"\n"])
def test_an_answer_reads_the_same_whatever_ends_its_lines(ending: bytes) -> None:
    raw = answer(HEADER, words="Please call me.\n\nAnna").replace(b"\n", ending)
    found = read_incoming(raw)
    assert (found.came, found.words) == (InboundMailKind.PERSON, "Please call me.\n\nAnna")
    assert found.subject == "Re: For you"
    assert found.marks == ("4711.aabbccddeeff00112233aa",)
