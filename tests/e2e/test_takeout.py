"""A user's own Takeout, put in the folder of its case, becomes a proven copy that says what it is not."""

from __future__ import annotations

import csv
import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import orjson
import pytest

from copias_sandbox import world
from copias_sandbox.seed.cases import DEMO_CASE, MAILBOX_CASE, demo_requester
from tests.e2e.town import CONTROL, RESPONSES, Town

pytestmark = pytest.mark.slow

CASE = str(MAILBOX_CASE)
SECRET = "MARCA-SECRETA-DEL-MENSAJE"
STAMP = "20261120T101112Z"
FOLDER = "Takeout/Correo"
MESSAGES = [
    f"Subject: {SECRET} {number}\r\nFrom: Ana Prueba <ana@alcaldia.example>\r\n\r\n{SECRET} ñ {number}\r\n".encode()
    for number in range(1, 41)
]


def in_mbox(number: int, content: bytes) -> bytes:
    """Return a message as Takeout writes it; there is no other program here that does."""
    head = f"From {1828754568043628583 + number}@xxx Mon Apr 07 14:31:{number:02} +0000 2025\r\n"
    labels = "=?UTF-8?Q?Recibidos,Abierto,=22Actas,_a=C3=B1o_2025=22?="
    return (
        f"{head}X-GM-THRID: {1828754568043628583 + number}\r\nX-Gmail-Labels: {labels}\r\n".encode() + content + b"\r\n"
    )


def mbox(numbers: range) -> bytes:
    return b"".join(in_mbox(number, MESSAGES[number - 1]) for number in numbers)


def put_part(folder: Path, number: int, entries: dict[str, bytes]) -> Path:
    path = folder / f"takeout-{STAMP}-{number:03}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def inbox(town: Town) -> Path:
    """The folder of the case, in a town that takes deliveries; the case is classified."""
    folder = town.temporary / "entregas" / CASE
    folder.mkdir(parents=True)
    town.configure(deliveries={"folder": str(folder.parent), "settle_minutes": 0}, mailboxes__store=world.STORE)
    done = town.copias("classify", CASE, "--kind", "manual", "--subject", demo_requester().email)
    assert done.code == 0, done.text
    return folder


def deliver(inbox: Path) -> list[Path]:
    name = "Todo el correo, incluido Spam y Papelera"
    first = {f"{FOLDER}/{name}-001.mbox": mbox(range(1, 21)), "Takeout/Drive/informe.pdf": b"%PDF"}
    second = {f"{FOLDER}/{name}-002.mbox": mbox(range(21, 41)), f"{FOLDER}/Repetidos.mbox": mbox(range(5, 8))}
    return [put_part(inbox, 1, first), put_part(inbox, 2, second)]


def packed(path: Path) -> dict[str, bytes]:
    """Return the messages of a package by their ids, read without the product."""
    with zipfile.ZipFile(path) as archive:
        index = io.StringIO(archive.read("indice.csv").decode("utf-8-sig"))
        return {row["id"]: archive.read(row["archivo"]) for row in csv.DictReader(index, delimiter=";")}


def test_a_delivery_becomes_a_proven_copy_that_says_its_limits(town: Town, inbox: Path) -> None:
    parts = deliver(inbox)
    before = {path: path.read_bytes() for path in parts}

    done = town.run_case(CASE)

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
    assert {path: path.read_bytes() for path in parts} == before
    town.require_nothing_left()
    assert list((town.world.state / "deliveries").iterdir()) == []


def test_the_help_desk_is_told_what_was_not_possible(town: Town, inbox: Path) -> None:
    deliver(inbox)

    assert town.run_case(CASE).code == 0

    (control,) = town.ours(CONTROL, CASE)
    assert control["Nivel de prueba"] == "íntegra, igual a lo entregado; conciliación con el origen no posible"
    assert control["Tipo de copia"] == "Copia manual de correo (en sitio)"
    assert "No se pudo conciliar con el buzón" in str(town.ours(RESPONSES, CASE)[-1])
    assert SECRET not in str(town.ledger())
    assert not [path for path in town.files_of_state() if SECRET.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda parts: [part.unlink() for part in parts], "no hay ninguna entrega"),
        (lambda parts: parts[0].unlink(), "faltan partes del Takeout: 001"),
        (lambda parts: parts[1].rename(parts[1].with_suffix(".zip.crdownload")), "todavía se está descargando"),
    ],
)
def test_a_case_without_its_whole_delivery_is_not_started(town: Town, inbox: Path, spoil, told: str) -> None:
    spoil(deliver(inbox))

    refused = town.run_case(CASE)

    assert refused.code == 3, refused.text
    assert told in refused.text
    assert town.count("case.started", CASE) == 0


