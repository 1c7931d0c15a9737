"""The frame around every page of the console: who reads, where they are, what runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Flask, flash, g, get_flashed_messages, render_template, url_for
from markupsafe import Markup

from campaigns.vocabulary import Role
from nurture import handoff, leads, mail
from nurture.kernel import shared_values
from nurture.kernel.clock import FastClock, SteppedClock
from nurture.kernel.errors import Forbidden
from nurture.kernel.work import Work
from nurture.lifecycle import LIVE
from nurture.reports import health
from nurture.usecases.shared.sending_company import company
from nurture.users import UserCard
from nurture.web import assets
from nurture.web import formatting as forms
from nurture.web.auth import reader
from nurture.web.console import act_words, count_cache
from nurture.web.current import here
from nurture.web.formatting import Viewer

YEAR_SECONDS = 31_536_000
MINUTE_SECONDS = 60
INNER = (Role.MARKETER, Role.MANAGER, Role.ADMIN)
"""Who sees every lead; sales people and dealers see their own."""
MAKERS = (Role.MARKETER, Role.ADMIN)
"""Who may change tracks, content and mails."""


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """One line of the sidebar."""

    endpoint: str
    words: str
    icon: str
    roles: tuple[Role, ...] = INNER


@dataclass(frozen=True, slots=True)
class NavigationGroup:
    """A line of the sidebar as this reader sees it."""

    words: str
    icon: str
    href: str
    here: bool
    count: str = ""
    late: bool = False
    key: str = ""
    """`g` and this letter open it."""


@dataclass(frozen=True, slots=True)
class PageInfo:
    """What a page says of itself: its title, its line in the sidebar, the way to it."""

    title: str
    nav: str
    crumbs: Sequence[tuple[str, str]] = ()
    """(words, address) of the pages above this one."""


EVERYBODY = tuple(Role)
KEYS = {"today.show": "t", "leads.show": "l", "handoffs.show": "h"}
MAIN = (
    NavigationItem("today.show", "Today", "home", EVERYBODY),
    NavigationItem("leads.show", "Leads", "users", EVERYBODY),
    NavigationItem("handoffs.show", "Hand-offs", "inbox", EVERYBODY),
)
NURTURE = (
    NavigationItem("tracks.show", "Tracks", "route"),
    NavigationItem("mails.show", "Mails", "mail"),
    NavigationItem("imports.show", "Imports", "file-import"),
    NavigationItem("said.show", "Forms", "forms"),
)
LEARN = (
    NavigationItem("funnel.show", "Funnel", "chart-histogram"),
    NavigationItem("content_report.show", "Content report", "chart-dots"),
)
FOOT = (
    NavigationItem("sending.show", "Sending", "send"),
    NavigationItem("mailbox.show", "Mailbox", "mail-opened"),
    NavigationItem("staff.show", "People", "users-group", (Role.MANAGER, Role.ADMIN)),
)


@dataclass(frozen=True, slots=True)
class PageFrame:
    """Everything that stands around a page."""

    me: UserCard
    roles: str
    company: str
    page: PageInfo
    groups: Sequence[tuple[str, Sequence[NavigationGroup]]]
    foot: Sequence[NavigationGroup]
    clock: str
    sending: bool
    silent: bool
    """Nobody works although mail may leave."""
    kit: bool
    said: Sequence[str]


def prepare(app: Flask) -> None:
    """Give templates the words, the numbers and the addresses of assets."""
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = YEAR_SECONDS
    assets.register(app)
    env = app.jinja_env
    env.globals.update(
        words=act_words,
        many=forms.plural,
        share=forms.share,
        sees_all=sees_all,
        today_words=lambda: viewer().today(),
    )
    env.filters.update(
        number=forms.number,
        points=forms.points,
        signed=forms.signed,
        span=forms.length,
        initials=forms.initials,
        phone=leads.spaced_phone,
        middle=forms.middle,
        capital=capital,
        moment=moment,
        time=lambda at: viewer().time(at),
        day=lambda at: viewer().day(at),
        date=lambda at: viewer().date(at),
        long_day=lambda at: viewer().long_day(at),
        until=lambda at: viewer().until(at),
        since=lambda at: viewer().since(at),
        brief=lambda at: viewer().brief(at),
        exact=lambda at: viewer().exact(at),
    )


def show(template: str, page: PageInfo, work: Work, **values: object) -> str:
    """Render a page of the console in its frame."""
    frame = _frame(work, page)
    return render_template(
        f"console/{template}.html", frame=frame, now=work.now, links=_links(), **values
    )


def _links() -> dict[str, str]:
    """Address the pages that others point to; "" for those that this reader does not see."""
    names = ("tracks", "imports")
    return {name: url_for(f"{name}.show") if sees_all() else "" for name in names}


def part(template: str, work: Work, **values: object) -> str:
    """Render a piece that a page fetches by itself."""
    look(work)
    return render_template(f"console/{template}.html", now=work.now, **values)


def me() -> UserCard:
    """Give whoever is logged in; every page of the console has asked for a login already."""
    found = reader()
    if found is None:
        raise Forbidden("You are not logged in any more. Log in, then do it again.")
    return found


def actor() -> str:
    """Name whoever is logged in as histories do."""
    return f"user:{me().id}"


def sees_all() -> bool:
    """Tell whether this reader sees every lead, not only their own."""
    return me().has(*INNER)


def say(words: str) -> None:
    """Say at the foot of the next page what was done."""
    flash(words)


def viewer() -> Viewer:
    """Give whose zone and now this page is read in."""
    found = g.eye
    assert isinstance(found, Viewer)
    return found


def moment(at: datetime, words: str = "") -> Markup:
    """Show an instant, or these words in its place; hovering tells it whole, with its zone."""
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(timespec="seconds"), viewer().exact(at), words or viewer().moment(at)
    )


def capital(words: str) -> str:
    """Begin with a capital and leave the rest as it is."""
    return words[:1].upper() + words[1:]


def _frame(work: Work, page: PageInfo) -> PageFrame:
    look(work)
    settings = here().settings
    firm = company(work, sender=settings.sender, postal=settings.postal_address)
    counts = _counts(work)
    return PageFrame(
        me=me(),
        roles=", ".join(act_words.ROLES[role] for role in Role if role in me().roles),
        company=firm.name,
        page=page,
        groups=[
            (words, shown)
            for words, places in (("", MAIN), ("Nurture", NURTURE), ("Learn", LEARN))
            if (shown := _shown(places, page, counts))
        ],
        foot=_shown(FOOT, page, counts),
        clock=_clock(work.now),
        sending=not shared_values.value(work, shared_values.SENDING_STOPPED)
        and not mail.in_trouble(work).stops_all,
        silent=health.silent(work),
        kit=assets.kit_built(),
        said=[str(one) for one in get_flashed_messages()],
    )


def look(work: Work) -> None:
    """Read this page in the reader's zone, as of now; `show` and `part` do so by themselves."""
    g.eye = Viewer(ZoneInfo(me().zone), work.now)


