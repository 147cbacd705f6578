"""Files on their way to and from an SFTP server, each with a channel of its own."""

from __future__ import annotations

import io
import typing as t
from contextlib import ExitStack, contextmanager, suppress

from copias.errors import BackupError
from copias.store.contract import StoredFile, part_name
from copias.store.sftp_session import PipelinedWriter, ReadAhead

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.store.sftp_connection import Connection


class SftpUpload:
    """An :class:`~copias.store.contract.Upload` over SFTP."""

    def __init__(self, name: str, path: str, *, connection: Connection) -> None:
        self.name = name
        self.sent = 0
        self._path = path
        self._connection = connection
        self._finished: StoredFile | None = None
        with ExitStack() as undo, connection.translate_errors(f"crear {name}"):
            self._session = connection.open_session()
            undo.callback(self._session.close)
            _, request = self._session.find_limits()
            self._handle = self._session.open_handle(path, write=True)
            self._writer = PipelinedWriter(self._session, self._handle, request=request)
            undo.pop_all()

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._finished is None:
            with suppress(BackupError), self._connection.translate_errors(f"retirar {self.name}"):
                self._remove_part()
        self._session.close()

    def write(self, chunk: bytes, /) -> int:
        """Send a chunk; an error may be that of an earlier one."""
        with self._translate_errors("escribir"):
            self._writer.write(chunk)
        self.sent += len(chunk)
        return len(chunk)

    def finish(self) -> StoredFile:
        """Wait for every answer, have the server write to its disk, and compare the size."""
        if self._finished is None:
            with self._translate_errors("terminar"):
                self._writer.drain()
                self._session.sync_handle(self._handle)
                self._session.close_handle(self._handle)
                size = self._session.lstat(self._path).st_size
                if size != self.sent:
                    raise OSError(f"{size} bytes en el servidor, {self.sent} enviados")
            self._finished = StoredFile(part_name(self.name), self.sent)
            self._session.close()
        return self._finished

    def _remove_part(self) -> None:
        """Remove the part unless another run took it over, which SFTP shows only by the size."""
        ours = self._session.size_of_handle(self._handle)
        self._session.close_handle(self._handle)
        if self._session.lstat(self._path).st_size == ours:
            self._session.remove(self._path)

    @contextmanager
    def _translate_errors(self, verb: str) -> Iterator[None]:
        with self._connection.translate_errors(f"{verb} {self.name}", writing=True):
            yield


class SftpReader(io.RawIOBase):
    """A file on the server as a seekable raw stream."""

    def __init__(self, name: str, path: str, *, connection: Connection) -> None:
        super().__init__()
        self._doing = f"leer {name}"
        self._connection = connection
        self._offset = 0
        with ExitStack() as undo, connection.translate_errors(f"abrir {name}"):
            self._session = connection.open_session()
            undo.callback(self._session.close)
            request, _ = self._session.find_limits()
            self._end = self._session.stat(path).st_size or 0
            self._ahead = ReadAhead(self._session, self._session.open_handle(path), request=request)
            undo.pop_all()
        self._left = memoryview(b"")

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that it can be read from anywhere."""
        return True

    def readinto(self, buffer: t.Any, /) -> int:
        """Fill some of the buffer; 0 at the end."""
        if not self._left:
            with self._connection.translate_errors(self._doing):
                self._left = memoryview(self._ahead.read(self._offset, end=self._end))
        view = memoryview(buffer).cast("B")
        count = min(len(view), len(self._left))
        view[:count] = self._left[:count]
        self._left = self._left[count:]
        self._offset += count
        return count

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move; what was read ahead is let go."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._offset, io.SEEK_END: self._end}[whence]
        if start + offset != self._offset:
            self._offset = max(0, start + offset)
            self._left = memoryview(b"")
        return self._offset

    def tell(self) -> int:
        """Return the offset of the next byte."""
        return self._offset

    def close(self) -> None:
        """Close the channel, and with it the file."""
        if not self.closed:
            self._session.close()
        super().close()
