"""MariaDB's own words: versions, secrets, option files, definitions, and the text that a row is hashed as."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from pymysql import err

from copias.database import Connection, TableDigest, driver_for
from copias.database.mariadb.catalog import Column, Table, say_left_out
from copias.database.mariadb.definitions import with_new_names
from copias.database.mariadb.digest import statement_for
from copias.database.mariadb.grants import held_in, without_secrets
from copias.database.mariadb.restore import pattern_of
from copias.database.mariadb.session import explain, options_in_memory, quoted, refusal, socket_of
from copias.database.mariadb.settling import say_unsettled
from copias.database.mariadb.tools import major_of, series_of, version_in
from copias.database.settling import require_same_schema, settle
from copias.errors import BadConfiguration, CopyFailed, NotReady, SourceUnavailable

PLACE = Connection("127.0.0.1", 3306, "sinfa", "copias")
DIGEST = TableDigest("sinfa", "asiento", 3, "17", "42")


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("mariadb-dump  Ver 10.19 Distrib 10.11.19-MariaDB, for debian-linux-gnu (x86_64)", "10.11.19-MariaDB"),
        ("mariadb-dump from 11.4.2-MariaDB, client 10.19 for Linux (x86_64)", "11.4.2-MariaDB"),
        ("mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)", "10.11.19-MariaDB"),
        ("mysqldump  Ver 8.0.36 for Linux on x86_64 (MySQL Community Server - GPL)", "8.0.36"),
        ("no es una versión", ""),
    ],
)
def test_version_is_read_from_what_programs_tell(text: str, version: str) -> None:
    assert version_in(text) == version


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (") ENGINE=InnoDB DEFAULT CHARSET=utf8", ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb3"),
        (
            "`a` text CHARACTER SET utf8 COLLATE utf8_spanish_ci",
            "`a` text CHARACTER SET utf8mb3 COLLATE utf8mb3_spanish_ci",
        ),
        ("select _utf8'x' AS `y`", "select _utf8mb3'x' AS `y`"),
        ("CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci", "CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci"),
        ("CHARSET=utf8mb3 COLLATE=utf8mb3_bin", "CHARSET=utf8mb3 COLLATE=utf8mb3_bin"),
    ],
    ids=["table", "column", "constant", "other", "new"],
)
def test_character_set_has_one_name_whatever_a_server_calls_it(old: str, new: str) -> None:
    assert with_new_names(old) == new


def test_series_compare_as_numbers() -> None:
    assert major_of("10.11.6-MariaDB") == 1011 < major_of("11.4.2") == 1104
    assert major_of("10.5.1") < major_of("10.11.1")
    assert series_of(1011) == "10.11"
    assert major_of("x") == 0


@pytest.mark.parametrize(
    ("before", "secret", "after"),
    [
        ("CREATE USER `a`@`%`", " IDENTIFIED BY PASSWORD '*6BB4837EB7'", ""),
        ("GRANT USAGE ON *.* TO `a`@`%`", " IDENTIFIED BY PASSWORD '*6B'", " WITH GRANT OPTION"),
        ("CREATE USER `a`@`%`", " IDENTIFIED VIA ed25519 USING 'ZIg' OR unix_socket USING '*6B'", " REQUIRE SSL"),
        (
            "CREATE USER `a`@`%`",
            " IDENTIFIED WITH 'caching_sha2_password' AS '$A$005$x'",
            " REQUIRE NONE PASSWORD EXPIRE",
        ),
        ("CREATE USER `IDENTIFIED BY`@`%`", "", ""),
    ],
)
def test_hashes_are_taken_out_of_accounts(before: str, secret: str, after: str) -> None:
    assert without_secrets(before + secret + after) == before + after


def test_option_file_holds_the_password_and_the_command_line_its_name(tmp_path: Path) -> None:
    file = tmp_path / "clave"
    file.write_text('a"b\\c #d\n')

    with options_in_memory(dataclasses.replace(PLACE, password_file=file)) as (option, descriptors, secrets):
        (descriptor,) = descriptors
        content = Path(f"/proc/self/fd/{descriptor}").read_text()

    assert option == f"--defaults-file=/proc/self/fd/{descriptor}"
    assert 'password="a\\"b\\\\c #d"\n' in content
    assert 'protocol="tcp"' in content
    assert secrets == ['a"b\\c #d']


def test_host_that_is_a_folder_or_a_socket_is_one(tmp_path: Path) -> None:
    assert socket_of("sinfa.example") is None
    assert socket_of(str(tmp_path)) == f"{tmp_path}/mysqld.sock"
    assert socket_of("/run/otro.sock") == "/run/otro.sock"


def test_names_are_quoted_whatever_is_in_them() -> None:
    assert quoted("a`b", "c.d") == "`a``b`.`c.d`"
    assert pattern_of("si_nfa%") == "`si\\_nfa\\%`"


def test_text_of_a_row_marks_nulls_and_lengths_and_hashes_long_values() -> None:
    columns = tuple(
        Column(name, kind) for name, kind in (("a", "int"), ("b`", "varchar"), ("c", "longblob"), ("d", "bit"))
    )
    table = Table("t", "InnoDB", transactional=True, versioned=False, columns=columns, bytes=0, auto_increment=0)

    statement = statement_for("sinfa", table)

    assert "IFNULL(`a`,'-')" in statement
    assert "IF(`b``` IS NULL,'-',CONCAT(LENGTH(CAST(`b``` AS BINARY)),':',CAST(`b``` AS BINARY)))" in statement
    assert "IFNULL(MD5(`c`),'-')" in statement
    assert "IFNULL(`d`+0,'-')" in statement
    assert "FROM `sinfa`.`t` WHERE" in statement
    assert statement.count("MD5(CONCAT(") == 1


def test_what_changed_between_two_looks_is_not_known() -> None:
    other = dataclasses.replace(DIGEST, table="pago")

    settled = settle(
        {"pago": other, "asiento": DIGEST}, {"pago": dataclasses.replace(other, xor="5"), "asiento": DIGEST}
    )

    assert [(digest.table, digest.known) for digest in settled] == [("asiento", True), ("pago", False)]
    (changed, moving) = say_unsettled(settled, ["pago"], shared=True)
    assert "la tabla «pago»: cambió" in changed
    assert "no es transaccional" in moving
    assert len(say_unsettled(settled, [], shared=False)) == 2


def test_definitions_that_differ_are_named() -> None:
    require_same_schema({"TABLE a": "1"}, {"TABLE a": "1"}, whose="sinfa")

    with pytest.raises(CopyFailed, match=r"sinfa: alguien cambió la estructura.*TABLE a, TABLE c"):
        require_same_schema(
            {"TABLE a": "1", "TABLE b": "2"}, {"TABLE a": "9", "TABLE b": "2", "TABLE c": "3"}, whose="sinfa"
        )


def test_what_a_dump_does_not_carry_is_said() -> None:
    merge = Table("m", "MRG_MyISAM", transactional=False, versioned=False, columns=(), bytes=0, auto_increment=0)
    history = Table(
        "h", "InnoDB", transactional=True, versioned=True, columns=(Column("f", "float"),), bytes=0, auto_increment=0
    )

    said = list(say_left_out([merge, history]))

    assert not merge.has_rows
    assert ["«m»" in said[0], "«h»" in said[1], "FLOAT" in said[2]] == [True, True, True]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1045, NotReady),
        (1130, NotReady),
        (1049, BadConfiguration),
        (1044, BadConfiguration),
        (1040, SourceUnavailable),
        (2003, SourceUnavailable),
    ],
)
def test_refusals_are_told_apart(code: int, kind: type[Exception]) -> None:
    error = refusal(err.OperationalError(code, "dice clave-secreta"), PLACE, "clave-secreta")

    assert type(error) is kind
    assert "clave-secreta" not in str(error)


@pytest.mark.parametrize(
    ("code", "kind"),
    [(1142, NotReady), (2013, SourceUnavailable), (1927, SourceUnavailable), (1412, CopyFailed), (1105, CopyFailed)],
)
def test_failures_of_a_session_are_told_apart(code: int, kind: type[Exception]) -> None:
    assert type(explain(err.OperationalError(code, "x"), "sinfa")) is kind


def test_mysql_is_the_same_driver_under_its_own_name() -> None:
    assert driver_for("mysql", PLACE).engine == "mysql"
    assert driver_for("mariadb", PLACE).engine == "mariadb"
    assert type(driver_for("mysql", PLACE)) is type(driver_for("mariadb", PLACE))


@pytest.mark.parametrize(
    ("grant", "held"),
    [
        ("GRANT SELECT, SHOW VIEW ON *.* TO `a`@`%`", {"SELECT", "SHOW VIEW"}),
        ("GRANT SELECT ON `sinfa`.* TO `lectores`", {"SELECT"}),
        ("GRANT SELECT ON `si\\_nfa`.* TO `a`@`%`", set()),
        ("GRANT SELECT ON `s_n%`.* TO `a`@`%` WITH GRANT OPTION", {"SELECT"}),
        ("GRANT ALL PRIVILEGES ON `sinfa`.* TO `a`@`%`", {"ALL PRIVILEGES"}),
        ("GRANT SELECT ON `sinfa`.`pago` TO `a`@`%`", set()),
        ("GRANT SELECT ON `otra`.* TO `a`@`%`", set()),
        ("GRANT `lectores` TO `a`@`%`", set()),
        ("SET DEFAULT ROLE `lectores` FOR `a`@`%`", set()),
    ],
)
def test_what_an_account_may_in_the_whole_database_is_read_from_its_grants(grant: str, held: set[str]) -> None:
    assert held_in("sinfa", [grant]) == held
