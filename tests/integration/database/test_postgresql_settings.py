"""What only the settings, the encoding or the order of a PostgreSQL database make different is no difference."""

from __future__ import annotations

import dataclasses
import typing as t

import orjson
import pytest

from copias.database import Connection, DumpRecord, compare, verify
from copias.database.postgresql.catalog import list_sequences
from copias.database.postgresql.session import connect
from copias.progress import ignore

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.database.conftest import Dumped, PostgreSQLHarness


def make_database(
    postgresql: PostgreSQLHarness, name: t.LiteralString, options: t.LiteralString, statements: t.LiteralString
) -> Connection:
    """Make a database, fill it, and return how who administers the server reaches it."""
    with postgresql.administrator("postgres") as session:
        session.execute(f"CREATE DATABASE {name} TEMPLATE template0 {options}")
    with postgresql.administrator(name) as session:
        session.execute("SET search_path = public")
        session.execute(statements)
    return dataclasses.replace(postgresql.server.administrator, database=name)


def recorded(record: DumpRecord) -> DumpRecord:
    """Return a record as the ledger and the package have it."""
    return DumpRecord.from_dict(orjson.loads(orjson.dumps(record.to_dict())))


def test_database_whose_settings_write_its_definitions_in_another_way_is_proved(
    postgresql: PostgreSQLHarness, dumped: Callable[[Connection], Dumped]
) -> None:
    connection = make_database(
        postgresql,
        "ajustada",
        "",
        """
        ALTER DATABASE ajustada SET timezone = 'America/Bogota';
        ALTER DATABASE ajustada SET bytea_output = 'escape';
        ALTER DATABASE ajustada SET quote_all_identifiers = on;
        ALTER DATABASE ajustada SET standard_conforming_strings = off;
        ALTER DATABASE ajustada SET client_encoding = 'LATIN1';
        CREATE TABLE corte (a timestamptz, b bytea DEFAULT '\\x0102', "ruta€" text DEFAULT E'c:\\\\ñ€')
            PARTITION BY RANGE (a);
        CREATE TABLE corte_2020 PARTITION OF corte
            FOR VALUES FROM ('2020-01-01 00:00:00-05') TO ('2021-01-01 00:00:00-05');
        CREATE VIEW desde AS SELECT * FROM corte WHERE a > '2020-05-01 00:00:00-05'::timestamptz;
        INSERT INTO corte VALUES ('2020-06-01')
        """,
    )

    made = dumped(connection)

    proof = verify(made.driver, made.file, recorded(made.record))
    assert proof.equal, proof.differences


@pytest.mark.parametrize(("name", "encoding"), [("de_oeste", "LATIN1"), ("de_bytes", "SQL_ASCII")])
def test_names_of_a_database_that_is_not_utf8_are_recorded_and_compared(
    postgresql: PostgreSQLHarness,
    dumped: Callable[[Connection], Dumped],
    name: t.LiteralString,
    encoding: t.LiteralString,
) -> None:
    connection = make_database(
        postgresql,
        name,
        f"ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'",
        """CREATE TABLE "año" ("número" serial, nombre text); INSERT INTO "año" (nombre) VALUES ('Ñandú')""",
    )

    made = dumped(connection)

    record = recorded(made.record)
    assert record.sequences == {"public.año_número_seq": "1,true"}
    assert "TABLE public.año" in record.schema
    proof = verify(made.driver, made.file, record)
    assert proof.equal, proof.differences


def test_order_of_a_database_that_the_system_does_not_sort_is_restored(
    postgresql: PostgreSQLHarness, dumped: Callable[[Connection], Dumped]
) -> None:
    """In the system's order the first of these rows would belong to the other partition."""
    # What PostgreSQL 18 is here sorts with no library, but has an order of its own.
    by_itself = postgresql.server.version.startswith("18")
    connection = make_database(
        postgresql,
        "ordenada",
        "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'" if by_itself else "LOCALE_PROVIDER icu ICU_LOCALE 'es-CO'",
        """
        CREATE TABLE persona (nombre text) PARTITION BY RANGE (nombre);
        CREATE TABLE persona_a PARTITION OF persona FOR VALUES FROM ('a') TO ('m');
        CREATE TABLE persona_m PARTITION OF persona DEFAULT;
        INSERT INTO persona VALUES ('Beatriz'), ('ñapa')
        """,
    )
    made = dumped(connection)

    with made.driver.scratch(made.record) as scratch:
        restored = made.driver.restore(made.file, scratch, made.record, report=ignore)
        with connect(restored) as session:
            provider = session.execute(
                "SELECT datlocprovider::text FROM pg_database WHERE datname = current_database()"
            ).fetchone()
        found = made.driver.digest(restored, made.record)

    assert provider == ("b" if by_itself else "i",)
    assert compare(made.record, found) == ()


def test_order_that_a_server_lacks_is_told_where_a_copy_is_restored_to_be_used(
    postgresql: PostgreSQLHarness, restored: tuple[Dumped, Connection]
) -> None:
    made, _ = restored
    foreign = dataclasses.replace(made.record, collation="es_CO.utf9", ctype="es_CO.utf9")
    server = dataclasses.replace(postgresql.server.administrator, database="otro_orden")
    unfinished = made.driver.restore_unfinished(made.file, server, foreign, report=ignore)

    (warning,) = made.driver.warn_of_restored(unfinished, foreign)
    kept = made.driver.warn_of_restored(postgresql.server.administrator, made.record)

    made.driver.drop_unfinished(unfinished)
    assert "«es_CO.utf9»" in warning
    assert kept == ()


def test_sequence_that_an_extension_brings_is_not_taken_for_one_that_nobody_copied(
    postgresql: PostgreSQLHarness,
) -> None:
    connection = postgresql.fresh()
    with postgresql.administrator(connection.database) as session:
        before = list_sequences(session)
        session.execute("CREATE SEQUENCE nomina.suya; CREATE SEQUENCE nomina.propia")
        session.execute("ALTER EXTENSION plpgsql ADD SEQUENCE nomina.suya")

        after = list_sequences(session)

    assert set(after) == {*before, ("nomina", "propia")}


def test_what_the_account_may_not_read_of_other_servers_is_told(
    postgresql: PostgreSQLHarness, dumped: Callable[[Connection], Dumped]
) -> None:
    connection = postgresql.fresh()
    with postgresql.administrator(connection.database) as session:
        session.execute(
            "CREATE EXTENSION postgres_fdw SCHEMA public;"
            "CREATE SERVER lejos FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1');"
            "CREATE USER MAPPING FOR PUBLIC SERVER lejos OPTIONS (user 'ana', password 'no la lee cualquiera')"
        )
        session.execute(
            "CREATE SUBSCRIPTION de_lejos CONNECTION 'host=127.0.0.1 port=1' PUBLICATION todo"
            " WITH (connect = false, slot_name = NONE)"
        )

    made = dumped(connection)

    with postgresql.administrator(connection.database) as session:
        session.execute("DROP SUBSCRIPTION de_lejos")
    said = " ".join(made.record.left_out)
    assert "Las 1 suscripciones" in said
    assert "1 cuentas en otros servidores" in said
    assert b"no la lee cualquiera" not in made.file.read_bytes()
