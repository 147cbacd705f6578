"""A folder of an SFTP server where deliveries are put; nothing is ever written there."""

from __future__ import annotations

import io
import stat
import typing as t
from datetime import UTC, datetime

from copias.delivery.place import DeliveredFile, gone
from copias.store.sftp_connection import Connection
from copias.store.sftp_streams import SftpReader

if t.TYPE_CHECKING:
    from paramiko.sftp_attr import SFTPAttributes

    from copias.store.settings import StoreSettings

_BLOCK: t.Final = 1 << 20
_LATEST: t.Final = 1 << 33
"""Seconds of a date that can be shown: whoever delivers may set any."""


class SftpFolder:
    """The folder of a case on an SFTP server. No link is followed below the configured path.

    Args:
        settings: of a store of kind ``sftp``; ``path`` holds the folders of the cases.
        name: of the place, for messages.
        case: number of the case.
    """

    def __init__(self, settings: StoreSettings, *, name: str, case: str) -> None:
        self._connection = Connection(name, settings)
        self._root = settings.path.as_posix()
        self._host = settings.host
        self._case = case

    @property
    def words(self) -> str:
        """Where it is, for people."""
        return f"la carpeta {self._case} del servidor SFTP {self._host}"

    def files(self) -> tuple[DeliveredFile, ...]:
        """Return what lies there; folders are left out, a link or a device is named as a fault.

        Raises:
            StoreUnavailable: the server does not answer, or has no such folder for any case.
            NotReady: it does not accept this account, or is not the one that was known.
        """
        found = []
        with self._connection.translate_errors("listar la entrega"):
            session = self._connection.session()
            session.stat(self._root)  # follows links: on a NAS every share may be one
            try:
                if not stat.S_ISDIR(session.lstat(self._path()).st_mode or 0):
                    raise NotADirectoryError(20, "la carpeta del caso es un enlace u otra cosa")
            except FileNotFoundError:
                return ()
            for name, attributes in session.list_folder(self._path()):
                if not stat.S_ISDIR(attributes.st_mode or 0):
                    found.append(_describe(name, attributes))
        return tuple(sorted(found, key=lambda file: file.name))

    def open(self, file: DeliveredFile) -> t.BinaryIO:
        """Open a file that was listed, seekable.

        Raises:
            NotReady: it is not there any more, or is another.
            StoreUnavailable: the server does not answer.
        """
        if self._find(file.name) != file:
            raise gone(self.words, file, "ya no está, o es otro")
        reader = SftpReader(ascii(file.name[:100]), self._path(file.name), connection=self._connection)
        return t.cast("t.BinaryIO", io.BufferedReader(reader, _BLOCK))

    def close(self) -> None:
        """Let the connection go; the next call makes a new one."""
        self._connection.close()

    def _find(self, name: str) -> DeliveredFile | None:
        with self._connection.translate_errors("abrir la entrega"):
            try:
                return _describe(name, self._connection.session().lstat(self._path(name)))
            except FileNotFoundError:
                return None

    def _path(self, name: str = "") -> str:
        return f"{self._root}/{self._case}" + (f"/{name}" if name else "")


def _describe(name: str, attributes: SFTPAttributes) -> DeliveredFile:
    mode, changed = attributes.st_mode or 0, attributes.st_mtime or 0
    return DeliveredFile(
        name,
        attributes.st_size or 0,
        # Its sender can set it, and the server's clock may be any: whoever waits for it to settle looks twice.
        datetime.fromtimestamp(min(changed, _LATEST), UTC),
        f"{attributes.st_size}-{changed}",
        fault="" if stat.S_ISREG(mode) else "es un enlace u otra cosa que no es un archivo",
    )
