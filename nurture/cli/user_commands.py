"""`nurture user`: who may log in."""

import click

from campaigns.vocabulary import Channel, Role
from nurture import runtime
from nurture import users as domain
from nurture.usecases.desk import departure

SHORTEST_PASSWORD = 10


@click.group("user")
def users() -> None:
    """Add people who log in, set their passwords, disable and enable them."""


@users.command()
@click.argument("email")
@click.option("--name", required=True, help="As colleagues call them.")
@click.option(
    "--role", "roles", multiple=True, required=True, type=click.Choice([str(one) for one in Role])
)
@click.option("--handle", help="The short name in campaign files; else what stands before the @.")
@click.option(
    "--channel", type=click.Choice([str(one) for one in Channel]), help="How a sales person works."
)
@click.password_option(help="At least 10 characters; asked for when left out.")
def add(email: str, name: str, roles: tuple[str, ...], password: str, **told: str | None) -> None:
    """Add somebody: EMAIL is what they log in with."""
    address = email.strip().lower()
    before, at, host = address.partition("@")
    if not (before and at and "." in host):
        raise click.UsageError("EMAIL must be a whole address, such as mia@your-company.example.")
    hashed = _hashed(password)
    with runtime.start().works.begin("cli") as work:
        new = domain.NewUser(
            handle=told["handle"] or before,
            name=name,
            email=address,
            roles=tuple(Role(role) for role in roles),
            channel=Channel(told["channel"]) if told["channel"] else None,
        )
        domain.set_password_hash(work, domain.add(work, new), hashed)
    click.echo(f"{new.name} can log in as {address}; campaign files say “{new.handle}”.")


@users.command()
@click.argument("who")
@click.password_option(help="At least 10 characters; asked for when left out.")
def password(who: str, password: str) -> None:
    """Set the password of WHO, a short name or an address, and end that person's sessions."""
    hashed = _hashed(password)
    with runtime.start().works.begin("cli") as work:
        user = domain.by_name_or_email(work, who)
        domain.set_password_hash(work, user.id, hashed)
    click.echo(f"{user.name} logs in as {user.email} with the new password.")


@users.command()
@click.argument("who")
@click.option("--to", metavar="WHOM", help="Who takes over; else the deputy, else the manager.")
def disable(who: str, to: str | None) -> None:
    """Let WHO in no more, and give their hand-offs, tasks and leads to somebody else."""
    here = runtime.start()
    with here.works.begin("cli") as work:
        user = domain.by_name_or_email(work, who)
        heir = domain.by_name_or_email(work, to).id if to else None
        done = departure.disable(work, user.id, to=heir, notify=here.notify)
    click.echo(departure.told(done))


@users.command()
@click.argument("who")
def enable(who: str) -> None:
    """Let WHO in again; what was handed over stays where it is."""
    with runtime.start().works.begin("cli") as work:
        user = departure.enable(work, domain.by_name_or_email(work, who).id)
    click.echo(f"{user.name} can log in again as {user.email}.")


def _hashed(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise click.UsageError(f"Give at least {SHORTEST_PASSWORD} characters.")
    return domain.hash_password(password)
