"""Putting messages into a mailbox: each once, under a label of their own, with the labels and dates that they had."""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import dataclass

from copias.google.errors import GoogleBadRequest
from copias.mailbox.windows import in_order
from copias.progress import ignore

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from copias.google.gmail import Gmail
    from copias.mailbox.restore.journal import RestoreJournal
    from copias.progress import Report

LEFT_OFF: t.Final = frozenset({"SPAM", "TRASH", "DRAFT", "CHAT"})
"""Labels that a message does not get back: spam and trash are emptied after 30 days, and a draft or a chat cannot be
made again. Such a message comes back under the recovery's label and its others."""

AT_ONCE: t.Final = 8


@dataclass(frozen=True)
class GivenMessage:
    """A message of a copy: Gmail's id there, its bytes, and the names of its labels."""

    id: str
    content: bytes
    labels: tuple[str, ...]


class Giver:
    """Gives messages back to one account.

    Args:
        gmail: the target, with the right to insert and to read.
        journal: open.
        label: name of the recovery's label; of this recovery only, for by it what is doubtful is found again.
        keep_labels: also give each message the labels that it had.
    """

    def __init__(self, gmail: Gmail, journal: RestoreJournal, *, label: str, keep_labels: bool) -> None:
        self._gmail = gmail
        self._journal = journal
        self._label = label
        self._keep_labels = keep_labels
        self._label_ids: dict[str, str] = {}
        self._without: set[str] = set()
        self.refused: dict[str, str] = {}
        """Messages that Google does not take, by their ids in the copy, with its reason; the others are given."""

    async def give(self, messages: Iterable[GivenMessage], *, report: Report = ignore) -> int:
        """Give back what is not there yet, and return how many that were.

        Args:
            messages: those that the journal has not as done; read one by one, so their bytes need not all be in memory.
            report: is told of each message.

        Raises:
            GoogleRefused: the account or the scope does not allow it.
            GoogleUnavailable: Google does not answer; the next call goes on from here.
        """
        self._label_ids = {label.name: label.id for label in await self._gmail.labels()}
        await self._label_id(self._label)
        strangers = await self._find_strangers() if self._journal.doubtful else {}
        count = 0
        async for given in in_order(messages, lambda message: self._give_one(message, strangers), at_once=AT_ONCE):
            count += given
            report(1)
        return count

    async def _find_strangers(self) -> dict[str, list[str]]:
        """Return SHA-256 → ids of what is under the recovery's label and not in the journal: sent, answer lost."""
        known, found = set(self._journal.done.values()), dict[str, list[str]]()
        async for page in self._gmail.list_ids(label=self._label_ids[self._label]):
            for key in page:
                if key not in known:
                    found.setdefault(_digest((await self._gmail.raw(key)).content), []).append(key)
        return found

    async def _give_one(self, message: GivenMessage, strangers: Mapping[str, list[str]]) -> int:
        if message.id in self._journal.doubtful and (there := strangers.get(_digest(message.content))):
            self._journal.found(message.id, there.pop())
            return 0
        kept, without = await self._kept_labels(message)
        labels = [await self._label_id(self._label), *kept]
        self._journal.sent(message.id, without=without)
        try:
            new = await self._gmail.import_message(message.content, labels)
        except GoogleBadRequest as error:
            self._journal.lost(message.id)
            self.refused[message.id] = error.why
            return 0
        self._journal.found(message.id, new)
        return 1

    async def _kept_labels(self, message: GivenMessage) -> tuple[list[str], list[str]]:
        """Return the ids of the labels that a message had and can have again, and the names of those that it cannot.

        No message is lost for a label, and no recovery that lost one is whole.
        """
        found, without = dict[str, None](), list[str]()
        for name in message.labels if self._keep_labels else ():
            if name in LEFT_OFF:
                continue
            try:
                if name not in self._without:
                    found[await self._label_id(name)] = None
                    continue
            except GoogleBadRequest:
                self._without.add(name)  # another system's label, or a name that Gmail no longer takes
            without.append(name)
        return list(found), without

    async def _label_id(self, name: str) -> str:
        """Return a label's id, making the label when there is none."""
        if name not in self._label_ids:
            self._label_ids[name] = (await self._gmail.create_label(name)).id
        return self._label_ids[name]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
