import pytest
from sqlalchemy import func, select, update

from nurture import published
from nurture.kernel.errors import Invalid, NotFound
from nurture.kernel.work import Work
from nurture.published import LibraryFile
from nurture.published.tables import PublishedText
from tests.domains.sales import publish_rules


@pytest.fixture(autouse=True)
def _rules(work: Work) -> None:
    publish_rules(work)


def test_a_published_text_is_a_new_version_only_when_it_differs(work: Work) -> None:
    number, text = published.current(work, LibraryFile.SLA)

    assert not published.publish(work, LibraryFile.SLA, text)
    assert published.sla(work).version == number
    assert published.publish(work, LibraryFile.SLA, text + "# agreed\n")
    assert published.sla(work).version == number + 1
    kept = select(func.count()).where(PublishedText.kind == "sla")
    assert work.session.scalar(kept) == 2
    assert published.every_text(work, LibraryFile.SLA) == [text, text + "# agreed\n"]


def test_a_transaction_reads_a_text_once_and_sees_what_it_publishes_itself(work: Work) -> None:
    number, text = published.current(work, LibraryFile.SLA)
    of_sla = PublishedText.kind == "sla"
    work.session.execute(update(PublishedText).where(of_sla).values(text=text + "# by another\n"))
    assert published.current(work, LibraryFile.SLA) == (number, text)

    published.publish(work, LibraryFile.SLA, text + "# agreed\n")
    assert published.current(work, LibraryFile.SLA) == (number + 1, text + "# agreed\n")


def test_a_wrong_text_is_refused_with_its_line(work: Work) -> None:
    with pytest.raises(Invalid, match=r"sla.yaml:\d"):
        published.publish(work, LibraryFile.SLA, "version: 1\nchannels: 7\n")
    with pytest.raises(NotFound, match="no pages"):
        published.pages(work)


def test_a_text_is_parsed_once_however_often_it_is_asked_for(work: Work) -> None:
    parsed: list[str] = []

    def lines(text: str) -> int:
        parsed.append(text)
        return len(text.splitlines())

    text = published.current(work, LibraryFile.SLA)[1]
    assert published.read(work, LibraryFile.SLA, lines) == len(text.splitlines())
    assert published.read(work, LibraryFile.SLA, lines) == len(text.splitlines())
    assert parsed == [text]
