"""Files on their way to a shared drive: nothing of them is visible before the last byte has arrived."""

from __future__ import annotations

import hashlib
import typing as t
from contextlib import suppress
from dataclasses import replace

from copias.errors import BackupError, CopyFailed
from copias.store.contract import StoredFile, part_name
from copias.store.shared_drive_session import SessionLost
from copias.store.shared_drive_start import begin

if t.TYPE_CHECKING:
    from contextlib import ExitStack

    from copias.store.shared_drive_client import Item
    from copias.store.shared_drive_start import DriveDesk, Start


class DriveUpload:
    """An :class:`~copias.store.contract.Upload` to a shared drive.

    Args:
        desk: of the store.
        start: where it begins. With its size announced the upload can be gone on with by another process.
        top: id of the store's folder.
        held: what is let go at the end.
    """

    def __init__(self, desk: DriveDesk, start: Start, *, top: str, held: ExitStack) -> None:
        self.name = start.entry.name
        self.sent = start.session.received if start.session else start.entry.bytes or 0
        self._desk = desk
        self._entry = start.entry
        self._session = start.session
        self._top = top
        self._held = held
        self._buffer = bytearray()
        self._sha256, self._md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        self._hashed = 0
        self._finished: StoredFile | None = None

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._held:
            if self._finished is None and self._entry.bytes is None:
                with suppress(BackupError):
                    self._discard()

    def write(self, chunk: bytes, /) -> int:
        """Take a chunk, and send when there is more than Google is given at a time."""
        if self._entry.bytes is not None and self.sent + len(chunk) > self._entry.bytes:
            raise self._other_size(self.sent + len(chunk))
        self._sha256.update(chunk)
        self._md5.update(chunk)
        self._hashed += len(chunk)
        self._buffer += chunk
        self.sent += len(chunk)
        # The last byte is kept back: only the request that brings it may say how many there are.
        while len(self._buffer) > self._desk.chunk:
            block, self._buffer = self._buffer, self._buffer[self._desk.chunk :]
            self._push(memoryview(block)[: self._desk.chunk], total=self._entry.bytes)
        return len(chunk)

    def finish(self) -> StoredFile:
        """Send the rest, and compare size and hash of what Google has with what was sent.

        Raises:
            Altered: they differ; what Google has is in the trash.
            CopyFailed: fewer or other bytes were written than announced, or another run took over.
        """
        if self._finished is None:
            if self._entry.bytes not in {None, self.sent}:
                raise self._other_size(self.sent)
            self._push(memoryview(self._buffer), total=self.sent)
            with self._desk.faults.translated(f"terminar {self.name}"):
                self._settle(self._checked())
            self._finished = StoredFile(part_name(self.name), self.sent)
            self._held.close()
        return self._finished

    def _push(self, block: memoryview, *, total: int | None) -> None:
        if self._session is None:
            return  # the file is there already
        all_at_hand = not self._session.received
        with self._desk.faults.translated(f"escribir {self.name}"):
            try:
                self._session.push(block, total=total)
            except SessionLost:
                self._desk.client.missing_rights()  # a member no more? then this says so, and nothing is lost
                if self._desk.client.get(self._entry.id) is not None:
                    self._session = None  # the answer to the last byte was lost, and the session is gone since
                elif not all_at_hand:
                    raise self._lost() from None
                else:
                    self._begin_again(block, total)

    def _begin_again(self, block: memoryview, total: int | None) -> None:
        again = begin(self._desk, self._entry)
        self._entry, self._session = again.entry, again.session
        try:
            if self._session is not None:
                self._session.push(block, total=total)
        except SessionLost:
            raise self._lost() from None

    def _lost(self) -> BackupError:
        self._desk.journal.write(replace(self._entry, session=""))
        return self._desk.faults.lost(self.name)

    def _checked(self) -> Item:
        """Return the file, known to be what was sent."""
        item = self._desk.client.get(self._entry.id)
        if item is None or item.trashed:
            raise self._desk.faults.gone(f"terminar {self.name}", "lo enviado no está en la unidad compartida")
        whole = self._hashed == self.sent
        if whole and self._entry.sha256 and self._sha256.hexdigest() != self._entry.sha256:
            self._discard()
            raise self._other_content()
        if not item.sha256 and not (whole and item.md5):
            raise self._desk.faults.unavailable("Google todavía no dice la suma de lo que recibió")
        expected = self._entry.sha256 or self._sha256.hexdigest()
        sent = f"{self.sent} bytes con SHA-256 {expected}"
        found = f"{item.bytes} bytes con SHA-256 {item.sha256}"
        if not item.sha256:
            sent, found = f"{self.sent} bytes con MD5 {self._md5.hexdigest()}", f"{item.bytes} bytes con MD5 {item.md5}"
        if sent != found:
            self._discard()
            raise self._desk.faults.different(self.name, expected=sent, found=found)
        return item

    def _settle(self, item: Item) -> None:
        """Take the place of older parts; a run that began later has taken ours."""
        desk, current = self._desk, self._desk.journal.read(self.name)
        parts = [part for part in desk.tree.files(self._top, part_name(self.name)) if part.id != item.id]
        if current is None or current.id != item.id or any(part.age > item.age for part in parts):
            self._discard()
            raise desk.faults.taken_over(self.name)
        for part in parts:
            desk.trash(part)

    def _discard(self) -> None:
        """Drop the upload: the journal's entry when it is still ours, the file when there is one."""
        self._desk.journal.drop(self._entry)
        with self._desk.faults.translated(f"retirar {self.name}"):
            item = self._desk.client.get(self._entry.id)
            if item is not None and not item.trashed:
                self._desk.trash(item)

    def _other_size(self, found: int) -> CopyFailed:
        return CopyFailed(
            f"no se puede cargar {self.name}",
            whose=self._desk.faults.store,
            why=f"se anunciaron {self._entry.bytes} bytes y hay {found}",
            repair="el archivo cambió mientras se enviaba; vuelva a correr el caso",
        )

    def _other_content(self) -> CopyFailed:
        return CopyFailed(
            f"lo enviado de {self.name} no es lo que se anunció",
            whose=self._desk.faults.store,
            why=f"SHA-256 {self._sha256.hexdigest()} en vez de {self._entry.sha256}",
            repair="el archivo cambió mientras se enviaba, o el disco falla; vuelva a correr el caso",
        )
