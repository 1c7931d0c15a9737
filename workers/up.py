"""`nurture up`: everything from the settings in one terminal."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from nurture.kernel.settings import Settings, load_settings
from workers.supervise import Child, Supervisor
from workers.valkey import ValkeyPlan, plan_valkey

SINK_PORT_BESIDE = 25
"""The sink listens this far above the web's port."""


def sink_port(settings: Settings) -> int:
    """Name the port of the built-in mail sink."""
    return settings.port + SINK_PORT_BESIDE


def children(settings: Settings, *, extra_env: dict[str, str] | None = None) -> list[Child]:
    """List the programs of a whole installation on this host, in the order of their start."""
    home = settings.home.resolve()
    env = {"NURTURE_HOME": str(home), **(extra_env or {})}
    found: list[Child] = []
    if not settings.redis_url:
        found.append(_valkey(plan_valkey(home)))
    if not settings.smtp_url:
        found.append(_sink(home, sink_port(settings)))
        env["NURTURE_SMTP_URL"] = f"smtp://127.0.0.1:{sink_port(settings)}"
    python = (sys.executable, "-m")
    return [
        *found,
        Child("worker", (*python, "workers", "worker"), env, grace=20),
        Child("tick", (*python, "workers", "tick"), env),
        Child(
            "web", (*python, "nurture.web.serve"), env,
            address=(urlsplit(settings.base_url).hostname or "127.0.0.1", settings.port),
            setting="NURTURE_BASE_URL",
        ),
    ]  # fmt: skip


def _valkey(plan: ValkeyPlan) -> Child:
    return Child("valkey", plan.argv, ready=plan.answers)


def _sink(home: Path, port: int) -> Child:
    argv = (sys.executable, "-m", "workers", "sink", "--home", str(home), "--port", str(port))
    refuse = home / "refused.txt"
    return Child("mail sink", (*argv, "--refuse", str(refuse)), address=("127.0.0.1", port))


def main(arguments: Sequence[str]) -> int:
    """Start everything: `python -m workers up`."""
    argparse.ArgumentParser(prog="nurture up", description=main.__doc__).parse_args(arguments)
    settings = load_settings()
    supervisor = Supervisor(children(settings), say=lambda line: print(line, flush=True))  # noqa: T201 - this is a terminal program
    supervisor.run(when_ready=lambda: print(f"Nurture runs at {settings.base_url}", flush=True))  # noqa: T201 - this is a terminal program
    return 0
