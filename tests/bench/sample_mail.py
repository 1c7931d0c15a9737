"""A mail of some 25 KB with a real style sheet, twelve links, eight fields and a loop."""

import random

from nurture.kernel.types import Json
from nurture.mail.compile import MailSource

LINKS = 12
_WORDS = (
    "season",
    "offer",
    "garden",
    "kitchen",
    "member",
    "discover",
    "collection",
    "simple",
    "quality",
    "comfort",
    "light",
    "design",
    "modern",
    "classic",
    "weekend",
    "ready",
    "delivery",
    "return",
    "easy",
    "style",
    "fresh",
    "home",
    "natural",
    "cotton",
    "linen",
    "wood",
    "crafted",
    "lasting",
    "everyday",
    "better",
    "value",
    "selected",
    "customers",
    "love",
    "guide",
    "story",
)
_STYLE = """
body { margin:0; padding:0; background-color:#f4f4f7; font-family:Arial,sans-serif; color:#333; }
table { border-collapse:collapse; }
td { font-family:Helvetica,Arial,sans-serif; }
img { border:0; display:block; outline:none; text-decoration:none; }
a { color:#1a73e8; text-decoration:underline; }
p { margin:0 0 16px 0; font-size:16px; line-height:24px; }
h1 { margin:0 0 20px 0; font-size:28px; line-height:34px; color:#111111; }
h2 { margin:0 0 12px 0; font-size:22px; line-height:28px; color:#111111; }
h3 { margin:0 0 8px 0; font-size:18px; line-height:24px; color:#222222; }
li { font-size:15px; line-height:22px; color:#444444; }
.wrapper { width:100%; background-color:#f4f4f7; }
.container { width:600px; margin:0 auto; background-color:#ffffff; }
.content { padding:32px; }
.content p { color:#444444; }
.button { display:inline-block; padding:14px 28px; background-color:#e8501a; color:#ffffff; }
.card { padding:16px; border:1px solid #e5e5e5; vertical-align:top; }
.card h3 { color:#0b3d91; }
.card p { font-size:14px; line-height:20px; }
.footer { padding:24px 32px; background-color:#f0f0f3; }
.footer p { font-size:12px; line-height:18px; color:#888888; }
@media only screen and (max-width:620px) { .container { width:100% !important; } }
"""


def sample_source() -> MailSource:
    """Write the mail, the same each time."""
    chance = random.Random(7)
    return MailSource(
        name="bench",
        subject="{{ lead.first_name }}, {{ discount }}% for your spring",
        html=_html(chance),
        text=_text(chance),
        sample=sample_context(0),
    )


def sample_context(number: int) -> dict[str, Json]:
    """Give one recipient's values; every third has a name outside of ASCII."""
    names = ("Anna", "Zoë", "O'Neil")
    return {
        "preheader": "Only this week in your shop",
        "lead": {"first_name": names[number % 3], "city": "Graz", "company": "Acme & Sons"},
        "items": [
            {"name": f"Item {number}-{row}", "reason": "because you liked it"} for row in range(5)
        ],
        "discount": 10 + number % 5,
        "owner": {"name": "Eva" if number % 2 else None},
    }


def _paragraph(chance: random.Random, words: int) -> str:
    return " ".join(chance.choice(_WORDS) for _ in range(words)).capitalize() + "."


def _html(chance: random.Random) -> str:
    cards = "".join(
        f'<tr><td class="card"><img src="https://cdn.example.com/{n}.jpg" alt="Product {n}">'
        f"<h3>Product {n}</h3><p>{_paragraph(chance, 28)}</p><p>&euro;{n}9.90</p>"
        f'<p><a class="button" href="https://shop.example.com/p/{n}?a=1&amp;b=2">View {n}</a></p>'
        "</td></tr>"
        for n in range(LINKS - 2)
    )
    paragraphs = "\n".join(f"<p>{_paragraph(chance, 60)}</p>" for _ in range(14))
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Spring</title><style>{_STYLE}</style></head>
<body><div style="display:none">{{{{ preheader }}}}</div>
<table class="wrapper" role="presentation"><tr><td align="center">
<table class="container" role="presentation"><tr><td class="content">
<a href="https://shop.example.com/?utm_source=email">Example Shop</a>
<h1>Hello {{{{ lead.first_name|default('there') }}}}, spring comes to {{{{ lead.city }}}}</h1>
{{% if lead.company %}}<p>For all of {{{{ lead.company }}}}.</p>{{% endif %}}
{paragraphs}
<table role="presentation">{cards}</table>
<h2>Picked for you</h2>
<ul>{{% for item in items %}}<li><b>{{{{ item.name }}}}</b> &ndash; {{{{ item.reason }}}}</li>
{{% endfor %}}</ul>
{{% if owner.name %}}<p>{{{{ owner.name }}}} helps you.</p>{{% endif %}}
<p><a href="https://blog.example.com/spring-guide">Read the guide</a></p>
</td></tr><tr><td class="footer"><p>{_paragraph(chance, 40)}</p>
<p><a href="{{{{ unsubscribe_url }}}}">Unsubscribe</a></p></td></tr>
</table></td></tr></table></body></html>
"""


def _text(chance: random.Random) -> str:
    return (
        "Hello {{ lead.first_name|default('there') }},\n\n"
        + "\n\n".join(_paragraph(chance, 60) for _ in range(6))
        + "\n\n{% for item in items %}* {{ item.name }}: {{ item.reason }}\n{% endfor %}\n"
        "Read on: https://blog.example.com/spring-guide\n\nUnsubscribe: {{ unsubscribe_url }}\n"
    )
