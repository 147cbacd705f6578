"""How long a repository still has room where it lies: foreseen as of stores (:mod:`copias.keeping.capacity`).

One measurement a repository and day is an event of the ledger, ``repository.measured`` (``repository``, ``free`` and
``size`` in bytes, ``day``); ``size`` is ``None`` where only restic could tell it, which would read the whole index.

Two paces are known: that at which the room there goes, whoever takes it, and that at which the repository itself
grows. The faster one counts: what makes room for a while, such as somebody who deletes files, does not last.
"""

from __future__ import annotations

import os
import typing as t
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from copias.errors import BackupError
from copias.findings import open_finding
from copias.keeping.capacity import Measurement, Room, forecast
from copias.local_time import today
from copias.repository.opening import open_repository
from copias.store.settings import StoreSettings
from copias.store.sftp_connection import Connection

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from copias.ledger import Event
    from copias.office import Office
    from copias.repository.settings import RepositorySettings

MEASURED: t.Final = "repository.measured"
UNTOLD: t.Final = {
    "rest": "el servidor REST no dice cuánto espacio le queda: mídalo allá",
    "sftp": "el servidor SFTP no dice cuánto espacio le queda: mídalo allá",
}
"""By kind, why the room of a place is not known, in Spanish."""


@dataclass(frozen=True)
class Sizes:
    """What was measured of a repository on a day: bytes that are free where it lies, and its own, where known."""

    day: date
    free: int
    size: int | None


@dataclass(frozen=True, kw_only=True)
class RepositoryCapacity(Room):
    """The room of one repository.

    Args:
        repository: its logical name.
        free: bytes that are free where it lies; ``None`` when the place does not tell.
        size: bytes of its files; ``None`` where they cannot be counted without reading it.
        unknown: why the room is not known though the place answers, in Spanish.
    """

    repository: str
    free: int | None = None
    size: int | None = None
    unknown: str = ""

    @property
    def warning(self) -> str:
        """Return what somebody should know now, in Spanish; empty for nothing."""
        return self.warn_of(f"El repositorio {self.repository}")


def measure_repositories(
    office: Office, names: Sequence[str] = (), *, now: datetime | None = None
) -> list[RepositoryCapacity]:
    """Ask each place for its room and foresee the day on which it is full; nothing is recorded.

    Args:
        office: whose repositories.
        names: of some of them; all when empty.
        now: aware time of the measurement.

    Raises:
        BadConfiguration: a name is no repository's.
    """
    deployment, day = office.deployment, today(now)
    before = list_sizes(office.book.ledger.events_of({MEASURED}))
    chosen = names or sorted(deployment.repositories)
    return [_measure(office, name, deployment.repository(name), before.get(name, []), day) for name in chosen]


def list_sizes(events: Iterable[Event]) -> dict[str, list[Sizes]]:
    """Return what was measured of each repository, the oldest first."""
    found: dict[str, list[Sizes]] = {}
    for event in events:
        if event.event == MEASURED:
            size = event.data["size"]
            one = Sizes(date.fromisoformat(event.data["day"]), int(event.data["free"]), size)
            found.setdefault(event.data["repository"], []).append(one)
    return found


def plan_sizes(
    office: Office, found: Iterable[RepositoryCapacity], *, now: datetime | None = None
) -> tuple[RepositoryCapacity, ...]:
    """Return what was not measured yet today, of places that tell their room."""
    known, day = list_sizes(office.book.ledger.events_of({MEASURED})), today(now)
    return tuple(
        one
        for one in found
        if one.free is not None and day not in {before.day for before in known.get(one.repository, [])}
    )


def record_sizes(office: Office, new: Iterable[RepositoryCapacity], *, now: datetime | None = None) -> None:
    """Keep measurements as today's; see :func:`plan_sizes`."""
    for one in new:
        facts = {"repository": one.repository, "free": one.free, "size": one.size, "day": today(now).isoformat()}
        office.record(MEASURED, facts)


def open_size_findings(office: Office, found: Iterable[RepositoryCapacity]) -> None:
    """Open a finding for each repository that is soon full, until somebody made room or bought some."""
    for one in found:
        if one.soon_full:
            open_finding(
                office,
                about=one.repository,
                what="el repositorio de las copias nocturnas se llena pronto",
                why=f"{one.say_when()}, por lo que se ha medido cada noche",
                repair="amplíe el lugar donde está, o revise cuánto se conserva: copias retention plan",
            )


def foresee(measured: Sequence[Sizes]) -> tuple[float | None, int | None]:
    """Return the bytes that are filled a day, by the faster of the two paces, and the days that are left.

    Args:
        measured: of one repository; the newest last.

    Returns:
        ``(None, None)`` when too little was measured, ``(pace, None)`` when nothing fills; ``0`` days when it is full.
    """
    room, _ = forecast([Measurement(one.day, one.free) for one in measured])
    growth, _ = forecast([Measurement(one.day, -one.size) for one in measured if one.size is not None])
    paces = [pace for pace in (room, growth) if pace is not None]
    pace = max(paces, default=None)
    if measured[-1].free == 0:
        return pace, 0
    return pace, int(measured[-1].free / pace) if pace is not None and pace > 0 else None


def _measure(
    office: Office, name: str, settings: RepositorySettings, before: Sequence[Sizes], day: date
) -> RepositoryCapacity:
    try:
        free, size = _ask(office, name, settings)
    except BackupError as error:
        return RepositoryCapacity(repository=name, trouble=f"{error.what}: {error.why}" if error.why else error.what)
    if free is None:
        return RepositoryCapacity(repository=name, size=size, unknown=UNTOLD.get(settings.kind, ""))
    # What a clock that ran ahead had dated would push all that was measured since out of the window.
    daily, days = foresee([*(one for one in before if one.day < day), Sizes(day, free, size)])
    return RepositoryCapacity(repository=name, free=free, size=size, daily=daily, days_left=days)


def _ask(office: Office, name: str, settings: RepositorySettings) -> tuple[int | None, int | None]:
    """Return the free bytes where a repository lies, and its own, each ``None`` where it is not told.

    Raises:
        BackupError: the place does not answer, or another repository, or none, is there.
    """
    if settings.kind == "path":
        open_repository(office, name)  # under a mount that is lost lies another disk
        facts = os.statvfs(settings.path)
        return facts.f_bavail * facts.f_frsize, _count(settings.path)
    return (_ask_sftp(name, settings) if settings.kind == "sftp" else None), None


def _ask_sftp(name: str, settings: RepositorySettings) -> int | None:
    """Ask the server by the extension that OpenSSH has; others tell nothing."""
    told = {key: getattr(settings, key) for key in ("path", "host", "port", "user", "identity_file", "known_hosts")}
    connection = Connection(name, StoreSettings(kind="sftp", **told))
    try:
        with connection.translate_errors("consultar el espacio libre"):
            session = connection.session()
            session.stat(f"{settings.path}/config")
            return session.find_free_space(str(settings.path))
    finally:
        connection.close()


def _count(folder: os.PathLike[str]) -> int:
    """Return the bytes of all files; what vanishes meanwhile counts for nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for file in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(place, file)).st_size  # noqa: PTH118 - sixty thousand of them in a terabyte
    return total
