"""What every engine must do: one suite, run on each engine and version that is installed here."""

from __future__ import annotations

import dataclasses
import errno
import os
import re
import signal
import socket
import typing as t
from pathlib import Path

import psutil
import pytest

from copias.database import compare, driver_for, table_results, verify
from copias.database.verification import Verification, check_file
from copias.errors import (
    Altered,
    BadConfiguration,
    CopyFailed,
    NotEqual,
    NotReady,
    SourceUnavailable,
    StoreFull,
)
from copias.progress import ignore

SERVERS = {"postgres", "mariadbd", "firebird", "setpriv"}


@pytest.fixture
def children() -> t.Callable[[], list[str]]:
    """Tell which children were born in this test and live, but for those of the session's servers."""
    before = {process.pid for process in psutil.Process().children(recursive=True)}

    def born() -> list[str]:
        names = []
        for process in psutil.Process().children(recursive=True):
            try:
                if process.pid not in before and process.name() not in SERVERS:
                    names.append(f"{process.pid} {process.name()} {process.status()}")
            except psutil.NoSuchProcess:
                continue
        return names

    return born


def test_restored_copy_is_equal_in_every_table(harness, dumped) -> None:
    made = dumped(harness.fresh())

    proof = verify(made.driver, made.file, made.record, deep=True)

    assert proof.equal, proof.differences + proof.complaints
    assert len(proof.tables) == harness.expected.tables
    assert all(result.equal for result in proof.tables)
    assert sum(result.found.rows for result in proof.tables) == made.record.rows > 10000
    assert proof.to_dict()["equal"] is True
    proof.require_equal("caso 1")


def test_copy_of_which_nothing_could_be_compared_is_not_proved(harness, dumped) -> None:
    made = dumped(harness.fresh())
    moving = tuple(dataclasses.replace(table, xor="", total="") for table in made.record.tables)

    proof = verify(made.driver, made.file, dataclasses.replace(made.record, tables=moving))

    assert not proof.equal
    assert proof.differences == ()
    with pytest.raises(NotEqual, match="Ninguna tabla se pudo comparar"):
        proof.require_equal("caso 1")


def test_record_tells_what_was_copied(harness, dumped) -> None:
    record = dumped(harness.fresh()).record

    expected = harness.expected
    assert record.engine == harness.engine
    assert record.large_objects.count == expected.large_objects
    told = {name.removeprefix(f"{record.database}."): value for name, value in record.sequences.items()}
    assert {name: told[name] for name in expected.sequences} == expected.sequences
    assert expected.accounts_sql in record.globals_sql
    assert record.roles[expected.account] is False
    assert any(expected.left_out in text for text in record.left_out)
    assert record.started < record.finished
    assert record.source_bytes > record.bytes / 2


def test_no_password_nor_what_a_server_keeps_of_one_is_copied(harness, dumped) -> None:
    connection = harness.fresh()

    made = dumped(connection)

    kept = [*harness.verifiers(), str(connection.password()).encode()]
    assert len(kept) >= 2
    assert all(len(secret) >= 16 for secret in kept)
    copied = made.file.read_bytes() + made.record.globals_sql + repr(made.record.to_dict()).encode()
    assert [secret for secret in kept if secret in copied or secret.hex().encode() in copied.lower()] == []


def test_comparison_of_the_untouched_copy_is_empty(restored) -> None:
    made, copy = restored

    assert compare(made.record, made.driver.digest(copy, made.record)) == ()


def test_changed_copy_is_found_out(harness, restored, change) -> None:
    made, copy = restored
    twin = harness.twin(copy)
    harness.change(twin, change.name)

    found = made.driver.digest(twin, made.record)

    differences = compare(made.record, found)
    names = harness.named(change.names)
    assert any(difference.kind == change.kind and names in difference.name for difference in differences), differences
    spoilt = [result.name for result in table_results(made.record, found) if not result.equal]
    assert len(spoilt) == (change.kind in {"table", "rows", "content"})


def test_proof_that_failed_names_the_first_differences(harness, restored) -> None:
    made, copy = restored
    twin = harness.twin(copy)
    harness.change(twin, "one cent")
    found = made.driver.digest(twin, made.record)
    proof = Verification("15", table_results(made.record, found), compare(made.record, found), (), 1.0, 1.0)

    with pytest.raises(NotEqual, match=rf"caso 7: .*{re.escape(harness.named('contabilidad.asiento'))}"):
        proof.require_equal("caso 7")

    assert [table["equal"] for table in proof.to_dict()["tables"]].count(False) == 1


def test_writes_after_the_snapshot_are_in_neither(harness, dumped, tmp_path: Path) -> None:
    connection = harness.fresh()
    before = dumped(connection).record
    driver = driver_for(harness.engine, connection)
    written = 0

    with (tmp_path / "otro.dump").open("wb") as stream:

        def sink(chunk: bytes) -> None:
            nonlocal written
            if not written:
                harness.change(connection, "one cent")
                harness.change(connection, "lost row")
            written += stream.write(chunk)

        record = driver.dump(sink, report=ignore)

    assert record.tables == before.tables
    assert verify(driver, tmp_path / "otro.dump", record).equal
    assert compare(record, dumped(connection).record)  # and they are in the next dump


