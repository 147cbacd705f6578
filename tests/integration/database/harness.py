"""What the shared tests need of an engine, and the changes that its comparison must find out."""

from __future__ import annotations

import dataclasses
import tomllib
import typing as t
from pathlib import Path

import psutil

from copias.database import Connection


class Change(t.NamedTuple):
    """A change made in a restored copy (``changes.toml``), the kind of difference that it is, and what that names."""

    name: str
    kind: str
    names: str
    statements: dict[str, str]


def _changes() -> list[Change]:
    told = tomllib.loads(Path(__file__).with_name("changes.toml").read_text(encoding="utf-8"))["change"]
    return [Change(change.pop("name"), change.pop("kind"), change.pop("names"), change) for change in told]


CHANGES = {change.name: change for change in _changes()}


@dataclasses.dataclass(frozen=True)
class Expected:
    """What the record of the demo's database tells, engine by engine.

    ``left_out`` is a part of what the dump says that it does not carry,
    ``unknown_major`` a version that is installed nowhere, ``listens`` the addresses at which a scratch server does.
    """

    tables: int
    sequences: dict[str, str]
    account: str
    accounts_sql: bytes
    left_out: str
    large_objects: int = 0
    unknown_major: int = 99
    listens: frozenset[str] = frozenset()


class Harness(t.Protocol):
    """A server with the demo's database, and ways to change it."""

    engine: str
    expected: Expected

    def fresh(self) -> Connection:
        """Return a new copy of the demo's database, read by the account that only reads."""
        ...

    def twin(self, restored: Connection) -> Connection:
        """Return a copy of a restored database that may be spoilt."""
        ...

    def change(self, connection: Connection, what: str) -> None:
        """Make one change, by its name in ``changes.toml``, and commit it."""
        ...

    def swell(self, connection: Connection) -> None:
        """Add so many rows that a dump cannot end before its sink has taken the first chunk."""
        ...

    def dump_programs(self) -> list[psutil.Process]:
        """Return the dump programs that this process has running."""
        ...

    def wrong_database(self, connection: Connection) -> Connection:
        """Return the same server with a database that it does not have."""
        ...

    def verifiers(self) -> list[bytes]:
        """Return what the server keeps of its accounts' passwords, to know one by: no copy may hold any of it."""
        ...

    def named(self, name: str) -> str:
        """Return the name that a thing called ``schema.name`` in ``changes.toml`` has here."""
        ...


def children_called(*names: str) -> list[psutil.Process]:
    """Return this process's descendants of these names that run."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if process.name() in names:
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found
