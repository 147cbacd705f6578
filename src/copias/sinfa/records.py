"""What is kept here of each copy, beside the ledger: the dump's record, the manifest, the proof."""

from __future__ import annotations

import typing as t

import orjson

from copias.database import DumpRecord
from copias.files import make_private_directory, write_atomically

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.config import Deployment


class CopyFolder:
    """The folder of one copy in the state of this installation."""

    def __init__(self, deployment: Deployment, copy_id: str) -> None:
        self.path = deployment.copies / copy_id

    def write(self, name: str, data: t.Any) -> Path:
        """Keep plain data under ``name``."""
        return self.write_bytes(name, orjson.dumps(data, option=orjson.OPT_INDENT_2))

    def write_bytes(self, name: str, content: bytes) -> Path:
        """Keep a file under ``name``."""
        make_private_directory(self.path.parent)
        path = make_private_directory(self.path) / name
        write_atomically(path, content)
        return path

    def read_bytes(self, name: str) -> bytes:
        """Return a file."""
        return (self.path / name).read_bytes()

    def read_dump(self) -> DumpRecord:
        """Return the record of the dump."""
        return DumpRecord.from_dict(orjson.loads(self.read_bytes("dump.json")))


def last_record(deployment: Deployment, database: str) -> DumpRecord | None:
    """Return the newest record of a database's dumps: what the next one is measured by."""
    found = sorted(deployment.copies.glob(f"sinfa-{database}-*/dump.json"), key=lambda path: path.stat().st_mtime)
    if not found:
        return None
    return DumpRecord.from_dict(orjson.loads(found[-1].read_bytes()))
