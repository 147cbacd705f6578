"""An installation in a folder, whose ledger tells two cases: forged, for nothing of them was ever copied."""

from __future__ import annotations

import hashlib
import typing as t
from pathlib import Path

import pytest

from copias.case.copy_folder import CopyFolder
from copias.case.mail_folder import MailFolder
from copias.office import Office
from copias.package import generate_key, load_key
from copias.package.canonical import to_canonical
from tests.deployment import describe_deployment, office_of

GRANT = {"authoriser": "Mariela Ejemplo Rincón", "post": "Secretaria", "document": "=1+1", "motive": "Retiro"}
OTHER = "secreta.persona@valleclaro.example"


def make_office(folder: Path) -> Office:
    office = office_of(describe_deployment(folder, entity="Alcaldía de <Valle> Claro"), folder)
    generate_key(office.deployment.signing_key)
    return office


def tell_case(office: Office, number: str, account: str, *, mail: bool = False) -> None:
    """Tell a case from its start to its end, with a copy, its signed manifest and a mail."""
    copy, book = f"copia-{number}", office.book
    sha256 = hashlib.sha256(number.encode()).hexdigest()
    started = {"kind": "mailbox", "subject": account, "department": "Hacienda", "authorisation": GRANT}
    book.record(number, "case.assigned", {})
    book.record(number, "case.started", started)
    made = {"copy": copy, "kind": "mailbox", "subject": account, "package": f"{copy}.zip", "store": "nas"}
    book.record(number, "copy.made", {**made, "bytes": 1, "sha256": sha256, "finished": "2026-11-26T10:00:00+00:00"})
    if mail:
        kept = MailFolder(office.deployment, number).keep("enviado-1.eml", b"Subject: hola\r\n\r\nhola\r\n")
        book.record(number, "provider.mail", {"direction": "by_hand", **kept.to_dict()})
    book.record(number, "copy.stored", {"copy": copy, "store": "nas"})
    book.record(number, "copy.verified", {"copy": copy, "level": "restored"})
    book.record(number, "case.resolved", {"copy": copy})
    CopyFolder(office.deployment, copy).write("manifest.json", sign(office, {"case": number, "sha256": sha256}))


def sign(office: Office, content: dict[str, t.Any]) -> dict[str, t.Any]:
    key = load_key(office.deployment.signing_key)
    value = key.sign(to_canonical(content))
    return {**content, "signature": {"algorithm": "Ed25519", "key_id": key.key_id, "value": value}}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Two cases, one after the other, and something of the installation between them."""
    office = make_office(tmp_path)
    tell_case(office, "1234", "marta.rincon@valleclaro.example", mail=True)
    office.record("mirror.synced", {"account": OTHER, "leave": "caso 1235"})
    tell_case(office, "1235", OTHER)
    return office
