"""Snapshots of a real restic repository, of any date, thousands in a second: written in restic's own format.

Of the format (restic's ``doc/design.rst``): a file of ``keys/`` holds the master key, encrypted by a key that scrypt
makes of the password; a file of ``snapshots/`` is JSON, encrypted by the master key (AES-256-CTR, Poly1305-AES), and
its name is the SHA-256 of what it holds.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.poly1305 import Poly1305


@dataclass(frozen=True)
class _Key:
    encrypt: bytes
    mac_k: bytes
    mac_r: bytes

    def open(self, sealed: bytes) -> bytes:
        nonce, text, mac = sealed[:16], sealed[16:-16], sealed[-16:]
        Poly1305.verify_tag(self._one_time(nonce), text, mac)
        return self._cipher(nonce, text)

    def seal(self, text: bytes) -> bytes:
        nonce = os.urandom(16)
        sealed = self._cipher(nonce, text)
        return nonce + sealed + Poly1305.generate_tag(self._one_time(nonce), sealed)

    def _cipher(self, nonce: bytes, text: bytes) -> bytes:
        return Cipher(algorithms.AES(self.encrypt), modes.CTR(nonce)).encryptor().update(text)

    def _one_time(self, nonce: bytes) -> bytes:
        return self.mac_r + Cipher(algorithms.AES(self.mac_k), modes.ECB()).encryptor().update(nonce)  # noqa: S305


def _derive(facts: dict[str, t.Any], password: str) -> _Key:
    salt = base64.b64decode(facts["salt"])
    costs = {"n": facts["N"], "r": facts["r"], "p": facts["p"]}
    derived = hashlib.scrypt(password.encode(), salt=salt, **costs, dklen=64, maxmem=1 << 28)
    return _Key(derived[:32], derived[32:48], derived[48:])


def make_quick(folder: Path, password: str) -> None:
    """Let the password of a repository cost next to nothing: restic chose half a second of processor to open it."""
    (key,) = (folder / "keys").iterdir()
    facts = json.loads(key.read_bytes())
    master = _derive(facts, password).open(base64.b64decode(facts["data"]))
    facts |= {"N": 1024, "r": 8, "p": 1}
    facts["data"] = base64.b64encode(_derive(facts, password).seal(master)).decode()
    content = json.dumps(facts).encode()
    (folder / "keys" / hashlib.sha256(content).hexdigest()).write_bytes(content)
    key.unlink()


class Forge:
    """Writes snapshots of one tree into a repository that a folder holds."""

    def __init__(self, folder: Path, password: str, *, tree: str) -> None:
        self._folder = folder
        self._tree = tree
        (key,) = (folder / "keys").iterdir()
        facts = json.loads(key.read_bytes())
        opened = json.loads(_derive(facts, password).open(base64.b64decode(facts["data"])))
        mac = opened["mac"]
        self._key = _Key(*(base64.b64decode(part) for part in (opened["encrypt"], mac["k"], mac["r"])))

    def add(self, moment: datetime, *, host: str, path: str, tags: t.Sequence[str] = ()) -> str:
        """Add a snapshot and return its id."""
        facts = {
            "time": moment.isoformat(),
            "tree": self._tree,
            "paths": [path],
            "hostname": host,
            "username": "copias",
            "tags": list(tags),
            "program_version": "restic 0.19.1",
        }
        return self._write("snapshots", facts).name

    def lock(self, *, process: int) -> Path:
        """Lock the repository for a process of this machine alone, as one that prunes does; return the lock's file."""
        now, host = datetime.now(UTC).isoformat(), os.uname().nodename
        facts = {"time": now, "exclusive": True, "hostname": host, "username": "copias", "pid": process}
        return self._write("locks", facts)

    def _write(self, kind: str, facts: dict[str, t.Any]) -> Path:
        sealed = self._key.seal(json.dumps(facts).encode())
        path = self._folder / kind / hashlib.sha256(sealed).hexdigest()
        path.write_bytes(sealed)
        return path
