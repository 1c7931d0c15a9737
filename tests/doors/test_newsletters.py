"""A newsletter looks in a browser as its author made it, and each of its links is followed once."""

import base64
import quopri
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

import templates
from campaigns.vocabulary import MessageKind
from nurture.mail.compile import MailSource, compile_mail, load_source
from tests.rules.newsletters import NEWSLETTERS

pytestmark = pytest.mark.browser
SHARED = Path(__file__).parents[2].parent / "shared" / "data"
PUBLIC = {
    path.stem: path.read_text("utf-8")
    for folder in ("html-leemunroe", "html-cerberus")
    for path in sorted((SHARED / folder).glob("*.html"))
}
MAILS = Path(templates.__file__).parent / "mail"
WIDTHS = (900, 390)
PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
DIFFERENCE = """async ([one, two]) => {
  const read = async (png) => {
    const image = new Image();
    image.src = "data:image/png;base64," + png;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.width; canvas.height = image.height;
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    return [image.width, image.height, context.getImageData(0, 0, image.width, image.height).data];
  };
  const [w, h, a] = await read(one), [w2, h2, b] = await read(two);
  if (w !== w2 || h !== h2) return `${w}x${h} became ${w2}x${h2}`;
  let differ = 0;
  for (let n = 0; n < a.length; n += 4)
    if (a[n] !== b[n] || a[n + 1] !== b[n + 1] || a[n + 2] !== b[n + 2]) differ += 1;
  return differ ? `${differ} of ${w * h} pixels differ` : "";
}"""


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(params=WIDTHS)
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": request.param, "height": 400})
    shown = context.new_page()
    shown.route("**/*", lambda route: route.abort())
    yield shown
    context.close()


def sent(source: MailSource, kind: MessageKind = MessageKind.MARKETING) -> str:
    """Give the HTML of a mail as it leaves, with a pixel that loads."""
    compiled = compile_mail(source, kind=kind)
    html = quopri.decodestring(compiled.html.encode()).decode().replace("\r\n", "\n")
    return html.replace("{{ _o }}", PIXEL).replace("{{ _c }}", "https://our.example/c/token/")


def picture(page: Page, html: str) -> str:
    page.set_content(html, wait_until="load")
    return base64.b64encode(page.screenshot(full_page=True)).decode()


def difference(page: Page, before: str, after: str) -> str:
    pictures = [picture(page, before), picture(page, after)]
    return str(page.evaluate(DIFFERENCE, pictures))


@pytest.mark.parametrize("name", [*NEWSLETTERS, *PUBLIC])
def test_a_newsletter_looks_after_publishing_as_before(page: Page, name: str) -> None:
    html = {**NEWSLETTERS, **PUBLIC}[name]
    source = MailSource(name=name, subject="N", html=html, text="x", sample={})

    made = html if "<!doctype" in html.lower() else f"<!doctype html>{html}"
    assert difference(page, made, sent(source)) == ""


@pytest.mark.parametrize("name", sorted(path.name for path in MAILS.iterdir() if path.is_dir()))
def test_the_open_pixel_takes_no_room(page: Page, name: str) -> None:
    source = load_source(MAILS / name)
    fields = frozenset(re.findall(r"[\w.]+url", source.html))
    compiled = compile_mail(source, kind=MessageKind.REQUESTED, url_fields=fields)
    with_pixel = quopri.decodestring(compiled.html.encode()).decode()
    with_pixel = with_pixel.replace("{{ _o }}", PIXEL)
    without = re.sub(r'<img src="data:image/gif[^>]*>', "", with_pixel)
    assert without != with_pixel

    assert difference(page, without, with_pixel) == ""
