"""Keys change and nothing breaks: mail that was sent, sessions, and every no (D-07, O-08)."""

import json
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from campaigns.vocabulary import SuppressionReason
from nurture import consent, runtime
from nurture.cli.main import nurture
from nurture.kernel import keys
from nurture.kernel.clock import FrozenClock
from nurture.kernel.errors import Conflict, Invalid, NotFound, Refusal
from nurture.kernel.keys import FileKeyring, open_keys
from nurture.kernel.settings import Settings, load_settings
from nurture.kernel.tokens import MessageLink, message_tokens, read_message_token
from nurture.kernel.work import Works
from nurture.web.app import create_app
from tests.domains.sales import a_user
from tests.doors.public import Site, henk, open_site

OLD = "Vq3s0zN8kq1fJm2wXb7uT5yLr9cEd4hA"
NEW = "p7G2xVnR5bQ8wK0mZs4tY1cJd6fLh3uE"


def given(home: Path, **told: str) -> Settings:
    return load_settings(home=home, **told)


def key_id(site: Site, message_id: int) -> int:
    token = message_tokens(site.here.keyring, message_id=message_id, template_version=1).stop
    return next(number for number in range(1, 4) if token.startswith(message_tokens_prefix(number)))


def message_tokens_prefix(number: int) -> str:
    """Give the two letters with which tokens of a key begin (base64 of its id and a zero byte)."""
    return {1: "AQ", 2: "Ag", 3: "Aw"}[number]


@pytest.fixture
def site(works: Works, clock: FrozenClock, home: Path) -> Site:
    """Open the product of an installation that began with one key in `secret.key`."""
    (home / keys.FIRST_FILE).write_text(OLD)
    found = open_site(works, clock, home)
    ring, suppression = open_keys(given(home), clock)
    here = replace(found.here, keyring=ring, secret=suppression)
    app = create_app(here)
    app.testing = True
    return Site(here, app, app.test_client(), clock)


def test_mail_that_was_sent_works_after_a_rotation_until_its_key_is_retired(
    site: Site, home: Path, clock: FrozenClock
) -> None:
    lead_id = henk(site)
    message_id = site.a_mail(lead_id)
    sent = site.stop_link(message_id), site.preferences_link(message_id)

    assert keys.rotate(home, signs_from=clock.machine()) == 2
    clock.advance(keys.LOOK_EVERY)

    assert key_id(site, message_id) == 2
    assert [site.client.get(link).status_code for link in sent] == [200, 200]
    assert site.client.get(site.stop_link(message_id)).status_code == 200

    assert keys.retire(home, 1, machine=clock.machine()) == 2
    clock.advance(keys.LOOK_EVERY)

    assert [site.client.get(link).status_code for link in sent] == [404, 404]
    assert site.client.get(site.stop_link(message_id)).status_code == 200


def test_every_no_holds_after_the_first_key_is_retired(
    site: Site, home: Path, clock: FrozenClock
) -> None:
    lead_id = henk(site)
    site.client.post(site.stop_link(site.a_mail(lead_id)))
    keys.rotate(home, signs_from=clock.machine())
    keys.retire(home, 1, machine=clock.machine())

    _, suppression = open_keys(given(home), clock)

    assert suppression == site.here.secret == OLD.encode()
    with site.works.read("test") as work:
        assert consent.suppressed_now(work, [lead_id]) == {lead_id: SuppressionReason.UNSUBSCRIBED}


def test_a_session_goes_on_when_the_keys_change(site: Site, home: Path, clock: FrozenClock) -> None:
    with site.works.begin("test") as work:
        site.log_in(a_user(work, "boss", roles=["admin"]))
    assert site.client.get("/").status_code == 200

    keys.rotate(home, signs_from=clock.machine())
    clock.advance(keys.LOOK_EVERY)
    assert site.client.get("/").status_code == 200
    keys.retire(home, 1, machine=clock.machine())
    clock.advance(keys.LOOK_EVERY)
    assert site.client.get("/").status_code == 200  # its cookie was signed anew meanwhile


def test_a_process_verifies_by_a_new_key_before_it_looks(home: Path, clock: FrozenClock) -> None:
    web, worker = (open_keys(given(home), clock)[0] for _ in range(2))
    keys.rotate(home, signs_from=clock.machine())
    fresh = open_keys(given(home), clock)[0]

    token = message_tokens(fresh, message_id=1, template_version=1).click

    assert read_message_token(web, token, MessageLink.CLICK).message_id == 1
    assert worker.signer()[0] == 1
    clock.advance(keys.LOOK_EVERY)
    assert worker.signer()[0] == 2


def test_a_key_can_wait_until_all_hosts_have_it(home: Path, clock: FrozenClock) -> None:
    ring, _ = open_keys(given(home), clock)
    keys.rotate(home, signs_from=clock.machine() + timedelta(hours=2))

    clock.advance(timedelta(hours=1, minutes=59))
    assert ring.signer()[0] == 1
    assert set(ring.all()) == {1, 2}
    clock.advance(timedelta(minutes=1))
    assert ring.signer()[0] == 2


def test_retiring_the_key_that_signs_lets_the_next_one_sign_at_once(
    home: Path, clock: FrozenClock
) -> None:
    ring, _ = open_keys(given(home), clock)
    keys.rotate(home, signs_from=clock.machine() + timedelta(hours=2))

    assert keys.retire(home, 1, machine=clock.machine()) == 2

    clock.advance(keys.LOOK_EVERY)
    assert ring.signer()[0] == 2
    with pytest.raises(Conflict, match="only one"):
        keys.retire(home, 2, machine=clock.machine())
    with pytest.raises(NotFound, match="There are: 2"):
        keys.retire(home, 1, machine=clock.machine())


