#!/usr/bin/env python3
"""Verify a package by itself, without this product: only Python is needed.

    verify_package.py PACKAGE.zip [--key PUBLIC.pem]

The manifest is read from PACKAGE.zip.manifest.json. The signature needs the public key, and either
the module ``cryptography`` or the program ``openssl``; without them it says that it was not checked.
Exit code: 0 sound, 1 not sound, 2 used wrongly. With a key, a signature that cannot be checked is not sound.
"""

import argparse
import base64
import hashlib
import json
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

BLOCK = 1 << 20
INNER = "manifest.json"
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
        found, note = check_signature(manifest, arguments.key)
    except UNREADABLE as error:
        print(f"MAL: no se puede leer: {error}", file=sys.stderr)
        return 1
    for problem in problems + found:
        print(f"MAL: {problem}", file=sys.stderr)
    print(note)
    if not problems + found:
        print(f"BIEN: {arguments.package.name}, {len(manifest['entries'])} archivos iguales a los sellados")
    return 1 if problems + found else 0


def read_manifest(content: bytes) -> dict:
    """Read JSON in which no key is repeated: two readers must not see two meanings."""

    def refuse_repeats(pairs: list) -> dict:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("el manifiesto tiene una clave repetida")
        return found

    manifest = json.loads(content, object_pairs_hook=refuse_repeats)
    if manifest.get("schema_version") != 1:
        raise ValueError("el manifiesto es de otra versión que la 1")
    return manifest


def check_package(path: Path, manifest: dict) -> list:
    """Compare the zip file with the manifest."""
    with path.open("rb") as stream:
        size, found = digest(stream, sys.maxsize)
    expected = manifest["package"]
    if (size, found) == (expected["bytes"], expected["sha256"]):
        return []
    return [f"el paquete tiene {size} bytes y SHA-256 {found}; se sellaron {expected['bytes']}, {expected['sha256']}"]


def check_entries(path: Path, manifest: dict) -> list:
    """Compare each file in the package with the manifest."""
    problems = []
    with zipfile.ZipFile(path) as package:
        expected = sorted([entry["name"] for entry in manifest["entries"]] + [INNER])
        if sorted(package.namelist()) != expected:
            return [f"el paquete tiene {sorted(package.namelist())!a} y no {expected!a}"]
        for entry in manifest["entries"]:
            with package.open(entry["name"]) as content:
                size, found = digest(content, entry["bytes"])
            if (size, found) != (entry["bytes"], entry["sha256"]):
                problems.append(f"{entry['name']!a} tiene SHA-256 {found} y no {entry['sha256']}")
        with package.open(INNER) as content:
            inner = read_manifest(content.read(64 << 20))
    differing = {"package", "proof", "signature"}
    if {k: v for k, v in inner.items() if k not in differing} != {
        k: v for k, v in manifest.items() if k not in differing
    }:
        problems.append("el manifiesto de adentro y el de afuera dicen cosas distintas")
    return problems


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
