"""`nurture user`: who may log in."""

import click

from campaigns.vocabulary import Channel, Role
from nurture import runtime
from nurture import users as domain

SHORTEST_PASSWORD = 10


@click.group("user")
def users() -> None:
    """Add people who log in, and set their passwords."""


@users.command()
@click.argument("email")
@click.option("--name", required=True, help="As colleagues call them.")
@click.option(
    "--role", "roles", multiple=True, required=True, type=click.Choice([str(one) for one in Role])
)
@click.option(
    "--channel", type=click.Choice([str(one) for one in Channel]), help="How a sales person works."
)
@click.password_option(help="At least 10 characters; asked for when left out.")
def add(email: str, name: str, roles: tuple[str, ...], channel: str | None, password: str) -> None:
    """Add somebody: EMAIL is what they log in with."""
    hashed = _hashed(password)
    with runtime.start().works.begin("cli") as work:
        new = domain.NewUser(
            handle=email.partition("@")[0].lower(), name=name, email=email.lower(),
            roles=tuple(Role(role) for role in roles),
            channel=Channel(channel) if channel else None,
        )  # fmt: skip
        domain.set_password_hash(work, domain.add(work, new), hashed)
    click.echo(f"{name} can log in as {email.lower()}.")


@users.command()
@click.argument("handle")
@click.password_option(help="At least 10 characters; asked for when left out.")
def password(handle: str, password: str) -> None:
    """Set the password of HANDLE and end that person's sessions."""
    hashed = _hashed(password)
    with runtime.start().works.begin("cli") as work:
        user = domain.by_handle(work, handle)
        domain.set_password_hash(work, user.id, hashed)
        domain.end_sessions(work, user.id)
    click.echo(f"{user.name} logs in as {user.email} with the new password.")


def _hashed(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise click.UsageError(f"Give at least {SHORTEST_PASSWORD} characters.")
    return domain.hash_password(password)
