"""The places where deliveries are put: a folder of this server, or one of a shared drive. They are only read."""

from __future__ import annotations

import io
import os
import stat
import typing as t
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from copias.errors import NotReady, StoreUnavailable
from copias.store.shared_drive_client import FOLDER, DriveClient, Item
from copias.store.shared_drive_faults import DriveFaults
from copias.store.shared_drive_reader import DriveReader

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from copias.google.settings import GoogleSettings

_BLOCK: t.Final = 1 << 20
_BEGIN: t.Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


@dataclass(frozen=True)
class DeliveredFile:
    """A file of a delivery, as a listing tells of it.

    Args:
        name: as its sender gave it: hostile.
        bytes: its size.
        arrived: when it was last changed by the clock of the place, not by one that its sender can set.
        key: the place's own id of it.
        sha256: as the place computed it; empty when it tells none.
        fault: why it cannot be read as a file; empty when it can.
    """

    name: str
    bytes: int
    arrived: datetime
    key: str
    sha256: str = ""
    fault: str = ""


class DeliveryPlace(t.Protocol):
    """The folder of one case at one place."""

    @property
    def words(self) -> str:
        """Where it is, for people."""
        ...

    def files(self) -> tuple[DeliveredFile, ...]:
        """Return what lies there, sorted by name; nothing when there is no folder.

        Raises:
            StoreUnavailable: the place does not answer.
            NotReady: it refuses this account.
        """
        ...

    def open(self, file: DeliveredFile) -> t.BinaryIO:
        """Open a file that was listed, seekable.

        Raises:
            NotReady: it is not there any more.
            StoreUnavailable: the place does not answer.
        """
        ...


class ServerFolder:
    """A folder of this server. No link is followed, whoever put it there.

    Args:
        folder: that holds the folders of the cases.
        case: number of the case.
    """

    def __init__(self, folder: Path, case: str) -> None:
        self._folder = folder
        self._case = case

    @property
    def words(self) -> str:
        """Where it is, for people."""
        return f"la carpeta {self._folder / self._case} del servidor"

    def files(self) -> tuple[DeliveredFile, ...]:
        """Return what lies there; folders are left out, a link or a device is named as a fault."""
        try:
            with self._opened() as descriptor, os.scandir(descriptor) as entries:
                found = [_describe(entry) for entry in entries if not entry.is_dir(follow_symlinks=False)]
        except FileNotFoundError:
            if not self._folder.is_dir():
                raise self._unavailable("no está la carpeta de las entregas") from None
            return ()
        except OSError as error:
            raise self._unavailable(error.strerror or str(error)) from error
        return tuple(sorted(found, key=lambda file: file.name))

    def open(self, file: DeliveredFile) -> t.BinaryIO:
        """Open a file that was listed."""
        try:
            with self._opened() as folder:
                descriptor = os.open(file.name, _BEGIN, dir_fd=folder)
        except OSError as error:
            raise gone(self.words, file, error.strerror or str(error)) from error
        stream = open(descriptor, "rb", buffering=_BLOCK)  # noqa: SIM115 -- the caller closes it
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or _key(found) != file.key:
            stream.close()
            raise gone(self.words, file, "en su lugar hay otro archivo")
        return stream

    @contextmanager
    def _opened(self) -> Iterator[int]:
        descriptor = os.open(self._folder / self._case, _BEGIN | os.O_DIRECTORY)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _unavailable(self, why: str) -> StoreUnavailable:
        return StoreUnavailable(
            "no se puede leer la carpeta de las entregas",
            whose=str(self._folder / self._case),
            why=why,
            repair="revise que exista, que no sea un enlace y que la cuenta de servicio pueda leerla",
        )


class SharedDriveFolder:
    """A folder of a shared drive, read by the service account as its member.

    Args:
        google: the service account's key and how to reach Google.
        drive: the drive's id.
        store: logical name of the store on the same drive, for messages.
        folder: at the top of the drive, that holds the folders of the cases.
        case: number of the case.
    """

    def __init__(self, google: GoogleSettings, drive: str, *, store: str, folder: str, case: str) -> None:
        self._client = DriveClient(google, drive, store=store)
        self._faults = DriveFaults(store, drive, self._client.service.account)
        self._store = store
        self._path = (folder, case)

    @property
    def words(self) -> str:
        """Where it is, for people."""
        return f"la carpeta {'/'.join(self._path)} de la unidad compartida {self._store}"

    def files(self) -> tuple[DeliveredFile, ...]:
        """Return what lies there; folders are left out, what has no content of its own is named as a fault."""
        with self._faults.translated("listar la entrega"):
            parents: tuple[str, ...] = (self._client.drive,)
            for name in self._path:
                inside = self._client.children(parents, name=name)
                parents = tuple(item.id for item in inside if item.kind == FOLDER and item.name == name)
                if not parents:
                    return ()
            found = [_describe_item(item) for item in self._client.children(parents) if item.kind != FOLDER]
        return tuple(sorted(found, key=lambda file: (file.name, file.key)))

    def open(self, file: DeliveredFile) -> t.BinaryIO:
        """Open a file that was listed, read by ranges."""
        with self._faults.translated("abrir la entrega"):
            item = self._client.get(file.key)
        if item is None or item.trashed or _describe_item(item) != file:
            raise gone(self.words, file, "ya no está, o es otro")
        reader = DriveReader(self._client, item, ascii(file.name), faults=self._faults)
        return t.cast("t.BinaryIO", io.BufferedReader(reader, _BLOCK))


def gone(words: str, file: DeliveredFile, why: str) -> NotReady:
    """Return the error of a file that is not any more what was listed."""
    return NotReady(
        "la entrega cambió mientras se leía",
        whose=f"{words}, {file.name[:200]!a}",
        why=why,
        repair="espere a que esté completa, no la cambie mientras se copia, y ejecute el caso otra vez",
    )


def _describe(entry: os.DirEntry[str]) -> DeliveredFile:
    found = entry.stat(follow_symlinks=False)
    fault = "" if stat.S_ISREG(found.st_mode) else "es un enlace u otra cosa que no es un archivo"
    # The change time is the kernel's: a copy that keeps the date of the original has it too.
    return DeliveredFile(
        entry.name, found.st_size, datetime.fromtimestamp(found.st_ctime, UTC), _key(found), fault=fault
    )


def _key(found: os.stat_result) -> str:
    return f"{found.st_dev}-{found.st_ino}-{found.st_size}-{found.st_ctime_ns}"


def _describe_item(item: Item) -> DeliveredFile:
    return DeliveredFile(
        name=item.name,
        bytes=item.bytes or 0,
        # Google's clock says when it came; its sender's date may be any.
        arrived=datetime.fromisoformat(item.created).astimezone(UTC),
        key=item.id,
        sha256=item.sha256,
        fault="" if item.is_file else "es un acceso directo o un documento de Google, no un archivo",
    )