def test_a_truncated_part_fails_the_case_and_a_good_one_goes_on(town: Town, inbox: Path) -> None:
    _, second = deliver(inbox)
    whole = second.read_bytes()
    second.write_bytes(whole[:-30])

    refused = town.run_case(CASE)
    second.write_bytes(whole)
    done = town.run_case(CASE)

    assert refused.code == 2, refused.text
    assert f"'{second.name}': una parte del Takeout está cortada" in refused.text
    assert done.code == 0, done.text
    assert [town.count(event, CASE) for event in ("case.failed", "copy.made", "copy.verified")] == [1, 1, 1]


def test_a_run_that_died_after_packing_goes_on_and_makes_no_second_package(town: Town, inbox: Path) -> None:
    deliver(inbox)
    town.detach(CASE)
    with town.between_steps("copy.made", CASE):
        for process in town.processes():
            process.kill()

    done = town.run_case(CASE)

    assert done.code == 0, done.text
    assert [town.count(f"copy.{event}", CASE) for event in ("made", "stored", "verified")] == [1, 1, 1]


def test_the_package_verifies_without_the_product(town: Town, inbox: Path) -> None:
    deliver(inbox)
    town.run_case(CASE)
    (package,) = town.stored("*.zip")

    script = world.PROJECT / "scripts" / "verify_package.py"
    public = town.world.state / "keys" / "signing.pem.pub"
    alone = subprocess.run([sys.executable, script, package, "--key", public], capture_output=True, text=True)
    ours = town.copias("package", "verify", str(package))

    assert alone.returncode == 0, alone.stdout + alone.stderr
    assert ours.code == 0, ours.text


def test_a_delivery_on_the_shared_drive_becomes_a_copy_on_the_shared_drive(town: Town, inbox: Path) -> None:
    town.configure(deliveries={"store": world.DRIVE_STORE, "settle_minutes": 0}, mailboxes__store=world.DRIVE_STORE)
    copies, deliveries = world.open_drive(town.world), world.open_drive(town.world, folder="Entregas")
    deliveries.prepare()
    for part in deliver(inbox):
        with deliveries.create(f"{CASE}/{part.name}") as upload:
            upload.write(part.read_bytes())
            upload.finish()
        deliveries.publish(f"{CASE}/{part.name}")

    done = town.run_case(CASE)

    assert done.code == 0, done.text
    stored = copies.list("Correo/")
    assert [file.name.rpartition("-1235")[2] for file in stored] == [
        ".constancia.html",
        ".prueba.json",
        ".zip",
        ".zip.manifest.json",
    ]
    with copies.open(stored[2].name) as stream, zipfile.ZipFile(stream) as archive:
        assert len([name for name in archive.namelist() if name.endswith(".eml")]) == len(MESSAGES)
    assert len(deliveries.list(f"{CASE}/")) == 2
    town.require_nothing_left()


def test_messages_of_a_takeout_are_found_and_given_back(town: Town, inbox: Path, tmp_path: Path) -> None:
    account, recovery, folder = demo_requester().email, str(DEMO_CASE), tmp_path / "correo"
    deliver(inbox)
    town.run_case(CASE)
    town.copias("classify", recovery, "--kind", "recovery", "--subject", account)

    found = town.copias("find", "--case", recovery, "--account", account, "--label", "Actas, año 2025", "--json")
    given = town.copias("restore", recovery, "--pick", "7", "--eml", str(folder), "--yes", "--json")

    assert len(found.json["messages"]) == len(MESSAGES), found.text
    assert given.code == 0, given.text
    (seventh,) = [message["id"] for message in found.json["messages"] if message["number"] == 7]
    (file,) = folder.glob("*.eml")
    assert file.read_bytes() == MESSAGES[int(seventh, 16) - 1828754568043628583 - 1]
