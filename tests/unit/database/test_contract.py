"""The plain data that passes between the parts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from copias.database import ENGINES, Connection, DumpRecord, LargeObjects, TableDigest, driver_for
from copias.errors import BadConfiguration

BEGUN = datetime(2026, 3, 31, 23, 59, tzinfo=UTC)
RECORD = DumpRecord(
    method="m",
    tables=(TableDigest("á", 'b"', 3, "-1", "2"),),
    sequences={"s": "1,false"},
    schema={"TABLE x": "aa"},
    schema_sha256="bb",
    large_objects=LargeObjects(1, "3"),
    engine="postgresql",
    version="15.18",
    major=15,
    client_version="15.18",
    database="sinfa",
    encoding="UTF8",
    collation="C",
    ctype="C",
    bytes=10,
    sha256="cc",
    source_bytes=20,
    started=BEGUN,
    finished=BEGUN + timedelta(seconds=90),
    extensions={"plpgsql": "1.0"},
    roles={"ana": True},
    left_out=("algo",),
    globals_sql=b"CREATE ROLE ana;",
)


def test_record_survives_json_and_keeps_globals_apart() -> None:
    text = json.dumps(RECORD.to_dict())

    assert "CREATE ROLE" not in text
    assert '"started": "2026-03-31T23:59:00Z"' in text
    assert DumpRecord.from_dict(json.loads(text), globals_sql=RECORD.globals_sql) == RECORD


def test_record_knows_rows_and_seconds() -> None:
    assert (RECORD.rows, RECORD.seconds) == (3, 90.0)


@pytest.mark.parametrize(
    "damage", [{"bytes": None, "otra": 1}, {"tables": [{"x": 1}]}, {"started": "ayer"}, {"tables": None}]
)
def test_malformed_record_is_refused(damage: dict[str, object]) -> None:
    with pytest.raises(BadConfiguration, match="registro del volcado"):
        DumpRecord.from_dict({**RECORD.to_dict(), **damage})


def test_record_without_a_field_is_refused() -> None:
    data = RECORD.to_dict()
    del data["sha256"]

    with pytest.raises(BadConfiguration, match="sha256"):
        DumpRecord.from_dict(data)


@pytest.mark.parametrize("text", ["clave: con ñ\n", "clave: con ñ", "clave: con ñ\r\notra línea\n"])
def test_password_is_the_first_line_of_its_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "clave"
    file.write_bytes(text.encode())

    assert Connection("h", 1, "d", "u", file).password() == "clave: con ñ"


def test_no_password_file_is_no_password() -> None:
    assert Connection("h", 1, "d", "u").password() is None


@pytest.mark.parametrize("content", [None, b"", b"\nabajo\n", b"\xff\xfe"])
def test_unusable_password_file_is_named_in_the_error(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "clave"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(BadConfiguration, match=str(file) if content != b"\xff\xfe" else "UTF-8"):
        Connection("h", 1, "d", "u", file).password()


def test_text_of_a_connection_has_no_user_and_no_password() -> None:
    assert str(Connection("10.0.0.5", 5432, "sinfa", "lector")) == "base de datos «sinfa» en 10.0.0.5:5432"


def test_unknown_engine_lists_the_known_ones() -> None:
    with pytest.raises(BadConfiguration, match=", ".join(sorted(ENGINES))):
        driver_for("dbase", Connection("h", 1, "d", "u"))


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_every_engine_answers_to_its_name(engine: str) -> None:
    connection = Connection("h", 1, "d", "u")

    driver = driver_for(engine, connection, time_limit=5)

    assert (driver.engine, driver.connection) == (engine, connection)
