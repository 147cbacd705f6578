"""Firebird for the shared tests, and for those of Firebird alone: one server, started at its first use."""

from __future__ import annotations

import dataclasses
import itertools
import typing as t
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil

from copias.database import Connection
from copias.database.firebird.session import connect
from copias_sandbox import sinfa, sinfa_firebird
from tests.integration.database.harness import CHANGES, Expected, children_called

MEGABYTES = 2
EXPECTED = Expected(
    tables=13,
    sequences={
        "PRESUPUESTO_NUMERO_CDP": "1205",
        "PRESUPUESTO_SIN USAR": "77",
        "TESORERIA_RECAUDO.ID": str(MEGABYTES * 700),
    },
    account="CONTADOR",
    accounts_sql=b'CREATE USER "COPIAS_LECTURA"',
    left_out="«TESORERIA_TEMPORAL»",
    listens=frozenset({"127.0.0.1"}),
)


@dataclasses.dataclass(frozen=True, eq=False)
class FirebirdHarness:
    """The server that is installed."""

    server: sinfa.Sinfa
    engine: str = "firebird"
    expected: Expected = EXPECTED
    _numbers: Iterator[int] = dataclasses.field(default_factory=lambda: itertools.count(1))

    def fresh(self) -> Connection:
        return self._copy(self.server.reader, "copia")

    def twin(self, restored: Connection) -> Connection:
        return self._copy(restored, "gemela")

    def change(self, connection: Connection, what: str) -> None:
        self.run(connection, CHANGES[what].statements[self.engine])

    def swell(self, connection: Connection) -> None:
        # More than a queue of 8 MiB, a pipe of 1 and a chunk of 1.
        self.run(
            connection,
            "EXECUTE BLOCK AS DECLARE I INTEGER = 0^ BEGIN WHILE (I < 50000) DO BEGIN"
            " INSERT INTO TESORERIA_DOCUMENTO VALUES (:I, LPAD(:I, 400, HASH(:I)))^ I = I + 1^ END END",
        )

    def run(self, connection: Connection, statements: str) -> None:
        """Run statements; within one of them ``^`` stands for its semicolons."""
        script = statements
        if "^" in statements:
            script = f"SET TERM $ ;\n{statements.replace('^', ';')}$\nSET TERM ; $"
        sinfa_firebird.run(self.administrator_of(connection), f"{script};\nCOMMIT;\n")

    def administrator_of(self, connection: Connection) -> Connection:
        """Return how whoever may do anything reaches the same database."""
        if connection.port != self.server.reader.port:
            return connection
        return dataclasses.replace(self.server.administrator, database=connection.database)

    def dump_programs(self) -> list[psutil.Process]:
        return children_called("gbak")

    def wrong_database(self, connection: Connection) -> Connection:
        return dataclasses.replace(connection, database=str(Path(connection.database).with_name("no existe.fdb")))

    def verifiers(self) -> list[bytes]:
        users = Path(self.server.administrator.database).with_name("seguridad.fdb")
        at = dataclasses.replace(self.server.administrator, database=str(users))
        with closing(connect(at)) as session:
            rows = session.ask("SELECT PLG$VERIFIER FROM PLG$SRP")
        return [str(verifier).encode("utf-8", "surrogateescape") for (verifier,) in rows]

    def named(self, name: str) -> str:
        schema, dot, rest = name.partition(".")
        if dot:
            return f"{schema}_{rest}".upper()
        return name if name in {"rara", "FUNCIÓN", "PERMISO", "EXCEPCIÓN ANULADO"} else name.upper()

    def _copy(self, connection: Connection, name: str) -> Connection:
        copy = sinfa_firebird.copy_database(connection.database, f"{name}_{next(self._numbers)}")
        return dataclasses.replace(connection, database=copy)


def serve(folder: Path) -> t.ContextManager[sinfa.Sinfa]:
    """Start the server with the demo's database in a folder that does not exist yet."""
    return sinfa_firebird.serve(folder, megabytes=MEGABYTES)
