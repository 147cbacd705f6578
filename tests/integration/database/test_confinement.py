"""What a hostile dump tries while it is restored: its server neither runs a program nor reads a file of ours."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import typing as t
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from copias.database import Connection, verify
from copias.database.children import unprivileged_account
from copias.database.landlock import landlock_version
from copias.database.postgresql.session import connect
from copias.progress import ignore
from copias.provider.examining import examine
from copias.provider.loading import load_dump
from copias.provider.unfit import Limits
from tests.integration.database.conftest import ENGINES, Dumped, PostgreSQLHarness, dump_to
from tests.integration.database.harness import Harness
from tests.waiting import wait_until
from tests.walls import NOBODY_ELSES, NOTHING, look_at, look_at_child

PASSWORDS = Path("/etc/shadow")

RUN = "EXECUTE 'COPY (SELECT 1) TO PROGRAM ''touch {place}/marca'''"
READ = "PERFORM pg_read_file('{place}/secreto')"
WRITE = "EXECUTE 'COPY (SELECT 1) TO ''{place}/marca'''"
TRAP = """
CREATE FUNCTION public.trampa(integer) RETURNS boolean LANGUAGE plpgsql AS $trampa$
BEGIN
    IF current_database() NOT LIKE 'prueba\\_%' THEN RETURN true; END IF;
    BEGIN
        {act};
    EXCEPTION WHEN OTHERS THEN RETURN true;
    END;
    RAISE 'la trampa funcionó';
END $trampa$;
CREATE TABLE public.cebo (n integer CHECK (public.trampa(n)));
INSERT INTO public.cebo VALUES (1);
GRANT SELECT ON public.cebo TO {reader};
"""


@pytest.fixture
def place(server_folder: Path, tmp_path: Path) -> Path:
    """A folder in which the scratch server's account may do anything, with a file that it may read."""
    folder = server_folder / f"afuera-{tmp_path.name}"
    folder.mkdir()
    folder.chmod(0o777)
    (folder / "secreto").write_text("de otra dependencia\n")
    (folder / "secreto").chmod(0o644)
    return folder


def run_on_source(postgresql: PostgreSQLHarness, connection: Connection, act: str) -> None:
    with postgresql.administrator(connection.database) as session:
        session.execute(f"DO $$ BEGIN {act}; END $$".encode())


@pytest.mark.parametrize("act", [RUN, READ, WRITE], ids=["program", "read", "write"])
def test_function_of_a_dump_reaches_nothing_outside(
    postgresql: PostgreSQLHarness, dumped: t.Callable[[Connection], Dumped], place: Path, act: str
) -> None:
    assert landlock_version() >= 1, "this machine cannot confine a server"
    act = act.format(place=place)
    connection = postgresql.fresh()
    run_on_source(postgresql, connection, act)  # unconfined, so that it works: what follows is no accident
    (place / "marca").unlink(missing_ok=True)
    with postgresql.administrator(connection.database) as session:
        session.execute(TRAP.format(act=act, reader=connection.user).encode())
    made = dumped(connection)

    proof = verify(made.driver, made.file, made.record)

    assert not (place / "marca").exists()
    assert proof.equal, proof.differences


def test_superuser_of_the_scratch_server_neither_reads_nor_runs(
    postgresql: PostgreSQLHarness, restored: tuple[Dumped, Connection], place: Path
) -> None:
    _, copy = restored
    (place / "marca").touch()
    with closing(connect(copy)) as session:
        for forbidden in (
            "COPY (SELECT 1) TO PROGRAM 'true'",
            f"SELECT pg_read_file('{place}/secreto')",
            f"COPY (SELECT 1) TO '{place}/marca'",
            "SELECT pg_read_file('/etc/passwd')",
            "SELECT pg_ls_dir('/root')",
        ):
            with pytest.raises(psycopg.Error, match=r"denied|could not"):
                session.execute(forbidden.encode())

    assert (place / "marca").read_bytes() == b""


@dataclass
class Neighbour:
    """Somebody else's server: counts who comes, and hangs up."""

    path: socket.socket
    tcp: socket.socket
    visits: int = 0

    def at(self, way: str) -> str:
        if way == "path":
            return f"host={Path(self.path.getsockname()).parent} port=5432"
        return "host={} port={}".format(*self.tcp.getsockname())

    def count(self) -> None:
        for listener in (self.path, self.tcp):
            with suppress(BlockingIOError):
                while True:
                    listener.accept()[0].close()
                    self.visits += 1

    @contextmanager
    def hanging_up(self) -> Iterator[None]:
        ended = threading.Event()

        def serve() -> None:
            while not ended.wait(0.02):
                self.count()

        serving = threading.Thread(target=serve)
        serving.start()
        try:
            yield
        finally:
            ended.set()
            serving.join()
            self.count()


