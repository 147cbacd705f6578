"""Copies on a server that speaks SFTP, asked for nothing but SFTP: a chrooted account is enough."""

from __future__ import annotations

import io
import stat
import typing as t
from contextlib import contextmanager, suppress

from copias.store import faults
from copias.store.contract import MARKER, MARKER_LIMIT, PartFile, StoredFile, part_name
from copias.store.listing import Found, is_equal, leads_to, only_parts, only_published
from copias.store.names import check_any_name, check_name, is_safe
from copias.store.sftp_connection import Connection
from copias.store.sftp_streams import SftpReader, SftpUpload

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.store.settings import StoreSettings
    from copias.store.sftp_session import SftpSession

_BLOCK = 1 << 20


class SftpStore:
    """A :class:`~copias.store.contract.Store` over SFTP.

    Publishing uses the protocol's plain rename, which fails when the target exists;
    ``posix-rename`` would overwrite. SFTP cannot fsync a folder, so a file's *name* is as durable
    as the server makes it; its content is fsync'd where the server offers that.
    """

    def __init__(self, name: str, settings: StoreSettings) -> None:
        self._name = name
        self._root = settings.path.as_posix()
        self._connection = Connection(name, settings)

    @property
    def name(self) -> str:
        """The logical name that manifests carry."""
        return self._name

    def prepare(self) -> None:
        """Create the folder, where its parent lets us, and the marker."""
        with self._connection.translate_errors(f"preparar {self._root}"):
            session = self._connection.session()
            try:
                session.stat(self._root)  # follows links: on a QNAP every share is one
            except FileNotFoundError:
                session.mkdir(self._root, 0o750)
            if _find(session, self._path(MARKER)) is None:
                with session.open(self._path(MARKER), "wx") as stream:
                    stream.write(f"{self._name}\n".encode())
            self._check_marker(session)

    def create(self, name: str, *, expected_bytes: int | None = None) -> SftpUpload:  # noqa: ARG002 - SFTP needs no size
        """Start an upload; what a dead run left under the name is removed, never written on."""
        check_name(name)
        path = self._path(part_name(name))
        with self._asking(f"crear {name}") as session:
            self._make_folders(session, name)
            with suppress(FileNotFoundError):
                session.remove(path)
        return SftpUpload(name, path, connection=self._connection)

    def open(self, name: str, *, uncached: bool = False) -> t.BinaryIO:  # noqa: ARG002 - this machine keeps nothing of it
        """Open a file; what the server keeps in its memory is the server's affair."""
        check_any_name(name)
        with self._asking(f"abrir {name}") as session:
            if _find(session, self._path(name)) is None:
                raise faults.absent(self._name, f"abrir {name}")
        reader = SftpReader(name, self._path(name), connection=self._connection)
        return t.cast("t.BinaryIO", io.BufferedReader(reader, _BLOCK))

    def stat(self, name: str) -> StoredFile | None:
        """Return a file or part, ``None`` when there is none."""
        check_any_name(name)
        with self._asking(f"consultar {name}") as session:
            size = _find(session, self._path(name))
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
        with self._asking(f"publicar {name}") as session:
            published = _find(session, self._path(name))
            part = _find(session, self._path(part_name(name)))
            if published is None:
                if part is None:
                    raise faults.absent(self._name, f"publicar {name}")
                self._move(session, part_name(name), name)
                return StoredFile(name, part)
            if part is not None:
                self._settle(session, name)
            return StoredFile(name, published)

    def rename(self, old: str, new: str) -> None:
        """Rename a published file, never over another."""
        check_name(old)
        check_name(new)
        with self._asking(f"renombrar {old} como {new}") as session:
            self._make_folders(session, new)
            self._move(session, old, new)

    def remove(self, name: str) -> None:
        """Remove a file or part; one that is not there counts as removed."""
        check_any_name(name)
        with self._asking(f"retirar {name}") as session, suppress(FileNotFoundError):
            session.remove(self._path(name))

    def free_space(self) -> int | None:
        """Return the bytes that this account can still write, ``None`` when the server does not tell."""
        with self._asking("consultar el espacio libre") as session:
            return session.find_free_space(self._root)

    def close(self) -> None:
        """Let the connection go; the next call makes a new one."""
        self._connection.close()

    @contextmanager
    def _asking(self, doing: str) -> Iterator[SftpSession]:
        with self._connection.translate_errors(doing):
            session = self._connection.session()
            self._check_marker(session)
            yield session

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _check_marker(self, session: SftpSession) -> None:
        where = f"{self._root} del servidor"
        if _find(session, self._path(MARKER)) is None:
            raise faults.not_prepared(self._name, where)
        with session.open(self._path(MARKER), "r") as stream:
            found = stream.read(MARKER_LIMIT).decode("utf-8", "replace").strip()
        if found != self._name:
            raise faults.wrong_store(self._name, where, found)

    def _make_folders(self, session: SftpSession, name: str) -> None:
        path = self._root
        for folder in name.split("/")[:-1]:
            path = f"{path}/{folder}"
            _make_folder(session, path, store=self._name)

    def _move(self, session: SftpSession, old: str, new: str) -> None:
        """Rename; ask before, because a server may overwrite, and after, because ours says only "Failure"."""
        target = self._path(new)
        if _exists(session, target):
            raise faults.taken(self._name, f"renombrar {old} como {new}")
        try:
            session.rename(self._path(old), target)
        except FileNotFoundError:
            raise
        except OSError:
            if _exists(session, target):
                raise faults.taken(self._name, f"renombrar {old} como {new}") from None
            raise

    def _settle(self, session: SftpSession, name: str) -> None:
        """Drop the part when the published file is the same; fail when it is another."""
        with self.open(name) as published, self.open(part_name(name)) as part:
            same = is_equal(published, part)
        if not same:
            raise faults.taken(self._name, f"publicar {name}")
        session.remove(self._path(part_name(name)))

    def _files(self, prefix: str) -> Iterator[Found]:
        with self._asking("listar las copias") as session:
            folders = [""]
            while folders:
                above = folders.pop()
                for file, attributes in session.list_folder(self._path(above)):
                    name, mode = above + file, attributes.st_mode or 0
                    if stat.S_ISDIR(mode) and leads_to(name, prefix):
                        folders.append(f"{name}/")
                    elif stat.S_ISREG(mode) and name.startswith(prefix) and is_safe(name):
                        yield StoredFile(name, attributes.st_size or 0), float(attributes.st_mtime or 0)


def _find(session: SftpSession, path: str) -> int | None:
    """Return the size of a regular file, ``None`` for anything else."""
    try:
        found = session.lstat(path)
    except FileNotFoundError:
        return None
    return found.st_size if stat.S_ISREG(found.st_mode or 0) else None


def _exists(session: SftpSession, path: str) -> bool:
    try:
        session.lstat(path)
    except FileNotFoundError:
        return False
    return True


def _make_folder(session: SftpSession, path: str, *, store: str) -> None:
    """Create a folder that may exist; a link in its place would lead out of the store."""
    try:
        mode = session.lstat(path).st_mode or 0
    except FileNotFoundError:
        with suppress(FileExistsError):
            session.mkdir(path, 0o750)
        mode = session.lstat(path).st_mode or 0
    if not stat.S_ISDIR(mode):
        raise faults.from_os_error(NotADirectoryError(20, "no es una carpeta"), store=store, doing=f"usar {path}")
