"""Who can read a place that keeps copies, as far as the place itself shows it to this installation."""

from __future__ import annotations

import grp
import os
import pwd
import stat
import typing as t
from contextlib import suppress
from dataclasses import dataclass

from copias.system_errors import in_spanish

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.google.settings import GoogleSettings
    from copias.repository.settings import RepositorySettings
    from copias.store.settings import StoreSettings

_ACL: t.Final = "system.posix_acl_access"
_ROLES: t.Final = {
    "owner": "propietario",
    "organizer": "administrador",
    "fileOrganizer": "administrador de contenido",
    "writer": "colaborador",
    "commenter": "comentarista",
    "reader": "lector",
}
"""What Google Drive calls a member of a shared drive, as its pages say it in Spanish."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Who can read a place.

    Args:
        place: ``store:nas`` or ``repository:nas``.
        kind: as in the deployment.
        readers: ``who: how`` in Spanish, in order.
        note: what is not seen.
    """

    place: str
    kind: str
    readers: tuple[str, ...]
    note: str

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data, for the ledger."""
        return {"place": self.place, "kind": self.kind, "readers": list(self.readers), "note": self.note}


def look_at_store(name: str, settings: StoreSettings, google: GoogleSettings) -> Seen:
    """Return who can read a store.

    Raises:
        GoogleUnavailable, GoogleRefused: a shared drive does not say it.
    """
    if settings.kind == "folder":
        readers, note = _read_folder(settings.path), "y el administrador (root) de esta máquina o de la NAS montada"
    elif settings.kind == "shared_drive":
        readers, note = _read_drive(name, settings.drive, google), "y el superadministrador del dominio"
    else:
        secret = settings.identity_file or settings.password_file
        readers = (f"{settings.user}@{settings.host}: cuenta con que copias guarda", *_read_secret(secret))
        note = "las demás cuentas de ese servidor no se ven desde aquí: revíselas en él"
    return Seen(place=f"store:{name}", kind=settings.kind, readers=tuple(readers), note=note)


def look_at_repository(name: str, settings: RepositorySettings) -> Seen:
    """Return who can open a repository: it is encrypted, so who can read a password of it."""
    readers = _read_secret(settings.password_file)
    note = "y quien tenga otra clave del repositorio, como la que se guarda en sobre (`copias repository key`)"
    return Seen(place=f"repository:{name}", kind=settings.kind, readers=tuple(readers), note=note)


def _read_folder(path: Path) -> tuple[str, ...]:
    try:
        found = path.stat()
    except OSError as error:
        return (f"nadie: la carpeta no se ve ({in_spanish(error.strerror or str(error))})",)
    mode, readers = stat.S_IMODE(found.st_mode), [f"{_user(found.st_uid)}: dueño, modo {found.st_mode & 0o7777:04o}"]
    if mode & stat.S_IRGRP:
        readers += [f"{member}: grupo {_group(found.st_gid)}" for member in _members(found.st_gid)]
    if mode & stat.S_IROTH:
        readers.append("cualquier cuenta de esta máquina: el modo lo permite")
    with suppress(OSError):
        os.getxattr(path, _ACL)
        readers.append("otras: la carpeta tiene una lista de acceso (ACL), que aquí no se lee; vea getfacl")
    return tuple(readers)


def _read_secret(path: Path | None) -> tuple[str, ...]:
    if path is None:
        return ()
    return tuple(f"{reader} (del archivo con la clave o la llave)" for reader in _read_folder(path))


def _read_drive(name: str, drive: str, google: GoogleSettings) -> tuple[str, ...]:
    from copias.store.shared_drive_client import DriveClient

    client = DriveClient(google, drive, store=name)
    try:
        return tuple(sorted(map(_say_permission, client.permissions())))
    finally:
        client.close()


def _say_permission(entry: dict[str, t.Any]) -> str:
    who = {"anyone": "cualquiera que tenga el enlace", "domain": f"todo el dominio {entry.get('domain', '')}"}
    named = who.get(str(entry.get("type")), str(entry.get("emailAddress") or entry.get("id") or "cuenta sin nombre"))
    role = str(entry.get("role", ""))
    return f"{named}: {_ROLES.get(role, role)}" + (
        f", hasta {entry['expirationTime']}" if entry.get("expirationTime") else ""
    )


def _members(group: int) -> list[str]:
    try:
        found = grp.getgrgid(group)
    except KeyError:
        return [f"miembros del grupo {group}"]
    first = {user.pw_name for user in pwd.getpwall() if user.pw_gid == group}
    return sorted({*found.gr_mem, *first}) or ["nadie más"]


def _user(identifier: int) -> str:
    try:
        return pwd.getpwuid(identifier).pw_name
    except KeyError:
        return f"uid {identifier}"


def _group(identifier: int) -> str:
    try:
        return grp.getgrgid(identifier).gr_name
    except KeyError:
        return str(identifier)
