"""What is kept here of each copy, beside the ledger: what proves it, its manifest, its certificate."""

from __future__ import annotations

import typing as t

import orjson

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

    def read(self, name: str) -> t.Any:
        """Return plain data.

        Raises:
            FileNotFoundError: nothing is kept under ``name``.
        """
        return orjson.loads(self.read_bytes(name))

    def read_bytes(self, name: str) -> bytes:
        """Return a file.

        Raises:
            FileNotFoundError: nothing is kept under ``name``.
        """
        return (self.path / name).read_bytes()
