"""MariaDB's moment: who waits for it and how long, and what is said of what it cannot hold still."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from copias.database import Connection, compare, verify
from copias.database.mariadb import MariaDB
from copias.database.mariadb.catalog import Table, list_tables
from copias.database.mariadb.digest import digest_table
from copias.database.mariadb.moment import open_moment
from copias.database.mariadb.session import Session, ask, connect
from copias.errors import CopyFailed, SourceUnavailable
from copias.progress import ignore
from tests.integration.database.mariadb_server import MariaDBHarness
from tests.waiting import wait_until

ONLY_READS = "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON `copia\\_%`.* TO {0}; GRANT SELECT ON mysql.proc TO {0}"
LOCKS = "GRANT LOCK TABLES ON `copia\\_%`.* TO {0}"


def tables_of(connection: Connection) -> tuple[Table, ...]:
    with closing(connect(connection)) as session:
        return list_tables(session, connection.database)


def sees(session: Session, connection: Connection, table: str) -> str:
    (found,) = [one for one in tables_of(connection) if one.name == table]
    return digest_table(session, connection.database, found, label="x").xor


@contextmanager
def working(mariadb: MariaDBHarness, connection: Connection, statement: str) -> Iterator[threading.Event]:
    """Run a statement in a session and thread of its own; enter when it waits in the server, or is done."""
    done = threading.Event()

    def work() -> None:
        mariadb.run(connection, statement)
        done.set()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    wait_until(lambda: done.is_set() or is_waiting(mariadb, connection, statement))
    yield done
    thread.join(30)
    assert not thread.is_alive()


def is_waiting(mariadb: MariaDBHarness, connection: Connection, statement: str) -> bool:
    """Whether a statement waits for a lock of the server's or, where it asks for one, of a user's."""
    with closing(mariadb.administrator(connection)) as session:
        rows = ask(
            session,
            "SELECT 1 FROM information_schema.PROCESSLIST"
            " WHERE DB = %s AND INFO = %s AND (STATE LIKE 'Waiting%%' OR STATE = 'User lock')",
            (connection.database, statement),
        )
    return bool(rows)


def connections_of(mariadb: MariaDBHarness, connection: Connection, like: str) -> list[int]:
    with closing(mariadb.administrator(connection)) as session:
        rows = ask(
            session,
            "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = %s AND DB = %s AND INFO LIKE %s",
            (connection.user, connection.database, like),
        )
    return [int(row[0]) for row in rows]


def test_writer_waits_for_the_moment_and_is_in_no_snapshot_of_it(mariadb) -> None:
    connection = mariadb.fresh()
    update = "UPDATE nomina_empleado SET salario = 1"

    with open_moment(connection, tables_of(connection), lock_wait=5) as moment:
        before = sees(moment.sessions[0], connection, "nomina_empleado")
        with working(mariadb, connection, update) as done:
            assert not done.wait(0.5)
            moment.release()
            assert done.wait(10)
        again = [sees(session, connection, "nomina_empleado") for session in moment.sessions]

    assert moment.shared
    assert 0.5 <= moment.held < 10
    assert again == [before, before]
    with closing(connect(connection)) as session:
        assert sees(session, connection, "nomina_empleado") != before


def test_whoever_writes_all_the_time_is_named(mariadb) -> None:
    connection = mariadb.fresh()
    driver = MariaDB(connection, lock_wait=1)
    ends_it = mariadb.administrator(connection)
    ask(ends_it, "SELECT GET_LOCK('prueba', 0)")
    endless = "UPDATE nomina_empleado SET cargo = GET_LOCK('prueba', 60) WHERE cedula = 900000002"

    with (
        working(mariadb, connection, endless),
        closing(ends_it),
        pytest.raises(SourceUnavailable, match=r"alguien escribe sin parar: .*administrador_sinfa.*UPDATE"),
    ):
        driver.dump(lambda _: None, report=ignore)


def test_account_without_reload_stops_its_own_tables_alone(mariadb, tmp_path: Path) -> None:
    account = mariadb.account(
        "solo_tablas", [ONLY_READS.format("solo_tablas"), LOCKS.format("solo_tablas")], mariadb.fresh()
    )
    other = mariadb.fresh()

    with open_moment(account, tables_of(account), lock_wait=5) as moment:
        mariadb.run(other, "UPDATE nomina_empleado SET salario = 1")
        with working(mariadb, account, "UPDATE nomina_empleado SET salario = 1") as done:
            assert not done.wait(0.5)
            moment.release()
            assert done.wait(10)

    assert moment.shared


def test_account_that_may_not_lock_proves_what_stands_still(mariadb, tmp_path: Path) -> None:
    account = mariadb.account("solo_lectura", [ONLY_READS.format("solo_lectura")], mariadb.fresh())
    driver = MariaDB(account)
    with (tmp_path / "copia.sql").open("wb") as stream:
        record = driver.dump(stream.write, report=ignore)

    proof = verify(driver, tmp_path / "copia.sql", record)

    assert proof.equal, proof.differences
    assert all(table.known for table in record.tables)
    assert any("RELOAD" in text for text in record.left_out)
    assert record.roles == {}
    assert any("usuarios del servidor" in text for text in record.left_out)


def test_without_a_lock_what_changes_as_the_dump_begins_is_not_called_proved(mariadb) -> None:
    account = mariadb.account("sin_bloqueo", [ONLY_READS.format("sin_bloqueo")], mariadb.fresh())

    with open_moment(account, tables_of(account), lock_wait=5) as moment:
        mariadb.run(account, "UPDATE nomina_empleado SET salario = 1")
        moment.release()
        early = sees(moment.sessions[0], account, "nomina_empleado")
        late = sees(moment.later[0], account, "nomina_empleado")

    assert not moment.shared
    assert early != late


def test_table_of_another_engine_that_changes_meanwhile_is_named_and_not_compared(mariadb, tmp_path: Path) -> None:
    connection = mariadb.fresh()
    driver = MariaDB(connection)
    written = 0
    with (tmp_path / "copia.sql").open("wb") as stream:

        def sink(chunk: bytes) -> None:
            nonlocal written
            if not written:
                mariadb.run(connection, "UPDATE tesoreria_sesion SET dato = 'otro'")
            written += stream.write(chunk)

        record = driver.dump(sink, report=ignore)

    proof = verify(driver, tmp_path / "copia.sql", record)

    unknown = [table.table for table in record.tables if not table.known]
    assert unknown == ["tesoreria_sesion"]
    assert any("«tesoreria_sesion»: cambió mientras se copiaba" in text for text in record.left_out)
    assert proof.equal, proof.differences
    (odd,) = [result for result in proof.tables if not result.compared]
    assert not odd.equal
    told = {table["name"]: table["equal"] for table in proof.to_dict()["tables"]}
    assert told[f"{connection.database}.tesoreria_sesion"] is None


@pytest.mark.parametrize(
    ("big", "statement"),
    [
        (True, "ALTER TABLE tesoreria_recaudo ADD COLUMN nueva INT"),
        (True, "DROP TABLE tesoreria_recaudo"),
        (True, "TRUNCATE tesoreria_recaudo"),
        (False, "ALTER TABLE nomina_pago ADD COLUMN nueva INT"),
        (False, "CREATE OR REPLACE VIEW contabilidad_balance AS SELECT 1 AS uno"),
    ],
)
def test_structure_that_changes_during_the_dump_spoils_it(mariadb, big: bool, statement: str) -> None:
    connection = mariadb.fresh()
    if big:
        mariadb.swell(connection)
    changed = False

    def sink(_: bytes) -> None:
        nonlocal changed
        if not changed:
            mariadb.run(connection, statement)
            changed = True

    with pytest.raises(CopyFailed, match="cambió la estructura"):
        MariaDB(connection).dump(sink, report=ignore)


def test_dump_program_whose_connection_is_killed_spoils_the_copy(mariadb) -> None:
    connection = mariadb.fresh()
    mariadb.swell(connection)

    def sink(_: bytes) -> None:
        for number in connections_of(mariadb, connection, "SELECT /*!40001 SQL_NO_CACHE%"):
            mariadb.run(connection, f"KILL {number}")

    with pytest.raises(CopyFailed, match="no terminó bien"):
        MariaDB(connection).dump(sink, report=ignore)


def test_lock_of_a_machine_that_lost_its_power_is_let_go_by_the_server(mariadb) -> None:
    connection = mariadb.fresh()

    with open_moment(connection, tables_of(connection), lock_wait=5) as moment:
        told = ask(moment.locker, "SELECT @@SESSION.wait_timeout")
        moment.release()

    assert told[0][0] < 60


@pytest.mark.parametrize("everywhere", [True, False])
def test_lock_is_of_this_database_alone_where_the_servers_own_is_not_safe(mariadb, everywhere: bool) -> None:
    connection, other = mariadb.fresh(), mariadb.fresh()

    with (
        open_moment(connection, tables_of(connection), lock_wait=5, everywhere=everywhere) as moment,
        working(mariadb, other, "UPDATE nomina_empleado SET salario = 1") as done,
    ):
        through = done.wait(1 if everywhere else 10)
        moment.release()

    assert through is not everywhere


def test_lock_that_is_lost_unseen_spoils_the_copy(mariadb) -> None:
    connection = mariadb.fresh()

    with open_moment(connection, tables_of(connection), lock_wait=5) as moment:
        with closing(mariadb.administrator(connection)) as session:
            rows = ask(
                session,
                "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = %s AND DB = %s ORDER BY ID",
                (connection.user, connection.database),
            )
        mariadb.run(connection, f"KILL {rows[0][0]}")

        with pytest.raises(SourceUnavailable, match="se perdió la conexión"):
            moment.release()


def test_quiet_database_gives_the_same_dump_twice(mariadb, dumped) -> None:
    connection = mariadb.fresh()

    first, second = dumped(connection).record, dumped(connection).record

    assert first.sha256 == second.sha256
    assert compare(first, second) == ()


HOLDS_THE_LOCK = """
import sys, time
from contextlib import closing
from pathlib import Path
from copias.database import Connection
from copias.database.mariadb.catalog import list_tables
from copias.database.mariadb.moment import open_moment
from copias.database.mariadb.session import connect
host, port, database, user, password = sys.argv[1:]
connection = Connection(host, int(port), database, user, Path(password))
with closing(connect(connection)) as session:
    tables = list_tables(session, database)
with open_moment(connection, tables, lock_wait=5):
    print("held", flush=True)
    time.sleep(60)
"""


def test_sigkill_while_everybody_waits_lets_them_go(mariadb) -> None:
    connection = mariadb.fresh()
    place = [connection.host, str(connection.port), connection.database, connection.user, str(connection.password_file)]
    holder = subprocess.Popen([sys.executable, "-c", HOLDS_THE_LOCK, *place], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"

    with working(mariadb, connection, "UPDATE nomina_empleado SET salario = 1") as done:
        waited = not done.wait(0.5)
        holder.kill()
        through = done.wait(10)
    holder.wait()
    holder.stdout.close()

    assert waited
    assert through
