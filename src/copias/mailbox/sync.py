"""Bringing a mirror up to date: by the history feed when Gmail still has it, else by a full listing.

The history id is taken before anything is listed and kept only once all is read and committed, so a crash at any
point costs repeated listing, never a message. Each message is read once: one ``messages.get`` for a new one, none for
an old one.
"""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass, field

from copias.google.errors import HistoryExpired
from copias.mailbox.changes import Changes, collect_changes
from copias.mailbox.fetching import Fetcher
from copias.mailbox.listing import Listing, list_mailbox, read_labels
from copias.mailbox.owner import refuse
from copias.progress import ignore

if t.TYPE_CHECKING:
    from collections.abc import Collection

    from copias.google.gmail import Gmail, Profile
    from copias.mailbox.mirror import Mirror, MirrorMessage
    from copias.progress import Report

PATIENCE: t.Final = 3
"""Rounds in which the history feed may fall behind the profile before a full listing is made."""


@dataclass(frozen=True)
class SyncReport:
    """What a round brought. Sets are of Gmail's ids.

    Args:
        full: the mailbox was listed in full.
        fetched: messages read and added.
        bytes: of these.
        relabelled: messages whose labels changed.
        deleted: messages that the mailbox no longer has; the mirror keeps them.
        refused: what the API will not give, with its reason.
        failed: what could not be read now, with its reason: the next round tries again.
        gone: deleted before they could be read.
        unlisted: messages that the mailbox says it has, and no list gave.
        seconds: of the whole round.
    """

    full: bool
    fetched: int = 0
    bytes: int = 0
    relabelled: int = 0
    deleted: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    unlisted: int = 0
    seconds: float = 0.0

    @property
    def changed(self) -> bool:
        """Tell whether the mirror is another than before."""
        return bool(self.fetched or self.relabelled or self.deleted)


