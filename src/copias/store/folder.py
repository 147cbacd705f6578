"""Copies in a folder of this machine: a disk, or a NAS mounted by NFS or SMB."""

from __future__ import annotations

import io
import os
import stat
import typing as t
from contextlib import contextmanager, suppress
from pathlib import Path

from copias.store import faults
from copias.store.contract import MARKER, MARKER_LIMIT, PartFile, StoredFile, part_name
from copias.store.exclusive import rename_exclusively
from copias.store.folder_upload import FolderUpload
from copias.store.listing import Found, is_equal, leads_to, only_parts, only_published
from copias.store.names import check_any_name, check_name, is_safe

if t.TYPE_CHECKING:
    from collections.abc import Iterator

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_BLOCK = 1 << 20


class FolderStore:
    """A :class:`~copias.store.contract.Store` in a folder.

    Each call opens the folder again and looks for the marker, so a lost mount is noticed and the
    disk below it is not filled. Links inside the folder are never followed.
    """

    def __init__(self, name: str, root: Path) -> None:
        self._name = name
        self._root = root

    @property
    def name(self) -> str:
        """The logical name that manifests carry."""
        return self._name

    def prepare(self) -> None:
        """Create the folder, for this account and its group, and the marker."""
        with faults.translate_errors(self._name, f"preparar {self._root}"):
            self._root.mkdir(mode=0o750, parents=True, exist_ok=True)
            directory = os.open(self._root, _DIRECTORY)
            try:
                with suppress(FileExistsError):
                    _write_marker(directory, self._name)
                self._check_marker(directory)
            finally:
                os.close(directory)

    def create(self, name: str, *, expected_bytes: int | None = None) -> FolderUpload:  # noqa: ARG002 - the kernel needs no size
        """Start an upload; what a dead run left under the name is unlinked, never written on."""
        check_name(name)
        with self._place(name, f"crear {name}", make=True) as (directory, base):
            part = part_name(base)
            with suppress(FileNotFoundError):
                os.unlink(part, dir_fd=directory)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(part, flags, 0o640, dir_fd=directory)
            return FolderUpload(name, part, store=self._name, descriptor=descriptor, directory=os.dup(directory))

    def open(self, name: str, *, uncached: bool = False) -> t.BinaryIO:
        """Open a file; ``uncached`` drops its pages from memory first, which tmpfs ignores."""
        check_any_name(name)
        with self._place(name, f"abrir {name}") as (directory, base):
            # O_NONBLOCK: a pipe somebody left there must not hang us.
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            reader = _Reader(os.open(base, flags, dir_fd=directory), store=self._name, name=name)
        if not stat.S_ISREG(os.fstat(reader.fileno()).st_mode):
            reader.close()
            raise faults.absent(self._name, f"abrir {name}")
        if uncached:
            os.posix_fadvise(reader.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return t.cast("t.BinaryIO", io.BufferedReader(reader, _BLOCK))

    def stat(self, name: str) -> StoredFile | None:
        """Return a file or part, ``None`` when there is none."""
        check_any_name(name)
        with self._root_directory(f"consultar {name}") as root, suppress(FileNotFoundError):
            with _walk_to(root, name) as (directory, base):
                size = _regular_size(base, directory)
            return None if size is None else StoredFile(name, size)
        return None

    def list(self, prefix: str = "") -> tuple[StoredFile, ...]:
        """Return the published files whose names start with ``prefix``."""
        return only_published(self._files(prefix))

    def list_parts(self) -> tuple[PartFile, ...]:
        """Return what was never published."""
        return only_parts(self._files(""))

    def publish(self, name: str) -> StoredFile:
        """Give the part its name and make the new name durable."""
        check_name(name)
        with self._place(name, f"publicar {name}") as (directory, base):
            try:
                rename_exclusively(part_name(base), base, old_directory=directory, new_directory=directory)
            except FileExistsError:
                self._settle(name, base, directory)
            except FileNotFoundError:
                os.stat(base, dir_fd=directory, follow_symlinks=False)  # published by an earlier call, or raises
            os.fsync(directory)
            return StoredFile(name, os.stat(base, dir_fd=directory, follow_symlinks=False).st_size)

    def rename(self, old: str, new: str) -> None:
        """Rename a published file, never over another."""
        check_name(old)
        check_name(new)
        doing = f"renombrar {old} como {new}"
        with self._place(new, doing, make=True) as (target, new_base), self._place(old, doing) as (source, old_base):
            rename_exclusively(old_base, new_base, old_directory=source, new_directory=target)
            os.fsync(target)
            os.fsync(source)

    def remove(self, name: str) -> None:
        """Remove a file or part; one that is not there counts as removed."""
        check_any_name(name)
        with (
            self._root_directory(f"retirar {name}") as root,
            suppress(FileNotFoundError),
            _walk_to(root, name) as (directory, base),
        ):
            os.unlink(base, dir_fd=directory)
            os.fsync(directory)

    def free_space(self) -> int | None:
        """Return the bytes that this account can still write."""
        with self._root_directory("consultar el espacio libre") as root:
            facts = os.fstatvfs(root)
            return facts.f_bavail * facts.f_frsize

    def close(self) -> None:
        """Nothing is held between calls."""

    def _settle(self, name: str, base: str, directory: int) -> None:
        """Drop the part when the published file is the same; fail when it is another."""
        with self.open(name) as published, self.open(part_name(name)) as part:
            same = os.path.samestat(os.fstat(published.fileno()), os.fstat(part.fileno())) or is_equal(published, part)
        if not same:
            raise faults.taken(self._name, f"publicar {name}")
        os.unlink(part_name(base), dir_fd=directory)

    @contextmanager
    def _root_directory(self, doing: str) -> Iterator[int]:
        with faults.translate_errors(self._name, doing):
            try:
                directory = os.open(self._root, _DIRECTORY)
            except FileNotFoundError:
                raise faults.not_prepared(self._name, str(self._root)) from None
            try:
                self._check_marker(directory)
                yield directory
            finally:
                os.close(directory)

    @contextmanager
    def _place(self, name: str, doing: str, *, make: bool = False) -> Iterator[tuple[int, str]]:
        with self._root_directory(doing) as root, _walk_to(root, name, make=make) as place:
            yield place

    def _check_marker(self, directory: int) -> None:
        try:
            descriptor = os.open(MARKER, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
        except FileNotFoundError:
            raise faults.not_prepared(self._name, str(self._root)) from None
        with open(descriptor, "rb") as stream:
            found = stream.read(MARKER_LIMIT).decode("utf-8", "replace").strip()
        if found != self._name:
            raise faults.wrong_store(self._name, str(self._root), found)

    def _files(self, prefix: str) -> Iterator[Found]:
        with self._root_directory("listar las copias") as root:
            for folder, folders, files, directory in os.fwalk(".", dir_fd=root, onerror=_stop):
                above = "" if folder == "." else folder.removeprefix("./") + "/"
                folders[:] = [name for name in folders if leads_to(above + name, prefix)]
                for file in files:
                    name = above + file
                    if name.startswith(prefix) and is_safe(name) and (found := _regular(file, directory)):
                        yield StoredFile(name, found.st_size), found.st_mtime


class _Reader(io.FileIO):
    """A file whose reading errors come out of the error tree too."""

    def __init__(self, descriptor: int, *, store: str, name: str) -> None:
        super().__init__(descriptor, "rb")
        self._errors = (store, f"leer {name}")

    def readinto(self, buffer: t.Any, /) -> int:
        with faults.translate_errors(*self._errors):
            return super().readinto(buffer) or 0

    def readall(self) -> bytes:
        with faults.translate_errors(*self._errors):
            return super().readall()


@contextmanager
def _walk_to(root: int, name: str, *, make: bool = False) -> Iterator[tuple[int, str]]:
    """Yield the open folder of ``name`` and its last part, following no link."""
    *folders, base = name.split("/")
    directory = os.dup(root)
    try:
        for folder in folders:
            below = _enter(directory, folder, make=make)
            os.close(directory)
            directory = below
        yield directory, base
    finally:
        os.close(directory)


def _enter(directory: int, folder: str, *, make: bool) -> int:
    if make:
        with suppress(FileExistsError):
            os.mkdir(folder, 0o750, dir_fd=directory)
            os.fsync(directory)
    return os.open(folder, _DIRECTORY | os.O_NOFOLLOW, dir_fd=directory)


def _write_marker(directory: int, name: str) -> None:
    descriptor = os.open(MARKER, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640, dir_fd=directory)
    with open(descriptor, "wb") as stream:
        stream.write(f"{name}\n".encode())
        stream.flush()
        os.fsync(stream.fileno())
    os.fsync(directory)


def _regular(base: str, directory: int) -> os.stat_result | None:
    try:
        found = os.stat(base, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return None
    return found if stat.S_ISREG(found.st_mode) else None


def _regular_size(base: str, directory: int) -> int | None:
    found = _regular(base, directory)
    return None if found is None else found.st_size


def _stop(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
