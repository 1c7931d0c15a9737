"""Bring what people wrote into force: each text is a new version, or nothing."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from campaigns.company import Colleague, load_company, load_sources, load_users
from campaigns.forms import load_pages
from campaigns.library import Item, load_content
from campaigns.sent_back import load_sent_back
from campaigns.vocabulary import MessageKind
from nurture import content, leads, mail, scoring, tracks, users
from nurture.engagement import LinkFiles
from nurture.kernel.errors import Invalid, NotFound
from nurture.kernel.work import Work, Works
from nurture.scoring import RuleKind
from nurture.usecases import confirm
from nurture.usecases.alerts import URL_FIELDS
from nurture.usecases.company import company

ALERTS = frozenset({"alert", "reminder", "escalation", "unproven_question"})
CONFIRMING = frozenset({confirm.TEMPLATE})
FIELDS = {
    MessageKind.ALERT: URL_FIELDS,
    MessageKind.CONFIRM: frozenset({"confirm_url"}),
    MessageKind.REQUESTED: frozenset({"confirm_url"}),
}
"""Fields that hold a whole address, by the kind of mail that may have them."""
REQUESTED = frozenset({"requested_file", "promised_call", "did_we_help"})


@dataclass(frozen=True, slots=True)
class Published:
    """What came into force."""

    assets: int
    mails: int
    tracks: int
    users: int


def publish_library(works: Works, folder: Path, *, mails: Path, links: LinkFiles) -> Published:
    """Publish a library folder and the mails that its tracks use.

    Link files are written before the version is committed: a host that serves a link of a version
    that never came is harmless, the other way round is a dead link.
    """
    with works.begin("publish") as work:
        _publish_rules(work, folder)
        pages_at = load_company((folder / "company.yaml").read_text()).pages_at
        staff = load_users((folder / "users.yaml").read_text())
        users.apply(work, [_user(one) for one in staff])
        for source in load_sources((folder / "sources.yaml").read_text()):
            leads.ensure_source(
                work, source.key, channel=source.channel, name=source.name,
                cost_cents_per_month=int(source.per_month * 100),
            )  # fmt: skip
        assets = apply_content(work, folder, texts=mails.parent / "content")
        links.write_assets({card.id: card.path for card in content.assets(work)})
        slugs = _slugs((folder / "pages.yaml").read_text())
        written = [
            publish_mail(work, path, links=links, pages_at=pages_at, slugs=slugs)
            for path in _folders(mails)
        ]
        texts = sorted((folder / "tracks").glob("*.yaml"))
        for path in texts:
            tracks.publish(work, path.read_text(), file=path.name)
        _check_sent_back(work)
    return Published(assets=assets, mails=len(written), tracks=len(texts), users=len(staff))


def _publish_rules(work: Work, folder: Path) -> None:
    for kind in RuleKind:
        file = folder / f"{kind}.yaml"
        if file.exists():
            scoring.publish(work, kind, file.read_text())


def _check_sent_back(work: Work) -> None:
    """Refuse a reason of sales that leads into a track which nobody has published."""
    try:
        _, text = scoring.current(work, RuleKind.COMPANY)
    except NotFound:
        return
    known = {one.key for one in tracks.tracks(work)}
    for reason, what in load_sent_back(text).items():
        if not what.ends and what.track not in known:
            raise Invalid(
                f"company.yaml, sent_back, {reason}: there is no track “{what.track}”. "
                "Add it to the library, or name another one in `enrol:`."
            )


def _user(one: Colleague) -> users.NewUser:
    return users.NewUser(
        handle=one.handle, name=one.name, email=one.email, roles=one.roles, channel=one.channel,
        zone=one.zone, country=one.country, capacity=one.capacity, firm=one.firm, boss=one.boss,
        deputy=one.deputy,
    )  # fmt: skip


def apply_content(work: Work, folder: Path, *, texts: Path) -> int:
    """Bring library items into force, each with its text and the page that shows it."""
    items = load_content((folder / "content.yaml").read_text()).items
    shown = load_pages((folder / "pages.yaml").read_text()).pages.values()
    paths = {page.asset: f"/p/{page.slug}" for page in shown if page.asset}
    content.apply(work, [_asset(item, paths, texts) for item in items])
    return len(items)


def _asset(item: Item, paths: Mapping[str, str], texts: Path) -> content.NewAsset:
    asset = item.asset
    text = texts / f"{asset.key}.md"
    return content.NewAsset(
        key=asset.key, kind=asset.type, topics=asset.topics, stage=asset.stage,
        title=asset.title, teaser=item.summary, access=str(item.access),
        path=paths.get(asset.key, item.url), body=text.read_text() if text.exists() else None,
        minutes=item.minutes, active_from=asset.active_from, active_through=asset.active_through,
        event_on=asset.event_on, replay_from=asset.replay_from,
    )  # fmt: skip


def _folders(mails: Path) -> Iterator[Path]:
    return iter(sorted(path for path in mails.iterdir() if (path / "subject.txt").exists()))


def publish_mail(
    work: Work, folder: Path, *, links: LinkFiles, pages_at: str, slugs: Collection[str]
) -> int:
    """Compile one mail folder; a mail that may not leave is refused with all its reasons."""
    source = mail.load_source(folder)
    kind = kind_of(source.name)
    fields = FIELDS.get(kind, frozenset())
    version = mail.publish_template(work, source, kind=kind, url_fields=fields)
    compiled = mail.CompiledMail.from_json(mail.compiled(work, [version])[version])
    if compiled.blocked:
        reasons = "; ".join(finding.sentence for finding in compiled.findings if finding.blocks)
        raise Invalid(f"The mail “{source.name}” may not leave: {reasons}")
    if links.missing([version]):
        links.write(version, [own_path(url, pages_at, slugs) for url in compiled.links])
    return version


def own_path(url: str, pages_at: str, slugs: Collection[str]) -> str:
    """Make a link to a page of ours a path: the instance's base address goes before it.

    Only a page that is published is ours; all else of the same site is served elsewhere.
    """
    slug = own_slug(url, pages_at)
    if slug not in slugs:
        return url
    parts = urlsplit(url)
    return urlunsplit(("", "", f"/p/{slug}", parts.query, parts.fragment))


def own_slug(url: str, pages_at: str) -> str:
    """Name the page that a link to our own pages asks for; "" for any other link."""
    there, base = urlsplit(url), urlsplit(pages_at)
    front = base.path.rstrip("/") + "/p/"
    same = bool(base.netloc) and there.netloc.lower() == base.netloc.lower()
    if not same or there.scheme not in ("http", "https") or not there.path.startswith(front):
        return ""
    return there.path.removeprefix(front).rstrip("/")


def _slugs(pages: str) -> Collection[str]:
    return load_pages(pages).pages.keys()


def kind_of(name: str) -> MessageKind:
    """Tell from a mail's name why it is written."""
    if name in ALERTS:
        return MessageKind.ALERT
    if name in CONFIRMING:
        return MessageKind.CONFIRM
    return MessageKind.REQUESTED if name in REQUESTED else MessageKind.MARKETING


def write_links(work: Work, *, links: LinkFiles) -> None:
    """Write the link files that this host lacks; a new web host does so before it is ready.

    Old versions count as well: their mails lie in mailboxes and are clicked for years.
    """
    stored = mail.compiled(work, links.missing(mail.version_ids(work)))
    pages_at = company(work, sender="", postal="").pages_at
    slugs = {slug for text in scoring.every(work, RuleKind.PAGES) for slug in _slugs(text)}
    for version, compiled in stored.items():
        found = mail.CompiledMail.from_json(compiled).links
        links.write(version, [own_path(url, pages_at, slugs) for url in found])
    links.write_assets({card.id: card.path for card in content.assets(work)})
