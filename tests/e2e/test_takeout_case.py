"""A user's own Takeout, put in the folder of its case, becomes a proven copy that says what it is not."""

from __future__ import annotations

import csv
import hashlib
import io
import subprocess
import sys
import typing as t
import zipfile
from pathlib import Path

import orjson
import pytest

from copias_sandbox import world
from tests.e2e.takeout import CASE, MESSAGES, SECRET, deliver, open_inbox
from tests.e2e.town import CONTROL, RESPONSES, Call, Town

pytestmark = pytest.mark.slow

Attended: t.TypeAlias = "tuple[Town, dict[Path, bytes], Call]"
"""The town, the parts of the delivery before the run, and what the run said."""


@pytest.fixture(scope="module")
def attended(running: Town) -> Attended:
    """A run of a case whose Takeout was delivered."""
    running.fresh()
    before = {path: path.read_bytes() for path in deliver(open_inbox(running))}
    return running, before, running.run_case(CASE)


def packed(path: Path) -> dict[str, bytes]:
    """Return the messages of a package by their ids, read without the product."""
    with zipfile.ZipFile(path) as archive:
        index = io.StringIO(archive.read("indice.csv").decode("utf-8-sig"))
        return {row["id"]: archive.read(row["archivo"]) for row in csv.DictReader(index, delimiter=";")}


def test_a_delivery_becomes_a_proven_copy_that_says_its_limits(attended: Attended) -> None:
    town, before, done = attended

    assert done.code == 0, done.text
    assert town.state(CASE) == "resolved"
    assert [town.count(f"copy.{event}", CASE) for event in ("made", "stored", "verified")] == [1, 1, 1]
    (package,) = town.stored("*.zip")
    assert packed(package) == {f"{1828754568043628583 + number:x}": MESSAGES[number - 1] for number in range(1, 41)}
    beside = orjson.loads(package.with_name(package.name + ".manifest.json").read_bytes())
    proof = orjson.loads(package.with_name(package.stem + ".prueba.json").read_bytes())
    assert beside["delivery"] | {"mailboxes": 0} == {
        "files": [
            {"name": path.name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for path, content in before.items()
        ],
        "mailboxes": 0,
        "messages": 43,
        "repeated": 3,
        "renamed": 0,
        "quoted": 0,
        "doubtful": 0,
    }
    assert proof["proof"]["text"] == "íntegra, igual a lo entregado; conciliación con el origen no posible"
    assert any(line.startswith("Conciliación con el buzón: no es posible") for line in beside["scope"]["excluded"])
    assert any(line.startswith("Drive: 1 archivos, 4 bytes") for line in beside["scope"]["excluded"])
    assert {path: path.read_bytes() for path in before} == before
    town.require_nothing_left()
    assert list((town.world.state / "deliveries").iterdir()) == []


def test_the_help_desk_is_told_what_was_not_possible(attended: Attended) -> None:
    town, _, _ = attended

    (control,) = town.ours(CONTROL, CASE)
    assert control["Nivel de prueba"] == "íntegra, igual a lo entregado; conciliación con el origen no posible"
    assert control["Tipo de copia"] == "Copia manual de correo (en sitio)"
    assert "No se pudo conciliar con el buzón" in str(town.ours(RESPONSES, CASE)[-1])
    assert SECRET not in str(town.ledger())
    assert not [path for path in town.files_of_state() if SECRET.encode() in path.read_bytes()]


def test_the_package_verifies_without_the_product(attended: Attended) -> None:
    town, _, _ = attended
    (package,) = town.stored("*.zip")

    script = world.PROJECT / "scripts" / "verify_package.py"
    public = town.world.state / "keys" / "signing.pem.pub"
    alone = subprocess.run([sys.executable, script, package, "--key", public], capture_output=True, text=True)
    ours = town.copias("package", "verify", str(package))

    assert alone.returncode == 0, alone.stdout + alone.stderr
    assert ours.code == 0, ours.text
