"""Where a provider puts what it delivers, and what of that is refused."""

from __future__ import annotations

import typing as t
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from copias.local_path import LocalPath
from copias.place_options import check_one_folder, place_folder, require_options

DropKind: t.TypeAlias = t.Literal["folder", "sftp", "shared_drive"]

_NEEDS: t.Final[dict[DropKind, tuple[str, ...]]] = {
    "folder": ("path",),
    "sftp": ("path", "host", "user", "identity_file", "known_hosts"),
    "shared_drive": ("drive",),
}
_TAKES: t.Final[dict[DropKind, tuple[str, ...]]] = {
    "folder": (),
    "sftp": ("port", "time_limit"),
    "shared_drive": ("folder",),
}
_COMMON: t.Final = (
    "kind",
    "settle_minutes",
    "largest_bytes",
    "largest_content",
    "largest_ratio",
    "most_entries",
    "quarantine_bytes",
    "archive_password_file",
    "scan",
)


class DropSettings(BaseModel):
    """A place that a provider writes to, with a folder for each case; which options there are depends on ``kind``.

    This product only reads there: what was delivered stays until whoever owns the place removes it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: DropKind
    path: Path = Path()
    """Folder of this machine, or of the server as its account sees it; one folder a case below it."""
    host: str = ""
    port: int = Field(default=22, ge=1, le=65535)
    user: str = ""
    identity_file: LocalPath | None = None
    known_hosts: LocalPath | None = None
    time_limit: float = Field(default=60, gt=0)
    """Seconds without an answer after which a server counts as gone."""
    drive: str = Field(default="", pattern=r"^[A-Za-z0-9_-]*$")
    """Id of a Google Shared Drive that the provider may write to."""
    folder: str = Field(default="Proveedores", min_length=1, max_length=100)
    """Folder at the top of that drive; one folder a case below it."""
    settle_minutes: float = Field(default=10, ge=0, le=7 * 24 * 60)
    """How long nothing may have changed in a delivery: a younger one may still be on its way."""
    largest_bytes: int = Field(default=200 << 30, ge=1)
    """Bytes that a delivery may have; a larger one is not fetched."""
    largest_content: int = Field(default=500 << 30, ge=1)
    """Bytes that it may hold once decompressed."""
    largest_ratio: int = Field(default=300, ge=2)
    """How many times its size it may hold once decompressed; dumps hold less than 50 times."""
    most_entries: int = Field(default=1000, ge=1, le=100_000)
    """Files in one archive."""
    quarantine_bytes: int = Field(default=50 << 30, ge=0)
    """Bytes of rejected files that are kept, of all cases together; of what does not fit only its facts are."""
    archive_password_file: LocalPath | None = None
    """File whose first line opens encrypted archives; without it they are refused."""
    scan: bool = False
    """Have ClamAV look at what arrives; where it is not installed, that is recorded."""

    _place_folder = field_validator("path")(place_folder)
    _check_folder = field_validator("folder")(check_one_folder)

    @model_validator(mode="after")
    def _check_options(self) -> t.Self:
        takes = (*_TAKES[self.kind], *_COMMON)
        require_options(self, what=f"un drop {self.kind}", needs=_NEEDS[self.kind], takes=takes)
        return self

    def describe(self, number: str) -> str:
        """Return where the provider puts the files of a case, in words for people and without this machine's paths."""
        if self.kind == "sftp":
            return f"la carpeta {number} del servidor SFTP {self.host}, puerto {self.port}"
        if self.kind == "shared_drive":
            return f"la carpeta {self.folder}/{number} de la unidad compartida de Google"
        return f"la carpeta {number} de la carpeta compartida {self.path.name}"
