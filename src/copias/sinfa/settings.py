"""What the deployment's file says of a database."""

from __future__ import annotations

import typing as t
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field, model_validator

from copias.authorisation import Authorisation
from copias.database.contract import Connection
from copias.database.registry import PORTS
from copias.local_path import LocalPath
from copias.sinfa.check_settings import CheckSettings
from copias.sinfa.restore_settings import RestoreServer


class DatabaseSettings(BaseModel):
    """A database that is copied: a host of Ansible's group ``sinfa``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: str
    """One of ours; with a provider any word, and then it can only be delivered."""
    host: str = ""
    port: int = Field(default_factory=lambda told: PORTS.get(told.get("engine", ""), 0))
    """Without one, where the engine listens by itself."""
    database: str
    user: str = ""
    password_file: LocalPath | None = None
    department: str
    record_series: str
    store: str = "nas"
    provider: str | None = None
    """Who delivers copies of it, by name in ``providers``; it is then not needed that this machine can reach it."""
    repository: str | None = None
    """Of its nightly copies; without one it has none."""
    authorisation: Authorisation | None = None
    time_limit: timedelta = timedelta(hours=12)
    checks: tuple[CheckSettings, ...] = ()
    """What a proof asks the restored database beside comparing it: see :mod:`copias.sinfa.domain`."""
    restore: RestoreServer | None = None
    """Where `copias restore sinfa` may make a new database; nowhere when it is left out."""

    @model_validator(mode="after")
    def _check_source(self) -> t.Self:
        missing = [name for name in ("host", "user") if not getattr(self, name)]
        if missing and (self.provider is None or len(missing) == 1):
            raise ValueError(f"falta {' y '.join(missing)}, o provider si la copia la entrega un proveedor")
        if missing and self.repository is not None:
            raise ValueError("falta host y user: las copias nocturnas (repository) no las entrega un proveedor")
        return self

    @property
    def reachable(self) -> bool:
        """Tell whether this machine can copy it, and need not ask its provider."""
        return bool(self.host)

    def connection(self) -> Connection:
        """Return where the database driver connects."""
        return Connection(
            host=self.host, port=self.port, database=self.database, user=self.user, password_file=self.password_file
        )