class MailboxSync:
    """Brings one mirror up to date.

    Args:
        gmail: the account, with the right to read.
        mirror: open for writing.
        at_once: messages under way.
        report: is told of each message.
        same_owner: the Directory said that the mailbox is still the one of which the mirror is.
    """

    def __init__(
        self,
        gmail: Gmail,
        mirror: Mirror,
        *,
        at_once: int = 50,
        report: Report = ignore,
        same_owner: bool = False,
    ) -> None:
        self._gmail = gmail
        self._mirror = mirror
        self._fetcher = Fetcher(gmail, mirror, at_once=at_once)
        self._same_owner = same_owner
        self._begun = time.monotonic()
        self._full = False
        self._relabelled = self._deleted = self._unlisted = 0
        self._next: Profile | None = None
        self.report = report

    @property
    def bytes_read(self) -> int:
        """Return the bytes of the messages that were read so far."""
        return self._fetcher.bytes

    async def run(self, *, listed: Listing | None = None, full: bool = False) -> SyncReport:
        """Do one round.

        Args:
            listed: a full listing made just before, when there is one: what it has and the mirror has not is read,
                whatever the history feed says.
            full: trust the listing alone even when the history feed would do.

        Raises:
            GoogleRefused: the account cannot be read; ``AccountSuspended`` and the like say why.
            OtherOwner: it is another person's mailbox than the one that was mirrored.
            GoogleUnavailable: Google does not answer; what was read is kept.
            StoreFull: the mirror's disk is full; what was committed is kept.
        """
        self._begun = time.monotonic()
        self._fetcher.report = self.report
        # Before anything is listed: what comes later is after this point of the history.
        profile = listed.profile if listed else await self._gmail.profile()
        self._mirror.set_labels({label.id: (label.name, label.type) for label in await self._gmail.labels()})
        changes = None if full else await self._read_history(profile)
        self._full = changes is None
        if changes is None:
            self._next = profile
            await self._apply_listing(listed or await self.list_all(profile))
        else:
            self._next = changes.profile
            await self._apply_changes(changes)
            if listed is not None:
                await self._add_listed(listed, added=changes.added, but=changes.deleted)
        return self._settle()

    async def run_late(self, keys: Collection[str], *, since: int) -> SyncReport:
        """Read what a later listing has and the mirror has not, and what failed before; return the whole round.

        Args:
            keys: ids listed before the round or after it.
            since: a point of the history before the first of these listings.

        Raises:
            GoogleRefused, GoogleUnavailable, StoreFull: as :meth:`run`.
        """
        explained = self._fetcher.gone | self._fetcher.refused.keys()
        late = sorted(key for key in keys if key not in explained and not self._mirror.has(key))
        await self._fetcher.fetch(late, since=since)
        return self._settle()

    async def list_all(self, profile: Profile | None = None) -> Listing:
        """List every message of the mailbox, spam and trash too; ``profile`` was asked just before, when given."""
        return await list_mailbox(self._gmail, profile)

    def _settle(self) -> SyncReport:
        """Let the next round start from here, but only when nothing of before is left to read."""
        fetcher = self._fetcher
        if self._next is not None and not fetcher.failed and not self._unlisted:
            history_id, total = self._next.history_id, self._next.messages_total
            self._mirror.set_state(history_id=history_id, messages_total=total, full=self._full)
        self._mirror.commit()
        return SyncReport(
            full=self._full,
            fetched=fetcher.fetched,
            bytes=fetcher.bytes,
            relabelled=self._relabelled,
            deleted=self._deleted,
            refused=fetcher.refused,
            failed=fetcher.failed,
            gone=tuple(sorted(fetcher.gone)),
            unlisted=self._unlisted,
            seconds=time.monotonic() - self._begun,
        )

    async def _read_history(self, profile: Profile) -> Changes | None:
        """Return what the feed says since the last round, ``None`` when only a full listing can tell."""
        state = self._mirror.state
        if state.history_id is None or state.messages_total is None:
            return None
        for _ in range(PATIENCE):
            try:
                changes = await collect_changes(self._gmail, profile, since=state.history_id)
            except HistoryExpired:
                return None
            if changes.accounts_for(state.messages_total):
                return changes
            # Mail that came between the two calls is in one of them only.
            profile = await self._gmail.profile()
        return None

    async def _apply_changes(self, changes: Changes) -> None:
        state = self._mirror.state
        fresh = frozenset(key for key in changes.added if not self._mirror.has(key))
        await self._fetcher.fetch(sorted(fresh), since=state.history_id or 0)
        self._revive(changes.added - fresh)
        for key, labels in changes.relabelled.items():
            # What was only just read came with its labels of now, which the feed is older than.
            known = None if key in fresh else self._mirror.message(key)
            if known is not None and (now := labels.apply(known.labels)) != frozenset(known.labels):
                self._mirror.relabel(key, sorted(now), changes.profile.history_id)
                self._relabelled += 1
        self._mark_deleted(changes.deleted)

    async def _add_listed(self, listed: Listing, *, added: set[str], but: set[str]) -> None:
        """Make good what a listing tells and the feed did not; ``but`` and ``added`` went and came after it, or may."""
        missing = sorted(key for key in listed.ids if key not in but and not self._mirror.has(key))
        await self._fetcher.fetch(missing, since=listed.profile.history_id)
        self._revive(listed.ids.difference(but) - self._mirror.live_ids())
        if not listed.short:
            self._mark_deleted(self._mirror.live_ids() - listed.ids - added)

    async def _apply_listing(self, listed: Listing) -> None:
        self._unlisted = listed.short
        known = frozenset(self._mirror.ids())
        self._require_same_mailbox(listed, known)
        self._revive(listed.ids & known - self._mirror.live_ids())
        await self._relabel(listed.ids & known)
        new = sorted(key for key in listed.ids if key not in known)
        await self._fetcher.fetch(new, since=listed.profile.history_id)
        if not listed.short:
            self._mark_deleted(known - listed.ids)

    def _require_same_mailbox(self, listed: Listing, known: frozenset[str]) -> None:
        """Refuse a mailbox whose history went back and that has no message of ours: its owner may empty it, not that.

        Raises:
            OtherOwner: it is so, and nobody said that it is the same account.
        """
        stood = self._mirror.state.history_id or 0
        if listed.profile.history_id >= stood or not known or known & listed.ids or self._same_owner:
            return
        why = "el historial del buzón es anterior al del espejo, y ninguno de los mensajes copiados está en él"
        raise refuse(self._gmail.account, self._mirror.folder, why)

    async def _relabel(self, known: Collection[str]) -> None:
        """Compare the labels of known messages."""
        if not known:
            return
        had: dict[str, frozenset[str]] = {}
        sets: dict[frozenset[str], frozenset[str]] = {}  # few, though the messages are many
        for key in known:
            labels = frozenset(self._require(key).labels)
            had[key] = sets.setdefault(labels, labels)
        for key, labels in (await read_labels(self._gmail, self._mirror.labels(), had)).items():
            self._mirror.relabel(key, sorted(labels), self._require(key).history_id)
            self._relabelled += 1

    def _require(self, key: str) -> MirrorMessage:
        row = self._mirror.message(key)
        if row is None:
            raise KeyError(key)
        return row

    def _revive(self, keys: Collection[str]) -> None:
        """Note that the mailbox has these messages, whatever was seen before."""
        for key in sorted(keys):
            message = self._mirror.message(key)
            if message is not None and message.deleted_at is not None:
                self._mirror.revive(key)

    def _mark_deleted(self, keys: Collection[str]) -> None:
        when = time.time()
        for key in sorted(keys):
            message = self._mirror.message(key)
            if message is not None and message.deleted_at is None:
                self._mirror.mark_deleted(key, when)
                self._deleted += 1
