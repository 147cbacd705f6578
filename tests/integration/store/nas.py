"""An emulated QNAP for the tests of this folder, and the settings of a store on it."""

from __future__ import annotations

import ssl
import typing as t
from pathlib import Path

from copias.store import StoreSettings
from copias_sandbox.qnap.server import FileStation

SHARE = "Copias"
USER, PASSWORD = "copias", "clave-de-prueba-ñ"


class Nas:
    """A running File Station with one share, and the password's file."""

    def __init__(self, folder: Path, *, tls: ssl.SSLContext | None = None) -> None:
        self.shares = folder / "shares"
        (self.shares / SHARE).mkdir(parents=True)
        self.password_file = folder / "password"
        self.password_file.write_text(f"{PASSWORD}\n", encoding="utf-8")
        self.server = FileStation(self.shares, user=USER, password=PASSWORD, tls=tls)
        self.quirks = self.server.quirks
        self.root = self.shares / SHARE / "nas"
        """Where the store keeps its copies."""

    def settings(self, **changes: t.Any) -> StoreSettings:
        facts = {
            "kind": "file_station",
            "path": f"/{SHARE}/nas",
            "host": "127.0.0.1",
            "port": self.server.port,
            "user": USER,
            "password_file": self.password_file,
            "tls": False,
            "time_limit": 10,
            "chunk_bytes": 1 << 20,
        }
        return StoreSettings(**{**facts, **changes})
