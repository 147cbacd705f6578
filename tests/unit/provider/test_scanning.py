"""ClamAV itself looks at deliveries, with signatures of the tests: what it did not read is never said to be clean."""

from __future__ import annotations

import shutil
import stat
import subprocess
import zipfile
from pathlib import Path

import pytest

from copias.errors import NotReady
from copias.provider.scanning import scan
from copias.provider.unfit import Unfit

MARK = b"MARCA-DE-PRUEBA-PARA-EL-ANTIVIRUS"
DEFAULT_LIMIT = 100 << 20
"""Bytes from which on ClamAV by itself calls a file OK unread."""


@pytest.fixture
def clamav(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The real program with a signature of our own, because this machine's may have none; return its signatures."""
    program = shutil.which("clamscan")
    assert program, "scripts/setup --dev installs clamav"
    signatures = tmp_path / "signatures"
    signatures.mkdir()
    (signatures / "own.ndb").write_text(f"Copias.Prueba:0:*:{MARK.hex()}\n")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "clamscan").write_text(f'#!/bin/sh\nexec {program} --database={signatures} "$@"\n')
    (programs / "clamscan").chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    return signatures


def test_clean_file_is_clean(clamav: Path, tmp_path: Path) -> None:
    (tmp_path / "sinfa.bak").write_bytes(b"hola")

    assert scan(tmp_path / "sinfa.bak", wanted=True) == "clean"


@pytest.mark.parametrize("size", [0, DEFAULT_LIMIT], ids=["small", "larger than ClamAV looks at by itself"])
@pytest.mark.parametrize("archived", [False, True], ids=["plain", "zip"])
def test_infected_file_is_refused_by_name(clamav: Path, tmp_path: Path, size: int, archived: bool) -> None:
    delivery = tmp_path / "sinfa.bak"
    with delivery.open("wb") as stream:
        stream.seek(size)
        stream.write(MARK)
    if archived:
        with zipfile.ZipFile(tmp_path / "sinfa.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.write(delivery, "sinfa.bak")
        delivery = tmp_path / "sinfa.zip"

    with pytest.raises(Unfit, match=r"Copias\.Prueba"):
        scan(delivery, wanted=True)


def test_encrypted_archive_is_looked_at_in_part(clamav: Path, tmp_path: Path) -> None:
    (tmp_path / "x.sql").write_bytes(MARK)
    command = ["7z", "a", "-psecreto", "-mhe=on", tmp_path / "x.7z", tmp_path / "x.sql"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)

    assert scan(tmp_path / "x.7z", wanted=True) == "partial"


def test_file_that_is_too_large_for_it_is_looked_at_in_part(clamav: Path, tmp_path: Path) -> None:
    with (tmp_path / "sinfa.bak").open("wb") as stream:
        stream.truncate(3 << 30)  # without a byte on the disk

    assert scan(tmp_path / "sinfa.bak", wanted=True) == "partial"


def test_antivirus_without_signatures_is_told_and_passes_nothing(clamav: Path, tmp_path: Path) -> None:
    (clamav / "own.ndb").unlink()
    (tmp_path / "sinfa.bak").write_bytes(b"hola")

    with pytest.raises(NotReady, match="antivirus") as caught:
        scan(tmp_path / "sinfa.bak", wanted=True)

    assert "freshclam" in caught.value.repair


def test_machine_without_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert scan(tmp_path / "sinfa.bak", wanted=True) == "absent"
