"""Locks: what others do to the tables while they are copied, and what we do to others."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest

from copias.database import compare, verify
from copias.database.postgresql import PostgreSQL
from copias.database.postgresql.digest import Digester
from copias.database.postgresql.session import connect
from copias.database.postgresql.snapshot import open_snapshot
from copias.database.producer import ProgramFailed
from copias.errors import SourceUnavailable
from copias.progress import ignore
from tests.waiting import wait_until

DDL = {
    "truncate": "TRUNCATE contabilidad.asiento",
    "drop": "DROP TABLE contabilidad.asiento CASCADE",
    "rewrite": "ALTER TABLE contabilidad.asiento ALTER COLUMN concepto TYPE varchar(500)",
    "add column": "ALTER TABLE contabilidad.asiento ADD COLUMN nueva int DEFAULT 5",
    "drop partition": "DROP TABLE predial.liquidacion_2025",
    "vacuum full": "VACUUM FULL contabilidad.asiento",
}


@pytest.mark.parametrize("name", DDL)
def test_ddl_during_the_dump_waits_and_the_copy_is_of_before(postgresql, restored, tmp_path, name, intruder) -> None:
    connection = postgresql.fresh()
    trouble_maker = intruder(connection.database, DDL[name])
    driver = PostgreSQL(connection)

    with (tmp_path / "x.dump").open("wb") as stream:

        def sink(chunk: bytes) -> None:
            if not trouble_maker.is_alive() and not trouble_maker.done.is_set():
                trouble_maker.queue()
            assert not trouble_maker.done.is_set()
            stream.write(chunk)

        record = driver.dump(sink, report=ignore)

    assert trouble_maker.done.wait(20)
    assert compare(restored[0].record, record) == ()
    if name == "truncate":
        assert verify(driver, tmp_path / "x.dump", record).equal


def test_snapshot_alone_would_not_survive_a_truncate(postgresql) -> None:
    """The reason for the locks: without them an older snapshot sees an empty table. Should this fail, rejoice."""
    connection = postgresql.fresh()
    with connect(connection) as session, connect(connection) as other:
        session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        (snapshot,) = session.execute("SELECT pg_export_snapshot()").fetchone()
        with postgresql.administrator(connection.database) as writer:
            writer.execute("TRUNCATE contabilidad.asiento")
        other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        other.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")

        assert other.execute("SELECT count(*) FROM contabilidad.asiento").fetchone() == (0,)


def test_tables_that_change_while_they_are_locked_make_it_start_over(postgresql, tmp_path) -> None:
    """A table is emptied and filled, another comes and goes, all the time: the copy is of one moment all the same."""
    connection = postgresql.fresh()
    stop = threading.Event()
    rounds = 0

    def trouble() -> None:
        nonlocal rounds
        with postgresql.administrator(connection.database) as session:
            while not stop.is_set():
                with session.transaction():
                    session.execute("TRUNCATE tesoreria.documento, tesoreria.cheque")
                    session.execute("INSERT INTO tesoreria.documento SELECT i, 'x' FROM generate_series(1, 100) i")
                session.execute("CREATE TABLE nomina.pasajera (a int); DROP TABLE nomina.pasajera")
                rounds += 1
                time.sleep(0.3)

    thread = threading.Thread(target=trouble, daemon=True)
    thread.start()
    wait_until(lambda: rounds > 3)
    driver = PostgreSQL(connection, dump_lock_wait=0.5)
    try:
        with (tmp_path / "x.dump").open("wb") as stream:
            record = driver.dump(stream.write, report=ignore)
    finally:
        stop.set()
        thread.join()

    rows = {table.name: table.rows for table in record.tables}
    assert rows["tesoreria.documento"] in {20, 100}
    assert verify(driver, tmp_path / "x.dump", record).equal


def test_table_locked_by_somebody_is_named_with_who(postgresql) -> None:
    connection = postgresql.fresh()
    with postgresql.administrator(connection.database) as holder:
        holder.execute("BEGIN; LOCK TABLE nomina.pago IN ACCESS EXCLUSIVE MODE")

        with pytest.raises(SourceUnavailable, match=r"«nomina\.pago» está bloqueada por el proceso \d+") as failure:
            PostgreSQL(connection, lock_wait=0.5).dump(ignore, report=ignore)

    assert str(holder.info.backend_pid if not holder.closed else "") in str(failure.value)
    assert "administrador_sinfa" in str(failure.value)


def test_digest_passes_a_queue_for_its_table(postgresql, intruder) -> None:
    """A DROP that queues between our locks and the digest's would stop the digest for ever."""
    connection = postgresql.fresh()
    with open_snapshot(connection) as snapshot:
        with Digester(connection, snapshot.relations, "md5-sum-sum", snapshot) as digester:
            expected = digester.finish()
        trouble_maker = intruder(connection.database, "DROP TABLE nomina.pago")
        trouble_maker.queue()

        with Digester(connection, snapshot.relations, "md5-sum-sum", snapshot) as digester:
            found = digester.finish()

        assert not trouble_maker.done.is_set()
    assert found == expected
    assert trouble_maker.done.wait(20)


