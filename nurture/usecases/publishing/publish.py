"""Bring what people wrote into force: each text is a new version, or nothing."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from campaigns.company import StaffEntry, load_company, load_sources, load_users
from campaigns.forms import page_list
from campaigns.library import Item, load_content
from campaigns.yamlfile import Problem
from nurture import content, leads, mail, published, scoring, tracks, users
from nurture.engagement import LinkFiles
from nurture.kernel.errors import Invalid
from nurture.kernel.work import Work, Works
from nurture.published import LibraryFile
from nurture.usecases.publishing.check_library import (
    FIELDS,
    CheckedLibrary,
    LibraryRefused,
    kind_of,
    kinds_that_do_not_fit,
    look_over,
)
from nurture.usecases.publishing.own_links import own_path
from nurture.usecases.shared.sending_company import company

JUDGES = frozenset({LibraryFile.SCORECARD, LibraryFile.DEFINITIONS})
"""Files by which leads are judged that are here already."""


@dataclass(frozen=True, slots=True)
class PublishResult:
    """What came into force."""

    assets: int
    mails: int
    tracks: int
    users: int
    refused: tuple[Problem, ...] = ()
    """Why mails that nothing uses were left out."""
    remarks: tuple[Problem, ...] = ()


def look_at(works: Works, folder: Path, *, mails: Path) -> CheckedLibrary:
    """Look a library over against what is published; nothing goes into force."""
    with works.read("publish") as work:
        known = frozenset(one.key for one in tracks.tracks(work))
        declared = published.text_of(work, LibraryFile.FIELDS)
        looked = look_over(folder, mails=mails, known_tracks=known, declared=declared)
        if any("there is no field" in one.message for one in looked.problems):
            facts = frozenset(leads.told_fields(work))
            looked = look_over(
                folder, mails=mails, known_tracks=known, declared=declared, facts=facts
            )
        text = looked.texts.get("fields.yaml")
        if text is not None and not looked.problems:
            looked = replace(looked, problems=tuple(kinds_that_do_not_fit(work, text)))
    return looked


def publish_library(works: Works, folder: Path, *, mails: Path, links: LinkFiles) -> PublishResult:
    """Publish a library folder and the mails of another, or refuse with every reason.

    A mail that nothing uses and that is wrong is left out alone. Link files are written before the
    version is committed: a host that serves a link of a version that never came is harmless, the
    other way round is a dead link.
    """
    looked = look_at(works, folder, mails=mails)
    if looked.problems:
        raise LibraryRefused(
            (*looked.problems, *looked.refused), done="Nothing has gone into force."
        )
    texts = looked.texts
    pages_at = load_company(texts["company.yaml"]).pages_at
    slugs = _slugs(texts["pages.yaml"])
    staff = load_users(texts["users.yaml"])
    with works.begin("publish") as work:
        for file_ in LibraryFile:
            if f"{file_}.yaml" in texts:
                publish_text(work, file_, texts[f"{file_}.yaml"])
        users.apply(work, [_user(one) for one in staff])
        for source in load_sources(texts["sources.yaml"]):
            leads.ensure_source(
                work,
                source.key,
                channel=source.channel,
                name=source.name,
                cost_cents_per_month=int(source.per_month * 100),
            )
        assets = _apply_content(work, texts, bodies=mails.parent / "content")
        links.write_assets({card.id: card.path for card in content.assets(work)})
        for source_ in looked.mails.values():
            publish_mail(work, source_, links=links, pages_at=pages_at, slugs=slugs)
        written = [file for file in texts if file.startswith("tracks/")]
        for file in written:
            tracks.publish(work, texts[file], file=file.removeprefix("tracks/"))
    return PublishResult(
        assets=assets,
        mails=len(looked.mails),
        tracks=len(written),
        users=len(staff),
        refused=looked.refused,
        remarks=looked.remarks,
    )


def publish_text(work: Work, file: LibraryFile, text: str) -> None:
    """Bring one file into force; new rules are checked on every lead that has a score."""
    if published.publish(work, file, text) and file in JUDGES:
        scoring.follow_rules(work)


def _user(one: StaffEntry) -> users.NewUser:
    return users.NewUser(
        handle=one.handle,
        name=one.name,
        email=one.email,
        roles=one.roles,
        channel=one.channel,
        zone=one.zone,
        country=one.country,
        capacity=one.capacity,
        firm=one.firm,
        manager=one.manager,
        deputy=one.deputy,
    )


def _apply_content(work: Work, files: Mapping[str, str], *, bodies: Path) -> int:
    """Bring library items into force, each with its text and the page that shows it."""
    items = load_content(files["content.yaml"]).items
    shown = page_list(files["pages.yaml"])
    paths = {page.asset: f"/p/{page.slug}" for page in shown if page.asset}
    content.apply(work, [_asset(item, paths, bodies) for item in items])
    return len(items)


def _asset(item: Item, paths: Mapping[str, str], bodies: Path) -> content.NewAsset:
    asset = item.asset
    text = bodies / f"{asset.key}.md"
    return content.NewAsset(
        key=asset.key,
        kind=asset.type,
        topics=asset.topics,
        stage=asset.stage,
        title=asset.title,
        teaser=item.summary,
        access=str(item.access),
        path=paths.get(asset.key, item.url),
        body=text.read_text("utf-8-sig") if text.exists() else None,
        minutes=item.minutes,
        active_from=asset.active_from,
        active_through=asset.active_through,
        event_on=asset.event_on,
        replay_from=asset.replay_from,
    )


def publish_mail(
    work: Work, source: mail.MailSource, *, links: LinkFiles, pages_at: str, slugs: Collection[str]
) -> int:
    """Compile one mail; a mail that may not leave is refused with all its reasons."""
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


@lru_cache(maxsize=8)
def _slugs(pages: str) -> Collection[str]:
    return {page.slug for page in page_list(pages)}


def write_links(work: Work, *, links: LinkFiles) -> None:
    """Write the link files that this host lacks; a new web host does so before it is ready.

    Old versions count as well: their mails lie in mailboxes and are clicked for years.
    """
    stored = mail.compiled(work, links.missing(mail.version_ids(work)))
    pages_at = company(work, sender="", postal="").pages_at
    slugs = {
        slug for text in published.every_text(work, LibraryFile.PAGES) for slug in _slugs(text)
    }
    for version, compiled in stored.items():
        found = mail.CompiledMail.from_json(compiled).links
        links.write(version, [own_path(url, pages_at, slugs) for url in found])
    links.write_assets({card.id: card.path for card in content.assets(work)})
