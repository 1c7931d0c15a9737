"""Publishing a mail: links become numbers, findings are told, what cannot be sent is refused."""

import json
import quopri
import re
from dataclasses import replace
from pathlib import Path

import pytest

from campaigns.vocabulary import MessageKind
from nurture.kernel.errors import Invalid, NotFound
from nurture.kernel.types import Json
from nurture.mail.compile import CompiledMail, MailSource, compile_mail, load_source
from nurture.markup import MarkupRefused

SAMPLE: dict[str, Json] = {
    "lead": {"first_name": "Ann", "email": "ann@x.example"},
    "content": {"id": 7, "title": "Guide", "url": "https://x.example/guide"},
    "more": [{"id": 8, "title": "Other", "url": "https://x.example/other"}],
    "owner": {"phone": "+43 1", "name": "Eva"},
}
HTML = """<html><head><style>p{color:#333333}</style></head><body>
<p>Hi {{ lead.first_name|default('there') }}</p>
<a href="https://x.example/a?b=1&amp;c=2">one</a> <a href='https://x.example/two'>two</a>
<!--[if mso]><v:rect href="https://x.example/mso"></v:rect><![endif]-->
<a href="{{ content.url }}">{{ content.title }}</a>
{% for m in more %}<a href="{{ m.url }}">{{ m.title }}</a>{% endfor %}
<a href="mailto:sales@x.example">mail</a> <a href="tel:{{ owner.phone }}">call</a>
<a href="{{ preferences_url }}">p</a> <a href="{{ unsubscribe_url }}">u</a>
</body></html>"""
TEXT = (
    "Hi\nhttps://x.example/two.\n(https://x.example/new)\n{{ content.url }} {{ unsubscribe_url }}\n"
)
SOURCE = MailSource(
    name="m", subject="For {{ lead.first_name }}", html=HTML, text=TEXT, sample=SAMPLE
)


def decoded(quoted: str) -> str:
    return quopri.decodestring(quoted.encode("ascii")).decode().replace("\r\n", "\n")


def test_every_fixed_link_gets_a_number_also_for_outlook() -> None:
    compiled = compile_mail(SOURCE)

    assert compiled.links == (
        "https://x.example/a?b=1&c=2",
        "https://x.example/two",
        "https://x.example/mso",
        "https://x.example/new",
    )
    html, text = decoded(compiled.html), decoded(compiled.text)
    assert 'href="{{ _c }}0"' in html
    assert '<v:rect href="{{ _c }}2">' in html
    assert "{{ _c }}1.\n({{ _c }}3)" in text
    assert "x.example/" not in html.replace("sales@x.example", "")


def test_chosen_content_and_our_own_pages_are_recognised() -> None:
    html = decoded(compile_mail(SOURCE).html)

    assert 'href="{{ _c }}a{{ content.id }}"' in html
    assert 'href="{{ _c }}a{{ m.id }}"' in html
    assert 'href="{{ _u }}"' in html
    assert 'href="{{ _p }}"' in html
    assert 'href="tel:{{ owner.phone }}"' in html


def test_the_open_pixel_stands_last_in_the_body() -> None:
    html = decoded(compile_mail(SOURCE).html)

    assert re.search(r'<img src="{{ _o }}" width="1" height="1" alt="" [^>]*></body>', html)
    assert html.count("{{ _o }}") == 1


def test_a_mail_to_our_own_people_keeps_its_links() -> None:
    source = replace(
        SOURCE,
        html='<p><a href="https://x.example/a">a</a><a href="{{ accept_url }}">yes</a></p>',
        text="{{ accept_url }} https://x.example/a",
        sample={"accept_url": "https://x.example/answer/1"},
        subject="Call",
    )

    compiled = compile_mail(source, kind=MessageKind.ALERT, url_fields=frozenset({"accept_url"}))

    assert compiled.links == ()
    assert not compiled.blocked
    assert "_o" not in compiled.html
    assert 'href="https://x.example/a"' in decoded(compiled.html)
    assert 'href="{{ accept_url }}"' in decoded(compiled.html)


@pytest.mark.parametrize(
    "link",
    [
        "{{ lead.email }}",
        "{{ lead.first_name }}",
        "https://x.example/?u={{ lead.email }}",
        "https://{{ lead.first_name }}",
        "{{ content.title }}",
        "{{ content.url }}?x=1",
        "{{ content.url|upper }}",
        "mailto:{{ lead.email }}?subject=x",
        "{{ unsubscribe_url|default('https://evil.example') }}",
        "javascript:{{ lead.first_name }}",
    ],
)
def test_a_link_made_of_other_fields_is_refused(link: str) -> None:
    for html in (f'<a href="{link}">x</a>', f'<!--[if mso]><v:rect href="{link}"/><![endif]-->'):
        with pytest.raises(MarkupRefused, match=r"body\.html: .*[Ll]ine 2|A link goes to"):
            compile_mail(replace(SOURCE, html=f"<p>\n{html}</p>"))


def test_an_address_in_the_text_cannot_be_completed_by_a_field() -> None:
    with pytest.raises(MarkupRefused, match=r"body\.txt: Line 1: The address"):
        compile_mail(replace(SOURCE, text="https://x.example/{{ lead.first_name }}"))


@pytest.mark.parametrize("part", ["subject", "html", "text"])
def test_an_unknown_field_blocks_publishing(part: str) -> None:
    broken = {"subject": SOURCE.subject, "html": SOURCE.html, "text": SOURCE.text}
    broken[part] = "{{ lead.shoe_size }}"

    with pytest.raises(MarkupRefused, match=r"There is no field lead\.shoe_size"):
        compile_mail(
            replace(SOURCE, subject=broken["subject"], html=broken["html"], text=broken["text"])
        )


def test_what_the_author_should_know_is_told() -> None:
    source = replace(
        SOURCE,
        subject=" ",
        text="",
        html='<p><img src="https://x.example/a.png"></p><table><tr>{% if lead.email %}<td>x</td>'
        f"{{% endif %}}</tr></table><p>{'long ' * 30_000}</p>",
    )

    findings = compile_mail(source).findings

    told = " ".join(finding.sentence for finding in findings)
    for words in ("no subject", "no text part", "no alt", "102 KB", "leaves a gap"):
        assert words in told
    assert told.count("{{ unsubscribe_url }}") == 2
    assert compile_mail(replace(SOURCE, subject="RE: our talk")).blocked
    assert {f.blocks for f in findings if "unsubscribe_url }}" in f.sentence} == {True}


def test_it_is_stored_as_json_and_read_back_the_same() -> None:
    compiled = compile_mail(SOURCE)

    stored: Json = json.loads(json.dumps(compiled.to_json()))

    assert CompiledMail.from_json(stored) == compiled
    assert not compiled.blocked
    with pytest.raises(Invalid):
        CompiledMail.from_json([])


def test_a_folder_is_a_mail(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"has no subject\.txt and no body\.html"):
        load_source(tmp_path)

    (tmp_path / "subject.txt").write_text(SOURCE.subject)
    (tmp_path / "body.html").write_text(SOURCE.html)
    (tmp_path / "body.txt").write_text(SOURCE.text)
    (tmp_path / "sample.json").write_text(json.dumps(SAMPLE))

    assert load_source(tmp_path) == replace(SOURCE, name=tmp_path.name)
