"""One pass over the ledger for all parts of an audit: the chain is verified, and each event is given to who wants it.

A line that does not chain ends nothing: it is named, and the reading goes on from what is there, so that one altered
line does not hide the rest. Memory does not grow with the ledger: no event is kept by this module.
"""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import orjson

from copias.ledger import GENESIS, Head

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from pathlib import Path

    from copias.ledger.witnesses import Witness

Entry: t.TypeAlias = "dict[str, t.Any]"
"""A line of the ledger as plain data; see :class:`copias.ledger.Event`."""

_READ: t.Final = 1 << 20
_NAME: t.Final = b'"event":"'
MOST_FAULTS: t.Final = 50
"""Lines that are named; of a ledger that was written anew by somebody else every line would be."""


class Fold(t.Protocol):
    """What one part of an audit takes from the ledger."""

    @property
    def events(self) -> frozenset[str]:
        """Return the names of the events that it wants; with ``*`` all."""
        ...

    def take(self, entry: Entry, /) -> None:
        """Take one event, in the order of the ledger; its data may be anything, as a person may have typed it."""
        ...


@dataclass(frozen=True)
class Fault:
    """A line that is not as it was written: its number from 1, and what is wrong, in Spanish."""

    line: int
    why: str


@dataclass
class Chain:
    """What the pass found of the chain itself.

    Args:
        head: of what was read.
        faults: lines that do not chain or are no events, at most :data:`MOST_FAULTS`.
        unmet: witnesses that do not lie on it.
        met: how many do.
        confirmed: number of the newest event that one of them vouches for; 0 without any.
        unconfirmed: time that the ledger went on since that event, or since its first.
        lost: those that an administrator gave up when the machine was rebuilt; see :mod:`copias.night.loss`.
        torn: bytes after the last whole line.
        strange: events that a part could not read, by name.
    """

    head: Head = field(default_factory=Head)
    faults: list[Fault] = field(default_factory=list)
    unmet: list[Witness] = field(default_factory=list)
    met: int = 0
    confirmed: int = 0
    unconfirmed: timedelta = timedelta(0)
    lost: list[Witness] = field(default_factory=list)
    torn: int = 0
    strange: dict[str, int] = field(default_factory=dict)

    @property
    def valid(self) -> bool:
        """Tell whether the chain holds and every witness lies on it."""
        return not self.faults and not self.unmet

    def give_up(self, heads: Collection[tuple[int, str]]) -> None:
        """Tell the witnesses with one of these heads, count and hash, from those that nobody expects to be missing."""
        self.lost += [one for one in self.unmet if (one.count, one.sha256) in heads]
        self.unmet = [one for one in self.unmet if (one.count, one.sha256) not in heads]


def read_ledger(path: Path, folds: Iterable[Fold], *, witnesses: Iterable[Witness] = (), verify: bool = True) -> Chain:
    """Read the ledger once.

    Args:
        path: of the ledger; none is an empty one.
        folds: who gets which events.
        witnesses: heads that must lie on the chain.
        verify: also check the chain; without it only the lines that somebody wants are looked into, and the head is
            empty.
    """
    reading = _Reading(folds, witnesses, verify=verify)
    if path.exists():
        with path.open("rb", buffering=_READ) as stream:
            for line in stream:
                if not line.endswith(b"\n"):
                    reading.chain.torn = len(line)
                    break
                reading.take(line[:-1])
    return reading.end()


