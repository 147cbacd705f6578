"""What the deployment says of deliveries: where they are put, and what of them is refused."""

from __future__ import annotations

import typing as t

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from copias.local_path import LocalPath
from copias.place_options import check_one_folder


class DeliverySettings(BaseModel):
    """Where deliveries are looked for, in a folder for each case: on this server, or on a shared drive."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: LocalPath | None = None
    """A folder of this server, such as a share that agents can write to; one folder a case below it."""
    store: str = ""
    """Logical name of a store of kind ``shared_drive``; deliveries lie in the same drive, outside of the copies."""
    drive_folder: str = Field(default="Entregas", min_length=1, max_length=100)
    """Folder at the top of that drive; one folder a case below it."""
    settle_minutes: float = Field(default=10, ge=0)
    """How long nothing may have changed in a delivery: a younger one may still be on its way."""
    largest_bytes: int = Field(default=500 << 30, ge=1)
    """Bytes that a delivery may hold once decompressed."""
    largest_ratio: int = Field(default=200, ge=2)
    """How many times its size a file may hold once decompressed; mail holds less than 20 times."""
    largest_message: int = Field(default=256 << 20, ge=1 << 20)
    """Bytes of a message; Gmail takes none above 150 MB."""
    most_entries: int = Field(default=500_000, ge=1)
    """Files in one zip."""

    _check_folder = field_validator("drive_folder")(check_one_folder)

    @model_validator(mode="after")
    def _check_places(self) -> t.Self:
        if self.folder is None and not self.store:
            raise ValueError("deliveries necesita folder, una carpeta de este servidor, o store, una unidad compartida")
        return self
