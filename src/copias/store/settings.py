"""What the deployment says of one store."""

from __future__ import annotations

import typing as t
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from copias.local_path import LocalPath, start_at_folder

_SFTP_NEEDS = ("host", "user", "identity_file", "known_hosts")


class StoreSettings(BaseModel):
    """One place that keeps copies; which options count depends on ``kind``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: t.Literal["folder", "sftp"]
    path: Path
    """Folder of this machine, or of the server as its account sees it."""
    host: str = ""
    port: int = Field(default=22, ge=1, le=65535)
    user: str = ""
    identity_file: LocalPath | None = None
    known_hosts: LocalPath | None = None
    time_limit: float = Field(default=60, gt=0)
    """Seconds without an answer after which a server counts as gone."""
    least_free: int = Field(default=1 << 30, ge=0)
    """Bytes that copies always leave free."""

    @field_validator("path")
    @classmethod
    def _place_folder(cls, path: Path, info: ValidationInfo) -> Path:
        return start_at_folder(path, info) if info.data.get("kind") == "folder" else path

    @model_validator(mode="after")
    def _check_server(self) -> t.Self:
        missing = [option for option in _SFTP_NEEDS if self.kind == "sftp" and not getattr(self, option)]
        if missing:
            raise ValueError(f"un destino sftp necesita {', '.join(missing)}")
        return self
