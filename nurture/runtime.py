"""Wire the parts together; nothing else does."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from functools import partial
from pathlib import Path

from nurture import mail
from nurture.adapters.dns_mx import DnsLookup
from nurture.adapters.mail_relays import Relays
from nurture.adapters.mail_smtp import SmtpTransport, relay_of
from nurture.adapters.mailbox_imap import ImapMailbox, mailbox_location
from nurture.engagement import LinkFiles, Patience
from nurture.handoff import Notifier
from nurture.kernel.clock import Clock, FastClock, RealClock, SteppedClock
from nurture.kernel.database import make_engine, sqlite_file
from nurture.kernel.errors import Invalid, Unavailable
from nurture.kernel.keys import open_keys
from nurture.kernel.log import logger
from nurture.kernel.private import open_to_others, private_folder
from nurture.kernel.settings import Settings, load_settings
from nurture.kernel.spool import Spool
from nurture.kernel.stepped import read_instant
from nurture.kernel.tokens import Keyring, Purpose, sign
from nurture.kernel.work import Works
from nurture.leads import HostLists, MxLookup
from nurture.usecases.delivery.sender import Sender
from nurture.usecases.intake import settle
from nurture.usecases.intake.take_in import IntakeContext
from nurture.usecases.journeys.advance import JourneyContext
from nurture.usecases.responses.inbound_mail import InboundMailContext
from nurture.usecases.sales.alerts import AlertMail
from nurture.usecases.shared.sending_company import company
from nurture.usecases.shared.sending_policy import policy


@dataclass(frozen=True, slots=True)
class Runtime:
    """Everything that web, commands and workers of one process share."""

    settings: Settings
    works: Works
    clock: Clock
    keyring: Keyring
    secret: bytes
    """Hides addresses and networks in what is kept of them; it never changes."""
    home: Path
    host: str
    links: LinkFiles

    @property
    def journey(self) -> JourneyContext:
        """Gather what moving leads on needs."""
        return JourneyContext(notify=self.notify, seed=self.settings.seed)

    @property
    def notify(self) -> Notifier:
        """Write to our own people by mail."""
        return AlertMail(self.keyring, self.settings.base_url)

    @property
    def intake(self) -> IntakeContext:
        """Gather what taking leads in needs."""
        with self.works.read("runtime") as work:
            firm = company(work, sender="", postal="")
        hosts = HostLists(free_mail=firm.free_mail, throw_away=firm.throw_away)
        settle_new = partial(settle.settle_new, journey=self.journey)
        return IntakeContext(
            key=self.secret,
            settle_new=settle_new,
            hosts=hosts,
            confirm_url=self.confirm_url,
            base_url=self.settings.base_url,
        )

    def confirm_url(self, number: int, machine: datetime) -> str:
        """Spell the link with which somebody confirms an address; it is good for nothing else."""
        token = sign(self.keyring, Purpose.CONFIRM, subject=str(number), issued=machine)
        return f"{self.settings.base_url}/confirm/{token}"

    @property
    def patience(self) -> Patience:
        """Tell how long a click may still turn out to be a scanner's."""
        return Patience(
            settle=timedelta(seconds=self.settings.settle_seconds),
            gateway=timedelta(seconds=self.settings.settle_gateway_seconds),
        )

    @property
    def relays(self) -> tuple[str, ...]:
        """Name the mail servers in the order in which they are asked; a single one has no name."""
        found = [relay_of(url) for url in self.settings.smtp_url.split()]
        if len(found) <= 1:
            return ("",) * len(found)
        names = [f"{one.host}:{one.port}" for one in found]
        return tuple(
            name if names.count(name) == 1 else f"{name} ({place})"
            for place, name in enumerate(names, start=1)
        )

    def spool(self) -> Spool:
        """Open this process's spool of clicks and opens."""
        return Spool(self.home / "spool")

    def post(self) -> Sender:
        """Gather what a sending process has at hand; call it after the fork."""
        settings = self.settings
        if not settings.smtp_url:
            raise Unavailable(
                "No mail server is set. "
                "Set NURTURE_SMTP_URL, or start everything with `nurture up`."
            )
        with self.works.read("worker") as work:
            firm = company(work, sender=settings.sender, postal=settings.postal_address)
            window = policy(work).window
        name, address = parseaddr(firm.sender)
        urls = zip(self.relays, settings.smtp_url.split(), strict=True)
        relays = Relays(
            {
                name: SmtpTransport(relay_of(url), connections=settings.smtp_connections)
                for name, url in urls
            }
        )
        return Sender(
            transport=relays,
            journals=self.home / "journals",
            sending=mail.BatchSettings(
                sender_name=name,
                sender_address=address,
                list_name=firm.name,
                base_url=settings.base_url,
                keyring=self.keyring,
            ),
            host=self.host,
            lease=timedelta(seconds=settings.lease_seconds),
            window=window,
            domain=address.rpartition("@")[2],
            company={"name": firm.name, "postal": firm.postal, "domain": firm.domain},
            secret=self.secret,
            routes=relays.among if len(self.relays) > 1 else None,
            returns=mail.return_path(settings.bounces),
        )

    @property
    def mailroom(self) -> InboundMailContext:
        """Gather what opening incoming mail needs."""
        return InboundMailContext(keyring=self.keyring, secret=self.secret, journey=self.journey)

    def names(self) -> MxLookup:
        """Reach the name servers that this host knows."""
        return DnsLookup()

    def mailbox(self) -> mail.Mailbox:
        """Name the mailbox that answers and bounces come to; it is not open yet."""
        url = self.settings.inbox_url.get_secret_value()
        if not url:
            raise Unavailable("No mailbox is set. Set NURTURE_INBOX_URL.")
        return ImapMailbox(mailbox_location(url), today=self.clock.machine().date())


