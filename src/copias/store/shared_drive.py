"""Copies on a Google Shared Drive, written by the service account as a content manager of that one drive.

Drive has no paths, no unique names and no rename that fails when the name is taken. What stands in for them: the
oldest file of a name is the one that counts, for everybody; a rename is followed by a look at who else has the name,
and the younger gives way; on one machine a lock lets only one process work on a name.
"""

from __future__ import annotations

import hashlib
import io
import typing as t
from contextlib import ExitStack, contextmanager

from copias.store import faults
from copias.store.contract import MARKER, MARKER_LIMIT, PART, PartFile, StoredFile, part_name
from copias.store.listing import only_parts, only_published
from copias.store.names import check_any_name, check_name
from copias.store.shared_drive_client import DriveClient
from copias.store.shared_drive_faults import DriveFaults
from copias.store.shared_drive_journal import DriveJournal
from copias.store.shared_drive_reader import DriveReader
from copias.store.shared_drive_start import DriveDesk, go_on, start_anew
from copias.store.shared_drive_tree import DriveTree
from copias.store.shared_drive_upload import DriveUpload

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from copias.google.settings import GoogleSettings
    from copias.store.listing import Found
    from copias.store.settings import StoreSettings
    from copias.store.shared_drive_client import Item

_BLOCK = 64 << 10


