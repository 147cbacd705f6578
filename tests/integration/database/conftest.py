"""Real servers for the tests of the database part, one harness for each engine and version found here.

A new engine adds one :class:`Harness` in a file of its own and its names in :data:`ENGINES`; the tests of
``test_contract.py`` are the same for all.
"""

from __future__ import annotations

import atexit
import dataclasses
import functools
import hashlib
import itertools
import os
import shutil
import tempfile
import threading
import typing as t
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
from psycopg import sql

from copias.database import Connection, Driver, DumpRecord, driver_for
from copias.database.postgresql.session import Session, connect
from copias.database.postgresql.tools import CLIENT, SERVER, installed
from copias.progress import ignore
from copias_sandbox import sinfa
from tests.integration.database import firebird_server, mariadb_server
from tests.integration.database.firebird_server import FirebirdHarness
from tests.integration.database.harness import CHANGES, Expected, Harness, children_called
from tests.integration.database.mariadb_server import MariaDBHarness
from tests.waiting import wait_until

MEGABYTES = 2
EXPECTED = Expected(
    tables=17,
    sequences={"presupuesto.numero_cdp": "1205,true", "presupuesto.sin Usar": "77,false"},
    account="copias_lectura",
    accounts_sql=b"CREATE ROLE copias_lectura",
    left_out="vistas materializadas",
    large_objects=2,
)


@dataclasses.dataclass(frozen=True, eq=False)
class PostgreSQLHarness:
    """One major version of PostgreSQL."""

    server: sinfa.Sinfa
    engine: str = "postgresql"
    expected: Expected = EXPECTED
    _numbers: Iterator[int] = dataclasses.field(default_factory=lambda: itertools.count(1))

    def fresh(self) -> Connection:
        name = f"copia_{next(self._numbers)}"
        with self.administrator("postgres") as session:
            session.execute(sql.SQL("CREATE DATABASE {} TEMPLATE sinfa").format(sql.Identifier(name)))
        return dataclasses.replace(self.server.reader, database=name)

    def twin(self, restored: Connection) -> Connection:
        name = f"gemela_{next(self._numbers)}"
        with connect(dataclasses.replace(restored, database="postgres")) as session:
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            session.execute(statement.format(sql.Identifier(name), sql.Identifier(restored.database)))
        return dataclasses.replace(restored, database=name)

    def change(self, connection: Connection, what: str) -> None:
        writer = connection
        if connection.user == self.server.reader.user:
            writer = dataclasses.replace(self.server.administrator, database=connection.database)
        with connect(writer) as session:
            session.execute(CHANGES[what].statements[self.engine])

    def swell(self, connection: Connection) -> None:
        # More than a queue of 8 MiB, a pipe of 1 and a chunk of 1.
        with self.administrator(connection.database) as session:
            session.execute(
                "INSERT INTO tesoreria.documento SELECT i, repeat('x', 400) FROM generate_series(1, 50000) i"
            )

    def verifiers(self) -> list[bytes]:
        with self.administrator("postgres") as session:
            rows = session.execute("SELECT rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL").fetchall()
        return [str(verifier).encode() for (verifier,) in rows]

    def administrator(self, database: str) -> Session:
        return connect(dataclasses.replace(self.server.administrator, database=database))

    def dump_programs(self) -> list[psutil.Process]:
        return children_called("pg_dump")

    def wrong_database(self, connection: Connection) -> Connection:
        return dataclasses.replace(connection, database="no existe")

    def named(self, name: str) -> str:
        return name


def _majors() -> list[int]:
    return sorted({tools.major for tools in installed() if tools.has(*CLIENT, *SERVER)})


ENGINES = {
    "postgresql": [f"postgresql-{major}" for major in _majors()],
    "mariadb": ["mariadb"],
    "firebird": ["firebird"],
}
"""The harnesses of each engine. The product's own setup brings all of them: one that is missing is a failure."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test the harnesses of its engine, and those that ask for a change each that can be made there."""
    wanted = set(metafunc.fixturenames)
    engines = [engine for engine in ENGINES if engine in wanted] or list(ENGINES)
    names = [(name, engine) for engine in engines for name in ENGINES[engine]]
    if "change" in wanted:
        pairs = [(name, change) for name, engine in names for change in CHANGES.values() if engine in change.statements]
        ids = [f"{name}-{change.name}" for name, change in pairs]
        metafunc.parametrize(("harness", "change"), pairs, indirect=["harness"], ids=ids, scope="session")
    elif "harness" in wanted:
        chosen = [name for name, _ in names]
        metafunc.parametrize("harness", chosen, indirect=True, ids=chosen, scope="session")