def start(settings: Settings | None = None) -> Runtime:
    """Read the settings, open the database; nothing is connected before it is used."""
    settings = settings or load_settings()
    _check(settings)
    home = settings.home.resolve()
    try:
        private_folder(home)
        for folder in ("spool", "journals", "links"):
            private_folder(home / folder)
    except OSError as error:
        raise Invalid(
            f"NURTURE_HOME: nothing can be kept in {home} ({error.strerror}). "
            "Name a folder that this user may write to."
        ) from error
    _check_folder(settings.database)
    engine = make_engine(settings.database)
    _warn_if_open([home, sqlite_file(engine)])
    clock = _clock(settings, home)
    keyring, suppression = open_keys(settings, clock)
    works = Works(engine, clock)
    return Runtime(
        settings=settings,
        works=works,
        clock=clock,
        keyring=keyring,
        secret=suppression,
        home=home,
        host=socket.gethostname(),
        links=LinkFiles(home),
    )


def _check(settings: Settings) -> None:
    """Stop the start where an address is wrong, not the first job that needs it."""
    mail.return_path(settings.bounces)
    if url := settings.inbox_url.get_secret_value():
        mailbox_location(url)
    for relay in settings.smtp_url.split():
        relay_of(relay)


def _check_folder(database: str) -> None:
    """Stop where the file of an embedded database has no folder to lie in."""
    scheme, _, file = database.partition(":///")
    folder = Path(file.partition("?")[0]).parent
    if scheme == "sqlite" and not folder.is_dir():
        raise Invalid(
            f"NURTURE_DATABASE_URL: there is no folder {folder}. Make it, or name another."
        )


def _warn_if_open(paths: Sequence[Path | None]) -> None:
    """Say what of an older installation other users of this host may read."""
    for path in open_to_others(path for path in paths if path is not None):
        mode = "700" if path.is_dir() else "600"
        logger().warning(
            "open_to_others",
            path=str(path),
            reason=f"Other users of this host may read it. Run: chmod {mode} {path}",
        )


def _clock(settings: Settings, home: Path) -> Clock:
    if settings.clock == "stepped":
        return SteppedClock(lambda: read_instant(home))
    if settings.clock.startswith("fast:"):
        try:
            started = datetime.fromisoformat((home / "fast-clock").read_text())
        except FileNotFoundError as error:
            raise Invalid(
                "NURTURE_CLOCK: a fast clock is wound up by `nurture demo` alone. Leave it out."
            ) from error
        origin = read_instant(home)
        return FastClock(origin, started.astimezone(UTC), float(settings.clock[5:]))
    return RealClock()
