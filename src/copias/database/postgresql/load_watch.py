"""See that the load of a dump that somebody else made neither lasts for ever nor fills the disk."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from copias.database.postgresql.stranger_faults import NotLoadable

if t.TYPE_CHECKING:
    import psycopg

DATABASE: t.Final = "entrega"
"""Where such a dump is loaded."""


@dataclasses.dataclass(frozen=True)
class Room:
    """What a load may take: seconds, and bytes of the database that it fills."""

    seconds: float
    bytes: int


@dataclasses.dataclass
class Watch:
    """Sees that a load neither lasts for ever nor fills the disk."""

    session: psycopg.Connection[t.Any]
    room: Room
    begun: float = dataclasses.field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        """Return the seconds that are left."""
        return self.room.seconds - (time.monotonic() - self.begun)

    def size(self) -> int:
        """Return the bytes of the database."""
        row = self.session.execute("SELECT pg_database_size(%s)", (DATABASE,)).fetchone()
        return int(row[0]) if row else 0

    def check(self) -> int:
        """Return the bytes of the database.

        Raises:
            NotLoadable: they are too many, or the time is up.
        """
        size = self.size()
        if size > self.room.bytes:
            raise NotLoadable("la carga llena el disco", why=f"la base ya ocupa {size} bytes")
        if self.left <= 0:
            raise NotLoadable("la carga no termina", why=f"pasaron {self.room.seconds:.0f} segundos")
        return size
