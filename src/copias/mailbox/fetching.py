"""Reading messages into a mirror, and knowing why one was not read: refused, deleted, or only late.

``gone`` and ``refused`` explain why a copy has not a message, so both are asked twice: a message is gone when the
history says that it was deleted, and refused when Google refuses it again, in words that are about that message.
Everything else is ``failed``: the next run tries again, and no copy is complete until it came.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from copias.errors import Unavailable
from copias.google.errors import GoogleBadRequest, GoogleMissing, GoogleRefused, HistoryExpired
from copias.mailbox.mirror import NewMessage
from copias.mailbox.windows import in_order
from copias.progress import ignore

if t.TYPE_CHECKING:
    from collections.abc import Collection

    from copias.google.gmail import Gmail, RawMessage
    from copias.mailbox.mirror import Mirror
    from copias.progress import Report

COMMIT_MESSAGES: t.Final = 500
COMMIT_BYTES: t.Final = 32 << 20
"""A commit is made after so many messages or bytes, whichever comes first; a crash costs at most as much."""

MOST_REFUSED: t.Final = 20
"""Messages that the API may refuse one by one before the account itself is taken to be refused."""

MOST_FAILED: t.Final = 25
"""Messages that may fail before the mailbox itself is asked whether it still answers."""

OWN_REASONS: t.Final = frozenset(
    {"failedPrecondition", "invalidArgument", "invalid", "badRequest", "forbidden"}
    | {"FAILED_PRECONDITION", "INVALID_ARGUMENT", "PERMISSION_DENIED"}
)
"""Google's words for a message that it does not give; any other is about the account, the quota or the line."""

_LISTED_AND_MISSING: t.Final = "Google lo lista y dice que no lo tiene, sin que conste que se borró"


@dataclass(frozen=True, slots=True)
class _Fate:
    """Why a message was not read."""

    kind: t.Literal["gone", "refused", "failed"]
    why: str = ""


class Fetcher:
    """Reads messages of one mailbox into its mirror.

    Args:
        gmail: the account, with the right to read.
        mirror: open for writing.
        at_once: messages under way.
    """

    def __init__(self, gmail: Gmail, mirror: Mirror, *, at_once: int) -> None:
        self._gmail = gmail
        self._mirror = mirror
        self._at_once = at_once
        self._fates: dict[str, _Fate] = {}
        self._turned_down: dict[str, GoogleRefused | GoogleBadRequest] = {}
        self._failures = self._uncommitted = self._uncommitted_bytes = 0
        self.report: Report = ignore
        self.fetched = self.bytes = 0

    @property
    def refused(self) -> dict[str, str]:
        """Return what the API will not give, with its reason."""
        return self._of("refused")

    @property
    def failed(self) -> dict[str, str]:
        """Return what could not be read now, with its reason."""
        return self._of("failed")

    @property
    def gone(self) -> frozenset[str]:
        """Return what was deleted before it could be read."""
        return frozenset(self._of("gone"))

    def _of(self, kind: str) -> dict[str, str]:
        return {key: fate.why for key, fate in self._fates.items() if fate.kind == kind}

    async def fetch(self, keys: Collection[str], *, since: int) -> None:
        """Read messages, add them to the mirror in this order, and look again at those that did not come.

        Args:
            keys: none of them in the mirror.
            since: a point of the history at which none of them was deleted yet.

        Raises:
            GoogleRefused, GoogleBadRequest: not one message is refused but the account.
            GoogleUnavailable: Google does not answer any more; what was read is committed.
            StoreFull: the mirror's disk is full; what was committed is kept.
        """
        try:
            await self._fetch(keys, self.report)
            self._require_an_account()
            await self._look_for_gone(frozenset(keys) & self.gone, since)
            await self._fetch(sorted(self.refused.keys() & frozenset(keys)))
        except (GoogleRefused, GoogleBadRequest, Unavailable):
            self._commit()
            raise
        self._commit()

    async def _fetch(self, keys: Collection[str], report: Report = ignore) -> None:
        async for message in in_order(keys, self._read, at_once=self._at_once):
            if message is not None:
                self._keep(message)
            report(1)
            del message

    async def _look_for_gone(self, gone: frozenset[str], since: int) -> None:
        """Believe of a message that it is gone only when the history says so, else read it again."""
        if not gone:
            return
        unexplained = gone - await self._read_deletions(since)
        await self._fetch(sorted(unexplained))
        for key in unexplained & self.gone:
            self._fates[key] = _Fate("failed", _LISTED_AND_MISSING)

    async def _read_deletions(self, since: int) -> frozenset[str]:
        deleted: set[str] = set()
        try:
            async for page in self._gmail.history(since):
                deleted.update(page.deleted)
        except HistoryExpired:
            return frozenset()
        return frozenset(deleted)

    async def _read(self, key: str) -> RawMessage | None:
        try:
            message = await self._gmail.raw(key)
        except GoogleMissing:
            self._fates[key] = _Fate("gone")
        except (GoogleRefused, GoogleBadRequest) as error:
            await self._note_refusal(key, error)
        except Unavailable as error:
            await self._note_failure(key, error)
        else:
            self._fates.pop(key, None)
            self._turned_down.pop(key, None)
            return message
        return None

    async def _note_refusal(self, key: str, error: GoogleRefused | GoogleBadRequest) -> None:
        await self._gmail.profile()  # the account's own refusal ends the round; a message's is noted
        self._fates[key] = _Fate("refused" if error.reason in OWN_REASONS else "failed", error.why)
        self._turned_down[key] = error
        if len(self._turned_down) > MOST_REFUSED:
            raise error

    async def _note_failure(self, key: str, error: Unavailable) -> None:
        self._fates[key] = _Fate("failed", error.why)
        self._failures += 1
        if self._failures % MOST_FAILED == 0:
            await self._gmail.profile()  # a mailbox that does not answer at all says so here

    def _require_an_account(self) -> None:
        """Refuse to take for a mailbox of refused messages one of which nothing at all can be read."""
        if self._turned_down and not self.fetched and not self._mirror.ids():
            raise next(iter(self._turned_down.values()))

    def _keep(self, message: RawMessage) -> None:
        self._mirror.add(
            NewMessage(
                id=message.id,
                thread_id=message.thread_id,
                labels=message.labels,
                history_id=message.history_id,
                internal_date=message.internal_date,
                content=message.content,
            )
        )
        size = len(message.content)
        self.fetched += 1
        self.bytes += size
        self._uncommitted += 1
        self._uncommitted_bytes += size
        if self._uncommitted >= COMMIT_MESSAGES or self._uncommitted_bytes >= COMMIT_BYTES:
            self._commit()

    def _commit(self) -> None:
        self._mirror.commit()
        self._uncommitted = self._uncommitted_bytes = 0
