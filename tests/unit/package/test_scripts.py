"""The verifiers that somebody runs in ten years, without this product."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from copias.package import generate_key, public_path, read_manifest, sign_manifest
from copias.package.manifest import BESIDE

SCRIPTS = Path(__file__).parents[3] / "scripts"
DUMP = b"PGDMP" + bytes(range(256)) * 3000


def run(script: str, *arguments, python: str = sys.executable, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, "-I", str(SCRIPTS / script), *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=60,
    )


def write_ledger(path: Path, count: int) -> str:
    head, lines = "0" * 64, []
    for number in range(count):
        lines.append(json.dumps({"n": number + 1, "event": "ñ", "previous": head}, ensure_ascii=False).encode())
        head = hashlib.sha256(lines[-1]).hexdigest()
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return head


@pytest.mark.parametrize("count", [0, 1, 50])
def test_sound_ledger_shows_count_and_head(tmp_path, count) -> None:
    head = write_ledger(tmp_path / "l.jsonl", count)

    done = run("verify_ledger.py", tmp_path / "l.jsonl")

    assert done.returncode == 0
    assert done.stdout == f"{count} líneas, cabeza {head}\n"


def spoil_line(content: bytes) -> bytes:
    return content.replace(b'"n": 20,', b'"n": 21,')


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (spoil_line, 21),
        (lambda content: b"\n".join([*content.split(b"\n")[:30], *content.split(b"\n")[31:]]), 31),
        (lambda content: content[:-1], 50),
        (lambda content: content[:-20], 50),
        (lambda content: content + b"[]\n", 51),
        (lambda content: b"\n" + content, 1),
        (lambda content: content[content.index(b"\n") + 1 :], 1),
    ],
)
def test_broken_ledger_is_named_by_its_line(tmp_path, spoil, line) -> None:
    path = tmp_path / "l.jsonl"
    write_ledger(path, 50)
    path.write_bytes(spoil(path.read_bytes()))

    done = run("verify_ledger.py", path)

    assert done.returncode == 1
    assert done.stderr.startswith(f"línea {line}: ")


def test_ledger_verifier_stays_short() -> None:
    assert len((SCRIPTS / "verify_ledger.py").read_text().splitlines()) <= 30


@pytest.fixture
def packed(pack):
    path, manifest = pack(DUMP)
    path.with_name(path.name + BESIDE).write_bytes(manifest.to_json())
    return path


@pytest.fixture(scope="session")
def bare_python(tmp_path_factory) -> str:
    """A Python without a single package, as the one of whoever opens the copy in ten years."""
    home = tmp_path_factory.mktemp("bare")
    venv.create(home, with_pip=False)
    return str(home / "bin" / "python")


@pytest.fixture(params=["cryptography", "openssl"])
def python(request, bare_python) -> str:
    if request.param == "cryptography":
        return sys.executable
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    return bare_python


def test_sound_package_is_told_so(packed, key_file, python) -> None:
    done = run("verify_package.py", packed, "--key", public_path(key_file), python=python)

    assert done.returncode == 0, done.stderr
    assert "Firma correcta" in done.stdout
    assert "BIEN" in done.stdout


def test_signature_that_was_not_checked_is_told(packed, bare_python) -> None:
    done = run("verify_package.py", packed, python=bare_python)

    assert done.returncode == 0
    assert "NO se comprobó" in done.stdout


def test_signature_that_cannot_be_checked_is_no_success(packed, key_file, bare_python) -> None:
    done = run("verify_package.py", packed, "--key", public_path(key_file), python=bare_python, PATH="/nowhere")

    assert done.returncode == 1
    assert "NO se comprobó" in done.stderr


def test_signature_of_another_key_is_found(packed, tmp_path, python) -> None:
    generate_key(tmp_path / "otra.pem")

    done = run("verify_package.py", packed, "--key", public_path(tmp_path / "otra.pem"), python=python)

    assert done.returncode == 1
    assert "no corresponde" in done.stderr


def test_changed_manifest_is_found(packed, key_file, python) -> None:
    beside = packed.with_name(packed.name + BESIDE)
    beside.write_text(beside.read_text().replace("Marta Rincón", "Marta Rincon"))

    done = run("verify_package.py", packed, "--key", public_path(key_file), python=python)

    assert done.returncode == 1
    assert "no corresponde" in done.stderr
    assert "cosas distintas" in done.stderr


@pytest.mark.parametrize("place", [0.1, 0.6, 0.95, 0.999])
def test_changed_package_is_found(packed, place) -> None:
    content = bytearray(packed.read_bytes())
    content[int(len(content) * place)] ^= 4
    packed.write_bytes(content)

    done = run("verify_package.py", packed)

    assert done.returncode == 1
    assert "MAL" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"schema_version": 1}', b'{"a": 1, "a": 2}'])
def test_what_is_no_manifest_is_told_without_a_traceback(packed, content) -> None:
    packed.with_name(packed.name + BESIDE).write_bytes(content)

    done = run("verify_package.py", packed)

    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_manifest_signed_anew_for_other_content_is_found(packed, key, key_file, draft) -> None:
    beside = packed.with_name(packed.name + BESIDE)
    forged = read_manifest(beside.read_bytes()).with_facts(store="otra")
    beside.write_bytes(sign_manifest(forged, key).to_json())

    done = run("verify_package.py", packed, "--key", public_path(key_file))

    assert done.returncode == 1
    assert "cosas distintas" in done.stderr


@pytest.fixture
def mailbox(pack_mailbox, message):
    """A package in three zip files."""
    return pack_mailbox([message(f"{n:x}", content=b"x" * n) for n in range(9)], split_bytes=500)[0]


def test_sound_mailbox_is_told_so(mailbox, key_file, python) -> None:
    done = run("verify_package.py", mailbox, "--key", public_path(key_file), python=python)

    assert done.returncode == 0, done.stderr
    assert "3 archivos y 9 mensajes" in done.stdout


@pytest.mark.parametrize("part", ["", "-parte-2"])
@pytest.mark.parametrize("place", [0.1, 0.5, 0.99])
def test_changed_mailbox_is_found(mailbox, part, place) -> None:
    path = mailbox.with_stem(mailbox.stem + part)
    content = bytearray(path.read_bytes())
    content[int(len(content) * place)] ^= 4
    path.write_bytes(content)

    done = run("verify_package.py", mailbox)

    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_part_that_is_missing_is_found(mailbox) -> None:
    mailbox.with_stem(mailbox.stem + "-parte-2").unlink()

    done = run("verify_package.py", mailbox)

    assert done.returncode == 1
    assert "parte-2" in done.stderr


def forge(path: Path, key, change) -> None:
    """Make the zip anew with other contents, and a manifest that knows the new zip but not what changed in it."""
    with zipfile.ZipFile(path) as package:
        contents = {name: package.read(name) for name in package.namelist()}
    change(contents)
    with zipfile.ZipFile(path, "w") as package:
        for name, content in contents.items():
            package.writestr(name, content)
    beside = path.with_name(path.name + BESIDE)
    facts = {"name": path.name, "bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    beside.write_bytes(sign_manifest(read_manifest(beside.read_bytes()).with_facts(package=facts), key).to_json())


def replace_message(contents: dict) -> None:
    contents[next(iter(contents))] = b"otra cosa"


def add_message(contents: dict) -> None:
    contents["2026/11/ajeno.eml"] = b""


@pytest.mark.parametrize("change", [replace_message, add_message, lambda contents: contents.pop(next(iter(contents)))])
def test_message_that_is_not_the_listed_one_is_found(mailbox, key, key_file, change) -> None:
    forge(mailbox, key, change)

    done = run("verify_package.py", mailbox, "--key", public_path(key_file))

    assert done.returncode == 1
    assert ".eml" in done.stderr or "mensajes" in done.stderr
