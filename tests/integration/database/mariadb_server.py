"""MariaDB for the shared tests, and for those of MariaDB alone: one server, started at its first use."""

from __future__ import annotations

import dataclasses
import itertools
import subprocess
import typing as t
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil

from copias.database import Connection
from copias.database.children import child_environment
from copias.database.mariadb.scratch import ADMINISTRATOR
from copias.database.mariadb.session import Session, ask, connect, options_in_memory, quoted
from copias_sandbox import sinfa, sinfa_mariadb
from tests.integration.database.harness import CHANGES, Expected, children_called

MEGABYTES = 1
EXPECTED = Expected(
    tables=14,
    sequences={
        "presupuesto_numero_cdp": "1005,false",
        "presupuesto_sin Usar": "77,false",
        "contabilidad_asiento.AUTO_INCREMENT": str(MEGABYTES * 2400 + 1),
    },
    account="copias_lectura@%",
    accounts_sql=b"CREATE USER `copias_lectura`@`%`",
    left_out="«tesoreria_sesion»",
    unknown_major=9999,
)


@dataclasses.dataclass(frozen=True, eq=False)
class MariaDBHarness:
    """The server that is installed."""

    server: sinfa.Sinfa
    engine: str = "mariadb"
    expected: Expected = EXPECTED
    _numbers: Iterator[int] = dataclasses.field(default_factory=lambda: itertools.count(1))

    def fresh(self) -> Connection:
        name = f"copia_{next(self._numbers)}"
        sinfa_mariadb.make_database(self.server, name, MEGABYTES)
        return dataclasses.replace(self.server.reader, database=name)

    def twin(self, restored: Connection) -> Connection:
        root = dataclasses.replace(restored, user=ADMINISTRATOR)
        name = f"gemela_{next(self._numbers)}"
        with closing(connect(root)) as session:
            ask(session, f"CREATE DATABASE {quoted(name)} CHARACTER SET utf8mb4 COLLATE utf8mb4_spanish_ci")
            # A trigger works in the name of who made it.
            ask(session, f"GRANT ALL ON *.* TO {quoted(self.server.administrator.user)}@'%'")
        _copy(root, dataclasses.replace(root, database=name))
        return dataclasses.replace(root, database=name)

    def change(self, connection: Connection, what: str) -> None:
        self.run(connection, CHANGES[what].statements[self.engine])

    def swell(self, connection: Connection) -> None:
        # More than a queue of 8 MiB, a pipe of 1 and a chunk of 1.
        self.run(
            connection,
            "INSERT INTO tesoreria_documento SELECT seq, REPEAT('x', 400), NULL FROM seq_1_to_50000",
        )

    def run(self, connection: Connection, statements: str) -> None:
        with closing(self.administrator(connection)) as session:
            sinfa_mariadb.run(session, statements)

    def administrator(self, connection: Connection) -> Session:
        """Open a session of whoever may do anything: in the source, or in a scratch server."""
        return sinfa_mariadb.open_powerful(self.administrator_of(connection))

    def administrator_of(self, connection: Connection) -> Connection:
        if connection.port != self.server.reader.port:
            return dataclasses.replace(connection, user=ADMINISTRATOR)
        return dataclasses.replace(self.server.administrator, database=connection.database)

    def account(self, name: str, grants: t.Sequence[str], connection: Connection) -> Connection:
        """Make an account with just these privileges and return how it reaches the same database."""
        password = self.server.folder / f"clave-{next(self._numbers)}"
        password.write_text("una clave cualquiera\n")
        made = [f"CREATE OR REPLACE USER {name} IDENTIFIED BY 'una clave cualquiera'", *grants]
        self.run(connection, ";".join(made))
        return dataclasses.replace(connection, user=name, password_file=password)

    def dump_programs(self) -> list[psutil.Process]:
        return children_called("mariadb-dump")

    def wrong_database(self, connection: Connection) -> Connection:
        return dataclasses.replace(connection, database="no existe")

    def verifiers(self) -> list[bytes]:
        with closing(self.administrator(self.server.administrator)) as session:
            rows = ask(session, "SELECT authentication_string FROM mysql.user WHERE authentication_string <> ''")
        return [str(verifier).encode() for (verifier,) in rows]

    def named(self, name: str) -> str:
        return name.replace(".", "_")


def _copy(source: Connection, target: Connection) -> None:
    """Copy a database with the engine's own tools, as an administrator would."""
    with options_in_memory(source) as (options, descriptors, _):
        command = [
            "mariadb-dump",
            options,
            "--routines",
            "--events",
            "--hex-blob",
            "--order-by-primary",
            source.database,
        ]
        dump = subprocess.run(
            command, pass_fds=descriptors, env=child_environment(), stdout=subprocess.PIPE, check=True
        ).stdout
    with options_in_memory(target, database=True) as (options, descriptors, _):
        command = ["mariadb", options, "--binary-mode", "--comments"]
        subprocess.run(command, pass_fds=descriptors, env=child_environment(), input=dump, check=True)


def serve(folder: Path) -> t.ContextManager[sinfa.Sinfa]:
    """Start the server with the demo's database in a folder that does not exist yet."""
    return sinfa_mariadb.serve(folder, megabytes=MEGABYTES)
