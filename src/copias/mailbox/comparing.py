"""The scheduled comparison of a mirror with its mailbox: a full listing, and a sample that is fetched again.

An ordinary night trusts the history feed. This is what would show that the feed, or the disk, is not to be trusted.
"""

from __future__ import annotations

import hashlib
import random
import secrets
import typing as t
from dataclasses import dataclass, field

from copias.errors import NotEqual
from copias.google.errors import GoogleMissing, HistoryExpired
from copias.mailbox.changes import collect_changes
from copias.mailbox.contents import can_be_sampled, sample_size
from copias.mailbox.copying import compare_ends
from copias.mailbox.windows import in_order
from copias.package import state_of

if t.TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from copias.google.gmail import Gmail
    from copias.mailbox.mirror import Mirror
    from copias.mailbox.reconcile import Reconciliation
    from copias.mailbox.sync import MailboxSync, SyncReport

NAMED: t.Final = 20
"""Ids that an error's sentence names."""


@dataclass(frozen=True)
class Sample:
    """Messages of a mirror, drawn at random and fetched again.

    Args:
        equal: the mailbox gave the same bytes.
        gone: ids of those drawn that the mailbox has no longer.
        different: ids of those of which it gave other bytes.
        seed: of the draw: the same mirror gives the same sample.
    """

    equal: int
    gone: tuple[str, ...]
    different: tuple[str, ...]
    seed: str


@dataclass(frozen=True)
class Comparison:
    """How a mirror compared with its mailbox, and what was made good. Ids are Gmail's, sorted.

    Args:
        listed: messages that the mailbox lists.
        untold_new: listed, not in the mirror or marked there as deleted, and not told by the history feed; made good.
        untold_deleted: taken for being there, neither listed nor told to be deleted; marked now.
        relabelled: messages whose labels the feed had not told; they were corrected.
        found: the listings before and after against the mirror as it is now.
        sample: messages fetched again.
    """

    listed: int
    untold_new: tuple[str, ...]
    untold_deleted: tuple[str, ...]
    relabelled: int
    found: Reconciliation = field(repr=False)
    sample: Sample

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data: every difference by its id."""
        return {
            "listed": self.listed,
            "untold_new": list(self.untold_new),
            "untold_deleted": list(self.untold_deleted),
            "relabelled": self.relabelled,
            "refused": dict(self.found.refused),
            "missing": sorted({*self.found.missing, *self.found.failed}),
            "unlisted": self.found.unlisted,
            "sample": self.sample.equal,
            "gone": list(self.sample.gone),
            "different": list(self.sample.different),
            "seed": self.sample.seed,
        }

    def require_equal(self, account: str) -> None:
        """Refuse a mirror that is not what its mailbox is.

        Raises:
            CopyFailed: a message is missing; the ids are named.
            NotEqual: a message of the sample has other bytes; the ids are named.
        """
        self.found.require_complete(account)
        if self.sample.different:
            raise NotEqual(
                f"{len(self.sample.different)} mensajes del espejo no son iguales a los del buzón",
                whose=account,
                why=f"ids {', '.join(self.sample.different[:NAMED])}",
                repair=f"conserve el espejo como está, compruebe el disco con `copias mirror verify {account}` y avise "
                "al administrador",
            )


async def compare_mailbox(
    sync: MailboxSync, done: SyncReport, gmail: Gmail, mirror: Mirror, *, at_once: int
) -> tuple[SyncReport, Comparison]:
    """List the mailbox of a mirror that is up to date, make good every difference, and compare a sample.

    Args:
        sync: of the round that brought the mirror up to date.
        done: what that round brought.
        gmail: the mailbox.
        mirror: open for writing.
        at_once: messages of the sample under way.

    Returns:
        What the whole round brought, and the comparison.

    Raises:
        GoogleRefused: the account cannot be read.
        GoogleUnavailable: Google does not answer; what was read is kept.
        Altered: a message of the sample is damaged in the mirror; it is named.
    """
    start = await sync.list_all()
    told = await _read_told(gmail, since=mirror.state.history_id)
    absent = start.ids - mirror.live_ids() - told
    untold_deleted = frozenset() if start.short else mirror.live_ids() - start.ids - told
    await sync.run(listed=start, full=True)
    copied = await compare_ends(sync, mirror, start)
    return copied.report, Comparison(
        listed=len(start.ids),
        untold_new=tuple(sorted(absent & mirror.live_ids())),
        untold_deleted=tuple(sorted(untold_deleted)),
        relabelled=copied.report.relabelled - done.relabelled,
        found=copied.reconciliation,
        sample=await _compare_sample(gmail, mirror, at_once=at_once),
    )


async def _read_told(gmail: Gmail, *, since: int | None) -> frozenset[str]:
    """Return the ids of what came or went since the round: the feed has told it, or is telling it just now."""
    if since is None:
        return frozenset()
    try:
        changes = await collect_changes(gmail, await gmail.profile(), since=since)
    except HistoryExpired:
        return frozenset()
    return frozenset(changes.after)


async def _compare_sample(gmail: Gmail, mirror: Mirror, *, at_once: int) -> Sample:
    """Fetch a sample again and compare it with the bytes that lie on the disk."""
    seed = secrets.token_hex(8)
    drawn = _draw(mirror, seed)
    theirs = await _fetch_digests(gmail, drawn, at_once=at_once)
    ours = _read_digests(mirror, theirs)
    different = tuple(key for key in drawn if key in theirs and theirs[key] != ours[key])
    gone = tuple(key for key in drawn if key not in theirs)
    return Sample(len(theirs) - len(different), gone, different, seed)


def _draw(mirror: Mirror, seed: str) -> list[str]:
    with mirror.view() as reader:
        candidates = [
            row.id
            for row in reader.messages()
            if can_be_sampled(state_of(row.labels), deleted=row.deleted_at is not None)
        ]
    chosen = random.Random(seed)  # noqa: S311 -- a sample that anybody may draw again
    return sorted(chosen.sample(candidates, sample_size(len(candidates))))


async def _fetch_digests(gmail: Gmail, keys: Collection[str], *, at_once: int) -> dict[str, str]:
    """Return id → SHA-256 of messages as the mailbox gives them now; those deleted since are left out."""

    async def digest(key: str) -> tuple[str, str | None]:
        try:
            return key, hashlib.sha256((await gmail.raw(key)).content).hexdigest()
        except GoogleMissing:
            return key, None

    return {key: value async for key, value in in_order(keys, digest, at_once=at_once) if value is not None}


def _read_digests(mirror: Mirror, keys: Collection[str]) -> Mapping[str, str]:
    """Return id → SHA-256 of what the mirror holds, read from its segments and not believed of its index."""
    with mirror.view() as reader:
        rows = [row for key in keys if (row := reader.message(key)) is not None]
        return {row.id: hashlib.sha256(reader.read(row)).hexdigest() for row in rows}
