"""Read the server's roles, as SQL without passwords, beside the dump: they are in no snapshot anyway."""

from __future__ import annotations

import typing as t
from concurrent.futures import Future, ThreadPoolExecutor

from copias.database.children import run_tool
from copias.database.postgresql.passwords import password_in_memory
from copias.database.postgresql.session import conninfo
from copias.errors import CopyFailed

if t.TYPE_CHECKING:
    from copias.database.contract import Connection
    from copias.database.postgresql.tools import Tools

Roles: t.TypeAlias = "tuple[bytes, tuple[str, ...]]"
"""The SQL; where it may not be read, the words that say so."""


class RolesReader:
    """A context manager that starts to read with the dump's first bytes: the dump's own connections come first."""

    def __init__(self, connection: Connection, tools: Tools) -> None:
        self._connection = connection
        self._tools = tools
        self._reading: Future[Roles] | None = None

    def __enter__(self) -> t.Self:
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="roles")
        return self

    def __exit__(self, *_: object) -> None:
        self._beside.shutdown()

    def feed(self, _: bytes) -> None:
        """Take note that the dump has begun."""
        if self._reading is None:
            self._reading = self._beside.submit(self._read)

    def finish(self) -> Roles:
        """Return the roles."""
        sql, missing = self._reading.result() if self._reading is not None else (b"", ("",))
        # While the dump went on it may have been one connection too many for this account.
        return self._read() if missing else (sql, missing)

    def _read(self) -> Roles:
        command = [
            self._tools["pg_dumpall"],
            "--globals-only",
            "--no-role-passwords",
            "--no-password",
            f"--database={self._connection.database}",
            f"--dbname={conninfo(self._connection)}",
        ]
        with password_in_memory(self._connection) as (environment, pass_fds, secrets):
            try:
                sql = run_tool(
                    command,
                    whose=str(self._connection),
                    what="leer los roles del servidor",
                    environment=environment,
                    pass_fds=pass_fds,
                    secrets=secrets,
                )
            except CopyFailed as error:
                return b"", (f"Los roles del servidor: {error.why}",)
        return sql, ()
