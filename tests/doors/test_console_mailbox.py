from datetime import UTC, datetime

import pytest

from nurture.adapters.sink_store import SinkWriter
from nurture.kernel.settings import load_settings
from nurture.web.console.sink_mailbox import in_use
from tests.doors.console_desk import Site, site_of

MAIL = (
    "From: Mara <mara@news.example>\r\nTo: a@x.example\r\nSubject: {subject}\r\n"
    "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain\r\n\r\nplain words\r\n"
    "--b\r\nContent-Type: text/html\r\n\r\n<html><head></head><body>"
    "<script>steal()</script><a href='https://x.example/'>read</a></body></html>\r\n--b--\r\n"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    made = site_of(tmp_path_factory)
    box = SinkWriter(made.here.home)
    for number, who in enumerate(("a@x.example", "b@x.example", "a@x.example")):
        box.store(
            MAIL.format(subject=f"Mail {number}").encode(),
            mail_from="mara@news.example",
            rcpt_to=[who],
            received_at=datetime(2026, 3, 3, 9, number, tzinfo=UTC),
        )
    box.close()
    return made


def test_the_mailbox_says_that_no_mail_leaves(site: Site) -> None:
    text = site.reader("mara").page("/mailbox")
    assert "No mail leaves this machine" in text
    assert "3 mails have ended here" in text
    assert text.index("Mail 2") < text.index("Mail 0")


def test_one_reader_s_mail_is_shown_alone(site: Site) -> None:
    text = site.reader("mara").page("/mailbox?to=A@x.example")
    assert "Mail 0" in text
    assert "Mail 1" not in text
    assert "Nothing has come for this address" in site.reader("mara").page("/mailbox?to=c@x")


def test_a_mail_shows_its_text_its_headers_and_its_html_apart(site: Site) -> None:
    mara = site.reader("mara")
    assert "plain words" in mara.page("/mailbox/1?as=text")
    assert "multipart/alternative" in mara.page("/mailbox/1?as=headers")
    page = mara.get("/mailbox/1").get_data(as_text=True)
    assert "steal()" not in page
    assert 'src="/mailbox/1/frame"' in page


def test_a_mail_s_script_never_runs_and_its_links_open_elsewhere(site: Site) -> None:
    answer = site.reader("mara").get("/mailbox/1/frame")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert '<base target="_blank">' in answer.get_data(as_text=True)


def test_there_is_a_mailbox_only_while_the_built_in_sink_is_used() -> None:
    near = load_settings(base_url="http://127.0.0.1:8000", smtp_url="smtp://127.0.0.1:8025")
    far = load_settings(base_url="http://127.0.0.1:8000", smtp_url="smtp://mail.example:25")
    none = load_settings(base_url="http://127.0.0.1:8000", smtp_url="")
    assert (in_use(near), in_use(far), in_use(none)) == (True, False, True)


def test_a_mail_that_is_not_there_is_not_found(site: Site) -> None:
    assert site.reader("mara").get("/mailbox/99").status_code == 404
    assert site.reader("tom").get("/mailbox").status_code == 403
