"""What the deployment says of one restic repository."""

from __future__ import annotations

import typing as t
from datetime import timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from copias.errors import BadConfiguration
from copias.local_path import LocalPath
from copias.place_options import place_folder, require_options

Kind: t.TypeAlias = t.Literal["path", "sftp", "rest"]

_NEEDS: t.Final[dict[Kind, tuple[str, ...]]] = {
    "path": ("path",),
    "sftp": ("path", "host", "user", "identity_file", "known_hosts"),
    "rest": ("url_file",),
}
_TAKES: t.Final[dict[Kind, tuple[str, ...]]] = {
    "path": ("mirror",),
    "sftp": ("port",),
    "rest": ("append_only", "certificate"),
}
_COMMON: t.Final = ("kind", "password_file", "maintenance", "lock_wait", "time_limit", "restic")


class Maintenance(BaseModel):
    """Other credentials, for removing copies only: kept where the account of the nightly copies cannot read them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    password_file: LocalPath | None = None
    url_file: LocalPath | None = None
    user: str | None = None
    identity_file: LocalPath | None = None


class MirrorSettings(BaseModel):
    """Where a repository of this machine is mirrored: a place that restic itself cannot write to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    store: str
    """Logical name of a store of the deployment."""
    folder: str = Field(default="restic", pattern=r"^[a-z0-9][a-z0-9_-]{0,40}$")
    """Folder there that holds the mirrors, one folder each."""


class RepositorySettings(BaseModel):
    """One restic repository; which options there are depends on ``kind``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    path: Path = Path()
    """Folder of this machine (a disk, an NFS mount), or of the server as its account sees it."""
    host: str = Field(default="", pattern=r"^([A-Za-z0-9:][A-Za-z0-9:._-]*)?$")
    port: int = Field(default=22, ge=1, le=65535)
    user: str = Field(default="", pattern=r"^([A-Za-z0-9._][A-Za-z0-9._-]*)?$")
    identity_file: LocalPath | None = None
    known_hosts: LocalPath | None = None
    url_file: LocalPath | None = None
    """A file of mode 0600 with ``rest:https://user:password@host:8000/name/`` on its only line."""
    certificate: LocalPath | None = None
    """The certificate, in PEM, of a server whose own nobody else vouches for."""
    mirror: MirrorSettings | None = None
    """A store that gets a copy of every file of this repository."""
    append_only: bool = False
    """The server takes new files and refuses to change or remove any: then nothing here ever removes a copy."""
    password_file: LocalPath
    """A file of mode 0600 whose only line opens the repository. Lost, all is lost: see ``copias repository key``."""
    maintenance: Maintenance | None = None
    lock_wait: timedelta = timedelta(minutes=5)
    """How long to wait for another program that has the repository locked."""
    time_limit: timedelta = timedelta(hours=12)
    """The longest that one act may take."""
    restic: LocalPath | None = None
    """The program, where another than the one of ``scripts/setup`` or of ``PATH`` is meant."""

    _place_folder = field_validator("path")(place_folder)

    @model_validator(mode="after")
    def _check_options(self) -> t.Self:
        takes = (*_TAKES[self.kind], *_COMMON)
        require_options(self, what=f"un repositorio {self.kind}", needs=_NEEDS[self.kind], takes=takes)
        return self

    def for_maintenance(self, name: str) -> RepositorySettings:
        """Return the settings with which copies may be removed.

        Raises:
            BadConfiguration: it is append-only, and no other credentials are configured.
        """
        if self.maintenance is None:
            if self.append_only:
                raise BadConfiguration(
                    "el repositorio solo agrega y no hay credenciales de mantenimiento",
                    whose=name,
                    repair="configure su maintenance en copias.yml, con archivos que cron no pueda leer",
                )
            return self
        other = {key: value for key, value in self.maintenance if value is not None}
        return self.model_copy(update={**other, "append_only": False, "maintenance": None})
