"""What is MariaDB's own: privileges, hostile dumps and names, values that its dump program writes in its own way."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import subprocess
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from copias.database import compare, verify
from copias.database.children import child_environment
from copias.database.mariadb import MariaDB, ScratchServer
from copias.database.mariadb.catalog import Column, Table, list_tables
from copias.database.mariadb.definitions import read_schema
from copias.database.mariadb.digest import digest_table
from copias.database.mariadb.restore import restore_dump
from copias.database.mariadb.scratch import ADMINISTRATOR
from copias.database.mariadb.session import ask, connect, options_in_memory
from copias.database.schema import sum_of_schema
from copias.errors import BadConfiguration, CopyFailed, NotEqual, NotReady
from copias.progress import ignore

READS = "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON `copia\\_%`.* TO {0}"


def test_account_that_sees_some_tables_is_told_what_to_grant(mariadb) -> None:
    connection = mariadb.fresh()
    grant = f"GRANT SELECT ON {connection.database}.nomina_pago TO ve_una"
    account = mariadb.account("ve_una", [grant], connection)

    for act in (lambda driver: driver.probe(), lambda driver: driver.dump(lambda _: None, report=ignore)):
        with pytest.raises(NotReady, match="SELECT, SHOW VIEW, TRIGGER, EVENT") as failure:
            act(MariaDB(account))
        assert f"GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON `{connection.database}`.*" in failure.value.repair


def test_account_that_sees_no_routines_is_told_what_to_grant(mariadb) -> None:
    account = mariadb.account("sin_rutinas", [READS.format("sin_rutinas")], mariadb.fresh())

    with pytest.raises(NotReady, match="ver las rutinas") as failure:
        MariaDB(account).probe()

    assert "GRANT SELECT ON mysql.proc TO `sin_rutinas`@`%`" in failure.value.repair


def test_privileges_of_a_role_count(mariadb) -> None:
    connection = mariadb.fresh()
    grants = ["CREATE OR REPLACE ROLE lectores", READS.format("lectores"), "GRANT SELECT ON mysql.proc TO lectores"]
    account = mariadb.account(
        "con_rol", [*grants, "GRANT lectores TO con_rol", "SET DEFAULT ROLE lectores FOR con_rol"], connection
    )

    assert MariaDB(account).probe().tables == mariadb.expected.tables


def test_privileges_that_the_guide_names_are_enough(mariadb) -> None:
    connection = mariadb.fresh()
    guide = Path(__file__).parents[3].joinpath("docs/es/bases.md").read_text(encoding="utf-8")
    (block,) = [part for part in guide.split("```sql\n")[1:] if "mysql.proc" in part]
    lines = [line for line in block.partition("```")[0].splitlines() if line and not line.startswith("--")]
    statements = [line.rstrip(";").replace("`sinfa`", f"`{connection.database}`") for line in lines]
    account = mariadb.account("copias", [line for line in statements if line.startswith("GRANT")], connection)

    record = MariaDB(account).dump(lambda _: None, report=ignore)

    assert compare(record, MariaDB(connection).dump(lambda _: None, report=ignore)) == ()
    assert record.globals_sql
    assert not any("RELOAD" in text for text in record.left_out)


def test_password_of_any_characters_reaches_server_and_dump_program(mariadb, tmp_path: Path) -> None:
    connection = mariadb.fresh()
    password = "a'b\"c\\d #e;=%[f] ñ\\n€"
    file = tmp_path / "clave"
    file.write_text(f"{password}\n", encoding="utf-8")
    with closing(mariadb.administrator(connection)) as session:
        ask(session, "CREATE OR REPLACE USER rara IDENTIFIED BY %s", (password,))
        ask(session, "GRANT ALL ON *.* TO rara")
    account = dataclasses.replace(connection, user="rara", password_file=file)

    record = MariaDB(account).dump(lambda _: None, report=ignore)

    assert record.rows > 10000


def test_accounts_are_written_down_locked_and_without_their_hashes(mariadb) -> None:
    connection = mariadb.fresh()
    mariadb.run(
        connection,
        "CREATE OR REPLACE ROLE contadores; CREATE OR REPLACE USER 'contadora'@'10.%' IDENTIFIED BY 'una' REQUIRE SSL;"
        f"GRANT SELECT ON {connection.database}.* TO contadores; GRANT contadores TO 'contadora'@'10.%'",
    )

    record = MariaDB(connection).dump(lambda _: None, report=ignore)

    text = record.globals_sql.decode()
    assert "CREATE ROLE `contadores`;" in text
    assert "CREATE USER `contadora`@`10.%` REQUIRE SSL ACCOUNT LOCK;" in text
    assert "GRANT `contadores` TO `contadora`@`10.%`" in text
    assert "*" not in text.replace("*.*", "").replace(".*", "")
    assert record.roles["administrador_sinfa@%"] is True


def test_values_that_are_hard_to_write_are_restored_equal(mariadb, dumped) -> None:
    connection = mariadb.fresh()
    mariadb.run(
        connection,
        """
        CREATE TABLE raros (
            id INT PRIMARY KEY, d DOUBLE, f FLOAT, b BIT(64), bin BINARY(4), vb VARBINARY(20), g GEOMETRY, j JSON,
            ts TIMESTAMP NULL, t TIME(6), y YEAR, e ENUM('', 'ñ'), c CHAR(5), u UUID, ip INET6, grande BIGINT UNSIGNED
        );
        INSERT INTO raros SELECT seq, RAND(seq) * POW(10, CAST(seq AS SIGNED) % 600 - 300), RAND(seq) * 1e6,
            seq * 12345678901, LEFT(UNHEX(MD5(seq)), 4), UNHEX(MD5(seq)), POINT(RAND(seq), seq), JSON_ARRAY(seq, 'ñ'),
            FROM_UNIXTIME(seq * 1e6 DIV 1), SEC_TO_TIME(seq / 7), 1970 + seq % 100, IF(seq % 2, '', 'ñ'), ' a ', NULL,
            '::1', 18446744073709551615 - seq FROM seq_1_to_1000;
        SET sql_mode = ''; INSERT INTO raros (id, ts, e) VALUES (0, '0000-00-00', 'no está');
        CREATE TABLE enorme (a LONGBLOB); INSERT INTO enorme VALUES (REPEAT(UNHEX('00FF27'), 10000000));
        CREATE TABLE con_historia (a INT) WITH SYSTEM VERSIONING;
        INSERT INTO con_historia VALUES (1); UPDATE con_historia SET a = 2;
        CREATE TABLE sin_llave (a LONGTEXT, b LONGTEXT);
        INSERT INTO sin_llave SELECT REPEAT('ñ', 300000), NULL FROM seq_1_to_9;
        """,
    )
    made = dumped(connection)

    proof = verify(made.driver, made.file, made.record, deep=True)

    assert proof.equal, proof.differences + proof.complaints
    said = " ".join(made.record.left_out)
    assert "«raros» (f)" in said
    assert "«con_historia»" in said


def test_definitions_that_the_dump_program_or_another_server_stumbles_over_are_restored_equal(mariadb, dumped) -> None:
    connection = mariadb.fresh()
    other_disk = mariadb.server.folder.parent / "otro-disco"
    other_disk.mkdir(exist_ok=True)
    other_disk.chmod(0o777)
    mariadb.run(connection, f"CREATE TABLE alejada (a INT) DATA DIRECTORY='{other_disk}'")
    mariadb.run(connection, "SET GLOBAL mysql56_temporal_format = OFF; CREATE TABLE de_la_5_3 (a DATETIME)")
    mariadb.run(connection, "SET GLOBAL mysql56_temporal_format = ON")
    mariadb.run(
        connection,
        """
        INSERT INTO alejada VALUES (3);
        CREATE SEQUENCE consecutivo START 5;
        CREATE TABLE numerada (id INT PRIMARY KEY DEFAULT NEXTVAL(consecutivo), a INT) COMMENT='x AUTO_INCREMENT=77 y';
        INSERT INTO numerada (a) VALUES (1), (2);
        SET SESSION innodb_strict_mode = OFF;
        CREATE TABLE de_antes (a INT) ROW_FORMAT=DYNAMIC KEY_BLOCK_SIZE=4;
        INSERT INTO de_antes VALUES (5)
        """,
    )
    made = dumped(connection)

    proof = verify(made.driver, made.file, made.record)

    assert proof.equal, proof.differences


def test_copy_recorded_with_the_names_of_its_own_server_is_equal(mariadb, dumped) -> None:
    connection = mariadb.fresh()
    mariadb.run(connection, "CREATE TABLE antigua (a TEXT CHARACTER SET utf8) COMMENT='en utf8'")
    made = dumped(connection)
    with closing(connect(connection)) as session:
        told = read_schema(session, connection.database, as_told=True)
    older = dataclasses.replace(made.record, schema=told, schema_sha256=sum_of_schema(told))

    with made.driver.scratch(made.record) as scratch:
        restored = made.driver.restore(made.file, scratch, made.record, report=ignore)
        found = [compare(record, made.driver.digest(restored, record)) for record in (made.record, older)]

    assert told != made.record.schema
    assert found == [(), ()]


def test_view_that_nobody_can_read_is_told_with_what_to_do(mariadb, dumped) -> None:
    connection = mariadb.fresh()
    mariadb.run(connection, "CREATE TABLE t (a INT); CREATE VIEW saldo_viejo AS SELECT a FROM t; DROP TABLE t")

    with pytest.raises(CopyFailed, match="saldo_viejo") as failure:
        dumped(connection)

    assert "DROP VIEW" in failure.value.repair


def test_copy_that_reads_in_another_database_is_not_called_bad(mariadb, dumped) -> None:
    """Its server has the other one: there it restores."""
    connection, other = mariadb.fresh(), mariadb.fresh()
    view = f"CREATE VIEW de_otra AS SELECT * FROM {other.database}.presupuesto_rubro"  # noqa: S608 - a name of ours
    mariadb.run(connection, view)
    made = dumped(connection)

    with pytest.raises(NotReady, match="otra base") as failure:
        verify(made.driver, made.file, made.record)

    assert f"«{other.database}»" in failure.value.repair


def test_restored_copy_answers_questions_and_changes_for_none(restored, mariadb) -> None:
    made, copy = restored

    rows = made.driver.query(copy, "SELECT COUNT(*), MAX(fecha), SUM(debito), NULL FROM contabilidad_asiento;")
    balance = made.driver.query(copy, "SELECT SUM(debito) FROM contabilidad_balance")
    many = made.driver.query(copy, "SELECT * FROM seq_1_to_5000")

    assert rows == ((2400, dt.date(2022, 7, 28), balance[0][0], None),)
    assert isinstance(balance[0][0], Decimal)
    assert len(many) == 1000
    for question in (
        "SELEC 1",
        "SELECT 1; DELETE FROM vacia",
        "DROP TABLE vacia",
        "CREATE TABLE otra (a INT)",
        "INSERT INTO vacia VALUES (1)",
        "SET GLOBAL max_connections = 3",
        "SELECT 1 INTO OUTFILE '/tmp/nunca'",
    ):
        with pytest.raises(BadConfiguration, match="no entiende"):
            made.driver.query(copy, question)
    with pytest.raises(CopyFailed, match="no terminó"):
        made.driver.query(copy, "SELECT SLEEP(9)", seconds=0.3)
    assert compare(made.record, made.driver.digest(copy, made.record)) == ()


@pytest.mark.parametrize(
    "line",
    [
        r"\! touch {place}",
        "system touch {place}",
        "SELECT 1 INTO OUTFILE '{place}';",
        "SET GLOBAL general_log_file = '{place}';",
        "GRANT FILE ON *.* TO copias_prueba@localhost;",
        "DROP DATABASE mysql;",
        "CREATE DEFINER=root@localhost PROCEDURE p() SET GLOBAL general_log_file = '{place}';\nCALL p();",
        "CREATE DEFINER=`mariadb.sys`@localhost PROCEDURE p() SELECT User FROM mysql.global_priv;\nCALL p();",
    ],
)
def test_dump_that_would_do_more_than_fill_its_database_is_refused(
    restored, mariadb, tmp_path: Path, line: str
) -> None:
    made, copy = restored
    place = tmp_path / "nunca"
    tmp_path.chmod(0o777)
    dump = tmp_path / "hostil.sql"
    dump.write_text(f"-- MariaDB dump\n{line.format(place=place)}\n-- Dump completed\n")
    name = f"hostil_{hashlib.sha256(line.encode()).hexdigest()[:8]}"
    record = dataclasses.replace(made.record, database=name)
    server = dataclasses.replace(copy, user=ADMINISTRATOR, database="mysql")

    with pytest.raises(NotEqual, match="no se pudo restaurar"):
        restore_dump(dump, server, record, report=ignore, seconds=60)

    assert not place.exists()


def test_view_that_calls_a_function_of_root_is_restored_and_root_may_nothing_else(
    restored, mariadb, tmp_path: Path
) -> None:
    made, copy = restored
    dump = tmp_path / "vista.sql"
    dump.write_text(
        "-- MariaDB dump\n"
        "CREATE DEFINER=root@localhost FUNCTION siete() RETURNS INT RETURN 7;\n"
        "CREATE DEFINER=root@localhost FUNCTION otra() RETURNS INT RETURN (SELECT COUNT(*) FROM mysql.global_priv);\n"
        "CREATE DEFINER=root@localhost SQL SECURITY DEFINER VIEW vista AS SELECT siete() AS siete;\n"
        "-- Dump completed\n"
    )
    server = dataclasses.replace(copy, user=ADMINISTRATOR, database="mysql")
    record = dataclasses.replace(made.record, database="con_vista")

    fresh = restore_dump(dump, server, record, report=ignore, seconds=60)

    assert made.driver.query(fresh, "SELECT siete FROM vista") == ((7,),)
    with pytest.raises(BadConfiguration, match="denied"):
        made.driver.query(fresh, "SELECT otra()")


def test_statement_that_fails_is_not_told(restored, mariadb, tmp_path: Path) -> None:
    made, copy = restored
    dump = tmp_path / "falla.sql"
    dump.write_text("-- MariaDB dump\nINSERT INTO nadie VALUES (1032456789, 'Marta Prueba');\n-- Dump completed\n")
    server = dataclasses.replace(copy, user=ADMINISTRATOR, database="mysql")
    record = dataclasses.replace(made.record, database="falla")

    with pytest.raises(NotEqual, match="no se pudo restaurar") as caught:
        restore_dump(dump, server, record, report=ignore, seconds=60)

    assert "1032456789" not in str(caught.value)
    assert "Marta" not in str(caught.value)


def test_deep_check_finds_a_damaged_table(restored, mariadb) -> None:
    made, copy = restored
    twin = mariadb.twin(copy)
    (data,) = Path(copy.host).parent.glob(f"data/{twin.database}/tesoreria_sesion.MYD")
    with closing(connect(twin)) as session:
        ask(session, "FLUSH TABLES")
    with data.open("r+b") as stream:
        stream.truncate(data.stat().st_size // 2)

    complaints = made.driver.check(twin)

    assert any("tesoreria_sesion" in text for text in complaints)


def test_dump_is_restored_by_hand_as_the_package_says(mariadb, dumped, tmp_path: Path) -> None:
    connection = mariadb.fresh()
    made = dumped(connection)

    with ScratchServer(made.record.major) as server:
        with closing(connect(server.connection)) as session:
            ask(session, "CREATE DATABASE restaurada CHARACTER SET utf8mb4 COLLATE utf8mb4_spanish_ci")
        target = dataclasses.replace(server.connection, database="restaurada")
        with options_in_memory(target) as (options, descriptors, _), made.file.open("rb") as dump:
            command = ["mariadb", options, "--binary-mode", "--comments", "restaurada"]
            subprocess.run(command, stdin=dump, pass_fds=descriptors, env=child_environment(), check=True)
        with closing(connect(target)) as session:
            names = [table.name for table in list_tables(session, "restaurada")]

    assert len(names) == mariadb.expected.tables


def test_letter_case_of_a_server_that_knows_none_is_kept(mariadb, dumped) -> None:
    made = dumped(mariadb.fresh())
    record = dataclasses.replace(made.record, ctype="lower_case_table_names=2")

    with made.driver.scratch(record) as scratch, closing(connect(scratch.connection)) as session:
        told = ask(session, "SELECT @@lower_case_table_names")

    assert told == ((1,),)


def test_mysql_dump_is_not_proved_by_another_server(restored, mariadb) -> None:
    made, _ = restored
    record = dataclasses.replace(made.record, version="8.0.36", major=800)

    with pytest.raises(NotReady, match=r"no hay un servidor MySQL 8\.0"), made.driver.scratch(record):
        pass


def test_row_that_is_too_long_for_the_server_to_hash_is_an_error(mariadb) -> None:
    connection = mariadb.fresh()
    mariadb.run(connection, "CREATE TABLE larga (a VARCHAR(3000)); INSERT INTO larga VALUES (REPEAT('x', 2000)), ('y')")
    column = Column("a", "varchar")
    table = Table("larga", "InnoDB", transactional=True, versioned=False, columns=(column,), bytes=0, auto_increment=0)
    mariadb.run(connection, "SET GLOBAL max_allowed_packet = 1024")

    try:
        with closing(connect(connection)) as session, pytest.raises(CopyFailed, match="de 2 filas solo la tienen 1"):
            digest_table(session, connection.database, table, label="x")
    finally:
        mariadb.run(connection, "SET GLOBAL max_allowed_packet = 67108864")
