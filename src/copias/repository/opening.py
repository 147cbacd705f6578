"""Open a repository of the deployment, and make sure that it is the one that copies were put in before.

Event of the installation: ``repository.made`` (``repository``, ``id``, ``config``), once it was made or taken over;
``config`` is the SHA-256 of the repository's own file ``config``, where that can be read here, else empty.
"""

from __future__ import annotations

import hashlib
import typing as t

from copias.errors import NotReady
from copias.repository.faults import NoRepository
from copias.repository.place import location_of
from copias.repository.repository import Repository

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from copias.ledger import Event
    from copias.office import Office

MADE: t.Final = "repository.made"


def open_repository(office: Office, name: str, *, maintenance: bool = False) -> Repository:
    """Return a repository, known to be the expected one.

    Args:
        office: of this installation.
        name: logical name.
        maintenance: with the credentials that may remove copies.

    Raises:
        BadConfiguration: there is none of that name, or no such credentials.
        NotReady: it was never made, or another one lies in its place, as under a mount that is lost.
        StoreUnavailable: the place cannot be reached.
    """
    repository = find_repository(office, name, maintenance=maintenance)
    made = _find_made(office.book.ledger.events_of({MADE}), name)
    if made is None:
        raise NotReady(
            "el repositorio no se ha preparado", whose=name, repair=f"créelo con `copias repository init {name}`"
        )
    # restic takes half a second of processor to open a repository; its file, which never changes, tells it at once.
    known = made.data.get("config")
    if not known or config_sum(repository) != known:
        require_id(repository, made.data["id"])
    return repository


def find_repository(office: Office, name: str, *, maintenance: bool = False) -> Repository:
    """Return a repository as the deployment names it; nothing is asked of it.

    Raises:
        BadConfiguration: there is none of that name.
    """
    deployment = office.deployment
    settings = deployment.repository(name)
    if maintenance:
        settings = settings.for_maintenance(name)
    return Repository(name, settings, cache=deployment.state / "repositories" / "cache")


def expected_id(events: Iterable[Event], name: str) -> str | None:
    """Return the id that a repository had when it was made; ``None`` when it never was."""
    made = _find_made(events, name)
    return made.data["id"] if made else None


def require_id(repository: Repository, expected: str) -> None:
    """Raise unless the repository in that place is the expected one.

    Raises:
        NotReady: it is another one.
    """
    found = repository.find_id()
    if found != expected:
        raise NotReady(
            "en ese lugar hay otro repositorio",
            whose=repository.name,
            why=f"se esperaba {expected[:12]} y hay {found[:12]} en {location_of(repository.settings)}",
            repair="revise que la NAS esté montada y que la dirección sea la de siempre; no se escribió nada",
        )


def prepare_repository(office: Office, name: str) -> tuple[str, bool]:
    """Make a repository, or take over the one that is there, and record which it is.

    Returns:
        Its id, and whether it was made now. A second call changes nothing.

    Raises:
        NotReady: another one than the recorded one is there.
    """
    repository = find_repository(office, name)
    expected = expected_id(office.book.ledger.events_of({MADE}), name)
    if expected is not None:
        try:
            require_id(repository, expected)
        except NoRepository as error:
            raise _lost(name, repository) from error
        return expected, False
    found, made = look_for_id(repository), False
    if found is None:
        found, made = repository.create(), True
    office.record(MADE, {"repository": name, "id": found, "config": config_sum(repository)})
    return found, made


def _lost(name: str, repository: Repository) -> NoRepository:
    """Return the error of a repository that was made once and is not there: a new one in its place would hide that."""
    mirrored = f"; si se perdió: copias repository fetch {name}" if repository.settings.mirror else ""
    return NoRepository(
        "el repositorio ya se había creado, y no está en ese lugar",
        whose=name,
        why=f"no hay ninguno en {location_of(repository.settings)}",
        repair=f"monte la NAS de siempre{mirrored}; para empezar otro, póngale otro nombre en copias.yml",
    )


def look_for_id(repository: Repository) -> str | None:
    """Return the id of the repository in that place, ``None`` when there is none."""
    try:
        return repository.find_id()
    except NoRepository:
        return None


def config_sum(repository: Repository) -> str:
    """Return the SHA-256 of a repository's file ``config``; empty where it cannot be read here."""
    if repository.settings.kind != "path":
        return ""
    try:
        return hashlib.sha256((repository.settings.path / "config").read_bytes()).hexdigest()
    except OSError:
        return ""


def _find_made(events: Iterable[Event], name: str) -> Event | None:
    found = [event for event in events if event.event == MADE and event.data.get("repository") == name]
    return found[-1] if found else None