def _shown(
    places: Sequence[NavigationItem], page: PageInfo, counts: Mapping[str, tuple[str, bool]]
) -> list[NavigationGroup]:
    return [
        NavigationGroup(
            words="My leads" if place.endpoint == "leads.show" and not sees_all() else place.words,
            icon=place.icon,
            href=url_for(place.endpoint),
            here=place.endpoint == page.nav,
            count=counts.get(place.endpoint, ("", False))[0],
            late=counts.get(place.endpoint, ("", False))[1],
            key=KEYS.get(place.endpoint, ""),
        )
        for place in places
        if me().has(*place.roles)
    ]


def _counts(work: Work) -> dict[str, tuple[str, bool]]:
    """Count what stands behind the lines of the sidebar."""
    mine = None if sees_all() else me().id
    filter_ = (
        handoff.OfferFilter()
        if mine is None
        else handoff.OfferFilter((handoff.OfferScope(frozenset({mine})),))
    )
    late = handoff.late(handoff.waiting_counts(work, filter_))
    found = {"handoffs.show": (f"{late} late" if late else "", bool(late))}
    if mine is None:
        stages, _ = count_cache.minute(work, "stages", leads.stage_counts)
        found["leads.show"] = (forms.number(sum(stages[stage] for stage in LIVE)), False)
    return found


def _clock(now: datetime) -> str:
    """Tell the demo's time and pace; nothing where business time is the real one."""
    clock = here().clock
    time = f"{viewer().day(now)} {viewer().local(now).year}, {viewer().time(now)}"
    if isinstance(clock, FastClock):
        return f"{time}, one day {_pace(clock.day_seconds)}"
    return f"{time}, standing still" if isinstance(clock, SteppedClock) else ""


def _pace(seconds: float) -> str:
    if seconds == MINUTE_SECONDS:
        return "a minute"
    short = seconds < MINUTE_SECONDS
    return f"in {seconds:g} s" if short else f"in {seconds / MINUTE_SECONDS:g} min"