class _Reading:
    """The state of one pass."""

    def __init__(self, folds: Iterable[Fold], witnesses: Iterable[Witness], *, verify: bool) -> None:
        self.chain = Chain()
        self._verify = verify
        self._line = 0
        self._expected = 0
        self._previous = GENESIS
        self._confirmed = self._last = b""
        self._wanted: dict[bytes, list[Callable[[Entry], None]]] = {}
        for fold in folds:
            for name in fold.events:
                self._wanted.setdefault(name.encode(), []).append(fold.take)
        self._all = self._wanted.pop(b"*", [])
        self._witnesses: dict[int, list[Witness]] = {}
        for witness in witnesses:
            self._witnesses.setdefault(witness.count, []).append(witness)

    def take(self, line: bytes) -> None:
        """Take the next whole line."""
        self._line += 1
        self._expected += 1
        if self._verify:
            self._check(line)
        # Before it come only a number and a time, so the first place that says "event" is the event's own.
        start = line.find(_NAME) + len(_NAME)
        takers = self._wanted.get(line[start : line.find(b'"', start)], ())
        if takers or self._all:
            self._give(line, takers)

    def end(self) -> Chain:
        """Return what was found once all lines were taken."""
        chain = self.chain
        if self._verify:
            chain.head = Head(self._expected, self._previous)
            chain.unconfirmed = _time_between(self._confirmed, self._last)
        left = [one for group in self._witnesses.values() for one in group]
        chain.unmet += [one for one in left if (one.count, one.sha256) != (0, GENESIS)]
        chain.met += len([one for one in left if (one.count, one.sha256) == (0, GENESIS)])
        return chain

    def _check(self, line: bytes) -> None:
        # As they are written: the number is the first field, the hash of the line before the last one.
        begin, end = b'{"n":%d,' % self._expected, b'"previous":"%s"}' % self._previous.encode()
        if not (line.startswith(begin) and line.endswith(end)):
            self._tell_fault(line)
        self._previous = digest = hashlib.sha256(line).hexdigest()
        self._confirmed, self._last = self._confirmed or line, line
        met = self._witnesses.pop(self._expected, None)
        if met:
            good = sum(one.sha256 == digest for one in met)
            if good:
                self.chain.confirmed, self._confirmed = self._expected, line
            self.chain.met += good
            self.chain.unmet += [one for one in met if one.sha256 != digest]

    def _tell_fault(self, line: bytes) -> None:
        fault, count = _name_fault(line, (self._line, self._expected), self._previous)
        self._expected = count  # else every line after one that was taken out would be a fault
        if len(self.chain.faults) < MOST_FAULTS:
            self.chain.faults.append(fault)

    def _give(self, line: bytes, takers: Iterable[Callable[[Entry], None]]) -> None:
        try:
            entry = orjson.loads(line)
            for take in (*self._all, *takers):
                take(entry)
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
            # Another version's, or somebody's own: told, and no reason to know nothing of the others.
            name = line[line.find(_NAME) + len(_NAME) :][:40].partition(b'"')[0].decode(errors="replace")
            self.chain.strange[name] = self.chain.strange.get(name, 0) + 1


def _time_between(first: bytes, last: bytes) -> timedelta:
    """Return the time between two lines; none where one of them is no event, which is told otherwise."""
    try:
        begin, end = (datetime.fromisoformat(orjson.loads(line)["time"]) for line in (first, last))
        return max(timedelta(0), end - begin)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return timedelta(0)


def _name_fault(line: bytes, place: tuple[int, int], previous: str) -> tuple[Fault, int]:
    """Say of a line that is not as the program writes it which one was touched, and what number it bears.

    Args:
        line: without its newline.
        place: its place in the file, and the number that it should bear.
        previous: hash of the line before it.
    """
    number, expected = place
    try:
        entry = orjson.loads(line)
        count, said = int(entry["n"]), str(entry["previous"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return Fault(number, "no es un evento"), expected
    if count != expected:
        why = f"lleva el número {count} y le toca el {expected}: antes de ella falta o sobra algo, o fue cambiada"
        return Fault(number, why), count
    if said != previous and number > 1:
        # This one says what the one before was; if somebody had touched this one instead, the next would tell.
        return Fault(number - 1, f"no es la que se escribió: la línea {number} guarda otra suma de ella"), count
    return Fault(number, "no tiene la forma en que el programa escribe"), count
