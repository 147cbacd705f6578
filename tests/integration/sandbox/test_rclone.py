"""rclone as it is, through the proxy: it lists, copies down, copies up to the shared drive, and checks."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from copias_sandbox import control
from copias_sandbox.oauth.keys import ACCOUNT
from copias_sandbox.seed.people import demo_requester

RCLONE = Path(sys.executable).with_name("rclone")
OWN_FILES = {
    "Contratos/2025/Acta de entrega.pdf",
    "Contratos/2026/Relación de pagos, enero.csv",
    "Contratos/2026/vacío.txt",
    "Fotos/IMG_0001.jpg",
    "Fotos/¿Reunión? 'fin de año' [1].jpg",
}
DOCUMENTS = {
    "Circular predial.docx",
    "Contratos/Circular (acceso directo).docx",
    "Informe con fotos.docx",
    "Rendición de cuentas.pptx",
}


@pytest.fixture
def rclone(home, running, tmp_path):
    """Run rclone with two remotes: ``marta:`` by impersonation, ``unidad:`` is the shared drive."""
    common = f"type = drive\nservice_account_file = {running.key}\n"
    configuration = tmp_path / "rclone.conf"
    configuration.write_text(
        f"[marta]\n{common}scope = drive.readonly\nimpersonate = {demo_requester().email}\n"
        f"[unidad]\n{common}scope = drive\nteam_drive = {running.shared_drive}\n"
    )
    environment = {**os.environ, **control.env(home, clients=True), "RCLONE_CONFIG": str(configuration)}

    def run(*words: str) -> str:
        command = [RCLONE, "--ca-cert", running.ca, "--retries", "1", "--low-level-retries", "3", *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=90)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    return run


@pytest.fixture
def folder(tmp_path) -> Path:
    """Give a folder to copy up; one file is larger than what rclone sends at once."""
    for name, size in (("a/b/grande ñ.bin", 17 * 2**20 + 5), ("a/nota.txt", 1000), ("vacío", 0)):
        path = tmp_path / "local" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(random.Random(size).randbytes(size))
    return tmp_path / "local"


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_everything_of_a_person_is_listed(rclone, admin):
    listed = set(rclone("lsf", "-R", "--files-only", "marta:").splitlines())

    assert listed == OWN_FILES | DOCUMENTS
    lists = admin.calls("drive.files.list")
    assert {call["user"] for call in lists} == {demo_requester().email}
    assert {call["host"] for call in lists} == {"www.googleapis.com"}


def test_everything_of_a_person_is_copied_down_and_checked(rclone, admin, tmp_path):
    rclone("copy", "marta:", str(tmp_path / "down"))

    assert set(digests(tmp_path / "down")) == OWN_FILES | DOCUMENTS
    assert "0 differences found" in rclone("check", "marta:", str(tmp_path / "down"))
    links = admin.calls("drive.exportLink")
    assert {(call["host"], call["status"]) for call in links} == {("docs.google.com", 200)}
    assert len(links) == len(DOCUMENTS)


def test_folder_is_copied_up_to_the_shared_drive_and_comes_back_the_same(rclone, admin, folder, tmp_path):
    rclone("copy", str(folder), "unidad:Subida")

    assert "3 matching files" in rclone("check", str(folder), "unidad:Subida")
    chunks = [call for call in admin.calls("drive.files.create") if "upload_id=" in call["target"]]
    assert [(call["verb"], call["status"], call["bytes"]) for call in chunks] == [
        ("POST", 308, 8 * 2**20),
        ("POST", 308, 8 * 2**20),
        ("POST", 200, 2**20 + 5),
    ]
    assert {call["user"] for call in chunks} == {ACCOUNT}
    rclone("copy", "unidad:Subida", str(tmp_path / "back"))
    assert digests(tmp_path / "back") == digests(folder)


def test_second_copy_sends_nothing(rclone, admin, folder):
    rclone("copy", str(folder), "unidad:Dos veces")
    admin.clear_calls()

    rclone("copy", str(folder), "unidad:Dos veces")

    assert admin.calls("drive.files.create") == []


# Not `short`: rclone does not look at the range of a 308 and goes on with the next chunk, which Google refuses.
@pytest.mark.parametrize("kind", ["lost", "broken"])
def test_upload_that_is_disturbed_arrives_whole(rclone, admin, folder, kind):
    admin.fault(kind, "drive.files.create", match="upload_id=", nth=2)

    rclone("copy", str(folder), f"unidad:Con {kind}")

    assert "3 matching files" in rclone("check", str(folder), f"unidad:Con {kind}")


def test_file_is_renamed_and_thrown_away(rclone, folder):
    rclone("copy", str(folder / "a"), "unidad:Mudanza")
    rclone("moveto", "unidad:Mudanza/nota.txt", "unidad:Mudanza/b/otra nota.txt")
    shutil.rmtree(folder / "a" / "b")

    rclone("sync", str(folder / "a"), "unidad:Mudanza")

    assert rclone("lsf", "-R", "--files-only", "unidad:Mudanza").splitlines() == ["nota.txt"]


def test_full_shared_drive_is_told(rclone, admin, folder):
    admin.request("POST", "/full", {"reason": "teamDriveFileLimitExceeded"})

    with pytest.raises(AssertionError, match="teamDriveFileLimitExceeded"):
        rclone("copy", str(folder), "unidad:Llena", "--drive-stop-on-upload-limit")