def test_a_new_installation_keeps_its_keys_apart_and_to_itself(
    home: Path, clock: FrozenClock
) -> None:
    with ThreadPoolExecutor(8) as pool:
        started = list(pool.map(lambda _: open_keys(given(home), clock), range(8)))

    assert len({secret for _, secret in started}) == 1
    assert len({ring.signer() for ring, _ in started}) == 1
    ring, secret = started[0]
    assert secret not in ring.all().values()
    assert stat.S_IMODE((home / keys.FILE).stat().st_mode) == 0o600
    assert sorted(path.name for path in home.iterdir()) == [keys.FILE]


def test_eight_rotations_at_once_add_eight_keys(home: Path, clock: FrozenClock) -> None:
    ring, _ = open_keys(given(home), clock)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: keys.rotate(home, signs_from=clock.machine()), range(8)))

    assert sorted(made) == list(range(2, 10))
    clock.advance(keys.LOOK_EVERY)
    assert ring.signer()[0] == 9
    assert stat.S_IMODE((home / keys.FILE).stat().st_mode) == 0o600


def test_a_damaged_file_of_keys_is_named_and_no_new_one_is_made(
    home: Path, clock: FrozenClock
) -> None:
    for text in ("", "{}", "[]", '{"keys": [], "suppression": "x"}', "\x00"):
        (home / keys.FILE).write_text(text)
        with pytest.raises(Invalid, match=r"keyring cannot be read as keys"):
            open_keys(given(home), clock)
        assert (home / keys.FILE).read_text() == text


def test_several_keys_of_a_setting_verify_and_the_first_signs(
    home: Path, clock: FrozenClock
) -> None:
    alone, one = open_keys(given(home, secret_key=OLD), clock)
    several, same = open_keys(
        given(home, secret_key=f"2:{NEW},1:{OLD}", suppression_key=OLD), clock
    )

    assert one == same == OLD.encode()
    assert several.signer() == (2, NEW.encode())
    token = message_tokens(alone, message_id=5, template_version=1).stop
    assert read_message_token(several, token, MessageLink.STOP).message_id == 5


def test_who_began_with_a_weak_key_keeps_every_no_and_signs_with_a_better_one(
    home: Path, clock: FrozenClock
) -> None:
    weak = "changeme-changeme-changeme-changeme"
    with pytest.raises(Invalid, match="set NURTURE_SUPPRESSION_KEY to it"):
        open_keys(given(home, secret_key=weak), clock)

    ring, suppression = open_keys(given(home, secret_key=f"2:{NEW}", suppression_key=weak), clock)

    assert suppression == weak.encode()
    assert ring.signer() == (2, NEW.encode())


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"secret_key": f"2:{NEW},1:{OLD}"}, "NURTURE_SUPPRESSION_KEY must be set"),
        ({"secret_key": f"2:{NEW},{OLD}", "suppression_key": OLD}, "write one key, or several"),
        ({"secret_key": f"2:{NEW},2:{OLD}", "suppression_key": OLD}, "different numbers"),
        ({"secret_key": f"900:{NEW}", "suppression_key": OLD}, "from 1 to 255"),
        ({"secret_key": f"2:{'changeme-' * 4}", "suppression_key": OLD}, "key 2, is too weak"),
        ({"secret_key": "changeme-changeme-changeme-changeme"}, "NURTURE_SECRET_KEY is too weak"),
        ({"secret_key": OLD, "suppression_key": "short"}, "NURTURE_SUPPRESSION_KEY is too short"),
        ({"suppression_key": OLD}, "goes with NURTURE_SECRET_KEY"),
    ],
)
def test_keys_that_cannot_be_used_are_refused_without_being_shown(
    home: Path, clock: FrozenClock, told: dict[str, str], words: str
) -> None:
    with pytest.raises(Refusal) as refused:
        open_keys(given(home, **told), clock)
    assert words in refused.value.sentence
    assert not any(secret in refused.value.sentence for secret in (OLD, NEW))


@pytest.fixture
def say(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.setenv("NURTURE_HOME", str(home))

    def words(*command: str) -> str:
        result = CliRunner().invoke(nurture, ["keys", *command])
        return result.output + str(result.exception or "")

    return words


def test_the_commands_say_what_they_did(say: Callable[..., str], home: Path) -> None:
    assert "1  signs" in say("list")
    assert "Key 2 signs within ten seconds" in say("rotate")
    assert "Key 3 signs from" in say("rotate", "--after", "24")
    listed = say("list")
    assert "1  verifies\n" in listed
    assert "2  signs\n" in listed
    assert "3  verifies, and signs from" in listed
    assert "Key 1 is retired; key 2 signs." in say("retire", "1")
    assert "There is no key 1" in say("retire", "1")
    kept = json.loads((home / keys.FILE).read_text())
    assert [one["id"] for one in kept["keys"]] == [2, 3]
    assert not any(one["secret"] in listed for one in kept["keys"])


def test_keys_of_a_setting_are_changed_in_the_setting(
    say: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NURTURE_SECRET_KEY", OLD)
    said = say("rotate")
    assert "set NURTURE_SUPPRESSION_KEY to the key of today" in said
    assert "1:key-of-today,2:" in said
    assert "restart" in said
    assert "cannot retire one" in say("retire", "1")


def test_a_running_product_reads_its_keys_from_the_folder(home: Path) -> None:
    assert isinstance(runtime.start(given(home)).keyring, FileKeyring)
