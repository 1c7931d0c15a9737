"""One process per role: `python -m workers sink|worker|tick|...`."""

import importlib
import sys

from nurture.kernel.errors import Refusal

ROLES = {
    "sink": "workers.sink",
    "worker": "workers.worker",
    "tick": "workers.tick",
    "up": "workers.up",
    "demo": "workers.demo",
}
"""Only the one that is asked for is imported: a sink has no use for the engine's memory."""


def main(arguments: list[str]) -> int:
    """Run a role; its module's `main` takes what follows."""
    if not arguments or arguments[0] not in ROLES:
        sys.stderr.write(f"usage: python -m workers {'|'.join(ROLES)} [options]\n")
        return 2
    try:
        role = importlib.import_module(ROLES[arguments[0]])
        return int(role.main(arguments[1:]))
    except Refusal as refusal:
        sys.stderr.write(f"{refusal.sentence}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
