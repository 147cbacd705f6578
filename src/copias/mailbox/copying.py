"""The first step of a mailbox case: the mirror is brought up to date and reconciled with the mailbox."""

from __future__ import annotations

import asyncio
import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

from copias.case.copy_folder import CopyFolder
from copias.case.step import StepPlan
from copias.errors import NotAllowed
from copias.mailbox.engine import open_gmail
from copias.mailbox.mirror import Mirror
from copias.mailbox.owner import claim_mirror, read_owners
from copias.mailbox.permission import find_leave
from copias.mailbox.reconcile import Reconciliation, reconcile
from copias.mailbox.subject import Subject, find_subject
from copias.mailbox.sync import MailboxSync, SyncReport
from copias.progress import Step

if t.TYPE_CHECKING:
    from copias.google.gmail import Gmail
    from copias.mailbox.listing import Listing
    from copias.office import Office

RECONCILED: t.Final = "reconciliation.json"
IDS: t.Final = "messages.json"


@dataclass(frozen=True)
class Copied:
    """What one round for a case came to."""

    report: SyncReport
    reconciliation: Reconciliation
    history_id: int
    messages_total: int


class MirrorPlan(StepPlan):
    """What mirroring the mailbox of a case would do."""

    before = "none"
    after = "made"

    def run(self) -> None:
        """Copy what is new, compare mirror and mailbox, and record what the copy is to hold.

        Raises:
            CopyFailed: a message is missing; ids are named, and what was copied is kept for the next run.
            GoogleRefused: the account cannot be read.
            OtherOwner: the mirror is of who had the address before.
            GoogleUnavailable: Google does not answer; nothing is lost.
            AlreadyRunning: the night's run holds the mirror.
            NotAllowed: the last day of the case's authorisation ended meanwhile; what was copied is kept.
        """
        subject, started = find_subject(self.office, self.story), datetime.now(UTC)
        owner = read_owners(self.office, [subject.account]).get(subject.account, "")
        copied = asyncio.run(self._copy(subject, owner))
        copy_id = subject.new_copy_id(self.story)
        folder = CopyFolder(self.office.deployment, copy_id)
        found = copied.reconciliation
        folder.write(RECONCILED, {**found.to_dict(), "started": started.isoformat(), "history_id": copied.history_id})
        folder.write(IDS, found.copied)
        self.office.book.record(self.story.number, "copy.reconciled", _summarise(copy_id, copied))
        found.require_complete(subject.account)

    async def _copy(self, subject: Subject, owner: str) -> Copied:
        settings, leave = subject.settings, find_leave(self.story)
        until = leave.ends if leave else None
        async with open_gmail(self.office, subject.account) as gmail:
            with Mirror.open(subject.mirror, account=subject.account, segment_bytes=settings.segment_bytes) as mirror:
                same = claim_mirror(mirror, subject.account, subject.mirror, owner=owner)
                return await copy_mailbox_until(until, gmail, mirror, at_once=settings.connections, same_owner=same)


async def copy_mailbox_until(
    until: datetime | None, gmail: Gmail, mirror: Mirror, *, at_once: int, same_owner: bool = False
) -> Copied:
    """Do what :func:`copy_mailbox` does, and stop at a moment: nobody allowed what would be read later.

    Args:
        until: the moment, with its time zone; ``None`` for no end.
        gmail: the account.
        mirror: of that account, open for writing.
        at_once: messages under way at a time.
        same_owner: the Directory said that the mailbox is still the one of which the mirror is.

    Raises:
        NotAllowed: the moment came first; what was read until then is kept in the mirror.
    """
    left = (until - datetime.now(UTC)).total_seconds() if until else None
    try:
        async with asyncio.timeout(left) as limit:
            return await copy_mailbox(gmail, mirror, at_once=at_once, same_owner=same_owner)
    except TimeoutError:
        if not limit.expired():
            raise
        mirror.commit()  # what was read is whole, and need not be read again
        raise NotAllowed(
            "la autorización venció mientras se copiaba el buzón",
            whose=gmail.account,
            why="su último día terminó",
            repair="copias authorise con el acto nuevo, y ejecute otra vez: lo que ya se copió no se vuelve a leer",
        ) from None


async def copy_mailbox(gmail: Gmail, mirror: Mirror, *, at_once: int, same_owner: bool = False) -> Copied:
    """Bring a mirror up to date and compare it with its mailbox, listed before and after.

    Raises:
        GoogleRefused: the account cannot be read.
        GoogleUnavailable: Google does not answer.
    """
    sync = MailboxSync(gmail, mirror, at_once=at_once, same_owner=same_owner)
    start = await sync.list_all()
    held = len(start.ids & mirror.ids())
    with Step("Copiar el buzón", len(start.ids), unit="messages", done=held, size=lambda: sync.bytes_read) as step:
        sync.report = step
        await sync.run(listed=start)
    return await compare_ends(sync, mirror, start)


async def compare_ends(sync: MailboxSync, mirror: Mirror, start: Listing) -> Copied:
    """List a mailbox again after a round, read what came meanwhile, and compare both listings with the mirror.

    Raises:
        GoogleRefused: the account cannot be read.
        GoogleUnavailable: Google does not answer.
    """
    end = await sync.list_all()
    # What came meanwhile, and what the first list passed over or did not come at first.
    report = await sync.run_late(start.ids | end.ids, since=start.profile.history_id)
    # Of the mirror's ids only those listed matter; taken from the lists they are not in memory a second time.
    held = frozenset(key for key in chain(start.ids, end.ids - start.ids) if mirror.has(key))
    found = reconcile(
        start.ids,
        end.ids,
        held,
        refused=report.refused,
        failed=report.failed,
        gone=report.gone,
        unlisted=end.short,
    )
    return Copied(report, found, mirror.state.history_id or 0, end.profile.messages_total)


def _summarise(copy_id: str, copied: Copied) -> dict[str, t.Any]:
    """Return the counts for the ledger, and the ids of what is not in the copy; nothing of any message."""
    found, report = copied.reconciliation, copied.report
    return {
        "copy": copy_id,
        "listed_start": found.listed_start,
        "listed_end": found.listed_end,
        "copied": len(found.copied),
        "fetched": report.fetched,
        "full_listing": report.full,
        "refused": dict(found.refused),
        "missing": sorted({*found.missing, *found.failed}),
        "unlisted": found.unlisted,
        "vanished": len(found.vanished),
        "arrived": len(found.arrived),
        "seconds": round(report.seconds, 1),
    }


def plan_mirror(office: Office, number: str) -> MirrorPlan:
    """Read the story; change nothing."""
    return MirrorPlan(office, office.book.story(number))
