"""What can be told of a repository without changing anything."""

from __future__ import annotations

import typing as t

from copias.errors import BackupError
from copias.repository.opening import expected_id, find_repository, open_repository
from copias.repository.program import find_restic, restic_version, say_version
from copias.repository.snapshots import list_snapshots

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from copias.office import Office


def describe_repository(office: Office, name: str) -> dict[str, t.Any]:
    """Return the facts of a repository, as plain data.

    Returns:
        ``kind``; ``restic``, the version that is used; ``id``, empty while it is not prepared; ``snapshots`` and
        ``keys``, how many; ``error``, the facts of what keeps them from being known, or ``None``.
    """
    settings = find_repository(office, name).settings
    found: dict[str, t.Any] = {
        "kind": settings.kind,
        "restic": "",
        "id": expected_id(office.book.ledger.events(), name) or "",
        "snapshots": 0,
        "keys": 0,
        "error": None,
    }
    try:
        found["restic"] = say_version(restic_version(find_restic(settings.restic)))
        repository = open_repository(office, name)
        found["snapshots"], found["keys"] = len(list_snapshots(repository)), len(repository.list_keys())
    except BackupError as error:
        found["error"] = error.facts()
    return found


def describe_repositories(office: Office, names: Iterable[str]) -> dict[str, dict[str, t.Any]]:
    """Return the facts of several, by their names; one that cannot be reached does not hide the others."""
    return {name: describe_repository(office, name) for name in names}
