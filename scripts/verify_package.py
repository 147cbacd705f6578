#!/usr/bin/env python3
"""Verify a package by itself, without this product: only Python is needed.

    verify_package.py PACKAGE.zip [--key PUBLIC.pem]

The manifest is read from PACKAGE.zip.manifest.json; a package that was split has its other zip files beside it.
The signature needs the public key, and either
the module ``cryptography`` or the program ``openssl``; without them it says that it was not checked.
Exit code: 0 sound, 1 not sound, 2 used wrongly. With a key, a signature that cannot be checked is not sound.
"""

import argparse
import base64
import csv
import hashlib
import io
import json
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

BLOCK = 1 << 20
INNER = "manifest.json"
VERSIONS = (1, 2, 3)
TOLD = 100
LONGEST_LINE = 4 << 20
UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError, EOFError, RuntimeError)
UNREADABLE += (zipfile.BadZipFile, NotImplementedError, zlib.error, struct.error)


def main() -> int:
    """Print each problem, or that there is none."""
    parser = argparse.ArgumentParser(description="Comprueba un paquete de copia de seguridad con su manifiesto")
    parser.add_argument("package", type=Path, help="el archivo .zip; su manifiesto debe estar al lado")
    parser.add_argument("--key", type=Path, help="la llave pública (PEM) de la entidad")
    arguments = parser.parse_args()
    beside = arguments.package.with_name(arguments.package.name + ".manifest.json")
    try:
        manifest = read_manifest(beside.read_bytes())
        problems = check_package(arguments.package, manifest) + check_entries(arguments.package, manifest)
        if manifest.get("messages") and not problems:
            problems = check_messages(arguments.package, manifest)
        found, note = check_signature(manifest, arguments.key)
    except UNREADABLE as error:
        print(f"MAL: no se puede leer: {error}", file=sys.stderr)
        return 1
    for problem in (problems + found)[:TOLD]:
        print(f"MAL: {problem}", file=sys.stderr)
    print(note)
    if not problems + found:
        messages = f" y {manifest['messages']['count']} mensajes" if manifest.get("messages") else ""
        print(f"BIEN: {arguments.package.name}, {len(manifest['entries'])} archivos{messages} iguales a los sellados")
    return 1 if problems + found else 0


def read_manifest(content: bytes) -> dict:
    """Read JSON in which no key is repeated: two readers must not see two meanings."""

    def refuse_repeats(pairs: list) -> dict:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("el manifiesto tiene una clave repetida")
        return found

    manifest = json.loads(content, object_pairs_hook=refuse_repeats)
    if manifest.get("schema_version") not in VERSIONS:
        raise ValueError(f"el manifiesto es de otra versión que {VERSIONS}")
    return manifest


def check_package(path: Path, manifest: dict) -> list:
    """Compare the zip files with the manifest."""
    problems = []
    for file, expected in [(path, manifest["package"])] + [
        (path.with_name(Path(part["name"]).name), part) for part in manifest.get("parts", [])
    ]:
        with file.open("rb") as stream:
            size, found = digest(stream, sys.maxsize)
        if (size, found) != (expected["bytes"], expected["sha256"]):
            problems.append(
                f"{file.name!a} tiene {size} bytes y SHA-256 {found}; "
                f"se sellaron {expected['bytes']}, {expected['sha256']}"
            )
    return problems


def check_entries(path: Path, manifest: dict) -> list:
    """Compare each file in the package that the manifest names."""
    problems = []
    with zipfile.ZipFile(path) as package:
        names, expected = package.namelist(), sorted([entry["name"] for entry in manifest["entries"]] + [INNER])
        if manifest.get("messages"):
            names = [name for name in names if name in expected]
        if sorted(names) != expected:
            return [f"el paquete tiene {sorted(names)!a} y no {expected!a}"]
        for entry in manifest["entries"]:
            problems += check_entry(package, entry["name"], entry["bytes"], entry["sha256"])
        with package.open(INNER) as content:
            inner = read_manifest(content.read(64 << 20))
    differing = {"package", "proof", "signature"}
    if {k: v for k, v in inner.items() if k not in differing} != {
        k: v for k, v in manifest.items() if k not in differing
    }:
        problems.append("el manifiesto de adentro y el de afuera dicen cosas distintas")
    return problems


def check_entry(package: zipfile.ZipFile, name: str, size: int, sha256: str) -> list:
    """Compare one file with what is known of it."""
    with package.open(name) as content:
        found = digest(content, size)
    return [] if found == (size, sha256) else [f"{name!a} tiene SHA-256 {found[1]} y no {sha256}"]


