"""Set the stage: a fresh instance with the example company's files, people and dirty list."""

import os
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import as_file, files
from pathlib import Path
from zoneinfo import ZoneInfo

from campaigns.company import (
    CompanyProfile,
    StaffEntry,
    load_company,
    load_plain,
    load_sources,
    load_users,
)
from campaigns.library import Item, load_content, shipped
from campaigns.vocabulary import Basis
from nurture import leads, runtime, schema, users
from nurture.kernel.clock import RealClock
from nurture.kernel.private import private_folder
from nurture.kernel.settings import Settings, load_settings
from nurture.kernel.stepped import read_instant, set_instant
from nurture.leads import ListOptions
from nurture.runtime import Runtime
from nurture.usecases.intake import take_in
from nurture.usecases.intake.take_in import ImportOptions
from nurture.usecases.publishing.publish import publish_library
from workers.demo import dirty_csv
from workers.demo.dirty_csv import Expectation
from workers.demo.population import Prospect

BEGINS = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
"""A Monday; 90 days from here cross the clock change and Good Friday."""
PASSWORD = "tarnholt-demo"  # noqa: S105 - of a demo on the loopback, printed at its start
SOURCE = "import/dirty_list"
LIST = "leads.csv"
SINK_PORT_BESIDE = 25


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    once: bool
    days: int
    seed: int
    home: Path
    port: int
    keep: bool


@dataclass(frozen=True, slots=True)
class Imported:
    """What the import of the dirty list made of its rows."""

    rows: int
    created: int
    repeated: int
    rejected: int


@dataclass(frozen=True, slots=True)
class DemoScene:
    """All that the actors act in."""

    options: Options
    here: Runtime
    firm: CompanyProfile
    staff: Mapping[str, StaffEntry]
    """By address."""
    manners: Mapping[str, Mapping[str, object]]
    """How each of them acts, by handle, as users.yaml says."""
    items: tuple[Item, ...]
    people: dict[str, Prospect]
    """The truth behind each address; colleagues join while the story goes on."""
    expected: Expectation

    @property
    def base_url(self) -> str:
        """Where the instance answers."""
        return self.here.settings.base_url

    @property
    def seed(self) -> int:
        """Which story is told."""
        return self.options.seed


def settings_of(options: Options) -> Settings:
    """Set this process and its children up for a demo; nothing of a real installation leaks in."""
    told = {
        "HOME": str(options.home),
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "SMTP_URL": "",
        "SECRET_KEY": "",
        "LISTEN": "127.0.0.1",
        "BASE_URL": f"http://127.0.0.1:{options.port}",
        "CLOCK": "stepped" if options.once else "fast:60",
        "SEED": str(options.seed),
        "SETTLE_SECONDS": "0" if options.once else "3",
        "SETTLE_GATEWAY_SECONDS": "0" if options.once else "3",
        "SHIP_SECONDS": "1",
        "FORM_MIN_SECONDS": "0",
        "READING_SECONDS": "0" if options.once else "3",
        "WORKERS": "1",
    }
    os.environ.update({f"NURTURE_{name}": value for name, value in told.items()})
    return load_settings()


def free_port() -> int:
    """Find a port that is free together with the sink's beside it."""
    for _ in range(50):
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + SINK_PORT_BESIDE))
            except (OSError, OverflowError):
                continue
            return port
    raise OSError("no two free ports were found")


def prepare(options: Options) -> DemoScene:
    """Make the instance and fill it, through the use cases that people would use."""
    goes_on = options.keep and (options.home / "nurture.db").exists()
    if not goes_on:
        shutil.rmtree(options.home, ignore_errors=True)
    private_folder(options.home)
    settings = settings_of(options)
    os.environ["NURTURE_SMTP_URL"] = f"smtp://127.0.0.1:{options.port + SINK_PORT_BESIDE}"
    set_instant(options.home, _reached(options.home) if goes_on else BEGINS)
    (options.home / "fast-clock").write_text(RealClock().machine().isoformat())
    here = runtime.start(settings.model_copy(update={"smtp_url": os.environ["NURTURE_SMTP_URL"]}))
    schema.upgrade(here.works.engine)

    with as_file(shipped()) as library, as_file(files("templates")) as templates:
        publish_library(here.works, library, mails=templates / "mail", links=here.links)
        scene = _scene(options, here, library)
    if not goes_on:
        _settle_staff(scene)
    return scene


def note_reached(home: Path, now: datetime) -> None:
    """Note how far the story has come, for who goes on with it: no clock runs backwards."""
    fresh = home / "reached.new"
    fresh.write_text(now.isoformat())
    fresh.replace(home / "reached")


def _reached(home: Path) -> datetime:
    """Tell where a story that was stopped goes on."""
    instant, noted = read_instant(home), home / "reached"
    if not noted.exists():
        return instant
    return max(instant, datetime.fromisoformat(noted.read_text()))


def bring_in(scene: DemoScene) -> Imported:
    """Import the dirty list, as a marketer would who has the consent of those that said yes."""
    words = scene.firm.words
    options = ImportOptions(
        source=SOURCE,
        campaign="January list",
        basis=Basis.CONSENT,
        reading=ListOptions(country="DE", topics=_spellings(words.get("topics")), sources=_also()),
    )
    path = scene.options.home / LIST
    works = scene.here.works
    number = take_in.start_import(works, path, options, intake=scene.here.intake, actor="user:mara")
    done = take_in.run_import(works, number, intake=scene.here.intake)
    return Imported(done.total_rows, done.created, done.updated + done.unchanged, done.rejected)


def has_leads(scene: DemoScene) -> bool:
    """Tell whether the list is in already."""
    with scene.here.works.read("demo") as work:
        return bool(leads.imports(work))


def _scene(options: Options, here: Runtime, library: Path) -> DemoScene:
    expected = dirty_csv.write(options.home / LIST, options.seed)
    people: dict[str, Prospect] = {}
    for person in expected.people:
        people.setdefault(person.address.strip().lower(), person)
    staff = load_users((library / "users.yaml").read_text())
    return DemoScene(
        options=options,
        here=here,
        firm=load_company((library / "company.yaml").read_text()),
        staff={one.email: one for one in staff},
        manners=_manners((library / "users.yaml").read_text()),
        items=load_content((library / "content.yaml").read_text()).items,
        people=people,
        expected=expected,
    )


def _manners(text: str) -> dict[str, Mapping[str, object]]:
    listed = load_plain(text)["users"]
    entries = [_map(one) for one in (listed if isinstance(listed, list) else [])]
    return {str(one["id"]): _map(one.get("demo")) for one in entries}


def _settle_staff(scene: DemoScene) -> None:
    """Give everybody a password, and note who is away when."""
    hashed = users.hash_password(PASSWORD)
    with scene.here.works.begin("demo") as work:
        for one in scene.staff.values():
            card = users.by_handle(work, one.handle)
            users.set_password_hash(work, card.id, hashed)
            for first, last in one.away:
                users.add_absence(
                    work,
                    card.id,
                    begins_at=_midnight(first, one.zone),
                    ends_at=_midnight(last + timedelta(days=1), one.zone),
                )


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def _also() -> dict[str, str]:
    text = (shipped() / "sources.yaml").read_text()
    return {word: source.key for source in load_sources(text) for word in source.also}


def _spellings(listed: object) -> dict[str, str]:
    return {word: key for key, words in _map(listed).items() for word in (key, *_list(words))}


def _map(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []
