"""Firebird alone: what changes while gbak begins, what a dump needs, and what becomes of a half one."""

from __future__ import annotations

import dataclasses
import os
import shutil
import signal
import subprocess
import typing as t
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from copias.database import Connection, compare, verify
from copias.database.children import memory_file, run_tool
from copias.database.firebird import Firebird
from copias.database.firebird.catalog import list_tables
from copias.database.firebird.digest import digest_tables
from copias.database.firebird.moment import Moments
from copias.database.firebird.session import connect
from copias.database.firebird.tools import installed, require_client
from copias.database.schema import sum_of_schema
from copias.database.settling import settle
from copias.database.verification import check_file
from copias.errors import Altered, CopyFailed, NotEqual, NotReady, SourceUnavailable
from copias.progress import ignore
from copias_sandbox import sinfa_firebird
from tests.integration.database.firebird_server import FirebirdHarness
from tests.waiting import wait_until

MOVING = "CONTABILIDAD_ASIENTO"
PADDING = 512
"""Bytes of the blocks that gbak fills up at its end: what lies behind the last record is nothing."""
HELD_GBAK = """#!/bin/sh
if [ "$1" = -b ]; then
    : > '{folder}/begun'
    until [ -e '{folder}/go' ]; do sleep 0.02; done
fi
exec '{gbak}' "$@"
"""
"""A dump that waits, after the first look at the database and before the second, until it may begin."""
OLD_DIALECT = """
CREATE TABLE SALDO (ID INTEGER NOT NULL PRIMARY KEY, VALOR NUMERIC(15, 2), FECHA DATE, NOTA BLOB SUB_TYPE 1);
CREATE GENERATOR CONSECUTIVO;
SET GENERATOR CONSECUTIVO TO 77;
COMMIT;
INSERT INTO SALDO VALUES (1, 1234.56, '2020-01-01 10:11:12', 'la nota');
COMMIT;
"""


@contextmanager
def committed_between(firebird: FirebirdHarness, connection: Connection, folder: Path) -> Iterator[None]:
    """Let another session change a row and commit between the two looks of the dump in the block."""

    def work() -> None:
        wait_until((folder / "begun").exists)
        firebird.change(connection, "one cent")
        (folder / "go").touch()

    held = folder / "gbak"
    held.write_text(HELD_GBAK.format(folder=folder, gbak=shutil.which("gbak")))
    held.chmod(0o755)
    installed.cache_clear()
    try:
        with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as threads:
            patch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
            working = threads.submit(work)
            yield
            working.result()
    finally:
        installed.cache_clear()


@contextmanager
def opened(connection: Connection) -> Iterator[Moments]:
    """Take the two looks in sessions of their own."""
    with (
        closing(connect(connection)) as reading,
        closing(connect(connection)) as watching,
        Moments(reading, watching) as moments,
    ):
        yield moments


@pytest.fixture
def own_server(server_folder: Path, tmp_path: Path) -> Iterator[FirebirdHarness]:
    """A server that a test may kill."""
    with sinfa_firebird.serve(server_folder / tmp_path.name, megabytes=1) as server:
        yield FirebirdHarness(server)


def test_table_that_changes_between_the_two_looks_is_not_compared_and_never_equal(
    firebird, dumped: t.Callable[[Connection], t.Any], tmp_path: Path
) -> None:
    connection = firebird.fresh()

    with committed_between(firebird, connection, tmp_path):
        made = dumped(connection)
    proof = verify(made.driver, made.file, made.record)

    (moved,) = [result for result in proof.tables if result.name.endswith(MOVING)]
    assert (moved.compared, moved.equal) == (False, False)
    assert [table.table for table in made.record.tables if not table.known] == [MOVING]
    assert any(f"«{MOVING}»: cambió mientras se copiaba" in text for text in made.record.left_out)
    assert [line["equal"] for line in proof.to_dict()["tables"] if line["name"].endswith(MOVING)] == [None]
    assert proof.equal, proof.differences


def test_only_what_was_committed_between_the_looks_is_unknown(firebird) -> None:
    connection = firebird.administrator_of(firebird.fresh())
    with opened(connection) as moments:
        tables = list_tables(moments.first)
        before = digest_tables(moments.first, tables)
        firebird.change(connection, "one cent")

        after = digest_tables(moments.look_again(), tables)

    settled = settle(before, after)

    assert not moments.quiet
    assert [digest.table for digest in settled if not digest.known] == [MOVING]
    assert len(settled) > 1


def test_nobody_who_commits_lets_one_digest_do(firebird) -> None:
    connection = firebird.administrator_of(firebird.fresh())

    with opened(connection) as moments:
        moments.look_again()

    assert moments.quiet


def test_server_that_dies_in_mid_dump_leaves_no_copy(own_server: FirebirdHarness) -> None:
    connection = own_server.fresh()
    own_server.swell(connection)
    written = 0

    def sink(chunk: bytes) -> None:
        nonlocal written
        with suppress(psutil.NoSuchProcess):  # at the first chunk, and the others are on their way then
            psutil.Process(own_server.server.pid).send_signal(signal.SIGKILL)
        written += len(chunk)

    with pytest.raises((SourceUnavailable, CopyFailed)) as failure:
        Firebird(connection, stall_limit=20).dump(sink, report=ignore)

    assert isinstance(failure.value, SourceUnavailable), failure.value
    assert written
    assert own_server.dump_programs() == []


@pytest.mark.parametrize("lost", [1, PADDING + 100, 5000])
def test_dump_without_its_end_is_found_out(firebird, restored, tmp_path: Path, lost: int) -> None:
    made, _ = restored
    cut = tmp_path / "cortado.fbk"
    cut.write_bytes(made.file.read_bytes()[:-lost])

    with pytest.raises(Altered, match="SHA-256"):
        check_file(cut, made.record)
    if lost > PADDING:
        with pytest.raises(NotEqual, match="no se pudo restaurar"):
            verify(made.driver, cut, made.record)


def test_user_who_may_only_read_is_told_what_is_missing(firebird, tmp_path: Path) -> None:
    connection = firebird.fresh()
    password = tmp_path / "clave"
    password.write_text("una clave cualquiera\n")
    firebird.run(
        connection, f"CREATE OR ALTER USER LECTORA PASSWORD 'una clave cualquiera';GRANT SELECT ON {MOVING} TO LECTORA"
    )
    reader = dataclasses.replace(connection, user="LECTORA", password_file=password)

    with pytest.raises(NotReady, match="no tiene permiso para copiar toda la base de datos") as failure:
        Firebird(reader).dump(lambda _: None, report=ignore)

    assert "RDB$ADMIN" in failure.value.repair
    assert "una clave cualquiera" not in str(failure.value)


def test_database_of_another_owner_is_proved_and_the_owner_is_told(firebird, dumped) -> None:
    source = firebird.administrator_of(firebird.fresh())
    theirs = dataclasses.replace(source, database=str(Path(source.database).with_name("ajena.fdb")))
    entrance = f"'{theirs.host}/{theirs.port}:{theirs.database}' USER 'CONTADORA' PASSWORD 'otra clave'"
    firebird.run(
        source, "CREATE OR ALTER USER CONTADORA PASSWORD 'otra clave'; GRANT CREATE DATABASE TO USER CONTADORA"
    )
    firebird.run(source, f"CREATE DATABASE {entrance} DEFAULT CHARACTER SET UTF8; CREATE TABLE PAGO (ID INTEGER)")

    made = dumped(theirs)

    assert any("«CONTADORA»" in line for line in made.record.left_out)
    verify(made.driver, made.file, made.record).require_equal("ajena")


def test_database_of_the_old_dialect_is_copied_and_proved(
    firebird: FirebirdHarness, dumped: t.Callable[[Connection], t.Any]
) -> None:
    at = firebird.server.administrator
    file = Path(at.database).with_name("dialecto.fdb")
    place = f"'{at.host}/{at.port}:{file}' USER '{at.user}' PASSWORD '{at.password()}' PAGE_SIZE 4096"
    script = f"SET SQL DIALECT 1; CREATE DATABASE {place}; {OLD_DIALECT}"
    isql = [require_client(whose="")["isql"], "-quiet", "-bail", "-sqldialect", "1"]
    with memory_file(script.encode()) as source:
        inherited = [source.fileno()]
        run_tool([*isql, "-input", f"/proc/self/fd/{inherited[0]}"], whose="", what="", pass_fds=inherited)
    made = dumped(dataclasses.replace(at, database=str(file)))
    answers: list[t.Any] = []

    proof = verify(
        made.driver,
        made.file,
        made.record,
        deep=True,
        ask=lambda restored: answers.extend(made.driver.query(restored, "SELECT ID, NOTA FROM SALDO")),
    )

    assert proof.equal, proof.differences + proof.complaints
    assert "dialecto 1" in made.record.ctype
    assert (made.record.rows, made.record.sequences) == (1, {"CONSECUTIVO": "77"})
    assert answers == [(1, "la nota")]


def test_record_of_before_rights_and_mappings_were_told_is_compared_by_what_it_tells(restored, firebird) -> None:
    made, copy = restored
    old = {name: one for name, one in made.record.schema.items() if not name.startswith(("PERMISO SQL$", "MAPEO "))}
    record = dataclasses.replace(made.record, schema=old, schema_sha256=sum_of_schema(old))
    firebird.run(twin := firebird.twin(copy), "GRANT CREATE TABLE TO USER CURIOSO")

    assert len(old) < len(made.record.schema)
    assert compare(record, made.driver.digest(copy, record)) == ()
    assert compare(record, made.driver.digest(twin, record)) == ()


def test_source_and_proof_listen_on_this_machine_only(firebird, restored) -> None:
    _, copy = restored
    ports = {firebird.server.reader.port, copy.port}

    told = subprocess.run(["ss", "-H", "-ltn"], capture_output=True, text=True, check=True).stdout
    places = {line.split()[3] for line in told.splitlines()}

    assert len(ports) == 2
    assert {place for place in places if int(place.rpartition(":")[2]) in ports} == {f"127.0.0.1:{p}" for p in ports}
