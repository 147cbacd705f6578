"""Where a copy may be restored under a new name: ``databases.<name>.restore``."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from copias.database.contract import Connection
from copias.database.registry import PORTS
from copias.local_path import LocalPath


class RestoreServer(BaseModel):
    """A server, and the account that may create databases there; it is another than the one that makes the copies.

    Args:
        host: its name or address, or the folder of its socket.
        port: without one, where the engine listens by itself.
        user: of the account.
        password_file: the first line is its password.
        folder: where a server of Firebird keeps databases, as it sees it; the others know by themselves.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str
    port: int | None = None
    user: str
    password_file: LocalPath | None = None
    folder: str = ""

    def connection(self, engine: str, name: str) -> Connection:
        """Return how a new database of that name is made there."""
        database = f"{self.folder}/{name}.fdb" if self.folder else name
        port = self.port if self.port is not None else PORTS.get(engine, 0)
        return Connection(self.host, port, database, self.user, self.password_file)
