"""ClamAV itself looks at deliveries, with signatures of the tests: what it did not read is never said to be clean."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from copias.errors import NotReady
from copias.provider import scanning
from copias.provider.scanning import scan
from copias.provider.unfit import Unfit
from tests.waiting import wait_until
from tests.walls import NOTHING, look_at_child

MARK = b"MARCA-DE-PRUEBA-PARA-EL-ANTIVIRUS"
DEFAULT_LIMIT = 100 << 20
"""Bytes from which on ClamAV by itself calls a file OK unread."""


@pytest.fixture
def clamav(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The real program with a signature of our own, because this machine's may have none; return its signatures."""
    assert shutil.which("clamscan"), "scripts/setup --dev installs clamav"
    signatures = tmp_path / "signatures"
    signatures.mkdir()
    (signatures / "own.ndb").write_text(f"Copias.Prueba:0:*:{MARK.hex()}\n")
    monkeypatch.setattr(scanning, "SIGNATURES", signatures)
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


def test_antivirus_sees_the_delivery_and_nothing_else_of_this_machine(clamav: Path, tmp_path: Path) -> None:
    delivery, neighbour = tmp_path / "sinfa.bak", tmp_path / "ajeno"
    neighbour.write_bytes(b"de otra dependencia")
    with delivery.open("wb") as stream:
        stream.truncate(96 << 20)  # to be looked at while it reads

    with ThreadPoolExecutor(1) as beside:
        looking = beside.submit(
            wait_until, lambda: look_at_child("clamscan", delivery, neighbour, Path("/etc/shadow")), 60
        )
        said = scan(delivery, wanted=True)
        seen = looking.result()

    assert seen is not None
    assert said == "clean"
    assert (seen.visible, "net" in seen.shared) == ({delivery}, False)
    assert (seen.capabilities, seen.filtered) == ({NOTHING}, True)
    assert seen.limits == {"seconds", "memory", "file"}


def test_antivirus_whose_walls_fail_accuses_nobody(
    clamav: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What sets them up ends with the code that is ClamAV's for an infection."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "bwrap").write_text(
        '#!/bin/sh\ncase "$*" in *--version) exit 0 ;; esac\necho "bwrap: Can\'t" >&2\nexit 1\n'
    )
    (programs / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    (tmp_path / "sinfa.bak").write_bytes(b"hola")

    with pytest.raises(NotReady, match=r"bwrap: Can.t.*ejecute el caso otra vez"):
        scan(tmp_path / "sinfa.bak", wanted=True)


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