def check_messages(path: Path, manifest: dict) -> list:
    """Compare each message with the list of them, and the list with the manifest."""
    facts, files = (
        manifest["messages"],
        [path, *(path.with_name(Path(part["name"]).name) for part in manifest["parts"])],
    )
    rows = read_list(path, facts["index"])
    problems = [f"la lista nombra la parte {row['parte']}" for row in rows if not 1 <= int(row["parte"]) <= len(files)]
    own = {INNER, *(entry["name"] for entry in manifest["entries"])}
    for number, file in enumerate(files, 1):
        listed = [row for row in rows if int(row["parte"]) == number]
        problems += check_part(file, listed, own if number == 1 else set())
    lines = sorted(f"{row['id']} {row['sha256']}\n".encode() for row in rows)
    found = (len(rows), sum(int(row["bytes"]) for row in rows), hashlib.sha256(b"".join(lines)).hexdigest())
    if found != (facts["count"], facts["bytes"], facts["sha256"]):
        problems.append("la lista de mensajes no da el total que dice el manifiesto")
    return problems


def check_part(file: Path, listed: list, own: set) -> list:
    """Compare the messages of one zip file with the rows of the list that are of it."""
    problems, rows = [], {row["archivo"]: row for row in listed}
    with zipfile.ZipFile(file) as package:
        there = [name for name in package.namelist() if name not in own]
        if sorted(there) != sorted(row["archivo"] for row in listed) or len(there) != len(rows):
            return [f"{file.name!a} tiene {len(there)} mensajes y no son los {len(listed)} de la lista"]
        for name in there:
            problems += check_entry(package, name, int(rows[name]["bytes"]), rows[name]["sha256"])
    return problems


def read_list(path: Path, name: str) -> list:
    """Return the rows of the list of messages, in which no message comes twice."""
    with zipfile.ZipFile(path) as package, package.open(name) as content:
        rows = list(csv.DictReader(lines(io.TextIOWrapper(content, "utf-8-sig", newline="")), delimiter=";"))
    if len({row["id"] for row in rows}) != len(rows):
        raise ValueError("la lista nombra un mensaje dos veces")
    return rows


def lines(text: TextIO) -> Iterator[str]:
    """Yield the lines of a list; one without an end is not read into memory to find that out."""
    while line := text.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise ValueError("la lista de mensajes tiene una línea sin fin")
        yield line


def digest(stream: BinaryIO, limit: int) -> tuple:
    """Return size and SHA-256, reading little more than ``limit`` bytes."""
    found, size = hashlib.sha256(), 0
    while size <= limit and (block := stream.read(BLOCK)):
        found.update(block)
        size += len(block)
    return size, found.hexdigest()


def check_signature(manifest: dict, key: Path | None) -> tuple:
    """Return problems, and a line that says what was done about the signature."""
    signature = manifest["signature"]
    if key is None:
        return [], "AVISO: la firma NO se comprobó: falta --key con la llave pública"
    if not signature:
        return ["el manifiesto no está firmado"], "La firma no existe"
    unsigned = {name: value for name, value in manifest.items() if name != "signature"}
    content = json.dumps(unsigned, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    value = base64.b64decode(signature["value"], validate=True)
    sound = with_cryptography(key, content, value)
    if sound is None:
        sound = with_openssl(key, content, value)
    if sound is None:
        return ["la firma NO se comprobó: instale openssl o el módulo cryptography"], "La firma no se comprobó"
    name = signature["key_id"]
    return ([], f"Firma correcta, llave {name}") if sound else (["la firma no corresponde"], f"Firma MALA, dice {name}")


def with_cryptography(key: Path, content: bytes, value: bytes) -> bool | None:
    """Check by the module, ``None`` when it is not installed."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.serialization import load_pem_public_key
    except ImportError:
        return None
    try:
        load_pem_public_key(key.read_bytes()).verify(value, content)
    except InvalidSignature:
        return False
    return True


def with_openssl(key: Path, content: bytes, value: bytes) -> bool | None:
    """Check by the program, ``None`` when there is none that knows how."""
    if not shutil.which("openssl"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        signature, signed = Path(folder, "signature"), Path(folder, "signed")
        signature.write_bytes(value)
        signed.write_bytes(content)
        done = subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-in", signed, "-sigfile", signature],
            capture_output=True,
            text=True,
            check=False,
        )
    if "Verified Successfully" in done.stdout:
        return True
    return False if "Verification Failure" in done.stdout + done.stderr else None


if __name__ == "__main__":
    sys.exit(main())
