"""Files on their way to and from a File Station."""

from __future__ import annotations

import hashlib
import io
import threading
import typing as t
from contextlib import suppress

from copias.errors import BackupError, CopyFailed
from copias.store import faults
from copias.store.contract import StoredFile, UploadLost, part_name

if t.TYPE_CHECKING:
    import http.client

    from copias.store.file_station_client import Client, Spot

_BLOCK = 1 << 20
TRIES: t.Final = 3
"""How often a chunk is sent, in parts, before the upload is lost."""


class FileStationUpload:
    """An :class:`~copias.store.contract.Upload` to a File Station.

    The NAS asks for the size beforehand, so a stream of unknown length waits in a file without a name. One that fits
    a chunk goes in one request; a longer one in chunks, which become the part with the last of them.
    """

    def __init__(self, name: str, spot: Spot, *, client: Client, chunk: int, expected: int | None) -> None:
        self.name = name
        self.sent = 0
        self._spot = spot
        self._client = client
        self._chunk = chunk
        self._total = expected
        self._spool = client.open_spool() if expected is None else None
        self._waiting: list[memoryview] = []
        self._held = 0
        self._offset = 0
        self._upload_id = ""
        self._placed = False
        self._hash = hashlib.md5(usedforsecurity=False)
        self._finished: StoredFile | None = None

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._spool is not None:
            self._spool.close()
        if self._finished is None and self._placed:
            with suppress(BackupError):
                self._client.delete(self._spot)

    def write(self, chunk: bytes, /) -> int:
        """Send a chunk, or keep it until a whole one can be sent."""
        if self._spool is None:
            self._take(memoryview(bytes(chunk)))
        else:
            try:
                self._spool.write(chunk)
            except OSError as error:
                raise _no_spool(self.name, error) from error
        self.sent += len(chunk)
        return len(chunk)

    def finish(self) -> StoredFile:
        """Send the rest, and compare the size and the MD5 that the NAS has, or all bytes where it tells no MD5."""
        if self._finished is None:
            self._send_spool()
            if self.sent != self._total:
                raise CopyFailed(
                    f"no se pudo terminar {self.name}",
                    whose=self._client.store,
                    why=f"se anunciaron {self._total} bytes y se escribieron {self.sent}",
                    repair="vuelva a correr el caso",
                )
            self._send_waiting(last=True)
            self._verify()
            self._finished = StoredFile(part_name(self.name), self.sent)
        return self._finished

    def _send_spool(self) -> None:
        if self._spool is None:
            return
        self._total = self.sent
        self._spool.seek(0)
        while block := self._spool.read(_BLOCK):
            self._take(memoryview(block))
        self._spool.close()
        self._spool = None

    def _take(self, block: memoryview) -> None:
        """Send what fills chunks; the last one waits for :meth:`finish`, which says that it is the last."""
        while block:
            if self._held == self._chunk:
                self._send_waiting(last=False)
            room = self._chunk - self._held
            self._waiting.append(block[:room])
            self._held += len(block[:room])
            block = block[room:]

    def _send_waiting(self, *, last: bool) -> None:
        """Send what was written; its hash is made meanwhile, so that the NAS does not wait for it."""
        block, size = tuple(self._waiting), self._held
        self._waiting, self._held = [], 0
        hashing = threading.Thread(target=self._add_to_hash, args=(block,))
        hashing.start()
        try:
            if last and not self._offset:
                self._placed = True
                self._client.upload(self._spot, block)
            else:
                self._send_chunk(block, last=last)
        finally:
            hashing.join()
        self._offset += size

    def _add_to_hash(self, block: tuple[memoryview, ...]) -> None:
        for piece in block:
            self._hash.update(piece)

    def _send_chunk(self, block: tuple[memoryview, ...], *, last: bool) -> None:
        """Send a chunk; one that broke is gone on with from the byte that the NAS says it has, where it says it.

        Raises:
            UploadLost: it does not, or breaks again and again.
        """
        if not self._upload_id:
            self._upload_id = self._client.start_upload(self._spot)
        self._placed = last
        start, end = self._offset, self._offset + sum(map(len, block))
        for left in reversed(range(TRIES)):
            try:
                self._client.upload_chunk(
                    self._spot,
                    _skip(block, start - self._offset),
                    upload_id=self._upload_id,
                    offset=start,
                    total=self._total or 0,
                    last=last,
                )
            except UploadLost:
                held = self._client.find_offset(self._spot, self._upload_id)
                if last and held is None and self._client.size(self._spot) == self._total:
                    return  # only the answer was lost: the checksum tells whether it is what was sent
                if not left or held is None or not self._offset <= held <= end:
                    raise
                if held == end and not last:
                    return
                start = held
            else:
                return

    def _verify(self) -> None:
        """Believe no success: the NAS says it too when its parser dropped the file."""
        expected = self._hash.hexdigest()
        size = self._client.size(self._spot)
        if size != self.sent:
            raise self._lost(f"dijo que recibió todo y tiene {'nada' if size is None else f'{size} bytes'}")
        found = self._client.md5(self._spot, self.sent)
        if found is None:
            found = self._read_md5()
        if found != expected:
            raise self._lost("lo que guardó no es lo que se envió")

    def _read_md5(self) -> str:
        digest = hashlib.md5(usedforsecurity=False)
        with FileStationReader(self.name, self._spot, self.sent, client=self._client) as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
        return digest.hexdigest()

    def _lost(self, why: str) -> UploadLost:
        return UploadLost(
            f"la NAS no guardó {self.name}", whose=self._client.store, why=why, repair="se puede repetir sin daño"
        )


