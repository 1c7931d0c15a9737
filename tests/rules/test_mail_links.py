"""Each link of a mail is numbered once and leads where its author meant; the rest stays."""

import quopri
import re

import pytest

from campaigns.vocabulary import MessageKind
from nurture.mail.compile import CompiledMail, MailSource, compile_mail
from nurture.mail.link_table import address_in
from nurture.markup import MarkupRefused, foreign_tags
from tests.rules.newsletters import NEWSLETTERS


def compiled(html: str = "<p>x</p>", text: str = "x", subject: str = "N") -> CompiledMail:
    source = MailSource(name="n", subject=subject, html=html, text=text, sample={})
    return compile_mail(source, kind=MessageKind.REQUESTED)


def decoded(quoted: str) -> str:
    return quopri.decodestring(quoted.encode("ascii")).decode().replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("href", "target"),
    [
        ('"https://a.example/x "', "https://a.example/x"),
        ('" https://a.example/x\n"', "https://a.example/x"),
        ('"https://a.example/\n  x"', "https://a.example/%20%20x"),
        ("\"https://a.example/?q='x'\"", "https://a.example/?q='x'"),
        ("'https://a.example/?q=\"x\"'", "https://a.example/?q=%22x%22"),
        ('"https://a.example/?a=1&amp;copy=2&copy=3"', "https://a.example/?a=1&copy=2&copy=3"),
        ('"https://a.example/a b|c{d}"', "https://a.example/a%20b|c{d}"),
        ('"https://a.example/ü?q=ä#ö"', "https://a.example/%C3%BC?q=%C3%A4#%C3%B6"),
        ('"https://müller.example/"', "https://xn--mller-kva.example/"),
        ('"HTTPS://a.example/%20x"', "HTTPS://a.example/%20x"),
        ("https://a.example/bare?x='y'", "https://a.example/bare?x='y'"),
    ],
)
def test_a_link_leads_where_a_browser_would_go(href: str, target: str) -> None:
    mail = compiled(f"<p><a class=x href={href}>x</a></p>")

    assert mail.links == (target,)
    assert 'href="{{ _c }}0"' in decoded(mail.html)


def test_what_is_no_link_is_not_taken_for_one() -> None:
    html = (
        '<p title="href=https://no.example/1">a</p><!-- <a href="https://no.example/2">b</a> -->'
        '<a title=\' href="https://no.example/3"\' href="https://a.example/">c</a>'
        '<a href="https://a.example/b" href="https://no.example/4">d</a>'
        '<img src="https://no.example/5" alt=""><a data-href="https://no.example/6" name="n">e</a>'
        "<abbr title='https://no.example/7'>f</abbr>"
    )

    assert compiled(html).links == ("https://a.example/", "https://a.example/b")


@pytest.mark.parametrize("name", NEWSLETTERS)
def test_every_link_of_a_newsletter_is_rewritten_exactly_once(name: str) -> None:
    html = NEWSLETTERS[name]
    shown = re.sub(r"<!--(?!\[if).*?-->|title=\"[^\"]*\"", "", html, flags=re.DOTALL)
    written = re.findall(
        r"<(?:a|area|v:rect)\b[^>]*?\shref\s*=\s*[\"']?\s*(https?://[^\s\"'>]+)",
        shown,
        re.IGNORECASE,
    )

    mail = compiled(html)

    assert len(mail.links) == len(written)
    assert sorted(re.findall(r"{{ _c }}(\d+)", decoded(mail.html)), key=int) == [
        str(number) for number in range(len(written))
    ]


@pytest.mark.parametrize(
    ("sentence", "url"),
    [
        ("See https://en.wiki.example/Foo_(bar).", "https://en.wiki.example/Foo_(bar)"),
        ("(see https://en.wiki.example/Foo_(bar))", "https://en.wiki.example/Foo_(bar)"),
        ("(https://a.example/new)", "https://a.example/new"),
        ("[https://a.example/a[1]]", "https://a.example/a[1]"),
        ("„https://a.example/de“, sagt er", "https://a.example/de"),
        ("“https://a.example/en”.", "https://a.example/en"),
        ("«https://a.example/fr»", "https://a.example/fr"),
        ("« https://a.example/fr »", "https://a.example/fr"),
        ("»https://a.example/de«", "https://a.example/de"),
        ("\u2018https://a.example/q\u2019", "https://a.example/q"),
        ("'https://a.example/q'", "https://a.example/q"),
        ("https://a.example/?q='x'", "https://a.example/?q='x'"),
        ("More: https://a.example/x…", "https://a.example/x"),
        ("https://a.example/x?!", "https://a.example/x"),
        ("https://a.example/a,b;c", "https://a.example/a,b;c"),
        ("<https://a.example/x>", "https://a.example/x"),
        ("詳しくは https://a.example/jp。次", "https://a.example/jp"),
        ("https://a.example/path/", "https://a.example/path/"),
        ("**https://a.example/bold**", "https://a.example/bold"),
    ],
)
def test_a_link_in_the_text_ends_where_the_sentence_goes_on(sentence: str, url: str) -> None:
    mail = compiled(text=sentence)

    assert mail.links == (url,)
    assert decoded(mail.text) == sentence.replace(url, "{{ _c }}0")


def test_an_address_of_nothing_but_marks_is_left_alone() -> None:
    assert address_in("...") == ""


def test_an_important_declaration_leaves_clean_attributes_and_wins() -> None:
    html = decoded(
        compiled(
            "<style>td{background-color:#f00!important} .n{display:none!important}</style>"
            '<table><tr><td style="width:20px">a</td></tr></table>'
            '<div class="n" style="color:red;display:block">b</div>'
        ).html
    )

    assert '<td style="width:20px; background-color:#f00" width="20" bgcolor="#ff0000">' in html
    assert '<div class="n" style="color:red; display:none">' in html