def test_queue_that_is_there_before_us_goes_first(postgresql, tmp_path, intruder) -> None:
    connection = postgresql.fresh()
    blocker = postgresql.administrator(connection.database)
    blocker.execute("BEGIN; LOCK TABLE ONLY tesoreria.documento IN ACCESS SHARE MODE")
    trouble_maker = intruder(connection.database, "TRUNCATE ONLY tesoreria.documento")
    trouble_maker.queue()
    timer = threading.Timer(1.5, blocker.close)
    timer.start()

    with (tmp_path / "x.dump").open("wb") as stream:
        record = PostgreSQL(connection).dump(stream.write, report=ignore)

    timer.join()
    assert trouble_maker.done.wait(20)
    assert {table.name: table.rows for table in record.tables}["tesoreria.documento"] == 0


def test_queue_between_our_locks_and_those_of_the_dump_program_stops_it(postgresql, intruder) -> None:
    """It would wait for ever for somebody who waits for us; what it says is how ``dump`` knows to start over."""
    connection = postgresql.fresh()
    driver = PostgreSQL(connection, dump_lock_wait=0.5)
    with open_snapshot(connection) as snapshot:
        trouble_maker = intruder(connection.database, "TRUNCATE nomina.pago")
        trouble_maker.queue()

        with pytest.raises(ProgramFailed) as failure:
            driver._dump(snapshot, ignore, ignore, 0)

    assert failure.value.count == 0
    assert "LOCK TABLE" in failure.value.words
    assert trouble_maker.done.wait(20)


def test_truncate_at_the_worst_moment_leaves_a_copy_of_one_moment(postgresql, tmp_path) -> None:
    """It comes as soon as our locks are seen: it waits for the whole dump, or the dump starts over after it."""
    connection = postgresql.fresh()
    seen = (
        "SELECT 1 FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE a.application_name = 'copias'"
        " AND a.datname = current_database() AND l.relation = 'nomina.pago'::regclass"
    )

    def trouble() -> None:
        with postgresql.administrator(connection.database) as session:
            while not session.execute(seen).fetchone():
                pass
            session.execute("TRUNCATE nomina.pago")

    thread = threading.Thread(target=trouble, daemon=True)
    thread.start()
    driver = PostgreSQL(connection, dump_lock_wait=0.5)
    with (tmp_path / "x.dump").open("wb") as stream:

        def sink(chunk: bytes) -> None:
            stream.write(chunk)

        record = driver.dump(sink, report=ignore)

    thread.join(20)
    assert {table.name: table.rows for table in record.tables}["nomina.pago"] in {0, 1800}
    assert verify(driver, tmp_path / "x.dump", record).equal


def test_copying_never_ends_a_session_of_the_town_hall(postgresql) -> None:
    """Its transactions lock the same tables in other orders: a deadlock would end one of them."""
    connection = postgresql.fresh()
    stop = threading.Event()
    errors: list[Exception] = []
    rounds = 0

    def work() -> None:
        nonlocal rounds
        with postgresql.administrator(connection.database) as session:
            session.execute("SET deadlock_timeout = 10")
            while not stop.is_set():
                try:
                    with session.transaction():
                        session.execute("LOCK TABLE tesoreria.recaudo IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(0.05)")
                        session.execute("LOCK TABLE contabilidad.asiento IN ACCESS EXCLUSIVE MODE")
                except psycopg.Error as error:
                    errors.append(error)
                rounds += 1
                time.sleep(0.5)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    wait_until(lambda: rounds > 2)
    try:
        for _ in range(3):
            PostgreSQL(connection, dump_lock_wait=0.5).dump(ignore, report=ignore)
    finally:
        stop.set()
        thread.join(20)

    assert errors == []


def test_roles_are_told_of_an_account_that_may_have_no_connection_more_than_the_dump_takes(postgresql) -> None:
    connection = postgresql.fresh()
    postgresql.swell(connection)
    with postgresql.administrator("postgres") as session:
        session.execute(f"ALTER ROLE {connection.user} CONNECTION LIMIT 2")  # the moment's, and pg_dump's
        try:
            chunks: list[bytes] = []

            def sink(chunk: bytes) -> None:
                if not chunks:
                    time.sleep(0.5)  # while pg_dump has more to send, the roles find no connection free
                chunks.append(chunk)

            record = PostgreSQL(connection, digests=False).dump(sink, report=ignore)
        finally:
            session.execute(f"ALTER ROLE {connection.user} CONNECTION LIMIT -1")

    assert b"CREATE ROLE" in record.globals_sql
    assert not any("roles" in words for words in record.left_out)
