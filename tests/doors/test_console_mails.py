import pytest

from tests.doors.console_desk import Site, site_of


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return site_of(tmp_path_factory)


def test_every_mail_opens_with_its_example_and_as_a_lead(site: Site) -> None:
    mara, lead = site.reader("mara"), site.lead("aoife")
    folders = [
        "alert",
        "by_reason",
        "content",
        "did_we_help",
        "escalation",
        "free_site_audit",
        "promised_call",
        "reminder",
        "requested_file",
        "savings_calculator",
        "shall_we_stop",
        "welcome_by_interest",
        "what_are_you_working_on",
    ]
    for key in folders:
        for query in ("", f"?lead={lead}"):
            text = mara.page(f"/mails/{key}{query}")
            assert "would not get it" not in text, (key, query)
            assert mara.get(f"/mails/{key}/frame{query}").status_code == 200


def test_the_preview_is_composed_for_the_lead_that_was_chosen(site: Site) -> None:
    mara = site.reader("mara")
    for who, name in (("aoife", "Aoife"), ("pieter", "Pieter")):
        lead = site.lead(who)
        html = mara.get(f"/mails/content/frame?lead={lead}").get_data(as_text=True)
        assert name in html
        assert name in mara.page(f"/mails/content?lead={lead}&as=text")


def test_the_frame_runs_no_script_and_loads_nothing(site: Site) -> None:
    answer = site.reader("mara").get("/mails/content/frame")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert policy.endswith("sandbox")
    assert "script-src" not in policy
    assert "allow-same-origin" not in policy
    page = site.reader("mara").get("/mails/content").get_data(as_text=True)
    assert "allow-same-origin" not in page
    assert "allow-scripts" not in page


def test_a_preview_plans_no_message_and_its_links_belong_to_none(site: Site) -> None:
    mara, lead = site.reader("mara"), site.lead("britta")
    text = mara.page("/mails")
    mara.get(f"/mails/content/frame?lead={lead}")
    assert mara.page("/mails") == text


def test_a_mail_that_is_not_there_is_not_found(site: Site) -> None:
    mara = site.reader("mara")
    for path in ("/mails/nothing", "/mails/..%2F..%2Fsecret/frame", "/mails/content?lead=99999"):
        assert mara.get(path).status_code == 404


def test_sales_people_do_not_read_templates(site: Site) -> None:
    assert site.reader("ines").get("/mails").status_code == 403


def test_the_list_shows_subjects_as_readers_see_them(site: Site) -> None:
    text = site.reader("mara").page("/mails")

    assert "Hot: Henk Dorrel, Vlietstra Plastics (answer by 12:00)" in text
    assert "{{" not in text
    assert "{%" not in text
