"""Note yes and no; a no is tied to the address and outlives the lead (D-27)."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import case, delete, select, update

from campaigns.vocabulary import Basis, SuppressionReason
from nurture import leads
from nurture.consent.model import MAIL, Grant
from nurture.consent.queries import ever_asked, permitted
from nurture.consent.rules import RANK
from nurture.consent.tables import ImportedRefusal, Permission, Suppression
from nurture.kernel.database import CHUNK, among, chunks, insert_ignoring, upsert
from nurture.kernel.types import EmailAddress, Json, LeadId
from nurture.kernel.work import Work


def give(work: Work, grants: Sequence[Grant], *, renew: bool) -> int:
    """Note permissions; count the new ones.

    With `renew` a person who took a permission back may give it again, in a form of ours. A list
    may not do that for them: without it, whoever was ever asked is passed over.
    """
    wanted = [grant for grant in grants if grant.basis is not Basis.NONE]
    if not renew:
        for channel in {grant.channel for grant in wanted}:
            asked = ever_asked(work, [grant.lead_id for grant in wanted], channel=channel)
            wanted = [one for one in wanted if one.channel != channel or one.lead_id not in asked]
    rows = [
        {
            "lead_id": grant.lead_id,
            "channel": grant.channel,
            "basis": grant.basis.value,
            "given_at": work.now,
            "evidence": dict(grant.evidence),
        }
        for grant in wanted
    ]
    return _insert_new(work, Permission, rows)


def withdraw(work: Work, lead_ids: Sequence[LeadId], *, channel: str = MAIL) -> None:
    """Note that permissions were taken back."""
    for chunk in chunks(sorted(set(lead_ids)), CHUNK):
        statement = update(Permission).where(
            Permission.lead_id.in_(chunk),
            Permission.channel == channel,
            Permission.withdrawn_at.is_(None),
        )
        work.session.execute(statement.values(withdrawn_at=work.now))


def suppress(
    work: Work,
    addresses: Sequence[EmailAddress],
    *,
    reason: SuppressionReason,
    key: bytes,
    evidence: Mapping[str, Json] | None = None,
) -> int:
    """Never write to these addresses again; count those that were not suppressed before.

    The strongest reason stays, and that it was said again is kept; nothing here ever takes a
    suppression away.
    """
    told = dict.fromkeys(addresses, evidence or {})
    return suppress_each(work, told, reason=reason, key=key)


def suppress_each(
    work: Work,
    told: Mapping[EmailAddress, Mapping[str, Json]],
    *,
    reason: SuppressionReason,
    key: bytes,
) -> int:
    """Do as `suppress` says, with evidence of its own for each address."""
    added = 0
    for chunk in chunks(sorted(told), CHUNK):
        known = leads.by_email(work, chunk)
        rows = [
            {
                "email_hash": address_hash(address, key=key),
                "lead_id": known.get(address),
                "reason": reason.value,
                "created_at": work.now,
                "machine_at": work.machine,
                "evidence": dict(told[address]),
            }
            for address in chunk
        ]
        _said_again(work, rows, reason=reason)
        added += _insert_new(work, Suppression, rows)
        _note_imports(work, rows)
        _strengthen(work, rows)
    return added


def suppress_leads(
    work: Work,
    lead_ids: Sequence[LeadId],
    *,
    reason: SuppressionReason,
    key: bytes,
    evidence: Mapping[str, Json] | None = None,
) -> int:
    """Never write to the addresses of these leads again."""
    people = leads.by_ids(work, lead_ids)
    addresses = [person.email for person in people.values()]
    return suppress(work, addresses, reason=reason, key=key, evidence=evidence)


def unsay(work: Work, lead_ids: Sequence[LeadId], *, at: datetime) -> set[LeadId]:
    """Take back what one of us said at one instant; tell whom it held.

    A no of the lead's own, which is the stronger reason, stays; so does what was said before, and
    what was said once more since.
    """
    found: set[LeadId] = set()
    for chunk in chunks(sorted(set(lead_ids)), CHUNK):
        ours = (
            among(work.session, Suppression.lead_id, chunk),
            Suppression.reason == SuppressionReason.MANUAL.value,
            Suppression.created_at == at,
            Suppression.again_at.is_(None),
        )
        rows = work.session.scalars(select(Suppression.lead_id).where(*ours))
        mine = [LeadId(one) for one in rows if one is not None]
        work.session.execute(delete(Suppression).where(*ours))
        renewed = permitted(work, mine)
        closed = [one for one in mine if one not in renewed]
        given = update(Permission).where(
            among(work.session, Permission.lead_id, closed), Permission.withdrawn_at == at
        )
        work.session.execute(given.values(withdrawn_at=None))
        found |= set(mine)
    return found


def recall(work: Work, lead_ids: Sequence[LeadId], *, key: bytes) -> set[LeadId]:
    """Tie an older no to leads that have its address; tell whom it concerns.

    Every way in calls this for the leads that it created: an address that was deleted or erased
    comes back as a new lead, and its no must come back with it.
    """
    found: set[LeadId] = set()
    addresses = leads.addresses(work, lead_ids)
    hashes = {address_hash(one, key=key): lead_id for lead_id, one in addresses.items()}
    for chunk in chunks(sorted(hashes), CHUNK):
        statement = select(Suppression.id, Suppression.email_hash, Suppression.lead_id)
        same = among(work.session, Suppression.email_hash, chunk)
        rows = work.session.execute(statement.where(same)).all()
        loose = [
            {"id": number, "lead_id": hashes[email_hash]}
            for number, email_hash, lead_id in rows
            if lead_id != hashes[email_hash]
        ]
        if loose:
            work.session.execute(update(Suppression), loose)
        found.update(hashes[email_hash] for _, email_hash, _ in rows)
    return found


def refused_addresses(
    work: Work, addresses: Iterable[EmailAddress], *, key: bytes
) -> set[EmailAddress]:
    """Tell which of these addresses are never written to, also where no lead has them any more."""
    hashes = {address_hash(one, key=key): one for one in addresses}
    found: set[EmailAddress] = set()
    for chunk in chunks(sorted(hashes), CHUNK):
        statement = select(Suppression.email_hash).where(
            among(work.session, Suppression.email_hash, chunk)
        )
        found.update(hashes[one] for one in work.session.scalars(statement))
    return found


def take_back(work: Work, import_id: int, *, limit: int) -> int:
    """Forget permissions that an import gave, a stretch at a time; count them."""
    statement = (
        select(Permission.id)
        .where(Permission.evidence["import"].as_integer() == import_id)
        .order_by(Permission.id)
        .limit(limit)
    )
    found = list(work.session.scalars(statement))
    if found:
        work.session.execute(delete(Permission).where(Permission.id.in_(found)))
    return len(found)


def take_back_refusals(work: Work, import_id: int, *, limit: int) -> int:
    """Forget what only this import said of who wants no mail, a stretch at a time; count it.

    What another import said too, a person, or the person themselves, stays.
    """
    statement = (
        select(ImportedRefusal.id, ImportedRefusal.email_hash)
        .where(ImportedRefusal.import_id == import_id)
        .order_by(ImportedRefusal.id)
        .limit(limit)
    )
    rows = work.session.execute(statement).all()
    if not rows:
        return 0
    work.session.execute(
        delete(ImportedRefusal).where(ImportedRefusal.id.in_([number for number, _ in rows]))
    )
    others = select(ImportedRefusal.email_hash)
    work.session.execute(
        delete(Suppression).where(
            Suppression.email_hash.in_([email_hash for _, email_hash in rows]),
            Suppression.reason == SuppressionReason.IMPORTED.value,
            Suppression.again_at.is_(None),
            Suppression.email_hash.not_in(others),
        )
    )
    return len(rows)


def address_hash(address: EmailAddress, *, key: bytes) -> str:
    """Hash an address so that it can be recognised but not read back without the key."""
    return hmac.new(key, address.encode(), hashlib.sha256).hexdigest()


_Table = type[Permission] | type[Suppression] | type[ImportedRefusal]


def _insert_new(work: Work, table: _Table, rows: Sequence[Mapping[str, object]]) -> int:
    """Insert what no constraint holds yet, and count it."""
    return insert_ignoring(work.session, table, rows)


def _note_imports(work: Work, rows: Sequence[Mapping[str, object]]) -> None:
    """Keep which import said a no, so that it goes when all that said it are taken back."""
    said = [
        {"import_id": told["import"], "email_hash": row["email_hash"]}
        for row in rows
        if isinstance(told := row["evidence"], dict) and isinstance(told.get("import"), int)
    ]
    if said:
        _insert_new(work, ImportedRefusal, said)


def _said_again(
    work: Work, rows: Sequence[Mapping[str, object]], *, reason: SuppressionReason
) -> None:
    """Keep that a no was said once more: who takes the first one back must not lose the second.

    What one list says after another is no such thing: each import is noted by itself.
    """
    hashes = [str(row["email_hash"]) for row in rows]
    known = update(Suppression).where(
        among(work.session, Suppression.email_hash, hashes), Suppression.created_at < work.now
    )
    if reason is SuppressionReason.IMPORTED:
        known = known.where(Suppression.reason != reason.value)
    work.session.execute(known.values(again_at=work.now))


def _strengthen(work: Work, rows: Sequence[Mapping[str, object]]) -> None:
    """Let a stronger reason replace a weaker one, and tie what is not tied yet."""
    statement = upsert(work.session, Suppression)
    rank = case({reason.value: place for reason, place in RANK.items()}, value=Suppression.reason)
    new = case(
        {reason.value: place for reason, place in RANK.items()}, value=statement.excluded.reason
    )
    statement = statement.on_conflict_do_update(
        index_elements=["email_hash"],
        set_={"reason": statement.excluded.reason, "evidence": statement.excluded.evidence},
        where=new < rank,
    )
    work.session.connection().execute(statement, list(rows))
    tied = [{"hash": row["email_hash"], "lead": row["lead_id"]} for row in rows if row["lead_id"]]
    if tied:
        _tie(work, tied)


def _tie(work: Work, tied: Sequence[Mapping[str, object]]) -> None:
    by_hash = {str(row["hash"]): row["lead"] for row in tied}
    statement = select(Suppression.id, Suppression.email_hash).where(
        Suppression.email_hash.in_(list(by_hash)), Suppression.lead_id.is_(None)
    )
    loose = [
        {"id": number, "lead_id": by_hash[email_hash]}
        for number, email_hash in work.session.execute(statement)
    ]
    if loose:
        work.session.execute(update(Suppression), loose)
