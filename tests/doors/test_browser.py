"""The console in a real browser: no barrier that axe finds, and every control in reach of Tab."""

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from nurture import tasks, users
from nurture.tasks import NewTask, TaskKind
from tests.doors.console_desk import Site, site_of

pytestmark = pytest.mark.browser
AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
PASSWORD = "a long enough phrase"
WIDTHS = (1440, 390)
TABS = 60


@dataclass(frozen=True, slots=True)
class Served:
    """An instance behind a real port, and where its pages are."""

    site: Site
    base: str
    pages: dict[str, str]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    site = site_of(tmp_path_factory)
    with site.here.works.begin("test") as work:
        mara = users.by_handle(work, "mara")
        users.set_password_hash(work, mara.id, users.hash_password(PASSWORD))
    site.pass_on("jens@adorf.example")
    server = make_server("127.0.0.1", 0, site.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    lead_id = site.lead("jens@adorf.example")
    pages = {"today": "/", "leads": "/leads", "lead": f"/leads/{lead_id}", "handoffs": "/handoffs"}
    with site.here.works.begin("test") as work:
        row = NewTask(
            dedup_key="test",
            kind=TaskKind.TRIAGE,
            title="Decide",
            reason="a test",
            due_at=work.now,
            lead_id=lead_id,
            queue="marketing",
        )
        tasks.create(work, [row])
        task = tasks.open_tasks(work, queue="marketing")[0]
    pages |= {"tasks": "/tasks", "task": f"/tasks/{task.id}"}
    yield Served(site, f"http://127.0.0.1:{server.server_port}", pages)
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def cookies(browser: Browser, served: Served) -> str:
    page = browser.new_page()
    page.goto(f"{served.base}/login")
    page.fill("#email", "mara@tarnholt.example")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{served.base}/")
    return next(one["value"] for one in page.context.cookies() if one["name"] == "nurture")


@pytest.fixture
def page(browser: Browser, served: Served, cookies: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": "nurture", "value": cookies, "url": served.base}])
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def axe() -> str:
    if AXE.exists():
        return AXE.read_text(encoding="utf-8")
    if os.environ.get("NURTURE_REQUIRE_BROWSER") == "1":
        pytest.fail("axe-core is missing: run `make assets`.")
    pytest.skip("axe-core is missing: run `make assets`")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["today", "leads", "lead", "handoffs", "tasks", "task"])
def test_axe_finds_no_barrier(page: Page, served: Served, axe: str, name: str, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{served.base}{served.pages[name]}")
        assert barriers(page, axe) == [], width


def test_axe_finds_no_barrier_on_the_login(browser: Browser, served: Served, axe: str) -> None:
    page = browser.new_page()
    page.goto(f"{served.base}/login")

    assert barriers(page, axe) == []


def test_tab_goes_through_the_login_in_order(browser: Browser, served: Served) -> None:
    page = browser.new_page()
    page.goto(f"{served.base}/login")
    page.evaluate("document.activeElement.blur()")

    walked = walk(page)

    assert walked[-3:] == ["email", "password", "Log in"]
    assert page.evaluate(UNSEEN) == []


@pytest.mark.parametrize("name", ["today", "leads", "lead", "handoffs", "tasks", "task"])
def test_no_page_is_wider_than_a_phone(page: Page, served: Served, name: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{served.base}{served.pages[name]}")

    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("width", [390, 768])
def test_an_answered_task_says_which_one_it_was_on_a_narrow_screen(
    page: Page, served: Served, width: int
) -> None:
    answered(served)
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{served.base}/tasks?view=answered")

    name, said = page.locator("th.n-main").first, page.locator(".n-said").first
    top, below = name.bounding_box(), said.bounding_box()
    assert top is not None
    assert below is not None
    assert min(top["width"], below["width"]) > width / 2
    assert below["y"] >= top["y"] + top["height"]


def answered(served: Served) -> None:
    """Let somebody answer a task, with a long note."""
    with served.site.here.works.begin("user:1") as work:
        row = NewTask(
            dedup_key="browser|answered",
            kind=TaskKind.TRIAGE,
            title="Decide what happens next",
            reason="From a list",
            due_at=work.now,
            queue="marketing",
            lead_id=served.site.lead("britta"),
        )
        tasks.create(work, [row])
        for one in tasks.open_tasks(work, lead_id=row.lead_id):
            if one.title == row.title:
                tasks.done(work, one.id, outcome="done", note="Rang up twice, in vain. " * 5)


@pytest.mark.parametrize("name", ["today", "leads", "lead", "handoffs", "tasks", "task"])
def test_tab_reaches_the_skip_link_first_and_shows_where_it_is(
    page: Page, served: Served, name: str
) -> None:
    page.goto(f"{served.base}{served.pages[name]}")
    walked = walk(page)

    assert walked[0] == "Skip to the page"
    assert "Today" in " ".join(walked)
    assert page.evaluate(UNSEEN) == []


def test_a_page_breaks_no_rule_of_its_own_policy(page: Page, served: Served) -> None:
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    for address in served.pages.values():
        page.goto(f"{served.base}{address}")

    assert [one for one in told if "Content Security Policy" in one or "rror" in one] == []


def test_slash_searches_and_g_l_opens_the_leads(page: Page, served: Served) -> None:
    page.goto(served.base)
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "n-search"

    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("g")
    page.keyboard.press("l")
    page.wait_for_url(f"{served.base}/leads")


def test_a_tick_says_how_many(page: Page, served: Served) -> None:
    page.goto(f"{served.base}/leads")
    page.locator("[data-all]").check()

    assert page.locator("[data-ticked]").inner_text() == "5"
    page.locator("input[name=lead]").first.uncheck()
    assert page.locator("[data-ticked]").inner_text() == "4"


UNSEEN = """() => [...document.querySelectorAll('main a, main button, main input, main select')]
  .filter((el) => el.tabIndex < 0 && !el.disabled && el.getClientRects().length)
  .map((el) => el.outerHTML)"""
HERE = """() => {
  const el = document.activeElement;
  if (!el || el === document.body) return null;
  const ring = getComputedStyle(el);
  const seen = ring.outlineStyle !== 'none' || el.matches('input[type=checkbox]');
  return [el.innerText || el.getAttribute('aria-label') || el.name || el.id, seen];
}"""


def walk(page: Page) -> list[str]:
    """Press Tab until the page is left; every stop must show its focus."""
    walked: list[str] = []
    for _ in range(TABS):
        page.keyboard.press("Tab")
        here = page.evaluate(HERE)
        if here is None:
            break
        words, seen = here
        assert seen, words
        walked.append(str(words).strip())
    return walked


def barriers(page: Page, axe: str) -> list[str]:
    """Run axe with the rules of WCAG 2.2 AA; each barrier with where it stands."""
    page.evaluate(axe)
    found = page.evaluate(
        "() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})"
    )
    return [
        f"{one['id']}: {node['html'][:160]}" for one in found["violations"] for node in one["nodes"]
    ]


def refresh(page: Page, selector: str) -> None:
    """Let a minute be over for what refreshes itself."""
    with page.expect_response(lambda answer: "/waiting" in answer.url or "/rows" in answer.url):
        page.locator(selector).dispatch_event("live")
    page.wait_for_timeout(100)


@pytest.mark.parametrize(("path", "part"), [("/", "#with-sales-now"), ("/handoffs", "#queue")])
def test_the_time_left_goes_on_without_a_reload_and_moves_nothing(
    served: Served, page: Page, path: str, part: str
) -> None:
    page.goto(served.base + path)
    times = page.locator(f"{part} [data-tick]").first
    before, place = times.inner_text(), page.locator(f"{part} tr[data-row]").bounding_box()
    page.evaluate("part => { window.row = document.querySelector(part + ' tr[data-row]') }", part)
    served.site.later(timedelta(minutes=7))

    refresh(page, part)

    assert times.inner_text() != before
    assert page.evaluate("window.row.isConnected")
    assert page.locator(f"{part} tr[data-row]").bounding_box() == place


def test_a_tab_that_nobody_looks_at_asks_for_nothing(served: Served, page: Page) -> None:
    page.goto(f"{served.base}/handoffs")
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.evaluate("Object.defineProperty(document, 'hidden', {get: () => window.away !== false})")

    page.locator("#queue").dispatch_event("live")
    page.wait_for_timeout(300)
    assert [one for one in asked if "/handoffs" in one] == []
    page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(300)
    assert ["/handoffs/rows" in one for one in asked if "/handoffs" in one] == [True]


def test_a_list_never_changes_under_the_pointer(served: Served, page: Page) -> None:
    page.goto(f"{served.base}/handoffs")
    page.locator("#queue tr[data-row]").first.hover()
    rows = page.locator("#queue tr[data-row]").count()
    served.site.pass_on("aoife@kilbrae.example")

    refresh(page, "#queue")
    assert page.locator("#queue tr[data-row]").count() == rows
    # The counts beside it are told at once.
    assert page.locator("#queue-tabs em").first.inner_text() == str(rows + 1)
    assert page.locator("#queue-sentence").inner_text().startswith(f"{rows + 1} with sales")
    page.get_by_role("button", name="The list has changed: show it").click()
    page.wait_for_timeout(300)

    assert page.locator("#queue tr[data-row]").count() == rows + 1


def test_the_progress_of_an_import_goes_on_after_the_server_was_away(
    page: Page, served: Served
) -> None:
    page.goto(f"{served.base}/imports")
    rows = b"E-Mail,Vorname\nnils@works.example,Nils\n"
    page.set_input_files(
        "input[type=file]", {"name": "list.csv", "mimeType": "text/csv", "buffer": rows}
    )
    page.get_by_role("button", name="Upload the list").click()
    page.fill("[name=source]", "fair/browser")
    for button in ("Look at the columns", "Check the list", "Import 1 new lead"):
        page.get_by_role("button", name=button).click()
    page.route("**/progress", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        page.get_by_text("Rows come in").first.wait_for()
    page.unroute("**/progress")

    with page.expect_response("**/progress", timeout=15_000) as heard:
        pass

    assert heard.value.ok
