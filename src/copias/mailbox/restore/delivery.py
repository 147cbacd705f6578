"""The two ways in which messages are given back: into a mailbox, and as files; both resumable, both read again."""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
import typing as t
from contextlib import suppress

from copias.errors import Altered, CopyFailed, NotEqual
from copias.google.errors import GoogleMissing, GoogleUnavailable
from copias.google.scopes import VERB_SCOPES
from copias.mailbox.engine import open_gmail
from copias.mailbox.restore.files import read_digest, write_message
from copias.mailbox.restore.giving import AT_ONCE, GivenMessage, Giver
from copias.mailbox.restore.journal import RestoreJournal
from copias.mailbox.windows import in_order

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from copias.google.gmail import Gmail
    from copias.mailbox.restore.plan import Target
    from copias.office import Office
    from copias.package.message_list import ListedMessage
    from copias.progress import Report

READ_AGAIN: t.Final = 1000
"""Messages of a mailbox that are read again and compared; of more, so many at random."""
ROUNDS: t.Final = 3
"""Times that a lost answer is looked into before the run gives up; the next run goes on."""
NAMED: t.Final = 20
"""Ids that an error names."""

Reading: t.TypeAlias = "Callable[[], Iterator[tuple[ListedMessage, Callable[[], bytes]]]]"
"""Begins again to yield the messages that are to be given, each with what reads it."""


class Delivery(t.Protocol):
    """A place that messages are given back to."""

    def give(self, messages: Reading, *, report: Report) -> int:
        """Give back what is not there yet, and return how many that were.

        Raises:
            CopyFailed: some cannot be given; they are named, the others are there.
            GoogleUnavailable: Google does not answer; the next call goes on.
        """

    def prove(self, hashes: Mapping[str, str], *, report: Report) -> int:
        """Find every message there, read them again, compare, and return how many were read.

        Args:
            hashes: id in the copy → SHA-256 that it must have.
            report: is told of each message that is read.

        Raises:
            NotEqual: one is gone, or differs; it is named. The next call of :meth:`give` gives what is gone again.
        """


class MailboxDelivery:
    """Gives messages to an account, under a label."""

    def __init__(self, office: Office, target: Target, journal: Path) -> None:
        self._office = office
        self._target = target
        self._path = journal

    def give(self, messages: Reading, *, report: Report) -> int:
        """Import what is not there yet, and return how many that were."""
        with RestoreJournal(self._path) as journal:
            return asyncio.run(self._give(journal, messages, report))

    def prove(self, hashes: Mapping[str, str], *, report: Report) -> int:
        """List the label, read a sample of at most :data:`READ_AGAIN`, and return how many were read."""
        with RestoreJournal(self._path) as journal:
            return asyncio.run(self._prove(journal, hashes, report))

    async def _give(self, journal: RestoreJournal, messages: Reading, report: Report) -> int:
        count, damaged = 0, dict[str, str]()

        def told(done: int, /) -> None:
            nonlocal count
            count += done
            report(done)

        async with open_gmail(self._office, self._target.account, scopes=VERB_SCOPES["mailbox.restore"]) as gmail:
            giver = Giver(gmail, journal, label=self._target.label, keep_labels=True)
            for left in reversed(range(ROUNDS)):
                await self._settle(journal)
                try:
                    await giver.give(_unread(messages, journal, damaged), report=told)
                    break
                except GoogleUnavailable as error:
                    if not (error.maybe_done and left):
                        raise
        if damaged:
            raise _damaged(damaged, self._target)
        if giver.refused:
            raise _refused(giver.refused, self._target)
        return count

    async def _settle(self, journal: RestoreJournal) -> None:
        """Wait until what was sent without an answer has surely arrived or surely not."""
        if journal.doubtful:
            age = time.time() - self._path.stat().st_mtime
            mailboxes = self._office.deployment.mailboxes
            settle = mailboxes.settle_seconds if mailboxes else 0.0
            await asyncio.sleep(min(settle, max(0.0, settle - age)))

    async def _prove(self, journal: RestoreJournal, hashes: Mapping[str, str], report: Report) -> int:
        async with open_gmail(self._office, self._target.account, scopes=VERB_SCOPES["mailbox.restore"]) as gmail:
            listed = await _list_label(gmail, self._target.label)
            unlisted = [key for key in hashes if journal.done.get(key, "") not in listed]
            gone = [key for key in unlisted if not await _is_there(gmail, journal.done.get(key))]
            for key in gone:
                journal.lost(key)
            if gone:
                raise _not_equal("faltan mensajes de los que se devolvieron", gone, self._target)
            sample = _draw(list(hashes))
            different: list[str] = []

            async def compare(key: str) -> None:
                content = (await gmail.raw(journal.done[key])).content
                if hashlib.sha256(content).hexdigest() != hashes[key]:
                    different.append(key)

            async for _ in in_order(sample, compare, at_once=AT_ONCE):
                report(1)
        if different:
            raise _not_equal("hay mensajes devueltos que no son iguales a la copia", different, self._target)
        return len(sample)


