"""The demo for looking on: a day a minute, until somebody stops it."""

import contextlib
import time

from workers.demo.cast import Cast
from workers.demo.scene import DemoScene, Imported, note_reached
from workers.up import say

EVERY_SECONDS = 0.25


def play(scene: DemoScene, imported: Imported | None) -> int:
    """Let prospects and sales people act as the clock runs."""
    if imported is not None:
        say(f"Imported {imported.created} leads, {imported.rejected} rows were rejected.")
    say(f"Nurture runs at {scene.base_url}, a day a minute. Ctrl-C stops it.")
    cast = Cast(scene)
    if imported is None:
        cast.pass_over()
    while True:
        now = scene.here.clock.now()
        note_reached(scene.options.home, now)
        # A program that is just being restarted, or stopped, is met again in a moment.
        with contextlib.suppress(OSError):
            cast.read_mail(now)
            cast.act(now)
        time.sleep(EVERY_SECONDS)
