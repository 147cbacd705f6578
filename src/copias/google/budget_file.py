"""What was spent of a quota lately, in one SQLite file for all processes of the machine.

A *window* is what Google limits: the units of one user, or of the project, in a minute or a day. Units are counted by
short *slots* of time and leave the window when their slot is older than its span. Against a bucket that refills evenly
this lets a small job run at once, and a long one still gets all of every minute, without ever exceeding one.

The file is only a memory of the last minutes: it is not synced, and one that a power cut broke is made anew.
"""

from __future__ import annotations

import os
import sqlite3
import typing as t
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from copias.files import locked, make_private_directory

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

EVERYBODY: t.Final = "*"
"""The bucket whose caution holds for all others."""
LOCK_WAIT: t.Final = 0.25
"""Seconds to wait for another process; it holds the file for a fraction of a millisecond."""
RECOVERY: t.Final = 0.05 / 60
"""What a cautious bucket regains of its limit each second."""
LEAST_FACTOR: t.Final = 0.1
_CUT: t.Final = 0.7
_ONE_CUT: t.Final = 5.0
"""Seconds in which several refusals, of calls that were on their way together, count as one."""
_PACE: t.Final = 5.0
"""Seconds over which a cautious bucket is also spread evenly."""

_TABLES: t.Final = """
CREATE TABLE IF NOT EXISTS spent (
    bucket TEXT, slot INTEGER, units INTEGER, PRIMARY KEY (bucket, slot)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS caution (
    bucket TEXT PRIMARY KEY, factor REAL, changed REAL, closed_until REAL
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Window:
    """One limit.

    Args:
        bucket: whose units they are.
        limit: units.
        span: seconds for which spent units count; somewhat longer than Google's, because a unit is spent, and heard
            of by Google, a moment after it was reserved.
        slot: seconds that are counted together.
    """

    bucket: str
    limit: int
    span: float
    slot: float

    def slot_of(self, moment: float) -> int:
        """Return the number of the slot of a moment."""
        return int(moment // self.slot)

    def first_slot(self, now: float) -> int:
        """Return the oldest slot that still counts."""
        return int((now - self.span) // self.slot) + 1


@dataclass(frozen=True)
class Reservation:
    """Units that may be spent, or the seconds after which to ask again when there are none."""

    units: int
    wait: float = 0.0


@dataclass(frozen=True)
class _Caution:
    factor: float = 1.0
    changed: float = 0.0
    closed_until: float = 0.0

    def factor_at(self, now: float) -> float:
        return min(1.0, self.factor + RECOVERY * max(0.0, now - self.changed))


class BudgetFile:
    """The file; each method is one short transaction.

    Args:
        path: where it is; made with its folder when absent, made anew when broken; ``None`` keeps it in memory.

    Raises:
        sqlite3.Error, OSError: by any method: it cannot be used, and nothing was reserved.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._inode = 0
        self._connection = self._open()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def exchange(self, windows: Sequence[Window], *, least: int, most: int, now: float) -> Reservation:
        """Reserve in all windows at once as many units as fit, up to ``most``; fewer than ``least`` are none."""
        with self._transaction():
            rooms = [self._room(window, least, now) for window in windows]
            units = min(most, *(room.units for room in rooms))
            if units < least:
                return Reservation(0, max(room.wait for room in rooms))
            for window in windows:
                self._add(window, units, now)
            return Reservation(units)

    def give_back(self, windows: Sequence[Window], units: int, *, reserved_at: float) -> None:
        """Return units that were reserved and not spent."""
        with self._transaction():
            for window in windows:
                self._connection.execute(
                    "UPDATE spent SET units = max(0, units - ?) WHERE bucket = ? AND slot = ?",
                    (units, window.bucket, window.slot_of(reserved_at)),
                )

    def spent(self, window: Window, *, now: float) -> int:
        """Return the units of a window that are spent or reserved."""
        with self._transaction():
            return self._sum(window.bucket, window.first_slot(now))

    def refuse(self, bucket: str, *, now: float, closed_for: float) -> None:
        """Note that Google refused a call of a bucket: close it for some seconds, and lower its limit for long."""
        with self._transaction():
            known = self._caution(bucket)
            factor, changed = known.factor, known.changed
            if now - changed > _ONE_CUT or now < changed:
                factor, changed = max(LEAST_FACTOR, known.factor_at(now) * _CUT), now
            self._write_caution(bucket, _Caution(factor, changed, max(known.closed_until, now + closed_for)))

    def be_cautious(self, factor: float, *, now: float) -> None:
        """Lower the limits of everybody, because what was spent lately is not known."""
        with self._transaction():
            self._write_caution(EVERYBODY, _Caution(factor, now, now))

    def factor(self, bucket: str, *, now: float) -> float:
        """Return the part of its limit that a bucket may use now, 0.1 to 1."""
        return min(self._caution(name).factor_at(now) for name in (bucket, EVERYBODY))

    def _room(self, window: Window, least: int, now: float) -> Reservation:
        """Return what fits into a window, and when ``least`` will."""
        first, last = window.first_slot(now), window.slot_of(now)
        self._connection.execute(
            # A slot of the future was written before the clock was set back.
            "DELETE FROM spent WHERE bucket = ? AND (slot < ? OR slot > ?)",
            (window.bucket, first, last + 1),
        )
        closed = self._caution(window.bucket).closed_until - now
        if closed > 0:
            return Reservation(0, closed)
        factor = self.factor(window.bucket, now=now)
        room = max(least, int(window.limit * factor)) - self._sum(window.bucket, first)
        if room < least:
            return Reservation(0, self._wait_for(window, least - room, now))
        if factor < 1.0 and window.span < 3600:
            even = max(least, int(window.limit * factor * _PACE / window.span))
            room = min(room, even - self._sum(window.bucket, window.slot_of(now - _PACE) + 1))
        return Reservation(room, 0.0 if room >= least else window.slot)

    def _wait_for(self, window: Window, missing: int, now: float) -> float:
        """Return the seconds until slots that hold the missing units have left the window."""
        rows = self._connection.execute(
            "SELECT slot, units FROM spent WHERE bucket = ? ORDER BY slot", (window.bucket,)
        ).fetchall()
        for slot, units in rows:
            missing -= int(units)
            if missing <= 0:
                return max(0.001, float(slot) * window.slot + window.span - now)
        return window.span

    def _sum(self, bucket: str, first: int) -> int:
        row = self._connection.execute(
            "SELECT coalesce(sum(units), 0) FROM spent WHERE bucket = ? AND slot >= ?", (bucket, first)
        ).fetchone()
        return int(row[0])

    def _add(self, window: Window, units: int, now: float) -> None:
        self._connection.execute(
            "INSERT INTO spent VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET units = units + excluded.units",
            (window.bucket, window.slot_of(now), units),
        )

    def _caution(self, bucket: str) -> _Caution:
        row = self._connection.execute(
            "SELECT factor, changed, closed_until FROM caution WHERE bucket = ?", (bucket,)
        ).fetchone()
        return _Caution(*row) if row else _Caution()

    def _write_caution(self, bucket: str, caution: _Caution) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO caution VALUES (?, ?, ?, ?)",
            (bucket, caution.factor, caution.changed, caution.closed_until),
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._follow()
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def _follow(self) -> None:
        """Open the file again when another process made it anew."""
        if self._path is not None and self._path.stat().st_ino != self._inode:
            self._connection.close()
            self._connection = self._open()

    def _open(self) -> sqlite3.Connection:
        if self._path is None:
            return _connect(":memory:")
        make_private_directory(self._path.parent)
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = _connect(str(self._path))
        self._inode = self._path.stat().st_ino
        return connection


def rebuild(path: Path) -> None:
    """Put a broken file aside, unless another process did so meanwhile.

    Raises:
        sqlite3.Error, OSError: it cannot be made anew either.
    """
    make_private_directory(path.parent)
    with locked(path.with_name(path.name + ".lock"), blocking=False):
        try:
            _connect(str(path)).close()
        except sqlite3.DatabaseError:
            path.replace(path.with_name(path.name + ".broken"))
            for companion in ("-wal", "-shm"):
                path.with_name(path.name + companion).unlink(missing_ok=True)


def _connect(name: str) -> sqlite3.Connection:
    connection = sqlite3.connect(name, timeout=LOCK_WAIT, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(_TABLES)
        if connection.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("quick_check found damage")
    except BaseException:
        connection.close()
        raise
    return connection
