"""What is to be written in the help desk: queued in the ledger first, delivered once, now or later.

A row's key is fixed before the first attempt. An attempt is recorded before it is made, so that after a crash or a
lost answer the next delivery looks for the key in the sheet before it appends again.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from copias.errors import HelpDeskUnavailable
from copias.files import locked, make_private_directory
from copias.helpdesk import WriteUncertain

if t.TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from copias.case.book import CaseBook
    from copias.case.story import Story


class Delivery(t.Protocol):
    """How one queued row reaches the help desk."""

    def __call__(self, row: Mapping[str, t.Any], *, attempted_at: str | None) -> dict[str, t.Any]:
        """Deliver and return what to record (range, whether the visible status shows it).

        Raises:
            HelpDeskUnavailable: it may be delivered later.
        """


@dataclass(frozen=True)
class Outcome:
    """What came of one delivery round."""

    delivered: tuple[str, ...]
    waiting: tuple[str, ...]
    trouble: HelpDeskUnavailable | None = None


def queue(book: CaseBook, number: str, key: str, row: Mapping[str, t.Any]) -> Story:
    """Queue a row under ``key`` unless it is queued already."""
    with book.adding(number) as page:
        if key in page.story.queued:
            return page.story
        return page.add("outbox.queued", {"key": key, **row})


class Outbox:
    """Delivers queued rows; one process of the machine at a time."""

    def __init__(self, book: CaseBook, folder: Path, deliver: Delivery) -> None:
        self._book = book
        self._folder = folder
        self._deliver = deliver

    def deliver_case(self, number: str) -> Outcome:
        """Deliver what waits of one case, in order; stops at the first that cannot be."""
        make_private_directory(self._folder)
        done: list[str] = []
        with locked(self._folder / "outbox.lock"):
            story = self._book.story(number)
            for key in story.waiting:
                try:
                    self._deliver_row(story, key)
                except HelpDeskUnavailable as error:
                    if not isinstance(error, WriteUncertain):
                        self._book.record(number, "outbox.refused", {"key": key})
                    left = tuple(other for other in story.waiting if other not in done)
                    return Outcome(tuple(done), left, error)
                done.append(key)
        return Outcome(tuple(done), ())

    def deliver_all(self) -> dict[str, Outcome]:
        """Deliver what waits of every case."""
        waiting = [number for number, story in self._book.stories().items() if story.waiting]
        return {number: self.deliver_case(number) for number in waiting}

    def _deliver_row(self, story: Story, key: str) -> None:
        attempted_at = _last_doubtful_attempt(story, key)
        self._book.record(story.number, "outbox.attempted", {"key": key})
        answer = self._deliver(story.queued[key], attempted_at=attempted_at)
        self._book.record(story.number, "outbox.delivered", {"key": key, **answer})


def _last_doubtful_attempt(story: Story, key: str) -> str | None:
    """Return when the row was last tried without being surely refused, which includes a crash in the attempt."""
    last = None
    for event in story.events:
        if event.data.get("key") == key and event.event in {"outbox.attempted", "outbox.refused"}:
            last = event.time if event.event == "outbox.attempted" else None
    return last
