"""What the night of one database would do, and did."""

from __future__ import annotations

import time
import typing as t
from dataclasses import asdict, dataclass

from copias.errors import BadConfiguration
from copias.night.copying import NightCopying, NightOptions, copy_of_today, list_unread, require_leave
from copias.repository.locks import WAIT, hold_repository
from copias.repository.mirroring import has_mirror, push_mirror, reading
from copias.repository.opening import expected_id, open_repository

if t.TYPE_CHECKING:
    from copias.night.catalogue import NightCopy
    from copias.office import Office

EARLIER: t.Final = 3
"""Copies of earlier nights that are read back in one night, when they were not in their own: one may take an hour."""


@dataclass(frozen=True, kw_only=True)
class NightResult:
    """What came of the night of one database.

    Args:
        database: of the inventory.
        changed: a copy was made or read back; in check mode, would be.
        copy: name of today's copy; empty when there is none.
        status: of that copy.
        bytes: of its dump.
        tables: of it.
        rows: of all tables.
        seconds: that all took.
        error: the facts of the error, ``None`` when it went well.
    """

    database: str
    changed: bool
    copy: str = ""
    status: str = ""
    bytes: int = 0
    tables: int = 0
    rows: int = 0
    seconds: float = 0.0
    error: dict[str, t.Any] | None = None

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        return asdict(self)


class NightPlan:
    """The night of one database, planned from the ledger; see :func:`plan_night`."""

    def __init__(self, office: Office, name: str, *, force: bool, options: NightOptions) -> None:
        self._office = office
        self._name = name
        self._force = force
        self._options = options
        self._before = copy_of_today(office, name)
        self.copy = self._before
        self._seconds = 0.0

    @property
    def changes(self) -> bool:
        """Tell whether today's copy has still to be made or an earlier one to be read back, or one is wanted anew."""
        return self._force or self._before is None or bool(self._list_unread(self._before))

    def run(self) -> None:
        """Make the copy unless there is one of today, then read it back from its repository, or from that one's mirror.

        Those of earlier nights that were not read back in their own are read after it.

        Raises:
            BackupError: no copy that counts was made, or it or an earlier one is not what was stored.
        """
        begun = time.monotonic()
        repository_name = repository_of(self._office, self._name)
        require_leave(self._office, self._name)
        with hold_repository(self._office, repository_name, wait=WAIT):
            repository = open_repository(self._office, repository_name)
            known = expected_id(self._office.book.ledger.events(), repository_name) or ""
            copying = NightCopying(self._office, self._name, repository, repository_id=known, options=self._options)
            # Looked at again: the one who had the lock may have made it.
            self.copy = None if self._force else copy_of_today(self._office, self._name)
            if self.copy is None:
                self.copy = copying.make()
        if has_mirror(self._office, repository_name):
            push_mirror(self._office, repository_name, wait=WAIT)
        if self._list_unread(self.copy):
            with (
                hold_repository(self._office, repository_name, wait=WAIT),
                reading(self._office, repository_name) as place,
            ):
                for copy in self._list_unread(self.copy):
                    read = copying.read_back(copy, place)
                    self.copy = read if read.copy == self.copy.copy else self.copy
        self._seconds = time.monotonic() - begun

    def _list_unread(self, todays: NightCopy) -> list[NightCopy]:
        """Return what is to be read back, today's copy first."""
        unread = list_unread(self._office, self._name)
        mine = [copy for copy in unread if copy.copy == todays.copy]
        return mine + [copy for copy in unread if copy.copy != todays.copy][:EARLIER]

    def describe(self, *, changed: bool) -> NightResult:
        """Return how it stands."""
        copy = self.copy
        if copy is None:
            return NightResult(database=self._name, changed=changed)
        return NightResult(
            database=self._name,
            changed=changed,
            copy=copy.copy,
            status=copy.status,
            bytes=copy.bytes,
            tables=copy.tables,
            rows=copy.rows,
            seconds=round(self._seconds, 1),
        )

    def diff(self) -> dict[str, str]:
        """Return the state before and after; in check mode, what would be."""
        after = self.copy if self.copy is not self._before else None
        wanted = "copia de hoy, leída de su repositorio\n" if self.changes else _say(self._before)
        return {"before": _say(self._before), "after": _say(after) if after else wanted}


def plan_night(office: Office, name: str, *, force: bool = False, options: NightOptions | None = None) -> NightPlan:
    """Read the ledger; change nothing.

    Args:
        office: of this installation.
        name: of the database in the inventory.
        force: make another copy although there is one of today.
        options: how it is made.

    Raises:
        BadConfiguration: there is no such database, or it has no repository.
    """
    repository_of(office, name)
    return NightPlan(office, name, force=force, options=options or NightOptions())


def repository_of(office: Office, name: str) -> str:
    """Return the name of the repository of a database.

    Raises:
        BadConfiguration: it has none.
    """
    repository = office.deployment.database(name).repository
    if repository is None:
        raise BadConfiguration(
            "la base de datos no tiene repositorio para sus copias nocturnas",
            whose=name,
            repair="indique repository en esa base de datos de copias.yml",
        )
    office.deployment.repository(repository)
    return repository


def nightly_databases(office: Office) -> list[str]:
    """Return the databases of the inventory that have nightly copies."""
    return sorted(name for name, one in office.deployment.databases.items() if one.repository is not None)


def _say(copy: NightCopy | None) -> str:
    return f"{copy.copy}: {copy.status}\n" if copy else "sin copia de hoy\n"
