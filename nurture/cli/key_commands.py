"""`nurture keys`: the keys that sign links and sessions."""

import secrets
from datetime import datetime, timedelta

import click

from nurture import runtime
from nurture.kernel import keys as domain
from nurture.kernel.errors import Conflict
from nurture.runtime import Runtime

OTHER_HOSTS = (
    f"Other hosts: copy {domain.FILE} into their NURTURE_HOME; running processes see it at once."
)
LONGEST_WAIT = 24 * 30


@click.group()
def keys() -> None:
    """List the keys that sign links and sessions, add one, retire one."""


@keys.command("list")
def list_keys() -> None:
    """List the keys by number: which one signs, which verify what was signed before."""
    here = runtime.start()
    held = _held(here)
    machine = here.clock.machine()
    current = held.current(machine)
    for number, key in sorted(held.signing.items()):
        click.echo(f"{number:>3}  {_does(key, current=number == current, machine=machine)}")
    click.echo("     The key of the suppression hashes is apart from these and never changes.")


@keys.command()
@click.option(
    "--after",
    type=click.IntRange(0, LONGEST_WAIT),
    default=0,
    metavar="HOURS",
    help="Let the new key sign only then: time to copy the file to other hosts.",
)
def rotate(after: int) -> None:
    """Add a key. It signs from now on; the others verify until they are retired."""
    here = runtime.start()
    _refuse_setting(here, "add one")
    signs_from = here.clock.machine() + timedelta(hours=after)
    number = domain.rotate(here.home, signs_from=signs_from)
    when = f"from {_instant(signs_from)} on" if after else "within ten seconds"
    click.echo(f"Key {number} signs {when}, in running processes too; the others go on verifying.")
    click.echo(OTHER_HOSTS)


@keys.command()
@click.argument("number", metavar="ID", type=click.IntRange(0, 255))
def retire(number: int) -> None:
    """Forget key ID: links in mail that it signed, and its sessions, are worth nothing any more."""
    here = runtime.start()
    _refuse_setting(here, "retire one")
    current = domain.retire(here.home, number, machine=here.clock.machine())
    click.echo(
        f"Key {number} is retired; key {current} signs. Links in mail that key {number} signed do "
        "not work any more, the one for stopping mail included: where a law asks for a time in "
        "which it must work (30 days after sending in the USA, 60 in Canada), write to them again."
    )
    click.echo(OTHER_HOSTS)


def _held(here: Runtime) -> domain.KeySet:
    given = here.settings.secret_key.get_secret_value()
    if given:
        return domain.told(given, here.settings.suppression_key.get_secret_value())
    return domain.read(here.home)


def _does(key: domain.SigningKey, *, current: bool, machine: datetime) -> str:
    if current:
        return "signs"
    if key.signs_from > machine:
        return f"verifies, and signs from {_instant(key.signs_from)} on"
    return "verifies"


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _refuse_setting(here: Runtime, event: str) -> None:
    """Say how keys change that are a setting: this command cannot reach the other hosts."""
    if not here.settings.secret_key.get_secret_value():
        return
    held = _held(here).signing
    new = f"{max(held) + 1}:{secrets.token_urlsafe(48)}"
    numbered = here.settings.suppression_key.get_secret_value()
    first = (
        f"add ,{new} at the end of NURTURE_SECRET_KEY"
        if numbered
        else "set NURTURE_SUPPRESSION_KEY to the key of today, for good, and NURTURE_SECRET_KEY to "
        f"1:key-of-today,{new}"
    )
    raise Conflict(
        f"The keys come from NURTURE_SECRET_KEY, so this command cannot {event}. On every host, "
        f"{first}, and restart. When all hosts know the new key, put it first and restart again: "
        "the first one signs, the others verify, and one that is left out is retired."
    )
