"""A dump that somebody else made is loaded, for every engine of ours, and counted as it was when it was made."""

from __future__ import annotations

import time

import pytest

from copias.database import driver_for
from copias.database.children import unprivileged_account
from copias.database.postgresql.stranger_faults import NotLoadable
from copias.database.server import ServerFolder
from copias.errors import CopyFailed, NotEqual, SourceUnavailable
from copias.progress import ignore
from copias.provider.examining import examine
from copias.provider.load_limit import LOOK, limit_growth, measure
from copias.provider.loading import can_load, load_dump
from copias.provider.unfit import Limits, Unfit
from tests.integration.database.conftest import dump_to
from tests.integration.database.harness import children_called


def limits() -> Limits:
    return Limits(1 << 30, 300, 10)


def test_dump_of_each_engine_is_recognised_loaded_and_counted(harness, dumped, tmp_path) -> None:
    made = dumped(harness.fresh())

    examined = examine(made.file, limits(), spool=tmp_path)
    loaded = load_dump(made.file, examined, seconds=120, report=ignore)

    assert (examined.format.engine, can_load(examined)) == (harness.engine, True)
    assert loaded.contents is not None, loaded.text
    expected = {table.name.partition(".")[2]: table.rows for table in made.record.tables}
    assert {table.name.partition(".")[2]: table.rows for table in loaded.contents.tables} == expected
    assert "sin comparar con el origen" in loaded.text


def test_truncated_dump_of_each_engine_is_unfit(harness, dumped, tmp_path) -> None:
    made = dumped(harness.fresh())
    content = made.file.read_bytes()
    made.file.write_bytes(content[: len(content) // 2])

    with pytest.raises(Unfit):
        load_dump(made.file, examine(made.file, limits(), spool=tmp_path), seconds=120, report=ignore)


@pytest.mark.parametrize("engine", ["mariadb", "firebird"])
def test_server_that_dies_while_loading_is_no_fault_of_the_delivery(engine, harnesses, tmp_path) -> None:
    harness = harnesses(engine)
    connection = harness.fresh()
    harness.swell(connection)
    made = dump_to(tmp_path / "entrega", connection, engine)
    before = {process.pid for process in children_called("mariadbd", "firebird")}

    def kill(_: int) -> None:
        for process in children_called("mariadbd", "firebird"):
            if process.pid not in before:
                process.kill()

    with pytest.raises((CopyFailed, SourceUnavailable)) as failure:
        load_dump(made.file, examine(made.file, limits(), spool=tmp_path), seconds=120, report=kill)

    assert not isinstance(failure.value, NotEqual)


@pytest.mark.parametrize("engine", ["mariadb", "firebird"])
def test_load_that_outgrows_its_room_is_ended_and_blames_nobody(engine, harnesses, tmp_path) -> None:
    harness = harnesses(engine)
    connection = harness.fresh()
    harness.swell(connection)
    made = dump_to(tmp_path / "entrega", connection, engine)
    driver = driver_for(engine, connection, time_limit=120)

    def load_within(room: int) -> None:
        with (
            ServerFolder("prueba", account=unprivileged_account()) as place,
            driver.scratch(made.record, folder=place.path) as scratch,
            limit_growth(place.path, server=scratch.pid, most=measure(place.path) + room),
        ):
            driver.digest(driver.restore(made.file, scratch, made.record, report=ignore), made.record)

    with pytest.raises(NotLoadable, match="llena el disco"):
        load_within(64 << 10)


def test_what_is_within_its_room_is_left_alone(tmp_path) -> None:
    with limit_growth(tmp_path, server=0, most=1 << 20):
        (tmp_path / "datos").write_bytes(b"x" * 1000)
        time.sleep(2 * LOOK)

    assert 0 < measure(tmp_path) <= 1 << 20


ENDLESS = b"""
CREATE FUNCTION public.espera() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN LOOP END LOOP; END $$;
CREATE VIEW public.saldo AS SELECT public.espera() AS valor;
CREATE TABLE public.asiento (valor integer);
"""


def test_dump_that_never_ends_to_answer_is_left_unproven(tmp_path) -> None:
    head = b"--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 15.1\n"
    dump = tmp_path / "trampa.sql"
    dump.write_bytes(head + ENDLESS + b"--\n-- PostgreSQL database dump complete\n--\n")

    loaded = load_dump(
        dump,
        examine(dump, limits(), spool=tmp_path),
        seconds=4,
        report=ignore,
        ask=lambda driver, restored, _: driver.query(restored, "SELECT valor FROM public.saldo", seconds=600),
    )

    assert loaded.contents is None
    assert "no termina" in loaded.text