@pytest.fixture
def neighbour(server_folder: Path, tmp_path: Path) -> Iterator[Neighbour]:
    """One at a Unix socket that the scratch server's account may use, and by TCP."""
    folder = server_folder / f"v-{tmp_path.name[-12:]}"
    folder.mkdir()
    folder.chmod(0o755)
    with ExitStack() as opened:
        own = opened.enter_context(socket.socket(socket.AF_UNIX))
        own.bind(str(folder / ".s.PGSQL.5432"))
        (folder / ".s.PGSQL.5432").chmod(0o777)
        own.listen()
        tcp = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        own.setblocking(False)
        tcp.setblocking(False)
        yield Neighbour(own, tcp)
    shutil.rmtree(folder)


@pytest.mark.parametrize("way", ["path", "tcp"])
def test_function_of_a_dump_reaches_no_other_server(
    postgresql: PostgreSQLHarness, dumped: t.Callable[[Connection], Dumped], neighbour: Neighbour, way: str
) -> None:
    at = neighbour.at(way)
    act = (
        f"EXECUTE $$CREATE SUBSCRIPTION ajena CONNECTION '{at} user=x dbname=x connect_timeout=5' PUBLICATION ajena "
        "WITH (create_slot = false, enabled = false, copy_data = false)$$"
    )
    connection = postgresql.fresh()
    with neighbour.hanging_up(), pytest.raises(psycopg.Error):
        run_on_source(postgresql, connection, act.replace("$$", "$acto$"))
    unconfined = neighbour.visits
    assert unconfined  # it gets there: what follows is no accident
    with postgresql.administrator(connection.database) as session:
        session.execute(TRAP.format(act=act, reader=connection.user).encode())
    made = dumped(connection)

    with neighbour.hanging_up():
        proof = verify(made.driver, made.file, made.record)

    assert neighbour.visits == unconfined
    assert proof.equal, proof.differences


def test_scratch_server_stands_within_all_walls(harness: Harness, restored: tuple[Dumped, Connection]) -> None:
    made, _ = restored

    with made.driver.scratch(made.record) as scratch:
        seen, said = look_at(scratch.pid), scratch.confinement

    # Firebird has no other way in than by TCP.
    assert seen.shared == ({"net"} if harness.expected.listens else set())
    assert (seen.capabilities, seen.bounding, seen.filtered) == ({NOTHING}, NOTHING, True)
    assert not NOBODY_ELSES & seen.names
    assert said == f"bubblewrap y Landlock {landlock_version()}"


@pytest.mark.parametrize(
    ("engine", "program"), [("postgresql", "pg_restore"), ("mariadb", "mariadb"), ("firebird", "gbak")]
)
def test_program_that_loads_a_delivery_stands_within_all_walls(
    harnesses: t.Callable[[str], Harness], tmp_path: Path, engine: str, program: str
) -> None:
    harness = harnesses(ENGINES[engine][0])
    connection = harness.fresh()
    harness.swell(connection)
    made = dump_to(tmp_path / "entrega", connection, engine)
    examined = examine(made.file, Limits(1 << 30, 300, 10), spool=tmp_path)
    argument = {"pg_restore": "--dbname"}.get(program, "")  # it also reads the archive before there is a server

    with ThreadPoolExecutor(1) as beside:
        looking = beside.submit(
            wait_until, lambda: look_at_child(program, made.file, PASSWORDS, argument=argument), 120
        )
        loaded = load_dump(made.file, examined, seconds=120, report=ignore)
        seen = looking.result()

    account = unprivileged_account()
    assert seen is not None
    assert loaded.contents is not None, loaded.text
    assert seen.account == (os.geteuid() if account is None else account.uid)
    assert seen.shared == ({"net"} if harness.expected.listens else set())
    assert (seen.capabilities, seen.bounding, seen.filtered) == ({NOTHING}, NOTHING, True)
    assert seen.visible == set()
    assert seen.limits == {"seconds", "memory", "file"}
    assert not NOBODY_ELSES & seen.names
