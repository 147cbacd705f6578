"""The demo's source: made once, the same rows each time, read by a role that can only read."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from copias.database import driver_for
from copias.database.postgresql.session import connect
from copias.progress import ignore
from copias_sandbox import sinfa


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="copias-sinfa-") as place:
        Path(place).chmod(0o755)
        yield Path(place) / "sinfa"
        sinfa.remove(Path(place) / "sinfa")


def test_server_is_made_once_and_keeps_its_data_and_port(folder: Path) -> None:
    first = sinfa.start(folder, megabytes=1)
    assert sinfa.start(folder, megabytes=1) == first == sinfa.running(folder)
    with connect(dataclasses.replace(first.administrator, database="sinfa")) as session:
        session.execute("INSERT INTO contabilidad.cuenta VALUES ('9', 'queda', NULL)")

    sinfa.stop(folder)
    sinfa.stop(folder)
    assert sinfa.running(folder) is None
    again = sinfa.start(folder, megabytes=1)

    assert again.reader == first.reader
    with connect(again.reader) as session:
        assert session.execute("SELECT nombre FROM contabilidad.cuenta WHERE codigo = '9'").fetchone() == ("queda",)


def test_half_made_database_is_made_again(folder: Path) -> None:
    server = sinfa.start(folder, megabytes=1)
    with connect(dataclasses.replace(server.administrator, database="postgres")) as session:
        session.execute("DROP DATABASE sinfa; ")
        session.execute("CREATE DATABASE sinfa_nueva")

    with connect(sinfa.start(folder, megabytes=1).reader) as session:
        assert session.execute("SELECT count(*) FROM contabilidad.asiento").fetchone() == (2400,)


def test_it_listens_on_this_machine_only_and_wants_a_password(folder: Path) -> None:
    server = sinfa.start(folder, megabytes=1)

    listening = {c.laddr.ip for c in psutil.Process(server.pid).net_connections("inet") if c.status == "LISTEN"}
    assert listening == {"127.0.0.1"}
    assert server.reader.password_file is not None
    assert server.reader.password_file.stat().st_mode & 0o077 == 0
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(host=server.reader.host, port=server.reader.port, dbname="sinfa", user=server.reader.user)


def test_reader_cannot_write(postgresql) -> None:
    connection = postgresql.fresh()

    with connect(connection) as session, pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute("DELETE FROM contabilidad.asiento")


def test_same_size_gives_the_same_rows_and_another_size_others(postgresql) -> None:
    digests = []
    for name, megabytes in (("una", 1), ("otra", 1), ("tercera", 2)):
        with postgresql.administrator("postgres") as session:
            session.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        with postgresql.administrator(name) as session:
            sinfa.seed(session, megabytes)
        driver = driver_for("postgresql", dataclasses.replace(postgresql.server.reader, database=name))
        digests.append(driver.dump(lambda _: None, report=ignore).tables)

    assert digests[0] == digests[1]
    assert digests[0] != digests[2]


@pytest.mark.parametrize("megabytes", [0, -1, 4001])
def test_absurd_sizes_are_refused(folder: Path, megabytes: int) -> None:
    with pytest.raises(ValueError, match="megabytes"):
        sinfa.start(folder, megabytes=megabytes)
