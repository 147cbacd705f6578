"""Copies on a QNAP, by the HTTP API of its File Station: an ordinary account of one shared folder is enough."""

from __future__ import annotations

import io
import typing as t
from contextlib import suppress

from copias.errors import NotReady
from copias.store import faults
from copias.store.contract import MARKER, MARKER_LIMIT, PartFile, StoredFile, part_name
from copias.store.file_station_client import Client, Entry, Spot
from copias.store.file_station_streams import FileStationReader, FileStationUpload
from copias.store.listing import Found, is_equal, leads_to, only_parts, only_published
from copias.store.names import check_any_name, check_name, is_safe

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from copias.store.settings import StoreSettings

_BLOCK = 1 << 20
RECYCLE: t.Final = "@Recycle"
"""Folder at the top of a share that gets what is removed, where the recycle bin is on."""


class FileStationStore:
    """A :class:`~copias.store.contract.Store` over File Station.

    The API has no fsync and tells no free space, so a finished part is as durable as the NAS makes it, and a full
    disk shows when it is full. It renames within one folder only: a rename to another is a move first, and a death
    between the two leaves the file published under its old name in the new folder.
    """

    def __init__(self, name: str, settings: StoreSettings, *, spool: Path | None = None) -> None:
        self._name = name
        self._root = settings.path.as_posix()
        self._chunk = settings.chunk_bytes
        self._client = Client(name, settings, spool=spool)
        self._marker: Entry | None = None

    @property
    def name(self) -> str:
        """The logical name that manifests carry."""
        return self._name

    def prepare(self) -> None:
        """Create the folder in its share, which must exist, and the marker."""
        share, *folders = self._root.strip("/").split("/")
        above = f"/{share}"
        for folder in folders:
            self._client.make_folder(above, folder)
            above = f"{above}/{folder}"
        marker = self._spot(MARKER)
        if self._client.size(marker) is None:
            self._client.upload(marker, (f"{self._name}\n".encode(),), overwrite=False)
        self._check_marker()

    def create(self, name: str, *, expected_bytes: int | None = None) -> FileStationUpload:
        """Start an upload; what a dead run left is removed, or written over where that is not allowed."""
        check_name(name)
        self._check_marker()
        self._make_folders(name)
        spot = self._spot(part_name(name))
        with suppress(NotReady):
            self._client.delete(spot)
        return FileStationUpload(name, spot, client=self._client, chunk=self._chunk, expected=expected_bytes)

    def open(self, name: str, *, uncached: bool = False) -> t.BinaryIO:  # noqa: ARG002 - this machine keeps nothing of it
        """Open a file; what the NAS keeps in its memory is the NAS's affair."""
        check_any_name(name)
        self._check_marker()
        return self._open(name)

    def stat(self, name: str) -> StoredFile | None:
        """Return a file or part, ``None`` when there is none."""
        check_any_name(name)
        self._check_marker()
        size = self._client.size(self._spot(name))
        return None if size is None else StoredFile(name, size)

    def list(self, prefix: str = "") -> tuple[StoredFile, ...]:
        """Return the published files whose names start with ``prefix``."""
        return only_published(self._files(prefix))

    def list_parts(self) -> tuple[PartFile, ...]:
        """Return what was never published."""
        return only_parts(self._files(""))

    def publish(self, name: str) -> StoredFile:
        """Give the part its name."""
        check_name(name)
        published, part = self.stat(name), self.stat(part_name(name))
        if published is None:
            if part is None:
                raise faults.absent(self._name, f"publicar {name}")
            spot = self._spot(part_name(name))
            self._client.rename(spot, self._spot(name).base)
            return StoredFile(name, part.bytes)
        if part is not None:
            self._settle(name)
        return published

    def rename(self, old: str, new: str) -> None:
        """Rename a published file, never over another."""
        check_name(old)
        check_name(new)
        doing = f"renombrar {old} como {new}"
        self._check_marker()
        source, target = self._spot(old), self._spot(new)
        if self._client.find(target) is not None:
            raise faults.taken(self._name, doing)
        moved = Spot(target.folder, source.base)
        if source.folder != target.folder:
            self._move(source, moved, new, doing=doing)
        elif self._client.size(source) is None:
            raise faults.absent(self._name, doing)
        if moved.base != target.base:
            self._client.rename(moved, target.base)

    def remove(self, name: str) -> None:
        """Remove a file or part; one that is not there counts as removed."""
        check_any_name(name)
        self._check_marker()
        self._client.delete(self._spot(name))

    def recycled(self, name: str) -> int | None:
        """Return what the share's recycle bin holds of a removed file, under its name or with another before or after.

        The bin keeps files by the folder that they were in, or at its top. An account that may not look into it is
        told nothing.
        """
        check_any_name(name)
        self._check_marker()
        spot = self._spot(name)
        share, _, inner = spot.folder.strip("/").partition("/")
        try:
            return sum(
                entry.bytes
                for folder in dict.fromkeys((f"/{share}/{RECYCLE}", f"/{share}/{RECYCLE}/{inner}".rstrip("/")))
                if self._is_folder(folder)
                for entry in self._client.entries(folder)
                if spot.base in entry.base and not entry.is_folder
            )
        except NotReady:
            return None

    def _is_folder(self, path: str) -> bool:
        above, _, base = path.rpartition("/")
        found = self._client.find(Spot(above, base))
        return found is not None and found.is_folder

    def free_space(self) -> int | None:
        """Return ``None``: no documented call of File Station tells it."""
        self._check_marker()
        return None

    def close(self) -> None:
        """Let the session go; the next call makes a new one."""
        self._client.close()

    def _spot(self, name: str) -> Spot:
        folder, _, base = f"{self._root}/{name}".rpartition("/")
        return Spot(folder, base)

    def _check_marker(self) -> None:
        """Look for the marker; its content is read again when its size or time changed."""
        where = f"{self._root} de la NAS"
        found = self._client.find(self._spot(MARKER))
        if found is None or found.is_folder:
            raise faults.not_prepared(self._name, where)
        if found == self._marker:
            return
        with self._open(MARKER) as stream:
            said = stream.read(MARKER_LIMIT).decode("utf-8", "replace").strip()
        if said != self._name:
            raise faults.wrong_store(self._name, where, said)
        self._marker = found

    def _open(self, name: str) -> t.BinaryIO:
        spot = self._spot(name)
        size = self._client.size(spot)
        if size is None:
            raise faults.absent(self._name, f"abrir {name}")
        return t.cast("t.BinaryIO", io.BufferedReader(FileStationReader(name, spot, size, client=self._client), _BLOCK))

    def _make_folders(self, name: str) -> None:
        path = self._root
        for folder in name.split("/")[:-1]:
            self._client.make_folder(path, folder)
            path = f"{path}/{folder}"

    def _move(self, source: Spot, moved: Spot, new: str, *, doing: str) -> None:
        """Move to the new folder; what has the old name there is another file, and is not touched."""
        if self._client.size(source) is None:
            raise faults.absent(self._name, doing)
        if self._client.find(moved) is not None:
            raise faults.taken(self._name, doing)
        self._make_folders(new)
        self._client.move(source, moved.folder)

    def _settle(self, name: str) -> None:
        """Drop the part when the published file is the same; fail when it is another."""
        with self._open(name) as published, self._open(part_name(name)) as part:
            same = is_equal(published, part)
        if not same:
            raise faults.taken(self._name, f"publicar {name}")
        self._client.delete(self._spot(part_name(name)))

    def _files(self, prefix: str) -> Iterator[Found]:
        self._check_marker()
        folders = [""]
        while folders:
            above = folders.pop()
            for entry in self._client.entries(f"{self._root}/{above}".rstrip("/")):
                name = above + entry.base
                if entry.is_folder and leads_to(name, prefix):
                    folders.append(f"{name}/")
                elif not entry.is_folder and name.startswith(prefix) and is_safe(name):
                    yield StoredFile(name, entry.bytes), entry.modified
