"""What a hostile dump tries while it is restored: its server neither runs a program nor reads a file of ours."""

from __future__ import annotations

import typing as t
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from copias.database import Connection, verify
from copias.database.confinement import landlock_version
from copias.database.postgresql.session import connect
from tests.integration.database.conftest import Dumped, PostgreSQLHarness

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
