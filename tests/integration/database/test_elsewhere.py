"""A dump becomes a new database of a server that is not ours, in MariaDB and Firebird: never over one that is there."""

from __future__ import annotations

import dataclasses
import itertools
import os
import typing as t
from contextlib import closing
from pathlib import Path

import pytest

from copias.database import Connection, RestoresElsewhere, compare
from copias.database.firebird.session import connect as connect_firebird
from copias.database.mariadb.new_database import MARK
from copias.database.mariadb.session import ask
from copias.errors import BackupError, BadInput, NotEqual, NotReady
from copias.progress import ignore
from tests.integration.database.conftest import Dumped
from tests.integration.database.firebird_server import FirebirdHarness
from tests.integration.database.mariadb_server import MariaDBHarness

NUMBERS = itertools.count(1)
COUNT = {
    "mariadb": "SELECT COUNT(*) FROM contabilidad_asiento",
    "firebird": "SELECT COUNT(*) FROM CONTABILIDAD_ASIENTO",
}


def wanted(harness: t.Any) -> Connection:
    """Return a database that is not there, as whoever may make databases reaches it."""
    name = f"nueva_{next(NUMBERS)}"
    at = harness.server.administrator
    if isinstance(harness, FirebirdHarness):
        name = str(Path(at.database).with_name(f"{name}.fdb"))
    return dataclasses.replace(at, database=name)


def restore(harness: t.Any, made: Dumped, server: Connection) -> Connection:
    assert isinstance(made.driver, RestoresElsewhere)
    return made.driver.restore_unfinished(made.file, server, made.record, report=ignore)


def is_there(harness: t.Any, database: Connection) -> bool:
    if isinstance(harness, FirebirdHarness):
        return Path(database.database).exists()
    with closing(harness.administrator(harness.server.administrator)) as session:
        return bool(ask(session, "SHOW DATABASES LIKE %s", (database.database,)))


@pytest.fixture
def either(request: pytest.FixtureRequest, harnesses: t.Callable[[str], t.Any]) -> t.Any:
    return harnesses(request.param)


both = pytest.mark.parametrize("either", ["mariadb", "firebird"], indirect=True)


@pytest.fixture
def made(either: t.Any, restorations: t.Callable[[t.Any], tuple[Dumped, Connection]]) -> Dumped:
    return restorations(either)[0]


@both
def test_new_database_is_equal_and_answers_under_its_name(either, made) -> None:
    unfinished = restore(either, made, wanted(either))

    assert compare(made.record, made.driver.digest(unfinished, made.record)) == ()
    named = made.driver.give_name(unfinished, unfinished.database)
    (before,) = made.driver.query(dataclasses.replace(named, database=made.record.database), COUNT[either.engine])
    assert made.driver.query(named, COUNT[either.engine]) == (before,)
    assert before[0] > 1000


@both
def test_finished_database_is_neither_written_over_nor_dropped(either, made) -> None:
    server = wanted(either)
    finished = made.driver.give_name(restore(either, made, server), server.database)

    with pytest.raises(BadInput, match="ya existe"):
        restore(either, made, server)
    with pytest.raises(ValueError, match="nueva_"):
        made.driver.drop_unfinished(finished)

    assert is_there(either, finished)


@both
def test_unfinished_database_is_dropped(either, made) -> None:
    unfinished = restore(either, made, wanted(either))
    assert is_there(either, unfinished)

    made.driver.drop_unfinished(unfinished)

    assert not is_there(either, unfinished)


@both
def test_dump_that_does_not_restore_leaves_no_database(either, made, tmp_path: Path) -> None:
    server = wanted(either)
    broken = tmp_path / "roto.dump"
    content = made.file.read_bytes()
    middle = len(content) // 2
    # All the rest: gbak has no checksums, and restores a dump whose noise happens to lie within values.
    broken.write_bytes(content[:middle] + os.urandom(len(content) - middle))

    with pytest.raises(NotEqual):
        restore(either, dataclasses.replace(made, file=broken), server)

    assert not is_there(either, server)


@both
def test_account_that_only_reads_is_told_what_it_lacks(either, made) -> None:
    reader = either.server.reader
    if either.engine == "firebird":
        either.run(reader, "CREATE OR ALTER USER LECTORA PASSWORD 'una clave cualquiera'")
        (password := Path(either.server.folder) / "lectora").write_text("una clave cualquiera\n")
        reader = dataclasses.replace(reader, user="LECTORA", password_file=password)
    server = dataclasses.replace(reader, database=wanted(either).database)

    with pytest.raises(NotReady, match="no puede") as failure:
        restore(either, made, server)

    assert "--to ./carpeta" in failure.value.repair
    assert not is_there(either, server)


def test_unfinished_database_of_firebird_is_shut_to_others(firebird: FirebirdHarness, restored) -> None:
    made, _ = restored
    firebird.run(firebird.server.reader, "CREATE OR ALTER USER CURIOSA PASSWORD 'una clave cualquiera'")
    (password := firebird.server.folder / "curiosa").write_text("una clave cualquiera\n")

    unfinished = restore(firebird, made, wanted(firebird))

    curious = dataclasses.replace(unfinished, user="CURIOSA", password_file=password)
    with pytest.raises(BackupError, match=r"cerrada|shutdown"):
        connect_firebird(curious)
    made.driver.drop_unfinished(unfinished)


def test_what_a_killed_restore_left_in_mariadb_is_replaced(mariadb: MariaDBHarness, restored) -> None:
    made, _ = restored
    server = wanted(mariadb)
    with closing(mariadb.administrator(mariadb.server.administrator)) as session:
        ask(session, f"CREATE DATABASE `{server.database}` COMMENT %s", (MARK,))
        ask(session, f"CREATE TABLE `{server.database}`.resto (a INT)")

    unfinished = restore(mariadb, made, server)

    assert compare(made.record, made.driver.digest(unfinished, made.record)) == ()


def test_objects_that_name_the_old_database_are_told(mariadb: MariaDBHarness, dumped) -> None:
    source = mariadb.fresh()
    mariadb.run(source, "CREATE VIEW ajena AS SELECT codigo FROM presupuesto_rubro")
    mariadb.run(source, f"CREATE PROCEDURE mueve() TRUNCATE TABLE {source.database}.presupuesto_rubro")
    made = dumped(source)

    unfinished = restore(mariadb, made, wanted(mariadb))

    (warning,) = made.driver.warn_of_restored(unfinished, made.record)
    assert "«mueve»" in warning
    assert "ajena" not in warning


def test_events_of_a_copy_never_work_on_the_live_database(mariadb: MariaDBHarness, dumped) -> None:
    source = mariadb.fresh()
    clean = f"TRUNCATE TABLE {source.database}.presupuesto_rubro"
    mariadb.run(source, f"CREATE EVENT cada_segundo ON SCHEDULE EVERY 1 SECOND STARTS '2030-01-01' DO {clean}")
    made, server = dumped(source), wanted(mariadb)
    mariadb.run(source, "DROP EVENT cada_segundo; SET GLOBAL event_scheduler = ON")

    try:
        with pytest.raises(NotReady, match="«cada_segundo»"):
            restore(mariadb, made, server)
    finally:
        mariadb.run(source, "SET GLOBAL event_scheduler = OFF")

    assert not is_there(mariadb, server)
    assert restore(mariadb, made, server) == server
