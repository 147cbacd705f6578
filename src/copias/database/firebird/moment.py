"""Two looks at the database, just before and just after the dump program takes its own.

gbak dumps one snapshot and says nothing of which. Where nobody committed between the two looks, all three saw the
same, and the first look's digest is of the dump's own moment; so it is, too, for each table whose digest is the same
in both looks. Of the others nothing can be said, and nothing is.
"""

from __future__ import annotations

import dataclasses
import typing as t
from contextlib import ExitStack

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from copias.database.contract import TableDigest
    from copias.database.firebird.session import Moment, Session

_ACTIVITY = "SELECT MON$NEXT_TRANSACTION FROM MON$DATABASE"
_LIVING = "SELECT MON$TRANSACTION_ID FROM MON$TRANSACTIONS"
BETWEEN = ".."
"""Between the two values of a sequence that went on while it was dumped."""


@dataclasses.dataclass(frozen=True)
class Activity:
    """The newest transaction's number, and those of all that live: what commits must have begun before."""

    newest: int
    living: frozenset[int]

    def nobody_ended_until(self, later: Activity) -> bool:
        """Return whether every transaction that lived then, or began since, is still there: so none committed."""
        begun = {number for number in later.living if self.newest < number <= later.newest}
        return self.living <= later.living and len(begun) == later.newest - self.newest


def read_activity(moment: Moment) -> Activity:
    """Read what the server says of its transactions; asked once in each moment, it does not change later."""
    ((newest,),) = moment.ask(_ACTIVITY)
    return Activity(int(newest), frozenset(int(number) for (number,) in moment.ask(_LIVING)))


class Moments:
    """A context manager with the two looks: ``first`` from the start, ``later`` once :meth:`look_again` was called.

    ``first`` belongs to a session of its own, so that it can be read from while ``later`` begins.
    """

    def __init__(self, reading: Session, watching: Session) -> None:
        self._watching = watching
        self._opened = ExitStack()
        self._begin = self._keep(watching.begin())
        self._before = read_activity(self._begin)
        self.first = self._keep(reading.begin())
        self.later: Moment | None = None
        self.quiet = False
        """Whether nobody committed anything between the two looks."""

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def look_again(self) -> Moment:
        """Begin the later look; call it when the dump program's first bytes are here. May be called twice."""
        if self.later is None:
            self.later = self._keep(self._watching.begin())
            self.quiet = self._before.nobody_ended_until(read_activity(self.later))
        return self.later

    def _keep(self, moment: Moment) -> Moment:
        self._opened.callback(moment.end)
        return moment


def settle_sequences(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """Return the value of each sequence, or the two between which the dumped one lies."""
    return {
        name: value if value == after.get(name, value) else BETWEEN.join(sorted((value, after[name]), key=int))
        for name, value in before.items()
    }


def recognise_sequence(expected: str | None, found: str) -> str:
    """Return a restored value as the record tells it, when it lies between the record's two values."""
    if expected is None or BETWEEN not in expected:
        return found
    low, _, high = expected.partition(BETWEEN)
    return expected if int(low) <= int(found) <= int(high) else found


def say_unsettled(tables: t.Sequence[TableDigest], sequences: Mapping[str, str]) -> tuple[str, ...]:
    """Say in Spanish what the proof does not cover, because it changed while the dump began."""
    said = []
    changed = [digest.table for digest in tables if not digest.known]
    if changed and len(changed) == len(tables):
        said.append("La prueba del contenido de TODAS las tablas: todas cambiaron mientras se copiaba.")
    elif changed:
        said.append(f"La prueba del contenido de {_names(changed)}: cambió mientras se copiaba.")
    moved = [name for name, value in sequences.items() if BETWEEN in value]
    if moved:
        said.append(
            f"El valor exacto de {_names(moved)}: avanzó mientras se copiaba, y se prueba entre qué valores está."
        )
    return tuple(said)


def _names(names: t.Sequence[str]) -> str:
    shown = ", ".join(f"«{name}»" for name in names[:10])
    return f"{shown} y {len(names) - 10} más" if len(names) > 10 else shown