def alive(pid: int) -> bool:
    """Return whether a process runs; one that is dead and not reaped yet does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@functools.cache
def _folder() -> Path:
    # Not pytest's: a server that runs as another account must be able to pass through all folders above.
    # In memory where there is such a place: some hundred databases come and go.
    memory = Path("/dev/shm")
    parent = memory if os.access(memory, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="copias-pruebas-", dir=parent))
    folder.chmod(0o755)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # after the servers of all engines
    return folder


@pytest.fixture(scope="session")
def server_folder() -> Path:
    """A folder of this process alone that servers of other accounts can use."""
    return _folder()


@pytest.fixture(scope="session")
def servers() -> Iterator[t.Callable[[int], sinfa.Sinfa]]:
    """Start each version at its first use, and remove them all at the end."""
    started: dict[int, sinfa.Sinfa] = {}

    def start(major: int) -> sinfa.Sinfa:
        if major not in started:
            started[major] = sinfa.start(_folder() / f"pg{major}", megabytes=MEGABYTES, major=major)
        return started[major]

    yield start
    for server in started.values():
        sinfa.remove(server.folder)
        assert not alive(server.pid)


@pytest.fixture(scope="session")
def harnesses(servers: t.Callable[[int], sinfa.Sinfa]) -> Iterator[t.Callable[[str], Harness]]:
    """Make each harness once: a worker that is given file after file comes back to each of them."""
    with ExitStack() as opened:

        @functools.cache
        def open_harness(name: str) -> Harness:
            engine, _, version = name.partition("-")
            if engine == "postgresql":
                return PostgreSQLHarness(servers(int(version)))
            if engine == "firebird":
                return FirebirdHarness(opened.enter_context(firebird_server.serve(_folder() / engine)))
            return MariaDBHarness(opened.enter_context(mariadb_server.serve(_folder() / engine)))

        yield open_harness


@pytest.fixture(scope="session")
def harness(request: pytest.FixtureRequest, harnesses: t.Callable[[str], Harness]) -> Harness:
    """One engine in one version; which ones, :func:`pytest_generate_tests` says."""
    return harnesses(request.param)


@pytest.fixture
def postgresql(harness: Harness) -> PostgreSQLHarness:
    """The harness, where a test is about PostgreSQL alone."""
    assert isinstance(harness, PostgreSQLHarness)
    return harness


@pytest.fixture
def mariadb(harness: Harness) -> MariaDBHarness:
    """The harness, where a test is about MariaDB alone."""
    assert isinstance(harness, MariaDBHarness)
    return harness


@pytest.fixture
def firebird(harness: Harness) -> FirebirdHarness:
    """The harness, where a test is about Firebird alone."""
    assert isinstance(harness, FirebirdHarness)
    return harness


@dataclasses.dataclass(frozen=True)
class Dumped:
    """A dump and all that is needed to prove it."""

    driver: Driver
    file: Path
    record: DumpRecord


def dump_to(file: Path, connection: Connection, engine: str) -> Dumped:
    driver = driver_for(engine, connection, time_limit=120)
    with file.open("wb") as stream:
        record = driver.dump(stream.write, report=ignore)
    assert file.stat().st_size == record.bytes
    assert hashlib.sha256(file.read_bytes()).hexdigest() == record.sha256
    return Dumped(driver, file, record)


@pytest.fixture
def dumped(tmp_path: Path, harness: Harness) -> t.Callable[[Connection], Dumped]:
    """A function that dumps a database to a file."""
    numbers = itertools.count(1)
    return lambda connection: dump_to(tmp_path / f"{next(numbers)}.dump", connection, harness.engine)


@pytest.fixture(scope="session")
def restorations(
    servers: t.Callable[[int], sinfa.Sinfa], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[t.Callable[[Harness], tuple[Dumped, Connection]]]:
    """Dump and restore each engine's and version's database once, in servers that stay for the session."""
    with ExitStack() as opened:

        @functools.cache
        def restore(harness: Harness) -> tuple[Dumped, Connection]:
            made = dump_to(tmp_path_factory.mktemp("copia") / "sinfa.dump", harness.fresh(), harness.engine)
            scratch = opened.enter_context(made.driver.scratch(made.record, folder=_folder()))
            return made, made.driver.restore(made.file, scratch, made.record, report=ignore)

        yield restore


@pytest.fixture(scope="session")
def restored(
    harness: Harness, restorations: t.Callable[[Harness], tuple[Dumped, Connection]]
) -> tuple[Dumped, Connection]:
    """A dump of the demo's database and its restored copy, in a server that stays for the session."""
    return restorations(harness)


class Intruder(threading.Thread):
    """Runs one statement as the administrator, in its own session and thread; it may have to wait."""

    def __init__(self, postgresql: PostgreSQLHarness, database: str, statement: str) -> None:
        super().__init__(daemon=True)
        self.postgresql = postgresql
        self.session = postgresql.administrator(database)
        self.pid = self.session.info.backend_pid
        self.statement = statement
        self.done = threading.Event()

    def run(self) -> None:
        with self.session:
            self.session.execute(self.statement)
        self.done.set()

    def queue(self) -> t.Self:
        """Start, and return when the statement waits for somebody."""
        self.start()
        wait_until(self.waits)
        return self

    def waits(self) -> bool:
        with self.postgresql.administrator("postgres") as session:
            row = session.execute("SELECT cardinality(pg_blocking_pids(%s))", (self.pid,)).fetchone()
        return bool(row and row[0])


@pytest.fixture
def intruder(postgresql: PostgreSQLHarness) -> t.Callable[[str, str], Intruder]:
    """A function that makes an intruder of a database and a statement."""
    return lambda database, statement: Intruder(postgresql, database, statement)
