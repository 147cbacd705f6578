"""What a place that keeps copies can do: the one protocol that every driver implements.

A copy arrives in two steps, so that nobody takes half a file for a copy:

1. :meth:`Store.create` writes ``<name>.part``; :meth:`Upload.finish` makes it complete and durable.
2. Somebody, perhaps another process, reads ``part_name(name)`` back, compares, and calls
   :meth:`Store.publish`, which gives it its name and never overwrites.

Names are checked by :func:`copias.store.names.check_name`. Every method raises, beside what it says:
:class:`~copias.errors.StoreUnavailable` when the place does not answer (transient),
:class:`~copias.errors.NotReady` when it refuses this account or was never prepared, and
:class:`~copias.errors.BadInput` for a name that is not safe.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime

from copias.errors import StoreUnavailable

PART = ".part"
"""Ending of a file that is not published."""

MARKER = ".copias-store"
"""File at the top that says that this is the store, and not the empty folder under a lost mount."""

MARKER_LIMIT = 4096
"""Bytes of a marker that are read; ours has less than a hundred."""


@dataclass(frozen=True)
class StoredFile:
    """A file as the store lists it: its name, with ``/`` between parts, and its size."""

    name: str
    bytes: int


@dataclass(frozen=True)
class PartFile:
    """An unpublished file, named by the name that it would get.

    ``modified`` is UTC by the clock of the store, which may be wrong.
    """

    name: str
    bytes: int
    modified: datetime


class UploadLost(StoreUnavailable):
    """The store lost what it had of an upload, so only beginning again helps."""


class Upload(t.Protocol):
    """A file on its way into the store, as a context manager.

    Leaving the block without :meth:`finish` removes what was sent, as far as the store still answers.
    """

    name: str
    sent: int
    """Bytes written so far."""

    def __enter__(self) -> t.Self: ...

    def __exit__(self, *exception: object) -> None: ...

    def write(self, chunk: bytes, /) -> int:
        """Send a chunk and return its length.

        Raises:
            StoreFull: the rest does not fit.
        """
        ...

    def finish(self) -> StoredFile:
        """Make ``<name>.part`` complete and durable; only the first call does anything.

        Raises:
            StoreFull: the last bytes did not fit.
        """
        ...


class Store(t.Protocol):
    """A place that keeps copies: a folder, an SFTP server, a NAS's HTTP API, a shared drive."""

    @property
    def name(self) -> str:
        """The logical name that manifests carry; it outlives the device."""
        ...

    def prepare(self) -> None:
        """Make the place usable: folder and marker. May be called again.

        Raises:
            NotReady: the place is the store of another name.
        """
        ...

    def create(self, name: str, *, expected_bytes: int | None = None) -> Upload:
        """Start an upload of ``name``, taking over the part that a dead run left.

        Args:
            name: the name it will be published under.
            expected_bytes: the exact size when it is known. A driver whose server asks for it
                beforehand spools the stream when it is ``None``.

        Raises:
            StoreFull: it cannot fit.
        """
        ...

    def open(self, name: str, *, uncached: bool = False) -> t.BinaryIO:
        """Open a file, or a part by :func:`part_name`, as a seekable stream.

        Args:
            name: which.
            uncached: read from the medium, not from this machine's memory, as far as can be done.

        Raises:
            Altered: there is no such file.
        """
        ...

    def stat(self, name: str) -> StoredFile | None:
        """Return a file or part, ``None`` when there is none."""
        ...

    def list(self, prefix: str = "") -> tuple[StoredFile, ...]:
        """Return the published files whose names start with ``prefix``, sorted by name.

        What cannot be ours (hidden files, links, names that are not safe) is left out.
        """
        ...

    def list_parts(self) -> tuple[PartFile, ...]:
        """Return what was never published, sorted by name."""
        ...

    def publish(self, name: str) -> StoredFile:
        """Give the part its name; a repeated call finds it done.

        A file of that name with the same content counts as published, and the part goes.

        Raises:
            CopyFailed: another file has that name, or there is neither part nor file.
        """
        ...

    def rename(self, old: str, new: str) -> None:
        """Rename a published file, never over another.

        Raises:
            Altered: there is no ``old``.
            CopyFailed: ``new`` exists.
        """
        ...

    def remove(self, name: str) -> None:
        """Remove a file or part; one that is not there counts as removed."""
        ...

    def free_space(self) -> int | None:
        """Return the bytes this account can still write, ``None`` when the place does not tell."""
        ...

    def close(self) -> None:
        """Let the connection go; the next call makes a new one."""
        ...


@t.runtime_checkable
class ResumableStore(Store, t.Protocol):
    """A store whose uploads survive the process that began them."""

    def resume(self, name: str, *, expected_bytes: int, sha256: str) -> Upload:
        """Go on with the upload that a dead run began, or begin one that can be gone on with.

        The caller writes from byte :attr:`Upload.sent` on. Leaving the block without ``finish`` keeps what was sent.

        Args:
            name: the name it will be published under.
            expected_bytes: the exact size.
            sha256: of the whole content, hexadecimal; what a run began with another content is not gone on with.

        Raises:
            AlreadyRunning: another process of this machine is uploading it.
            StoreFull: it cannot fit.
        """
        ...


@t.runtime_checkable
class CheckedStore(Store, t.Protocol):
    """A store that says the hash of what it keeps."""

    def checksum(self, name: str) -> str | None:
        """Return the SHA-256 of a file or part as the place computed it, hexadecimal; ``None`` when it tells none.

        Raises:
            Altered: there is no such file.
        """
        ...


@t.runtime_checkable
class RecyclingStore(Store, t.Protocol):
    """A store whose place may keep what is removed in a recycle bin: its room is not free then, and it can be read."""

    def recycled(self, name: str) -> int | None:
        """Return the bytes that the bin holds of a removed file, 0 for none; ``None`` when it cannot be looked into."""
        ...


def part_name(name: str) -> str:
    """Return the name under which an unpublished file is opened, listed and removed."""
    return name + PART


def resume_upload(store: Store, name: str, *, expected_bytes: int, sha256: str) -> Upload:
    """Go on with an upload where the store can, else start one; see :meth:`ResumableStore.resume`."""
    if isinstance(store, ResumableStore):
        return store.resume(name, expected_bytes=expected_bytes, sha256=sha256)
    return store.create(name, expected_bytes=expected_bytes)


def stored_checksum(store: Store, name: str) -> str | None:
    """Return the SHA-256 that the place computed, ``None`` when it tells none; see :meth:`CheckedStore.checksum`."""
    return store.checksum(name) if isinstance(store, CheckedStore) else None


def recycled_bytes(store: Store, name: str) -> int | None:
    """Return what a recycle bin holds of a removed file; see :meth:`RecyclingStore.recycled`. Most places have none."""
    return store.recycled(name) if isinstance(store, RecyclingStore) else 0