def test_probe_tells_size_and_predicts_from_the_last_dump(harness, dumped) -> None:
    connection = harness.fresh()
    made = dumped(connection)

    first = made.driver.probe()
    second = made.driver.probe(made.record)

    assert first.tables == harness.expected.tables
    assert first.restorable
    assert first.version == made.record.version
    assert second.predicted_bytes == pytest.approx(made.record.bytes, rel=0.1)
    assert second.predicted_seconds == pytest.approx(made.record.seconds, rel=0.1)
    assert first.bytes > 1e6


def test_dump_far_smaller_than_the_last_is_refused(harness) -> None:
    driver = driver_for(harness.engine, harness.fresh())

    with pytest.raises(CopyFailed, match=r"midió \d+ bytes y se esperaban al menos 999999999"):
        driver.dump(ignore_bytes, report=ignore, least=999_999_999)


def test_wrong_password_is_not_ready_and_never_printed(harness, tmp_path: Path) -> None:
    wrong = tmp_path / "clave"
    wrong.write_text("muy:secreta\\123\n")
    connection = dataclasses.replace(harness.fresh(), password_file=wrong)

    for act in (
        lambda driver: driver.probe(),
        lambda driver: driver.dump(ignore_bytes, report=ignore),
    ):
        with pytest.raises(NotReady, match="no acepta al usuario") as failure:
            act(driver_for(harness.engine, connection))
        assert "muy:secreta" not in repr(failure.value) + str(failure.value) + str(failure.value.__cause__)


def test_unknown_role_and_missing_database_are_told_apart(harness) -> None:
    connection = harness.fresh()

    with pytest.raises(BadConfiguration, match="no existe en ese servidor"):
        driver_for(harness.engine, harness.wrong_database(connection)).probe()
    with pytest.raises(NotReady, match="nadie"):
        driver_for(harness.engine, dataclasses.replace(connection, user="nadie")).probe()


def test_server_that_is_down_is_worth_another_try(harness) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        connection = dataclasses.replace(harness.fresh(), port=taken.getsockname()[1])

        with pytest.raises(SourceUnavailable, match="no se pudo conectar") as failure:
            driver_for(harness.engine, connection).probe()

    assert failure.value.transient


def test_killed_dump_program_leaves_no_copy_and_no_child(harness, children) -> None:
    connection = harness.fresh()
    harness.swell(connection)
    driver = driver_for(harness.engine, connection)

    def sink(_: bytes) -> None:
        for process in harness.dump_programs():
            process.send_signal(signal.SIGKILL)

    with pytest.raises(CopyFailed, match="señal 9"):
        driver.dump(sink, report=ignore)

    assert children() == []


@pytest.mark.parametrize("error", [StoreFull("el NAS está lleno"), OSError(errno.ENOSPC, "x"), KeyboardInterrupt()])
def test_failing_sink_stops_everything_and_is_told(harness, children, error: BaseException) -> None:
    driver = driver_for(harness.engine, harness.fresh())

    def sink(_: bytes) -> None:
        raise error

    with pytest.raises(type(error)) as failure:
        driver.dump(sink, report=ignore)

    assert failure.value is error
    assert children() == []


def test_password_is_nowhere_in_the_process_table(harness) -> None:
    connection = harness.fresh()
    harness.swell(connection)
    password = connection.password()
    seen: list[str] = []

    def sink(_: bytes) -> None:
        for process in harness.dump_programs() if not seen else []:
            environment = Path(f"/proc/{process.pid}/environ").read_bytes()
            seen.append(" ".join(process.cmdline()) + environment.decode())

    driver_for(harness.engine, connection).dump(sink, report=ignore)

    assert seen
    assert not any(password in text for text in seen)


def test_broken_dump_file_does_not_pass(harness, children, dumped) -> None:
    made = dumped(harness.fresh())
    check_file(made.file, made.record)
    os.truncate(made.file, made.record.bytes // 2)

    with pytest.raises(Altered, match="SHA-256"):
        check_file(made.file, made.record)
    with pytest.raises(NotEqual, match="no se pudo restaurar"):
        verify(made.driver, made.file, made.record)
    assert children() == []


def test_scratch_server_leaves_nothing(harness, restored, tmp_path: Path) -> None:
    made, _ = restored
    folder = Path(f"/tmp/copias-{os.getpid()}")
    folder.mkdir(mode=0o755)
    try:
        with made.driver.scratch(made.record, folder=folder) as scratch:
            assert list(folder.iterdir())
            assert {one.laddr.ip for one in listening(scratch.pid)} == harness.expected.listens
            pid = scratch.pid
        assert list(folder.iterdir()) == []
        assert not psutil.pid_exists(pid)
    finally:
        folder.rmdir()


def test_scratch_server_needs_room(harness, restored) -> None:
    made, _ = restored
    huge = dataclasses.replace(made.record, source_bytes=10**18)

    with pytest.raises(NotReady, match="no hay espacio"), made.driver.scratch(huge):
        pass


def test_version_that_is_not_installed_cannot_be_proved_here(harness, restored) -> None:
    made, _ = restored

    with (
        pytest.raises(NotReady, match="99 para la prueba"),
        made.driver.scratch(dataclasses.replace(made.record, major=harness.expected.unknown_major)),
    ):
        pass


def ignore_bytes(_: bytes) -> None:
    pass


def listening(pid: int) -> list[t.Any]:
    return [c for c in psutil.Process(pid).net_connections("inet") if c.status == psutil.CONN_LISTEN]