class SharedDriveStore:
    """A :class:`~copias.store.contract.Store` on a Google Shared Drive.

    Args:
        name: the logical name.
        settings: ``drive``, ``folder`` and ``chunk_bytes`` of them.
        google: the service account's key and how to reach Google.
        journal: folder of this machine for ids and begun uploads.
    """

    def __init__(self, name: str, settings: StoreSettings, google: GoogleSettings, *, journal: Path) -> None:
        self._name = name
        client = DriveClient(google, settings.drive, store=name)
        book = DriveJournal(journal / settings.drive)
        self._desk = DriveDesk(
            client=client,
            tree=DriveTree(client, book, folder=settings.folder, store=name),
            journal=book,
            faults=DriveFaults(name, settings.drive, client.service.account),
            chunk=settings.chunk_bytes,
        )

    @property
    def name(self) -> str:
        """The logical name that manifests carry."""
        return self._name

    def prepare(self) -> None:
        """Check the rights, and make the folder and the marker when there are none."""
        doing = "preparar la unidad compartida"
        with self._desk.faults.translated(doing):
            self._check_rights(doing)
            top = self._desk.tree.make_top()
            if not self._desk.tree.files(top, MARKER):
                self._put_marker(top)
            self._check_marker(top)

    def create(self, name: str, *, expected_bytes: int | None = None) -> DriveUpload:  # noqa: ARG002 - Google needs no size
        """Start an upload; what dead runs left under the name goes to the trash.

        Raises:
            AlreadyRunning: a process of this machine holds the name by :meth:`resume`.
        """
        check_name(name)
        doing = f"crear {name}"
        with self._asking(doing) as top, self._desk.journal.hold(name):
            self._check_rights(doing)
            return DriveUpload(self._desk, start_anew(self._desk, top, name), top=top, held=ExitStack())

    def resume(self, name: str, *, expected_bytes: int, sha256: str) -> DriveUpload:
        """Go on where a dead run stopped; see :class:`~copias.store.contract.ResumableStore`."""
        check_name(name)
        doing = f"seguir con {name}"
        with ExitStack() as held, self._asking(doing) as top:
            held.enter_context(self._desk.journal.hold(name))
            self._check_rights(doing)
            start = go_on(self._desk, top, name, total=expected_bytes, sha256=sha256)
            return DriveUpload(self._desk, start, top=top, held=held.pop_all())

    def open(self, name: str, *, uncached: bool = False) -> t.BinaryIO:  # noqa: ARG002 - this machine keeps nothing of it
        """Open a file, read by ranges."""
        item = self._require(name, f"abrir {name}")
        reader = DriveReader(self._desk.client, item, name, faults=self._desk.faults)
        return t.cast("t.BinaryIO", io.BufferedReader(reader, _BLOCK))

    def stat(self, name: str) -> StoredFile | None:
        """Return a file or part, ``None`` when there is none."""
        check_any_name(name)
        with self._asking(f"consultar {name}") as top:
            item = self._find(top, name)
        return None if item is None else StoredFile(name, item.bytes or 0)

    def checksum(self, name: str) -> str | None:
        """Return the SHA-256 that Google computed of what it keeps."""
        return self._require(name, f"consultar la suma de {name}").sha256 or None

    def list(self, prefix: str = "") -> tuple[StoredFile, ...]:
        """Return the published files whose names start with ``prefix``."""
        return only_published(self._files(prefix))

    def list_parts(self) -> tuple[PartFile, ...]:
        """Return what was never published; an upload that has not ended is not there at all."""
        return only_parts(self._files(""))

    def publish(self, name: str) -> StoredFile:
        """Give the part its name."""
        check_name(name)
        doing = f"publicar {name}"
        with self._asking(doing) as top, self._desk.journal.hold(name):
            return self._publish(top, name, doing)

    def rename(self, old: str, new: str) -> None:
        """Rename a published file, never over another."""
        check_name(old)
        check_name(new)
        doing = f"renombrar {old} como {new}"
        with self._asking(doing) as top, self._desk.journal.hold(new):
            item = self._find(top, old)
            if item is None:
                raise faults.absent(self._name, doing)
            if self._find(top, new) is not None:
                raise faults.taken(self._name, doing)
            self._move(top, item, new, doing)

    def remove(self, name: str) -> None:
        """Put every file of a name into the trash; one that is not there counts as removed."""
        check_any_name(name)
        with self._asking(f"retirar {name}") as top:
            found = {item.id: item for item in self._desk.tree.files(top, name)}
            if own := self._find(top, name):
                found[own.id] = own
            for item in found.values():
                self._desk.trash(item)

    def free_space(self) -> int | None:
        """Return ``None``, when the drive answers: a shared drive does not tell.

        What ``about`` tells is the service account's own quota, of which nothing in a shared drive takes any.
        """
        doing = "consultar el espacio libre"
        with self._asking(doing):
            self._check_rights(doing)  # who asks is about to write
            return None

    def close(self) -> None:
        """Let the connections go; the next call makes new ones."""
        self._desk.client.close()

    @contextmanager
    def _asking(self, doing: str) -> Iterator[str]:
        """Yield the id of the store's folder, known to be this store's."""
        with self._desk.faults.translated(doing):
            top = self._desk.tree.top()
            self._check_marker(top)
            yield top

    def _check_rights(self, doing: str) -> None:
        if missing := self._desk.client.missing_rights():
            raise self._desk.faults.no_right(doing, f"a su papel en la unidad le falta {', '.join(missing)}")

    def _put_marker(self, top: str) -> None:
        with self._desk.journal.hold(MARKER):
            start = start_anew(self._desk, top, MARKER)
            with DriveUpload(self._desk, start, top=top, held=ExitStack()) as upload:
                upload.write(f"{self._name}\n".encode())
                upload.finish()
            self._publish(top, MARKER, "preparar la unidad compartida")

    def _check_marker(self, top: str) -> None:
        where = "la unidad compartida"
        found = self._desk.tree.files(top, MARKER)
        if not found:
            raise faults.not_prepared(self._name, where)
        ours = f"{self._name}\n".encode()
        if found[0].sha256 == hashlib.sha256(ours).hexdigest():
            return
        content = self._desk.client.read(found[0], 0, min(found[0].bytes or 0, MARKER_LIMIT))
        text = content.decode("utf-8", "replace").strip()
        if text != self._name:
            raise faults.wrong_store(self._name, where, text)

    def _require(self, name: str, doing: str) -> Item:
        check_any_name(name)
        with self._asking(doing) as top:
            item = self._find(top, name)
        if item is None:
            raise faults.absent(self._name, doing)
        return item

    def _find(self, top: str, name: str) -> Item | None:
        """Return the file that counts: of parts the one that this machine sent, else the oldest."""
        found = self._desk.tree.files(top, name)
        entry = self._desk.journal.read(name.removesuffix(PART)) if name.endswith(PART) else None
        if entry is None:
            return next(iter(found), None)
        own = next((item for item in found if item.id == entry.id), None)
        if own is None and not found:
            own = self._desk.client.get(entry.id)  # a listing may show a new file late
            if own is not None and (own.trashed or own.name != name.rpartition("/")[2]):
                own = None
        return own or next(iter(found), None)

    def _publish(self, top: str, name: str, doing: str) -> StoredFile:
        part, published = self._find(top, part_name(name)), self._find(top, name)
        if part is not None:
            published = self._settle(part, published, doing) if published else self._move(top, part, name, doing)
        if published is None:
            raise faults.absent(self._name, doing)
        if entry := self._desk.journal.read(name):
            self._desk.journal.drop(entry)
        return StoredFile(name, published.bytes or 0)

    def _settle(self, part: Item, published: Item, doing: str) -> Item:
        """Drop the part when the published file is the same; fail when it is another."""
        if part.digest != published.digest:
            raise faults.taken(self._name, doing)
        self._desk.trash(part)
        return published

    def _move(self, top: str, item: Item, name: str, doing: str) -> Item:
        """Give a file a name, and take it back when an older file has got it meanwhile."""
        base = name.rpartition("/")[2]
        parent = self._desk.tree.make_folders(top, name)
        moved = self._desk.client.update(item, name=base, **({} if parent in item.parents else {"parent": parent}))
        first = min((moved, *self._desk.tree.files(top, name)), key=lambda one: one.age)
        if first.id == moved.id:
            return moved
        if first.digest == moved.digest:
            self._desk.trash(moved)
            return first
        self._desk.client.update(
            moved, name=item.name, **({} if parent in item.parents else {"parent": item.parents[0]})
        )
        raise faults.taken(self._name, doing)

    def _files(self, prefix: str) -> Iterator[Found]:
        with self._asking("listar las copias") as top:
            yield from self._desk.tree.walk(top, prefix)
