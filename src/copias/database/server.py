"""The folder of a private server: short enough for a socket, closed to others, swept after a crash."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import typing as t
from contextlib import suppress
from pathlib import Path

import orjson

from copias.database.children import Account
from copias.errors import NotReady

PREFIX = "copias-srv-"
OWNER = "dueno.json"
SOCKET_LIMIT = 107
"""Bytes of a Unix socket's path that the kernel takes."""
SOCKET_NAME = "/s/.s.PGSQL.5432.lock"


class ServerFolder:
    """A context manager: makes the folder, after sweeping those whose owners are dead, and removes it.

    ``path`` is the folder, ``socket`` a folder in it for the socket. When ``parent`` is too deep for a socket,
    ``socket`` is a folder of its own in the system's temporary folder.
    """

    def __init__(self, engine: str, *, account: Account | None = None, parent: Path | None = None) -> None:
        self._prefix = f"{PREFIX}{engine}-"
        self._account = account
        self._parent = parent or Path(tempfile.gettempdir())

    def __enter__(self) -> t.Self:
        sweep(self._parent)
        self.path = self._make(self._parent)
        self.socket = self.path / "s"
        if len(os.fsencode(self.path)) + len(SOCKET_NAME) > SOCKET_LIMIT:
            sweep(Path("/tmp"))  # noqa: S108 - the one folder that is short on every system; ours in it is 0700
            self.socket = self._make(Path("/tmp"))  # noqa: S108
        else:
            self.socket.mkdir(mode=0o700)
            self._give(self.socket)
        return self

    def __exit__(self, *_: object) -> None:
        for folder in {self.path, self.socket}:
            shutil.rmtree(folder, ignore_errors=True)

    def _make(self, parent: Path) -> Path:
        try:
            folder = Path(tempfile.mkdtemp(prefix=self._prefix, dir=parent))
        except OSError as error:
            raise NotReady(
                "no se pudo crear la carpeta del servidor de prueba",
                whose=str(parent),
                why=error.strerror or str(error),
                repair="indique una carpeta con espacio donde se pueda escribir",
            ) from error
        (folder / OWNER).write_bytes(orjson.dumps(_identity(os.getpid())))
        self._give(folder)
        return folder

    def _give(self, folder: Path) -> None:
        if self._account is not None:
            os.chown(folder, self._account.uid, self._account.gid)


def require_room(folder: Path, room: int) -> None:
    """Raise unless the disk of ``folder`` has ``room`` bytes free.

    Raises:
        NotReady: it has less; the message says how much.
    """
    free = shutil.disk_usage(folder).free
    if free < room:
        raise NotReady(
            "no hay espacio para la prueba de restauración",
            whose=str(folder.parent),
            why=f"hay {free / 1e9:.1f} GB libres y hacen falta {room / 1e9:.1f} GB",
            repair="libere espacio o indique otra carpeta",
        )


def sweep(parent: Path) -> int:
    """Remove the server folders in ``parent`` whose owner is no more, and return how many they were.

    Their servers ended with their owners (see :func:`copias.database.children.spawn`).
    """
    removed = 0
    for folder in parent.glob(f"{PREFIX}*"):
        with suppress(OSError):
            mine = folder.stat().st_uid in (os.geteuid(), 0) or os.geteuid() == 0
            if mine and not folder.is_symlink() and not _owner_lives(folder):
                shutil.rmtree(folder, ignore_errors=True)
                removed += 1
    return removed


def _owner_lives(folder: Path) -> bool:
    try:
        owner = orjson.loads((folder / OWNER).read_bytes())
        return bool(owner == _identity(int(owner["pid"])))
    except FileNotFoundError:
        # Just being made, or left half made: the folder's age decides.
        return folder.stat().st_mtime > time.time() - 60
    except (ValueError, KeyError, TypeError, OSError):
        return False


def _identity(pid: int) -> dict[str, t.Any]:
    """Return what tells this process from a later one with the same number."""
    try:
        # After the name, which may hold anything, in brackets: the 20th field is the start time.
        started = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        started = ""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return {"pid": pid, "started": started, "boot": boot}
