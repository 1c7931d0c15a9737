"""What people may write in a template, and with which sentence the rest is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nurture.kernel.types import Json
from nurture.markup import MarkupRefused, TemplateFields, validate, vocabulary_of

WORDS = TemplateFields(
    fields=frozenset({"lead.first_name", "lead.company.size", "owner.name", "lead.age"}),
    lists={"lead.items": frozenset({"title", "url"})},
)

BOMBS = {
    "text times": "{{ 'a' * 10**9 }}",
    "list times": "{{ ([0] * 10**8)|length }}",
    "power": "{{ 9**9**9 }}",
    "power of two": "{{ (2**(2**26))|string|length }}",
    "long range": "{% for i in range(10**9) %}{% endfor %}",
    "nested ranges": (
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    ),
    "percent format": "{{ '%1000000000d'|format(1) }}",
    "format method": "{{ '{:>1000000000}'.format('a') }}",
    "center": "{{ 'a'|center(10**9) }}",
    "ljust": "{{ 'a'.ljust(10**9) }}",
    "indent": "{{ ('a\nb'|indent(10**9))|length }}",
    "lipsum": "{{ lipsum(n=100000)|length }}",
    "replace": "{{ ('a'*10**5)|replace('a','b'*10**5)|length }}",
    "doubling": (
        "{% set ns=namespace(s='a') %}{% for i in range(31) %}{% set ns.s = ns.s ~ ns.s %}"
        "{% endfor %}{{ ns.s|length }}"
    ),
    "macro": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "batch": "{{ [1]|batch(10**8, 'x')|list|length }}",
    "slice": "{{ [1]|slice(10**8)|list|length }}",
    "wordwrap": "{{ ('a'*10**7)|wordwrap(1)|length }}",
    "tojson": "{{ (['a'*100000]*1000)|tojson|length }}",
    "class": "{{ ''.__class__.__mro__ }}",
    "attr filter": "{{ ''|attr('__class__') }}",
    "map attribute": "{{ ['']|map(attribute='__class__')|list }}",
    "format escape": "{{ '{0.__class__}'.format('') }}",
    "format_map": "{{ '{a.__class__}'.format_map({'a':''}) }}",
    "indirect format": "{{ ['{0.__class__}'.format]|map('string')|list }}",
    "self": "{{ self.__init__.__globals__ }}",
    "cycler": "{{ cycler.__init__.__globals__.os }}",
    "lipsum globals": "{{ lipsum.__globals__ }}",
    "join": "{{ ('a'*100000)|list|join('b'*10000)|length }}",
    "brackets": "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
    "deep ifs": "{% if 1 %}" * 400 + "x" + "{% endif %}" * 400,
    "urlize": "{{ ('www.' + 'a.'*50000)|urlize|length }}",
    "striptags": "{{ ('<'*200000)|striptags|length }}",
    "long number": "{{ " + "9" * 5000 + " }}",
    "include": "{% include 'x' %}",
    "import": "{% import 'x' as x %}",
    "extends": "{% extends 'x' %}",
    "block": "{% block x %}{% endblock %}",
    "autoescape": "{% autoescape false %}{{ lead.first_name }}{% endautoescape %}",
    "safe": "{{ lead.first_name|safe }}",
    "underscore": "{{ lead._secret }}",
    "own name": "{{ _c }}",
    "subscript": "{{ lead['first_name'] }}",
    "concat": "{{ lead.first_name ~ 'x' }}",
    "loop in loop": ("{% for a in lead.items %}{% for b in lead.items %}{% endfor %}{% endfor %}"),
    "recursive loop": "{% for a in lead.items recursive %}{% endfor %}",
    "filtered loop": "{% for a in lead.items if a.title %}{% endfor %}",
    "two targets": "{% for a, b in lead.items %}{% endfor %}",
    "loop variable": "{% for a in lead.items %}{{ loop.index }}{% endfor %}",
    "call": "{{ lead.first_name() }}",
    "long literal": "{{ '" + "a" * 600 + "' }}",
    "keyword": "{{ lead.first_name|default(boolean=true) }}",
    "filter block": "{% filter upper %}x{% endfilter %}",
    "call block": "{% call x() %}{% endcall %}",
    "with": "{% with a=1 %}{% endwith %}",
    "very long": "a" * 300_001,
}


def accepted(source: str) -> bool:
    try:
        validate(source, WORDS)
    except MarkupRefused:
        return False
    return True


@pytest.mark.parametrize("source", BOMBS.values(), ids=BOMBS)
def test_a_bomb_cannot_be_written(source: str) -> None:
    with pytest.raises(MarkupRefused):
        validate(source, WORDS)


@pytest.mark.parametrize(
    "source",
    [
        "Hello {{ lead.first_name|default('there') }}, {{ owner.name }} writes.",
        "{% if lead.company.size == 'big' %}a{% elif not lead.age %}b{% else %}c{% endif %}",
        "{% for i in lead.items %}{{ i.title|upper }}{% else %}nothing{% endfor %}",
        "{{ 'yes' if lead.age and lead.age >= 18 else 'no' }}{% if lead.items %}x{% endif %}",
        "{% if lead.first_name is defined %}{{ lead.first_name|trim|shorten }}{% endif %}",
        "{# a note #}{% if lead.company %}x{% endif %}{{ lead.age|number }}",
    ],
)
def test_what_a_mail_needs_is_accepted(source: str) -> None:
    assert accepted(source)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("a\nb {{ lead.shoe_size }}", "Line 2: There is no field lead.shoe_size"),
        ("\n\n{{ lead.company }}", "Line 3: lead.company is a group"),
        ("{{ x|reverse }}", "Line 1: There is no filter called reverse; there are"),
        ("\n{{ 1 + 1 }}", "Line 2: Templates do not calculate"),
        ("{% if lead.age %}", "Line 1: Unexpected end of template"),
        ("{{ lead.age is odd }}", "There is no test called odd"),
        ("{{ lead.first_name|upper('x') }}", "takes nothing in its brackets"),
        ("{% for i in lead.items %}{{ i.price }}{% endfor %}", "There is no field i.price"),
    ],
)
def test_a_refusal_names_the_line_and_the_reason(source: str, words: str) -> None:
    with pytest.raises(MarkupRefused) as refusal:
        validate(source, WORDS)

    assert words in refusal.value.sentence


def test_the_sample_says_which_fields_there_are() -> None:
    sample: dict[str, Json] = {
        "lead": {"first_name": "Ann", "company": {"size": 3}},
        "items": [{"title": "x"}, {"url": "y"}],
    }

    words = vocabulary_of(sample)

    assert words.fields == {"lead.first_name", "lead.company.size"}
    assert words.lists == {"items": frozenset({"title", "url"})}
    assert words.groups == {"lead", "lead.company"}


@given(st.text(alphabet="{}%#|.'\"()[]_ abx1*~-\n", max_size=60))
def test_any_text_is_accepted_or_refused_in_a_sentence(source: str) -> None:
    assert sentence(source) is None or str(sentence(source)).endswith(".")


def sentence(source: str) -> str | None:
    """Say why a source is refused, if it is."""
    try:
        validate(source, WORDS)
    except MarkupRefused as refusal:
        return refusal.sentence
    return None
