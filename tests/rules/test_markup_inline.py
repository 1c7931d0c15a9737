"""Jinja survives the inliner, and the inliner touches nothing outside."""

import sys

import pytest

from nurture.markup import MarkupRefused, Piece, inline, inspect, protect

PAGE = """<!doctype html><html><head><style>
.b{{color:#206bc4}} td{{font-family:Arial}} a:hover{{color:red}}
@media (max-width:600px){{.b{{width:100%!important}}}}
</style></head><body>{}</body></html>"""


def through(body: str) -> str:
    """Protect, inspect, inline, and put the pieces back."""
    protected = protect(PAGE.format(body))
    inspect(protected)
    styled = inline(protected.html)
    protected.check_order(styled)
    return "".join(
        part.source if isinstance(part, Piece) else part for part in protected.split(styled)
    )


@pytest.mark.parametrize(
    "kept",
    [
        "{% if a.b > 18 and c < 50 and \"a\" != 'b' %}",
        "{{ lead.first_name|default('there') }}",
        "{{ '<b>' }}",
        '{{ "a > b" }}',
    ],
)
def test_jinja_comes_out_as_it_went_in(kept: str) -> None:
    body = kept if kept.startswith("{{") else f"{kept}<p>x</p>{{% endif %}}"

    assert kept in through(f"<p class=b>Hi</p>{body}")


def test_rows_and_lists_keep_their_loops() -> None:
    rows = "{% for r in rows %}<tr><td>{{ r.a }}</td></tr>{% endfor %}"
    items = "{% for i in items %}<li>{{ i.b }}</li>{% endfor %}"

    html = through(f"<table>{rows}</table><ul>{items}</ul>")

    assert html.index("{% for r") < html.index("<tr>") < html.index("{{ r.a }}")
    assert html.index("{{ r.a }}") < html.index("</tr>") < html.index("{% endfor %}")
    assert "<ul>\n{% for i in items %}" in html or "<ul>{% for i in items %}" in html


def test_a_block_for_outlook_is_not_destroyed() -> None:
    block = '<!--[if mso]><v:rect href="{{ a.url }}">{% if x %}y{% endif %}</v:rect><![endif]-->'

    assert block in through(f"<p>a</p>{block}<p>b</p>")


def test_style_is_worked_in_and_media_queries_stay() -> None:
    html = through('<p class="b">x</p>')

    assert html.startswith("<!doctype html>\n<html>")
    assert '<p class="b" style="color:#206bc4">x</p>' in html
    assert "@media" in html
    assert "!important" in html


def test_a_piece_where_html_allows_no_text_is_refused_with_its_line() -> None:
    protected = protect("<table>\n{{ a }}\n<tr><td>{{ b }}</td></tr></table>")
    moved = protected.html.replace(protected.word(0), "") + protected.word(0)

    with pytest.raises(MarkupRefused, match="Line 2"):
        protected.check_order(moved)


REFUSED = {
    "import": "<style>@import url(https://x.example/a.css);</style>",
    "import, spelt oddly": "<style>@IMPORT 'x';</style>",
    "import, escaped": "<style>@\\69mport 'x';</style>",
    "link": '<link rel="stylesheet" href="https://x.example/a.css">',
    "url http": "<style>p{background:url(http://x.example/a)}</style>",
    "url file": "<style>p{background:url('file:///etc/passwd')}</style>",
    "url relative": '<p style="background:url(/a)">x</p>',
    "script": "<script>1</script>",
    "handler": '<img src="https://x/y" alt="" onerror="1">',
    "form": "<form></form>",
    "frame": '<iframe src="https://x.example"></iframe>',
    "javascript": '<a href="java\nscript:1">x</a>',
    "data": '<a href="data:text/html,x">x</a>',
    "relative link": '<a href="/x">x</a>',
    "src http": '<img src="http://x.example/a.png" alt="">',
    "src field": '<img src="{{ a }}" alt="">',
    "src half field": '<img src="https://x.example/{{ a }}" alt="">',
    "class field": '<p class="{{ a }}">x</p>',
    "style field": '<p style="color:{{ a }}">x</p>',
    "sheet field": "<style>p{color:{{ a }}}</style>",
    "statement in tag": "<p {% if a %}title='b'{% endif %}>x</p>",
    "attribute name": "<p {{ a }}='x'>x</p>",
    "raw": "{% raw %}{{ a }}{% endraw %}",
    "refresh": '<meta http-equiv="refresh" content="0;url=https://x">',
    "two lines": "{{ a\n }}",
    "in Outlook": "<!--[if mso]><script>1</script><![endif]-->",
    "svg": '<svg onload="1"></svg>',
    "base": '<base href="https://x.example">',
    "expression": '<p style="width:expression(1)">x</p>',
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_what_mail_must_not_hold_is_refused(body: str) -> None:
    with pytest.raises(MarkupRefused) as refusal:
        through(body)

    assert refusal.value.sentence.endswith(".")
    assert "ine " in refusal.value.sentence


def test_the_inliner_neither_connects_nor_opens_a_file() -> None:
    inline("<style>p{color:red}</style><p>x</p>")
    seen: list[str] = []
    active = [True]

    def watch(event: str, args: tuple[object, ...]) -> None:
        if active[0] and event in ("open", "socket.connect", "socket.getaddrinfo"):
            seen.append(f"{event} {args[0]!r}")

    sys.addaudithook(watch)
    hostile = (
        "<style>@import url(http://127.0.0.1:9/{});</style><p>x</p>",
        "<style>@import url(file:///etc/hostname?{});</style><p>x</p>",
        '<link rel="stylesheet" href="http://127.0.0.1:9/{}"><p>x</p>',
        '<link rel="stylesheet" href="/etc/hostname"><p>{}</p>',
        '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/hostname">]><p>&x;{}</p>',
    )
    for number, page in enumerate(hostile):
        try:
            inline(page.format(number))
        except MarkupRefused:
            continue
    active[0] = False

    outside = [event for event in seen if "__pycache__" not in event and ".py" not in event]
    assert outside == []
