"""Where a copy may be restored under a new name: ``databases.<name>.restore``."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from copias.local_path import LocalPath


class RestoreServer(BaseModel):
    """A server, and the account that may create databases there; it is another than the one that makes the copies.

    Args:
        host: its name or address, or the folder of its socket.
        port: as the engine listens.
        user: of the account.
        password_file: the first line is its password.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str
    port: int = 5432
    user: str
    password_file: LocalPath | None = None
