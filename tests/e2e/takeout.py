"""A Takeout as a user downloads it, and a town that takes one."""

from __future__ import annotations

import zipfile
from pathlib import Path

from copias_sandbox import world
from copias_sandbox.seed.cases import MAILBOX_CASE, demo_requester
from tests.e2e.town import Town

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


def deliver(inbox: Path) -> list[Path]:
    name = "Todo el correo, incluido Spam y Papelera"
    first = {f"{FOLDER}/{name}-001.mbox": mbox(range(1, 21)), "Takeout/Drive/informe.pdf": b"%PDF"}
    second = {f"{FOLDER}/{name}-002.mbox": mbox(range(21, 41)), f"{FOLDER}/Repetidos.mbox": mbox(range(5, 8))}
    return [put_part(inbox, 1, first), put_part(inbox, 2, second)]


def open_inbox(town: Town) -> Path:
    """Have a town take deliveries, classify the case, and return the case's folder."""
    folder = town.temporary / "entregas" / CASE
    folder.mkdir(parents=True)
    town.configure(deliveries={"folder": str(folder.parent), "settle_minutes": 0}, mailboxes__store=world.STORE)
    done = town.copias("classify", CASE, "--kind", "manual", "--subject", demo_requester().email)
    assert done.code == 0, done.text
    return folder
