"""`nurture up`: everything from the settings in one terminal."""

import argparse
import socket
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from nurture import runtime, schema
from nurture.kernel.database_errors import explaining_the_database
from nurture.kernel.settings import Settings, load_settings
from workers.supervise import Child, Supervisor
from workers.valkey import ValkeyPlan, plan_valkey

SINK_PORT_BESIDE = 25
"""The sink listens this far above the web's port."""


def sink_port(settings: Settings) -> int:
    """Name the port of the built-in mail sink."""
    return settings.web_port + SINK_PORT_BESIDE


def children(settings: Settings, *, extra_env: Mapping[str, str] | None = None) -> list[Child]:
    """List the programs of a whole installation on this host, in the order of their start."""
    home = settings.home.resolve()
    env = {"NURTURE_HOME": str(home), **(extra_env or {})}
    found: list[Child] = []
    if not settings.redis_url:
        found.append(_valkey(plan_valkey(home)))
    if not settings.smtp_url:
        found.append(_sink(home, sink_port(settings)))
        env["NURTURE_SMTP_URL"] = f"smtp://127.0.0.1:{sink_port(settings)}"
    workers = [
        _program(f"worker {number}", "workers", "worker", env=env)
        for number in range(1, settings.workers + 1)
    ]
    return [*found, *workers, _program("tick", "workers", "tick", env=env), _web(settings, env)]


def _program(name: str, *argv: str, env: Mapping[str, str]) -> Child:
    return Child(name, (sys.executable, "-m", *argv), env, grace=40)


def _web(settings: Settings, env: Mapping[str, str]) -> Child:
    address = (settings.listen, settings.web_port)
    return Child(
        "web",
        (sys.executable, "-m", "nurture.web.serve"),
        env,
        ready=partial(_listens, address),
        address=address,
        setting="NURTURE_PORT",
        patience=60,
    )


def _valkey(plan: ValkeyPlan) -> Child:
    return Child("valkey", plan.argv, ready=plan.answers)


def _sink(home: Path, port: int) -> Child:
    argv = (sys.executable, "-m", "workers", "sink", "--home", str(home), "--port", str(port))
    address = ("127.0.0.1", port)
    return Child(
        "mail sink",
        (*argv, "--refuse", str(home / "refused.txt")),
        ready=partial(_listens, address),
        address=address,
        setting="NURTURE_PORT",
    )


def _listens(address: tuple[str, int]) -> bool:
    """Ask whether somebody answers there; 0.0.0.0 answers on the loopback as well."""
    host = "127.0.0.1" if address[0] in ("0.0.0.0", "::") else address[0]  # noqa: S104 - compared, not bound
    try:
        with socket.create_connection((host, address[1]), timeout=1):
            return True
    except OSError:
        return False


def say(line: str) -> None:
    """Write a line for whoever watches the terminal."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


@explaining_the_database()
def main(arguments: Sequence[str]) -> int:
    """Start everything: `python -m workers up`."""
    argparse.ArgumentParser(prog="nurture up", description=main.__doc__).parse_args(arguments)
    settings = load_settings()
    engine = runtime.start(settings).works.engine
    schema.upgrade(engine)
    engine.dispose()
    Supervisor(children(settings), say=say).run(when_ready=lambda: say(greeting(settings)))
    return 0


def greeting(settings: Settings) -> str:
    """Say where it runs, and where mail goes as long as none leaves this machine."""
    mail = (
        ""
        if settings.smtp_url
        else (
            f" No mail leaves this machine: it ends at {settings.base_url}/mailbox "
            "until NURTURE_SMTP_URL is set."
        )
    )
    return f"Nurture runs at {settings.base_url}. Ctrl-C stops it.{mail}"