@pytest.mark.parametrize(
    "rule",
    [
        "#outlook a {padding:0}",
        ".ExternalClass {width:100%}",
        ".ExternalClass * {line-height:100%}",
        "u + #body .x {display:none}",
        "a[x-apple-data-detectors] {color:inherit !important}",
        "[data-ogsc] .d {color:#fff}",
        "[class~=x_hidden] {display:none !important}",
        "* {box-sizing:border-box}",
        "@font-face{font-family:Own;src:url(https://a.example/own.woff2)}",
        "@supports (display:grid) {\n.g {display:grid !important}\n}",
        "@media (max-width:600px) {\n.w {width:100% !important}\n}",
        "@media (prefers-color-scheme:dark) {\n[data-ogsc] .d {color:#fff !important}\n}",
        "@keyframes k{from{opacity:0}to{opacity:1}}",
        "a:hover {color:red !important}",
    ],
)
def test_a_rule_that_nothing_here_answers_to_stays_in_the_style_sheet(rule: str) -> None:
    html = decoded(compiled(f"<style>p{{margin:0}} {rule}</style><p><a href='#x'>x</a></p>").html)

    style = html[html.index("<style>") : html.index("</style>")]
    assert rule in style
    assert "margin" not in style
    assert '<p style="margin:0">' in html


FOREIGN = [
    "[[FirstName]]",
    '[[data:firstname:"there"]]',
    "*|MC:SUBJECT|*",
    "*|FNAME|*",
    "%FIRSTNAME%",
    "%DATE%",
    "%first_name%",
    "%recipient.name%",
    "%%emailaddr%%",
    "%%First Name%%",
    "%%=v(@name)=%%",
    "{{{x}}}",
    "{{#if x}}",
    "{{/if}}",
    "{{First Name}}",
    "<%= name %>",
    "##name##",
    "#FIRSTNAME#",
    "{$name}",
    "${contact.name}",
    "#{name}",
    "{!Contact.FirstName}",
    "{FIRSTNAME}",
    "{vorname}",
    "{contact.firstname}",
    "[FNAME]",
    "[Name]",
    "[unsubscribe_link]",
    "[firstname,fallback=there]",
    "[subscriber:firstname | default:reader]",
    "[%name%]",
    "@FIRSTNAME@",
    "~~name~~",
    "<<First Name>>",
    "«Vorname»",
    "$firstname$",
]


@pytest.mark.parametrize("tag", FOREIGN)
def test_a_merge_tag_of_another_system_is_named_with_its_line(tag: str) -> None:
    with pytest.raises(MarkupRefused) as refused:
        compiled(text=f"Dear reader,\nhello {tag}, how are you?")

    assert "body.txt: Line 2: " in refused.value.sentence
    assert tag in refused.value.sentence
    assert "merge tag of" in refused.value.sentence


@pytest.mark.parametrize(
    "words",
    [
        "Save 50% now, 100%BIO% of the time 20%-30%",
        "[1] [PDF] [External] [x] [[3]]",
        "{sic} {} {a} -> <- <<- 3 * | * **bold** # Title # C# #now ##1",
        "5 % und 10 %",
        "https://a.example/%C3%BC?a=%E2%80%93%DA%FE",
        "a@b.example @anna",
        "US$A$ $5 and $6",
        "« Bonjour » »Name« (name) a|b||c",
        "[name@a.example] [date of the event]",
        "20%WINTER20%",
        "{{ lead.name|default('you') }} {% if lead.name %}x{% endif %}{# note #}",
        "{{ 'a' if lead.name else 'b' }}",
    ],
)
def test_ordinary_text_is_not_taken_for_a_merge_tag(words: str) -> None:
    assert foreign_tags(words) == []


def test_every_refusal_of_a_mail_comes_at_once_with_its_file_and_line() -> None:
    source = MailSource(
        name="june",
        subject="Hi *|FNAME|*",
        html="<p>{{ lead.frist_name }}</p>\n<script>1</script>\n<form></form>\n<p>{{ x() }}</p>",
        text="a\n{{ contact.firstname }}\nhttps://a.example/{{ lead.first_name }}",
        sample={"lead": {"first_name": "Ann"}},
    )

    with pytest.raises(MarkupRefused) as refused:
        compile_mail(source)

    assert "june" in refused.value.sentence
    assert [(one.file, one.line) for one in refused.value.each] == [
        ("subject.txt", 1),
        ("body.html", 1),
        ("body.html", 2),
        ("body.html", 3),
        ("body.html", 4),
        ("body.txt", 2),
        ("body.txt", 3),
    ]
    assert refused.value.sentence.count("do you mean lead.first_name?") == 2


def test_a_web_font_is_a_remark_and_a_style_sheet_elsewhere_a_refusal() -> None:
    fonts = (
        '<link rel="preconnect" href="https://fonts.example">\n'
        '<link href="https://fonts.example/css2?family=Own" rel="stylesheet">\n'
        "<style>@import url(https://fonts.example/css2?family=Two;x); p{margin:0}</style><p>x</p>"
    )

    mail = compiled(fonts)

    assert [one.sentence.partition(": a font")[0] for one in mail.findings] == [
        "body.html: Line 1",
        "body.html: Line 2",
        "body.html: Line 3",
    ]
    assert "fonts.example" not in decoded(mail.html)
    with pytest.raises(MarkupRefused, match="into <style>"):
        compiled('<link rel="stylesheet" href="https://a.example/mail.css"><p>x</p>')