class FolderDelivery:
    """Gives messages as ``.eml`` files into a folder."""

    def __init__(self, folder: Path, target: Target, journal: Path) -> None:
        self._folder = folder
        self._target = target
        self._path = journal

    def give(self, messages: Reading, *, report: Report) -> int:
        """Write what is not there yet, and return how many that were."""
        count, damaged = 0, dict[str, str]()
        with RestoreJournal(self._path) as journal:
            for message, content in _read_each(messages, journal, damaged):
                journal.found(message.id, write_message(self._folder, message, content))
                count += 1
                report(1)
        if damaged:
            raise _damaged(damaged, self._target)
        return count

    def prove(self, hashes: Mapping[str, str], *, report: Report) -> int:
        """Read every file again, and return how many that were."""
        with RestoreJournal(self._path) as journal:
            digests = {key: read_digest(self._folder, journal.done.get(key)) for key in _reported(hashes, report)}
            gone = [key for key, digest in digests.items() if digest is None]
            for key in gone:
                journal.lost(key)
        if gone:
            raise _not_equal("faltan archivos de los que se escribieron", gone, self._target)
        if different := [key for key, digest in digests.items() if digest != hashes[key]]:
            raise _not_equal("hay archivos que no son iguales a la copia", different, self._target)
        return len(digests)


def _read_each(
    messages: Reading, journal: RestoreJournal, damaged: dict[str, str]
) -> Iterator[tuple[ListedMessage, bytes]]:
    """Yield what is not there yet, read only when its turn comes; what the copy cannot give is noted, and no stop."""
    for message, read in messages():
        if message.id in journal.done:
            continue
        try:
            content = read()
        except Altered as error:
            damaged[message.id] = error.why or error.what
            continue
        yield message, content


def _unread(messages: Reading, journal: RestoreJournal, damaged: dict[str, str]) -> Iterator[GivenMessage]:
    for message, content in _read_each(messages, journal, damaged):
        yield GivenMessage(message.id, content, message.labels)


async def _list_label(gmail: Gmail, name: str) -> frozenset[str]:
    ids = [label.id for label in await gmail.labels() if label.name.casefold() == name.casefold()]
    found = [key for label in ids async for page in gmail.list_ids(label=label) for key in page]
    return frozenset(found)


async def _is_there(gmail: Gmail, key: str | None) -> bool:
    """Tell whether a message is in the mailbox, wherever its owner put it."""
    if key is None:
        return False
    with suppress(GoogleMissing):
        await gmail.minimal(key)
        return True
    return False


def _draw(keys: list[str]) -> list[str]:
    return keys if len(keys) <= READ_AGAIN else random.SystemRandom().sample(keys, READ_AGAIN)


def _reported(keys: Iterable[str], report: Report) -> Iterator[str]:
    for key in keys:
        yield key
        report(1)


def _damaged(damaged: Mapping[str, str], target: Target) -> CopyFailed:
    told = "; ".join(f"{key}: {why}" for key, why in sorted(damaged.items())[:NAMED])
    return CopyFailed(
        f"la copia tiene {len(damaged)} mensajes dañados; los demás están devueltos",
        whose=str(target),
        why=told,
        repair="busque esos mensajes en otra copia de la cuenta (`copias copies`) y devuélvalos con otro caso y --copy",
    )


def _refused(refused: Mapping[str, str], target: Target) -> CopyFailed:
    told = "; ".join(f"{key}: {why}" for key, why in sorted(refused.items())[:NAMED])
    return CopyFailed(
        f"Google no recibe {len(refused)} mensajes; los demás están devueltos",
        whose=str(target),
        why=told,
        repair="entregue esos mensajes como archivos, con otro caso y --eml",
    )


def _not_equal(what: str, ids: list[str], target: Target) -> NotEqual:
    return NotEqual(
        what,
        whose=str(target),
        why=f"{len(ids)}: {', '.join(sorted(ids)[:NAMED])}",
        repair="ejecute el caso otra vez: lo que falta se devuelve de nuevo; lo que es distinto, bórrelo antes",
    )
