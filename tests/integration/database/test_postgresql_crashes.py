"""Sessions that are lost and processes that are killed leave no half copy, no lock and no server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from copias.database.postgresql import PostgreSQL
from copias.errors import SourceUnavailable
from copias.progress import ignore
from tests.waiting import wait_until


def test_session_lost_in_mid_dump_is_worth_another_try(postgresql) -> None:
    connection = postgresql.fresh()
    postgresql.swell(connection)

    def sink(_: bytes) -> None:
        with postgresql.administrator("postgres") as session:
            session.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (connection.database,)
            )

    with pytest.raises(SourceUnavailable, match="se perdió la conexión"):
        PostgreSQL(connection).dump(sink, report=ignore)


def test_lost_snapshot_session_alone_spoils_the_copy(postgresql) -> None:
    """Its locks went with it, so nothing that was read afterwards can be trusted, however well the dump ended."""
    connection = postgresql.fresh()

    def sink(_: bytes) -> None:
        with postgresql.administrator("postgres") as session:
            session.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND query LIKE '%%pg_table_size%%'",
                (connection.database,),
            )

    with pytest.raises(SourceUnavailable, match="se perdió la conexión"):
        PostgreSQL(connection).dump(sink, report=ignore)


CRASH = """
import sys
from pathlib import Path
from copias.database import Connection, driver_for, verify
host, port, database, user, password_file, flag, file, folder = sys.argv[1:]
connection = Connection(host, int(port), database, user, Path(password_file))
driver = driver_for("postgresql", connection)
with open(file, "wb") as stream:
    def sink(chunk):
        stream.write(chunk)
        if flag == "dump":
            print("now", flush=True)
            sys.stdin.read()
    record = driver.dump(sink, report=lambda n: None)
with driver.scratch(record, folder=Path(folder)) as scratch:
    print("now", scratch.pid, flush=True)
    sys.stdin.read()
"""


def crash(connection, where: str, file: Path, *, folder: Path) -> tuple[list[psutil.Process], list[str]]:
    """Start a dump or a proof in a process of its own, kill it at the worst moment; return its children of then.

    The proof's server is made in ``folder``, and not where whatever else runs on this machine makes and sweeps its own.
    """
    arguments = [connection.host, str(connection.port), connection.database, connection.user]
    process = subprocess.Popen(
        [sys.executable, "-c", CRASH, *arguments, str(connection.password_file), where, str(file), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    said = process.stdout.readline().split()
    children = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    return children, said


def gone(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_sigkill_in_mid_dump_leaves_no_program_and_no_lock(postgresql, server_folder, tmp_path) -> None:
    connection = postgresql.fresh()
    postgresql.swell(connection)

    children, _ = crash(connection, "dump", tmp_path / "x.dump", folder=server_folder)

    assert any("pg_dump" in child.name() for child in children if not gone(child)) or children
    wait_until(lambda: all(gone(child) for child in children))

    def unlocked() -> bool:
        try:
            with postgresql.administrator(connection.database) as session:
                session.execute("SET lock_timeout = 200; ALTER TABLE contabilidad.asiento ADD COLUMN libre int")
        except psycopg.errors.LockNotAvailable:
            return False
        return True

    wait_until(unlocked)


def test_sigkill_in_mid_proof_leaves_no_server_and_its_folder_is_swept(
    postgresql, restored, server_folder, tmp_path
) -> None:
    made, _ = restored
    before = set(server_folder.glob("copias-srv-*"))

    children, _ = crash(postgresql.fresh(), "proof", tmp_path / "x.dump", folder=server_folder)

    wait_until(lambda: all(gone(child) for child in children))
    left = set(server_folder.glob("copias-srv-*")) - before
    assert len(left) == 1
    with made.driver.scratch(made.record, folder=server_folder):
        assert not left.pop().exists()
