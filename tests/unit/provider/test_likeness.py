"""A delivery is compared with earlier ones: what came before, and what is unlike them, is told."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from copias.case.story import CopyRecord
from copias.package import DeliveredFacts, LoadFacts
from copias.provider.formats import recognise
from copias.provider.likeness import Earlier, check_engine, check_name, compare_size, find_repeated
from copias.sinfa.check_settings import Rows
from tests.deployment import describe_deployment, office_of
from tests.unit.provider.test_level import delivered

FILE, DUMP, OTHER = "ab" * 32, "cd" * 32, "ef" * 32
ROWS = Rows(name="asientos", kind="rows", tables=("public.asiento",))


def before(**data: str) -> Earlier:
    made = {"subject": "nomina", "delivered_sha256": OTHER, "finished": "2026-10-02T03:00:00+00:00", **data}
    return Earlier("1201", CopyRecord("sinfa-nomina-1201", made))


def loaded(rows: int, table: str = "asiento", **facts: t.Any) -> DeliveredFacts:
    found = {"schema": "public", "table": table, "rows": rows, "xor": "1", "total": "1"}
    load = LoadFacts.model_validate({"loaded": True, "text": "Se cargó", "tables": [found]})
    return delivered(load=load, **facts)


def statuses(now: DeliveredFacts, earlier: list[DeliveredFacts]) -> dict[str, str]:
    return {check.name: check.status for check in compare_size(now, earlier, [ROWS])}


@pytest.mark.parametrize("same", [{"delivered_sha256": FILE}, {"dump_sha256": DUMP}], ids=["file", "packed anew"])
def test_delivery_that_came_before_is_an_error_that_says_for_what(same: dict[str, str]) -> None:
    (error,) = find_repeated(delivered(sha256=FILE, dump_sha256=DUMP), [before(), before(**same)])

    assert error.status == "error"
    assert "para nomina en el caso 1201, el 01/10/2026" in error.text


def test_delivery_of_its_own_is_no_repetition() -> None:
    assert not list(find_repeated(delivered(sha256=FILE, dump_sha256=DUMP), [before(), before(dump_sha256=OTHER)]))


def test_delivery_like_the_last_ones_is_not_told() -> None:
    assert statuses(loaded(1010), [loaded(1000)] * 3) == {"tamaño": "passed", "asientos": "passed"}


@pytest.mark.parametrize(
    ("now", "odd"),
    [
        (loaded(400), {"tamaño", "asientos"}),
        (loaded(1000, table="empleado"), {"asientos"}),
        (loaded(1000, dump_bytes=4), {"tamaño"}),
    ],
    ids=["fewer rows", "other tables", "smaller"],
)
def test_delivery_unlike_the_last_ones_is_a_warning(now: DeliveredFacts, odd: set[str]) -> None:
    found = statuses(now, [loaded(1000)] * 3)

    assert {name for name, status in found.items() if status == "warning"} == odd


def test_rows_of_what_was_not_loaded_are_unknown_and_its_size_is_compared() -> None:
    found = statuses(delivered(dump_bytes=5), [delivered(dump_bytes=9)] * 3)

    assert found == {"tamaño": "warning", "asientos": "unknown"}


@pytest.mark.parametrize(
    ("named", "status"),
    [("SINFA", "passed"), ("nomina_2026", "error"), ("\u202esinfa\n", "warning"), ("", None)],
    ids=["the wanted one", "another of ours", "unknown and hostile", "not said"],
)
def test_name_that_a_dump_says_is_compared_with_the_inventory(tmp_path: Path, named: str, status: str | None) -> None:
    hosted = {"engine": "mariadb", "department": "Hacienda", "record_series": "Libros", "host": "h", "user": "u"}
    databases = {"hacienda": {**hosted, "database": "sinfa"}, "nomina": {**hosted, "database": "nomina_2026"}}
    deployment = office_of(describe_deployment(tmp_path, databases=databases), tmp_path).deployment

    found = list(check_name(deployment, "hacienda", named))

    assert [one.status for one in found] == ([status] if status else [])
    assert all(one.text.isprintable() for one in found)


@pytest.mark.parametrize(
    ("engine", "head", "status"),
    [
        ("postgresql", b"PGDMP\x01", []),
        ("postgresql", b"-- PostgreSQL database cluster dump\n", []),
        ("mysql", b"-- MariaDB dump 10.19\n", []),
        ("postgresql", b"-- MariaDB dump 10.19\n", ["error"]),
        ("MySQL", b"TAPE" + bytes(60), ["error"]),
        ("informix", b"TAPE" + bytes(60), []),
    ],
    ids=["same", "all of a server", "another name of it", "another of ours", "another", "a free word"],
)
def test_engine_of_a_dump_is_compared_with_the_inventory(
    tmp_path: Path, engine: str, head: bytes, status: list[str]
) -> None:
    hosted = {"department": "Hacienda", "record_series": "Libros", "database": "sinfa", "host": "h", "user": "u"}
    databases = {"hacienda": {**hosted, "engine": engine}}
    deployment = office_of(describe_deployment(tmp_path, databases=databases), tmp_path).deployment
    known = recognise(head)
    assert known is not None

    found = list(check_engine(deployment, "hacienda", known))

    assert [one.status for one in found] == status


@pytest.mark.parametrize(
    "head",
    [
        b"-- MariaDB dump 10.19\n--\n-- Host: localhost    Database: sin fa\n-- ---\n-- Server version\t10.11.6\n",
        b"PGDMP\x01\x0e\x00\x04\x08\x01" + bytes(5 + 35) + b"\x00\x06\0\0\0sin fa" + bytes(300),
        b"PGDMP\x01\x10\x00\x04\x08\x01" + bytes(1 + 35) + b"\x00\x06\0\0\0sin fa" + bytes(300),
    ],
    ids=["mariadb", "custom of 15", "custom of 18"],
)
def test_name_of_the_database_is_read_from_the_head(head: bytes) -> None:
    known = recognise(head)

    assert known is not None
    assert known.find_database(head) == "sin fa"
