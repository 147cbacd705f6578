"""What is to be told outside: queued in the ledger first, delivered once, now or later.

Two lanes that do not wait for each other: rows for the help desk's sheets, and notices by mail. A case is resolved when
its rows are delivered; nothing ever waits for a notice.

A key is fixed before the first attempt. An attempt is recorded before it is made, so that after a crash or a lost
answer the next delivery looks for what was sent before it sends again.
"""

from __future__ import annotations

import math
import typing as t
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from copias.errors import BackupError, HelpDeskUnavailable, Unavailable
from copias.files import locked, make_private_directory
from copias.google.errors import GoogleUnavailable
from copias.helpdesk import WriteUncertain

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from copias.case.book import CaseBook
    from copias.case.story import Story


class Delivery(t.Protocol):
    """How one queued row gets where it is to go."""

    def __call__(self, row: Mapping[str, t.Any], *, attempted_at: str | None) -> dict[str, t.Any]:
        """Deliver and return what to record (range, whether the visible status shows it; id of the message).

        Args:
            row: as it was queued.
            attempted_at: when it was last tried, if it may have arrived then: look before delivering.

        Raises:
            Unavailable: it may be delivered later.
        """


class TooSoon(Unavailable):
    """What was sent without an answer cannot be found yet, so nobody knows whether to send it again."""

    def __init__(self, key: str, left: float) -> None:
        super().__init__(
            "un aviso quedó sin respuesta hace poco, y todavía no se sabe si salió",
            whose=key,
            repair=f"repita `copias outbox` en {math.ceil(left)} s",
        )


@dataclass(frozen=True)
class Outcome:
    """What came of one delivery round: keys that arrived, that wait, and that will never be delivered.

    ``fault`` is what keeps rows back until a person puts it right, such as a column that is gone.
    """

    delivered: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    trouble: Unavailable | None = None
    rejected: Mapping[str, BackupError] = field(default_factory=dict)
    fault: BackupError | None = None

    def __add__(self, other: Outcome) -> Outcome:
        """Return both rounds as one; trouble and fault are the first round's, if it had them."""
        return Outcome(
            self.delivered + other.delivered,
            self.waiting + other.waiting,
            self.trouble or other.trouble,
            {**self.rejected, **other.rejected},
            self.fault or other.fault,
        )


def queue(book: CaseBook, number: str, key: str, row: Mapping[str, t.Any]) -> Story:
    """Queue a row under ``key`` unless it is queued already."""
    with book.adding(number) as page:
        if key in page.story.queued:
            return page.story
        return page.add("outbox.queued", {"key": key, **row})


class Outbox:
    """Delivers queued rows; one process of the machine at a time in each lane.

    Args:
        book: where they are queued, and attempts and deliveries recorded.
        folder: of the lanes' locks.
        deliver: the way to the help desk.
        post: the way of notices.
        settle: seconds after which a notice without an answer can be found if it was sent.
    """

    def __init__(
        self, book: CaseBook, folder: Path, deliver: Delivery, *, post: Delivery | None = None, settle: float = 60
    ) -> None:
        self._book = book
        self._folder = folder
        self._deliver = deliver
        self._post = post
        self._settle = settle

    def deliver_case(self, number: str) -> Outcome:
        """Deliver what waits of one case: its rows, then its notices."""
        return self.deliver_rows(number) + self.deliver_notices(number)

    def deliver_rows(self, number: str) -> Outcome:
        """Deliver the rows that wait of one case, in order; stops at the first that cannot be."""
        done: list[str] = []
        with self._alone("outbox.lock"):
            story = self._book.story(number)
            for key in story.waiting:
                try:
                    self._attempt(story, key, self._deliver)
                except HelpDeskUnavailable as error:
                    return Outcome(tuple(done), tuple(other for other in story.waiting if other not in done), error)
                done.append(key)
        return Outcome(tuple(done))

    def deliver_notices(self, number: str) -> Outcome:
        """Send the notices that wait of one case; an outage leaves them waiting, and a refusal is recorded for good."""
        if self._post is None:
            return Outcome()
        outcome = Outcome()
        with self._alone("notices.lock"):
            story = self._book.story(number)
            for place, key in enumerate(story.unsent):
                step = self._send(story, key, self._post)
                outcome += step
                if step.trouble and not isinstance(step.trouble, TooSoon):
                    return outcome + Outcome(waiting=story.unsent[place + 1 :])
        return outcome

    def deliver_all_rows(self) -> dict[str, Outcome]:
        """Deliver the rows that wait of every case; a fault of one keeps no other's back."""
        found: dict[str, Outcome] = {}
        for number in [number for number, story in self._book.stories().items() if story.waiting]:
            try:
                found[number] = self.deliver_rows(number)
            except BackupError as error:
                found[number] = Outcome(waiting=self._book.story(number).waiting, fault=error)
        return found

    def deliver_all_notices(self) -> dict[str, Outcome]:
        """Send the notices that wait of every case; after an outage no other case is tried."""
        found: dict[str, Outcome] = {}
        unsent = {number: story.unsent for number, story in self._book.stories().items() if story.unsent}
        down = False
        for number, keys in unsent.items():
            found[number] = Outcome(waiting=keys) if down or not self._post else self.deliver_notices(number)
            trouble = found[number].trouble
            down = down or (trouble is not None and not isinstance(trouble, TooSoon))
        return found

    @contextmanager
    def _alone(self, lock: str) -> Iterator[None]:
        make_private_directory(self._folder)
        with locked(self._folder / lock):
            yield

    def _send(self, story: Story, key: str, post: Delivery) -> Outcome:
        left = self._settle - _age(_last_doubtful_attempt(story, key))
        if left > 0:
            return Outcome(waiting=(key,), trouble=TooSoon(key, left))
        try:
            self._attempt(story, key, post)
        except Unavailable as error:
            return Outcome(waiting=(key,), trouble=error)
        except BackupError as error:
            # No other try would end differently, and the case does not depend on it.
            self._book.record(story.number, "outbox.rejected", {"key": key, **_tell_rejection(error)})
            return Outcome(rejected={key: error})
        return Outcome((key,))

    def _attempt(self, story: Story, key: str, deliver: Delivery) -> None:
        attempted_at = _last_doubtful_attempt(story, key)
        self._book.record(story.number, "outbox.attempted", {"key": key})
        try:
            answer = deliver(story.queued[key], attempted_at=attempted_at)
        except Unavailable as error:
            if not may_have_arrived(error):
                self._book.record(story.number, "outbox.refused", {"key": key})
            raise
        self._book.record(story.number, "outbox.delivered", {"key": key, **answer})


def _last_doubtful_attempt(story: Story, key: str) -> str | None:
    """Return when the row was last tried without being surely refused, which includes a crash in the attempt."""
    last = None
    for event in story.events:
        if event.data.get("key") == key and event.event in {"outbox.attempted", "outbox.refused"}:
            last = event.time if event.event == "outbox.attempted" else None
    return last


def _tell_rejection(error: BackupError) -> dict[str, str]:
    why = f"{error.what}: {error.why}" if error.why else error.what
    return {"why": why, "repair": error.repair}


def may_have_arrived(error: Unavailable) -> bool:
    """Tell whether what was sent may be there although no answer said so."""
    return isinstance(error, WriteUncertain) or (isinstance(error, GoogleUnavailable) and error.maybe_done)


def _age(attempted_at: str | None) -> float:
    """Return the seconds since an attempt; a clock that was set back makes it new, not older."""
    if attempted_at is None:
        return math.inf
    return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(attempted_at)).total_seconds())