class FileStationReader(io.RawIOBase):
    """A file on the NAS as a seekable raw stream.

    Where the NAS does not honour ``Range``, the first jump brings the whole file into a file without a name.
    """

    def __init__(self, name: str, spot: Spot, size: int, *, client: Client) -> None:
        super().__init__()
        self._doing = f"leer {name}"
        self._spot = spot
        self._size = size
        self._client = client
        self._offset = 0
        self._answer: http.client.HTTPResponse | None = None
        self._spool: t.IO[bytes] | None = None

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that it can be read from anywhere."""
        return True

    def readinto(self, buffer: t.Any, /) -> int:
        """Fill some of the buffer; 0 at the end."""
        view = memoryview(buffer).cast("B")
        view = view[: max(0, min(len(view), self._size - self._offset))]
        if not view:
            return 0
        if self._spool is None and self._answer is None:
            self._begin()
        count = self._fill(view)
        if not count:
            raise faults.unavailable(self._client.store, f"no se pudo {self._doing}: la descarga llegó incompleta")
        self._offset += count
        return count

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move; a download under way is let go."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._offset, io.SEEK_END: self._size}[whence]
        target = max(0, start + offset)
        if target != self._offset:
            self._offset = target
            self._drop()
        return self._offset

    def tell(self) -> int:
        """Return the offset of the next byte."""
        return self._offset

    def close(self) -> None:
        """Let the download go."""
        self._drop()
        if self._spool is not None:
            self._spool.close()
        super().close()

    def _begin(self) -> None:
        self._answer = self._client.download(self._spot, self._offset, doing=self._doing)
        if self._offset and not _starts_at(self._answer, self._offset):
            self._bring_all()

    def _bring_all(self) -> None:
        spool = self._client.open_spool()
        try:
            whole = self._client.download(self._spot, 0, doing=self._doing)
            with self._client.translate_errors(self._doing), whole:
                while block := whole.read(_BLOCK):
                    spool.write(block)
        except BaseException:
            spool.close()
            raise
        finally:
            self._drop()
        self._spool = spool

    def _fill(self, view: memoryview) -> int:
        if self._spool is not None:
            self._spool.seek(self._offset)
            return t.cast("io.BufferedIOBase", self._spool).readinto(view)
        if self._answer is None:
            return 0
        with self._client.translate_errors(self._doing):
            return self._answer.readinto(view)

    def _drop(self) -> None:
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.close()


def _skip(block: tuple[memoryview, ...], count: int) -> tuple[memoryview, ...]:
    """Return the pieces of a block from a byte on."""
    rest: list[memoryview] = []
    for piece in block:
        rest += [piece[count:]] if len(piece) > count else []
        count = max(0, count - len(piece))
    return tuple(rest)


def _starts_at(answer: http.client.HTTPResponse, offset: int) -> bool:
    return answer.status == 206 and (answer.getheader("Content-Range") or "").startswith(f"bytes {offset}-")


def _no_spool(name: str, error: OSError) -> CopyFailed:
    return CopyFailed(
        f"no se pudo guardar {name} mientras se conoce su tamaño",
        why=error.strerror or type(error).__name__,
        repair="libere espacio en este servidor, en la carpeta de estado de las copias",
    )
