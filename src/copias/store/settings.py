"""What the deployment says of one store."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from copias.local_path import LocalPath, start_at_folder
from copias.place_options import check_one_folder, place_folder, require_options

Kind: t.TypeAlias = t.Literal["folder", "sftp", "shared_drive", "file_station"]

FINGERPRINT: t.Final = re.compile(r"(?:sha256:)?((?:[0-9a-f]{2}:?){31}[0-9a-f]{2})", re.ASCII | re.IGNORECASE)
"""The SHA-256 of a certificate as browsers show it, with or without colons."""

_SHARE = re.compile(r"""(?:/(?!\.\.?(?:/|$)|_sn_)[^/"+=\\:|*?<>;\[\]%,`'\x00-\x1f]+){2,}""")

UPLOAD_UNIT = 256 << 10
"""Bytes of which Google takes whole multiples only, in each chunk of an upload but the last."""

_NEEDS: t.Final[dict[Kind, tuple[str, ...]]] = {
    "folder": ("path",),
    "sftp": ("path", "host", "user", "identity_file", "known_hosts"),
    "shared_drive": ("drive",),
    "file_station": ("path", "host", "port", "user", "password_file"),
}
_TAKES: t.Final[dict[Kind, tuple[str, ...]]] = {
    "folder": (),
    "sftp": ("port", "time_limit"),
    "shared_drive": ("folder", "chunk_bytes"),
    "file_station": ("tls", "certificate", "time_limit", "chunk_bytes"),
}
_COMMON: t.Final = ("kind", "least_free")


class StoreSettings(BaseModel):
    """One place that keeps copies; which options there are depends on ``kind``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    path: Path = Path()
    """Folder of this machine, or of the server as its account sees it."""
    host: str = ""
    port: int = Field(default=22, ge=1, le=65535)
    user: str = ""
    identity_file: LocalPath | None = None
    known_hosts: LocalPath | None = None
    time_limit: float = Field(default=60, gt=0)
    """Seconds without an answer after which a server counts as gone."""
    password_file: LocalPath | None = None
    """Its first line is the password of ``user``; a file, so that it stands in no argument and no environment."""
    tls: bool = True
    """False sends the password and the copies in clear: only where nobody else can listen."""
    certificate: str = Field(default="", max_length=4096)
    """SHA-256 of the NAS's certificate, or the path of a PEM file with it; empty: one that this machine trusts."""
    drive: str = Field(default="", pattern=r"^[A-Za-z0-9_-]*$")
    """Id of a Google Shared Drive: the last part of its address in a browser."""
    folder: str = Field(default="", max_length=100)
    """Folder at the top of the shared drive; empty is the drive itself."""
    chunk_bytes: int = Field(default=32 << 20, ge=UPLOAD_UNIT, le=1 << 30, multiple_of=UPLOAD_UNIT)
    """Bytes sent, and held in memory, at a time; what a broken line costs at most."""
    least_free: int = Field(default=1 << 30, ge=0)
    """Bytes that copies always leave free, where the place tells how many are."""

    _place_folder = field_validator("path")(place_folder)
    _check_folder = field_validator("folder")(check_one_folder)

    @field_validator("certificate")
    @classmethod
    def _place_certificate(cls, certificate: str, info: ValidationInfo) -> str:
        if not certificate or FINGERPRINT.fullmatch(certificate.strip()):
            return certificate.strip()
        return str(start_at_folder(Path(certificate), info))

    @model_validator(mode="after")
    def _check_options(self) -> t.Self:
        takes = (*_TAKES[self.kind], *_COMMON)
        require_options(self, what=f"un destino {self.kind}", needs=_NEEDS[self.kind], takes=takes)
        if self.kind == "file_station" and not _SHARE.fullmatch(self.path.as_posix()):
            raise ValueError("path es /Compartida/carpeta: empieza por barra y no lleva signos que la NAS rechaza")
        if self.certificate and not self.tls:
            raise ValueError("certificate es de https: quítelo o ponga tls: true")
        return self
