"""The case book: the one place where an event is added to a case, checked against its story first."""

from __future__ import annotations

import re
import typing as t
from contextlib import contextmanager

from copias.case.series import is_series
from copias.case.story import Story, follow, tell
from copias.errors import BadInput
from copias.ledger import Event, Ledger

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from copias.people import Actor

CASE_NUMBER = re.compile(r"[0-9]{1,10}", re.ASCII)


def check_number(number: str) -> str:
    """Return a case number, the only thing of a case that ever becomes an argument or a file name.

    Raises:
        BadInput: it is not 1 to 10 digits, or has zeros before it, which would make two names of one case.
    """
    if number != "0" and number.startswith("0") and CASE_NUMBER.fullmatch(number):
        raise BadInput(
            "el número de caso tiene ceros a la izquierda",
            whose=number,
            repair=f"escríbalo sin ellos: {number.lstrip('0') or '0'}",
        )
    if not CASE_NUMBER.fullmatch(number):
        raise BadInput(
            "no es un número de caso",
            whose=repr(number[:40]),
            why="debe tener de 1 a 10 dígitos",
            repair="vea `copias cases`",
        )
    return number


class CaseBook:
    """The stories of all cases, told by a ledger, and the right of one person to add to them."""

    def __init__(self, ledger: Ledger, actor: Actor) -> None:
        self.ledger = ledger
        self.actor = actor

    def story(self, number: str) -> Story:
        """Return the story of a case, or of a series of packages that no case asks for; an unknown one has none."""
        return tell(number, self.ledger.events(_check_key(number)))

    def stories(self) -> dict[str, Story]:
        """Return the stories of all cases, reading the ledger once."""
        return {number: story for number, story in self.keepers().items() if not is_series(number)}

    def keepers(self) -> dict[str, Story]:
        """Return the stories of all that keeps sealed packages: cases, and the series that no case asks for."""
        found: dict[str, list[Event]] = {}
        for event in self.ledger.events():
            if event.case:
                found.setdefault(event.case, []).append(event)
        return {number: tell(number, events) for number, events in found.items()}

    def record(self, number: str, event: str, data: Mapping[str, t.Any] | None = None) -> Story:
        """Add one event to a case and return the story after it.

        Raises:
            NotReady: the case is not in a state that admits the event; nothing was written.
        """
        with self.adding(number) as page:
            return page.add(event, data)

    @contextmanager
    def adding(self, number: str) -> Iterator[Page]:
        """Hold the ledger while several events of one case are decided and added."""
        _check_key(number)
        with self.ledger.transaction(self.actor.to_event()) as transaction:
            yield Page(self.story(number), transaction.append)


def _check_key(number: str) -> str:
    return number if is_series(number) else check_number(number)


class Page:
    """A case's story, open for adding."""

    def __init__(self, story: Story, append: t.Callable[..., Event]) -> None:
        self.story = story
        self._append = append

    def add(self, event: str, data: Mapping[str, t.Any] | None = None) -> Story:
        """Add one event, if the story admits it, and return the story after it."""
        rehearsal = Event(0, "", event, self.story.number, None, {}, dict(data or {}), "")
        follow(self.story, rehearsal)
        written = self._append(event, data, case=self.story.number)
        self.story = follow(self.story, written)
        return self.story
