"""What every engine's scratch server tells of itself."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from copias.database.contract import Connection


class Scratch(t.Protocol):
    """A private server that lives only for a proof. ``connection`` is of its administrator."""

    @property
    def connection(self) -> Connection:
        """Return how to reach it."""
        ...

    @property
    def version(self) -> str:
        """Return its version."""
        ...

    @property
    def pid(self) -> int:
        """Return the id of its process."""
        ...

    @property
    def confinement(self) -> str:
        """Return what keeps it from the rest of this machine, in Spanish."""
        ...
