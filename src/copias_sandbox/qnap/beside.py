"""The QNAP that a sandbox serves beside its Google: one share, one account, its password in a file."""

from __future__ import annotations

import secrets
import typing as t

from copias.files import make_private_directory, write_atomically
from copias_sandbox.qnap.server import FileStation

if t.TYPE_CHECKING:
    from copias_sandbox.home import Home

SHARE: t.Final = "Copias"
USER: t.Final = "copias"


def open_station(home: Home) -> FileStation:
    """Serve the NAS of a sandbox, on the port that it had before when that is free; what it keeps is taken up again."""
    make_private_directory(home.nas_shares.parent)
    if not home.nas_password_file.exists():
        write_atomically(home.nas_password_file, f"{secrets.token_urlsafe(18)}\n".encode())
    before = home.read()
    station = FileStation(
        home.nas_shares,
        user=USER,
        password=home.nas_password_file.read_text(encoding="utf-8").strip(),
        port=before.nas if before else 0,
    )
    (home.nas_shares / SHARE).mkdir(exist_ok=True)
    return station
