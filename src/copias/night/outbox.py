"""The outbox as a step of the night: what waits for the help desk and for Gmail is tried once more."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from copias.case.closing import finish_waiting
from copias.letters import deliver_letters, list_waiting_letters

if t.TYPE_CHECKING:
    from copias.errors import BackupError
    from copias.office import Office


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """What came of the outbox.

    Args:
        cases: of which something was delivered.
        letters: of no case that were sent, by their keys.
        delivered: rows, notices and letters that arrived.
        trouble: the first reason why something still waits; ``None`` when nothing does.
        warnings: notices that will never be delivered, and why.
    """

    cases: tuple[str, ...] = ()
    letters: tuple[str, ...] = ()
    delivered: int = 0
    trouble: BackupError | None = None
    warnings: tuple[str, ...] = field(default=())

    @property
    def error(self) -> dict[str, t.Any] | None:
        """Return the facts of the trouble."""
        return self.trouble.facts() if self.trouble else None


def list_waiting(office: Office) -> tuple[list[str], list[str]]:
    """Return the cases of which something waits, by number, and the letters of no case, by their keys."""
    notices = office.deployment.notices is not None
    stories = office.book.stories().items()
    cases = sorted(number for number, story in stories if story.waiting or (notices and story.unsent))
    return cases, sorted(list_waiting_letters(office)) if notices else []


def deliver_waiting(office: Office) -> Delivered:
    """Deliver what waits of every case, and resolve those that only waited for their rows."""
    letters = deliver_letters(office)  # first: a case that cannot be answered keeps no letter back
    results = finish_waiting(office)
    return Delivered(
        cases=tuple(sorted(number for number, outcome in results.items() if outcome.delivered)),
        letters=tuple(sorted(letters.delivered)),
        delivered=sum(len(outcome.delivered) for outcome in results.values()) + len(letters.delivered),
        trouble=next((outcome.trouble for outcome in results.values() if outcome.trouble), letters.trouble),
        warnings=tuple(
            f"El aviso {key} no se enviará: {error}"
            for rejected in (*(outcome.rejected for outcome in results.values()), letters.rejected)
            for key, error in rejected.items()
        ),
    )
