"""What this machine remembers of a shared drive: ids before they are used, and uploads that go on after a crash.

Drive lets two files have one name, and an answer can be lost. So an id is asked for, written here and only then used:
whoever comes again uses the same id, and finds what is there instead of making a second.
"""

from __future__ import annotations

import hashlib
import os
import typing as t
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass

import orjson

from copias.errors import AlreadyRunning
from copias.files import locked, make_private_directory, write_atomically

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class UploadEntry:
    """An upload that was begun.

    ``session`` is the address that takes the bytes, as secret as a token; empty before Google gave one. How far it is
    only Google knows. Without ``bytes`` and ``sha256`` nobody can go on with it.
    """

    name: str
    id: str
    parent: str
    session: str = ""
    bytes: int | None = None
    sha256: str = ""


class DriveJournal:
    """A folder of small files, each written whole and fsync'd before what it says is done.

    Args:
        folder: made when first needed; only this account can enter.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def folder_ids(self) -> Iterator[FolderIds]:
        """Let nobody else on this machine make folders during the block."""
        place = make_private_directory(self._folder)
        with locked(place / "folders.lock"):
            yield FolderIds(place / "folders.json")

    def read(self, name: str) -> UploadEntry | None:
        """Return the upload of a name."""
        try:
            return UploadEntry(**orjson.loads(self._path(name).read_bytes()))
        except (FileNotFoundError, orjson.JSONDecodeError, TypeError):
            return None

    def write(self, entry: UploadEntry) -> None:
        """Remember an upload."""
        path = self._path(entry.name)
        make_private_directory(path.parent)
        write_atomically(path, orjson.dumps(asdict(entry)))

    def drop(self, entry: UploadEntry) -> None:
        """Forget an upload, unless another took its place."""
        found = self.read(entry.name)
        if found is not None and found.id == entry.id:
            self._path(entry.name).unlink(missing_ok=True)

    @contextmanager
    def hold(self, name: str) -> Iterator[None]:
        """Be the only one on this machine that works on a name.

        Raises:
            AlreadyRunning: another process is.
        """
        path = self._path(name).with_suffix(".lock")
        make_private_directory(path.parent)
        with _lock(path, name):
            try:
                yield
            finally:
                if not self._path(name).exists():
                    path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        digest = hashlib.sha256(name.encode()).hexdigest()[:32]
        return self._folder / "uploads" / f"{digest}.json"


class FolderIds:
    """The ids that folders were made with, by the id of the folder above and the name."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, parent: str, name: str) -> str | None:
        """Return the id, ``None`` when this machine never began to make the folder."""
        return self._read().get(f"{parent}/{name}")

    def put(self, parent: str, name: str, identifier: str) -> None:
        """Remember an id, before it is used."""
        write_atomically(self._path, orjson.dumps({**self._read(), f"{parent}/{name}": identifier}))

    def _read(self) -> dict[str, str]:
        with suppress(FileNotFoundError, orjson.JSONDecodeError):
            return t.cast("dict[str, str]", orjson.loads(self._path.read_bytes()))
        return {}


def _lock(path: Path, name: str) -> ExitStack:
    """Lock a file that its last holder may remove at any moment."""
    while True:
        with ExitStack() as held:
            try:
                stream = held.enter_context(locked(path, blocking=False))
                if os.path.samestat(path.stat(), os.fstat(stream.fileno())):
                    return held.pop_all()
            except FileNotFoundError:
                continue
            except BlockingIOError:
                raise _held(name) from None


def _held(name: str) -> AlreadyRunning:
    return AlreadyRunning(
        "otro proceso de esta máquina está cargando el mismo archivo",
        whose=name,
        repair="déjelo terminar; si no avanza, termine esa corrida y repita: la carga sigue donde quedó",
    )
