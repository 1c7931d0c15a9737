"""The story in numbers."""

from collections.abc import Callable

from nurture.reports.audit import run_audit
from workers.demo.cast import Cast
from workers.demo.scene import Imported, Scene


def tell(
    scene: Scene, cast: Cast, imported: Imported | None, *, say: Callable[[str], None]
) -> int:
    """Print."""
    say(str(imported))
    say(str(cast.crowd.seen))
    say(str(cast.sales.office))
    with scene.here.works.read("demo") as work:
        for finding in run_audit(work):
            say(f"{finding.name} {finding.sentence}: {len(finding.rows)} {finding.rows[:3]}")
    return 0
