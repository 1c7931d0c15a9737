"""The command line: what it says, and with which exit code it ends."""

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nurture import leads, runtime, schema, users
from nurture.cli.main import nurture

LIBRARY = Path(__file__).resolve().parents[2] / "campaigns" / "library"


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("NURTURE_HOME", str(home))
    schema.upgrade(runtime.start().works.engine)
    return CliRunner()


def say(run: CliRunner, *words: str) -> Result:
    return run.invoke(nurture, words)


def test_a_new_database_is_up_to_date_and_says_so(run: CliRunner) -> None:
    assert "up to date" in say(run, "db", "check").output


def test_the_example_library_can_be_published_twice_with_one_effect(run: CliRunner) -> None:
    first = say(run, "publish", str(LIBRARY))
    assert first.exit_code == 0, first.output
    assert "3 tracks" in first.output
    assert say(run, "publish", str(LIBRARY)).output == first.output
    listed = [json.loads(line) for line in say(run, "tracks", "list", "--json").output.splitlines()]
    assert {row["key"]: row["version"] for row in listed} == {
        "evaluate": 1,
        "keep_in_touch": 1,
        "welcome": 1,
    }


def test_a_wrong_track_is_named_by_file_line_step_and_field(run: CliRunner, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("track: wrong\nname: Wrong\npriority: 1\nsteps:\n  - w1: wait\n")
    result = say(run, "tracks", "check", str(wrong))
    assert result.exit_code == 1
    assert "wrong.yaml:5: w1" in result.output


def test_a_track_that_asks_for_opens_is_warned_of_and_published(
    run: CliRunner, tmp_path: Path
) -> None:
    say(run, "publish", str(LIBRARY))
    weak = tmp_path / "welcome.yaml"
    told = (LIBRARY / "tracks" / "welcome.yaml").read_text()
    weak.write_text(told.replace("if: clicked learn1", "if: opened learn1"))
    for verb in ("check", "apply"):
        result = say(run, "tracks", verb, str(weak))
        assert result.exit_code == 0, result.output
        assert re.search(r"welcome.yaml:\d+: step b1 asks whether a mail was opened", result.output)
    plain = say(run, "tracks", "check", str(LIBRARY / "tracks" / "welcome.yaml"))
    assert plain.output == "1 checked, nothing to mend.\n"


def test_a_track_survives_export_with_its_comments(run: CliRunner) -> None:
    say(run, "publish", str(LIBRARY))
    exported = say(run, "tracks", "export", "welcome").output
    assert exported == (LIBRARY / "tracks" / "welcome.yaml").read_text()


def test_sending_can_be_stopped_and_started(run: CliRunner) -> None:
    assert "stopped" in say(run, "mail", "stop").output
    assert "on" in say(run, "mail", "start").output


def test_judging_old_hits_again_says_how_many_there_were(run: CliRunner) -> None:
    say(run, "publish", str(LIBRARY))
    looked = say(run, "hits", "rejudge", "--dry-run", "--since", "2026-01-31")
    assert looked.exit_code == 0, looked.output
    assert "older rules had judged 0." in looked.output
    assert "person -> machine: 0 of 0 hits" in looked.output
    assert "Nothing is written." in looked.output


def test_an_empty_installation_forgets_nobody(run: CliRunner) -> None:
    result = say(run, "audit")
    assert result.exit_code == 0, result.output
    assert "Nobody is forgotten" in result.output


def test_an_unknown_command_is_a_usage_error(run: CliRunner) -> None:
    assert say(run, "tracks", "dance").exit_code == 2


def test_a_list_goes_in_and_its_second_time_changes_nothing(run: CliRunner, tmp_path: Path) -> None:
    say(run, "publish", str(LIBRARY))
    people = tmp_path / "people.csv"
    people.write_text("E-mail;First name;Country\nanna@works.example;Anna;DE\nbad;B;DE\n")
    first = say(run, "leads", "import", str(people), "--basis", "consent", "--source", "fair")
    assert first.exit_code == 0, first.output
    shown = say(run, "leads", "show", "anna@works.example")
    assert "Anna" in shown.output
    second = say(run, "leads", "import", str(people), "--basis", "consent", "--source", "fair")
    assert second.exit_code == 0, second.output
    assert "nobody is forgotten" in say(run, "audit").output.lower()


def test_a_list_from_the_command_line_knows_the_words_and_sources_of_the_house(
    run: CliRunner, tmp_path: Path
) -> None:
    say(run, "publish", str(LIBRARY))
    people = tmp_path / "people.csv"
    people.write_text("E-Mail;Interesse\nanna@works.example;Wartung\n")
    say(run, "leads", "import", str(people), "--source", "spring fair")
    shown = say(run, "leads", "show", "anna@works.example").output
    assert "interests: uptime\n" in shown
    assert "source: fair/spring_fair\n" in shown or "source: Spring fair\n" in shown
    assert "role_address: no\n" in shown
    with runtime.start().works.read("test") as work:
        assert [one.name for one in leads.sources(work)].count("Spring fair") == 1


def test_a_list_that_asks_names_the_option_that_answers_it(run: CliRunner, tmp_path: Path) -> None:
    say(run, "publish", str(LIBRARY))
    people = tmp_path / "people.csv"
    people.write_text(
        "E-Mail;Robinson list;kW;Status\n"
        "anna@works.example;x;1,500;active\nben@works.example;;75;It's fine\n"
    )
    words = ("leads", "import", str(people), "--basis", "consent")
    dry = say(run, *words, "--dry-run")
    assert dry.exit_code == 0, dry.output
    options = re.findall(r"^    (--answer .+?)  ", dry.output, re.MULTILINE)
    assert len(options) == 3 + 2 + 2

    refused = say(run, *words)
    assert refused.exit_code == 1
    wanted = "with one --answer for each question, such as --answer 'Robinson list=opt_out'"
    assert wanted in str(refused.exception)
    with runtime.start().works.read("test") as work:
        assert leads.count(work, leads.LeadFilter()) == 0

    # As somebody copies them out of what was said.
    told = [word for one in (options[0], options[3], options[6]) for word in shlex.split(one)]
    done = say(run, *words, *told)
    assert done.exit_code == 0, done.output
    assert "2 created, 0 updated, 0 unchanged, 0 rejected, 1 opted out" in done.output
    assert "compressor_kw: 1500\n" in say(run, "leads", "show", "anna@works.example").output


def test_somebody_who_was_added_can_log_in(run: CliRunner) -> None:
    added = say(
        run,
        "user",
        "add",
        "Mia@works.example",
        "--name",
        "Mia",
        "--role",
        "marketer",
        "--password",
        "ten-letters-or-more",
    )
    assert added.exit_code == 0, added.output
    found = users.authenticate(
        runtime.start().works,
        "mia@works.example",
        "ten-letters-or-more",
        source=users.TrySource("here", wide="here"),
        key=b"k" * 32,
    )
    assert found.card.name == "Mia"


def test_a_short_password_is_refused_with_its_length(run: CliRunner) -> None:
    refused = say(run, "user", "password", "mia", "--password", "short")
    assert refused.exit_code == 2
    assert "10 characters" in refused.output


def add(run: CliRunner, email: str, *more: str) -> Result:
    return say(
        run,
        "user",
        "add",
        email,
        "--name",
        "Tom Other",
        "--role",
        "sales",
        "--password",
        "ten-letters-or-more",
        *more,
    )


def test_adding_somebody_never_changes_who_is_there_already(run: CliRunner) -> None:
    say(run, "publish", str(LIBRARY))
    same_name, same_address = add(run, "tom@other.example"), add(run, "tom@tarnholt.example")
    assert (same_name.exit_code, same_address.exit_code) == (1, 1)
    assert "--handle" in str(same_name.exception)
    assert "nurture user password tom" in str(same_address.exception)
    with runtime.start().works.read("test") as work:
        tom = users.by_handle(work, "tom")
        assert (tom.name, tom.email, tom.capacity) == ("Tom Becke", "tom@tarnholt.example", 12)
    assert add(run, "tom@other.example", "--handle", "tom2").exit_code == 0


def test_what_is_no_address_cannot_log_in(run: CliRunner) -> None:
    refused = add(run, "not-an-address")
    assert refused.exit_code == 2
    assert "whole address" in refused.stderr


def test_a_password_is_set_by_short_name_or_address_and_a_wrong_one_says_who_is_there(
    run: CliRunner,
) -> None:
    nobody = say(run, "user", "password", "tom", "--password", "ten-letters-or-more")
    assert "nurture publish" in str(nobody.exception)
    say(run, "publish", str(LIBRARY))
    for who in ("tom", "Tom@tarnholt.example"):
        told = say(run, "user", "password", who, "--password", "ten-letters-or-more")
        assert told.exit_code == 0, told.output
    wrong = say(run, "user", "password", "tim", "--password", "ten-letters-or-more")
    assert wrong.exit_code == 1
    assert "claire, ines, jonas, mara, petra, tom" in str(wrong.exception)
