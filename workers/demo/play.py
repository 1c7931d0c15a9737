"""`make demo`: start everything, bring the list in, and let prospects and sales people act."""

import argparse
import contextlib
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from nurture.kernel.database_errors import explaining_the_database
from nurture.kernel.settings import load_settings
from workers.demo import live
from workers.demo.cast import Cast
from workers.demo.lockstep import Lockstep
from workers.demo.scene import (
    BEGINS,
    PASSWORD,
    DemoScene,
    Imported,
    Options,
    bring_in,
    free_port,
    has_leads,
    prepare,
)
from workers.demo.story import tell
from workers.queues import connect, queue_url
from workers.supervise import Child, Supervisor
from workers.up import children, say
from workers.valkey import forget_socket

HOME = Path(".nurture/demo")
PORT = 8000
LOG = "demo.log"
TEMPORARY = "nurture-demo-"


@dataclass(slots=True)
class _Play:
    """What runs beside the supervisor, and how it ended."""

    scene: DemoScene
    act: Callable[[], int]
    supervisor: Supervisor | None = None
    code: int = 1
    error: BaseException | None = None

    def run(self) -> None:
        """Play; whatever happens, everything is stopped afterwards."""
        try:
            self.code = self.act()
        except BaseException as error:  # noqa: BLE001 - told by the main thread
            self.error = error
        finally:
            if self.supervisor is not None:
                self.supervisor.stop()


@explaining_the_database()
def main(arguments: Sequence[str]) -> int:
    """Run the demo: `python -m workers demo [--once]`."""
    options = _options(arguments)
    if not options.once:
        return _for_looking_on(options)
    started = time.monotonic()
    scene = prepare(options)
    code = _run(scene, lambda: _once(scene), without=frozenset({"tick"}))
    sys.stderr.write(f"(played in {time.monotonic() - started:.0f} s)\n")
    _tidy(options, code)
    return code


def _for_looking_on(options: Options) -> int:
    """Play until somebody stops it, which is the way it ends well."""
    with contextlib.suppress(KeyboardInterrupt):  # pressed before the supervisor listens
        scene = prepare(options)
        _run(scene, lambda: live.play(scene, _fill(scene)), without=frozenset())
    say("The demo has stopped. `make demo` begins it anew, ARGS=--keep goes on with it.")
    return 0


def _tidy(options: Options, code: int) -> None:
    """Remove the folder of a story that came true; keep the one that needs a look."""
    if code == 0 and not options.keep and options.home.name.startswith(TEMPORARY):
        shutil.rmtree(options.home, ignore_errors=True)
    else:
        sys.stderr.write(f"(the instance is kept in {options.home}, its log in {LOG} there)\n")


def _options(arguments: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(prog="nurture demo", description=main.__doc__)
    parser.add_argument("--once", action="store_true", help="play to the end, print the story")
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--seed", type=int, default=7, help="one seed tells one story")
    parser.add_argument("--home", type=Path, help="the instance's folder")
    parser.add_argument("--port", type=int, help=f"of the web; {PORT} unless --once")
    parser.add_argument("--keep", action="store_true", help="go on with what the folder holds")
    told = parser.parse_args(arguments)
    home = told.home or (Path(tempfile.mkdtemp(prefix=TEMPORARY)) if told.once else HOME)
    port = told.port or (free_port() if told.once else PORT)
    return Options(told.once, told.days, told.seed, home.resolve(), port, told.keep)


def _run(scene: DemoScene, act: Callable[[], int], *, without: frozenset[str]) -> int:
    """Keep the processes alive while the play goes on in a thread."""
    settings = load_settings(smtp_url="")
    log = scene.options.home / LOG
    found = [_quietly(child, log) for child in children(settings) if child.name not in without]
    play = _Play(scene, act)
    supervisor = Supervisor(found, say=_complain)
    play.supervisor = supervisor
    thread = threading.Thread(target=play.run, name="play", daemon=True)
    supervisor.run(when_ready=thread.start)
    forget_socket(scene.options.home)
    if play.error is not None:
        raise play.error
    return play.code


def _quietly(child: Child, log: Path) -> Child:
    """Let a program write beside the story, into the instance's log."""
    argv = ("/bin/sh", "-c", 'exec "$@" >>"$0" 2>&1', str(log), *child.argv)
    return replace(child, argv=argv)


def _complain(line: str) -> None:
    """Tell of what the supervisor had to do, beside the story."""
    sys.stderr.write(f"{line}\n")


def _once(scene: DemoScene) -> int:
    imported = _fill(scene)
    cast = Cast(scene)
    steps = Lockstep(scene, cast, connect(queue_url(scene.here.settings)))
    steps.play(BEGINS + timedelta(days=scene.options.days), say=say)
    return tell(scene, cast, imported, say=say)


def _fill(scene: DemoScene) -> Imported | None:
    """Bring the list in, unless it is."""
    say(f"{scene.firm.name} and its list of {scene.expected.rows} rows.")
    say(f"Logins: {', '.join(scene.staff)}; password {PASSWORD}")
    return None if has_leads(scene) else bring_in(scene)
