"""The calls of File Station that a store needs, with names and folders instead of parameters."""

from __future__ import annotations

import re
import tempfile
import typing as t
from contextlib import AbstractContextManager

from copias.errors import BackupError, NotReady
from copias.files import make_private_directory
from copias.store import faults
from copias.store import file_station_faults as station
from copias.store.contract import UploadLost
from copias.store.file_station_answers import number, rows
from copias.store.file_station_session import Session
from copias.store.file_station_wire import boundary, wait_until

if t.TYPE_CHECKING:
    import http.client
    from collections.abc import Iterator
    from pathlib import Path

    from copias.store.file_station_answers import Answer
    from copias.store.settings import StoreSettings

Pieces: t.TypeAlias = "tuple[bytes | memoryview, ...]"
"""Content as it was written, so that nothing is copied to be sent."""

PAGE: t.Final = 500
"""Rows of one page of a list."""
_SLOWEST_DISK: t.Final = 20e6
"""Bytes a second that any NAS reads."""
_MD5 = re.compile(r"[0-9a-f]{32}")
_DONE_OR_EXISTS: t.Final = frozenset({station.OK, *station.EXISTS})
_WITHOUT_MD5: t.Final = frozenset({station.OK, 0, 4, 10, 11})


class Spot(t.NamedTuple):
    """Where a file is: its folder, ``/Share/…``, and its name there."""

    folder: str
    base: str


class Entry(t.NamedTuple):
    """A row of a list: its name, whether it is a folder, bytes, and seconds since 1970."""

    base: str
    is_folder: bool
    bytes: int
    modified: float


class Client:
    """What one store asks of its File Station.

    Args:
        store: the logical name.
        settings: of the store.
        spool: folder for what waits on this machine; none is the system's for temporary files.
    """

    def __init__(self, store: str, settings: StoreSettings, *, spool: Path | None = None) -> None:
        self._spool = spool
        self.store = store
        self._limit = settings.time_limit
        self._session = Session(store, settings)

    def translate_errors(self, doing: str) -> AbstractContextManager[None]:
        """Turn what HTTP raises in the block into our errors."""
        return self._session.translate_errors(doing)

    def close(self) -> None:
        """Log out and let the connection go."""
        self._session.close()

    def open_spool(self) -> t.IO[bytes]:
        """Open a private file without a name: it is gone with the process, however that ends."""
        with self.translate_errors("guardar en este servidor lo que espera"):
            folder = make_private_directory(self._spool) if self._spool else None
            return tempfile.TemporaryFile(dir=folder)

    def find(self, spot: Spot) -> Entry | None:
        """Return a file or folder; of one that is not there the NAS tells a row without an owner.

        So it does of what belongs to an account that was deleted; that one has a time, and is looked for in its folder.
        """
        question = {"path": spot.folder, "file_total": "1", "file_name": spot.base}
        good = frozenset({station.OK, *station.ABSENT})
        answer = self._session.call("stat", question, doing=f"consultar {spot.base}", good=good)
        with self.translate_errors(f"consultar {spot.base}"):
            row = next(iter(rows(answer)), None)
            if row is None or answer["status"] in station.ABSENT:
                return None
            entry = _entry(row)
        if row.get("owner"):
            return entry
        listed = self.entries(spot.folder) if entry.modified else ()
        return next((one for one in listed if one.base == spot.base), None)

    def size(self, spot: Spot) -> int | None:
        """Return a file's bytes, ``None`` for anything else."""
        found = self.find(spot)
        return None if found is None or found.is_folder else found.bytes

    def entries(self, folder: str) -> Iterator[Entry]:
        """Yield what is in a folder, hidden ones included, page by page."""
        start, seen = 0, set[str]()
        while True:
            found, total = self._page(folder, start)
            for entry in found:
                if entry.base not in seen:  # what is added meanwhile moves rows to the next page
                    yield entry
            seen.update(entry.base for entry in found)
            start += len(found)
            if start >= total if total is not None else not found:
                return
            if not found:
                why = f"la lista de la NAS está incompleta: {start} de {total}"
                raise faults.unavailable(self.store, why)

    def make_folder(self, above: str, base: str) -> None:
        """Make a folder that may exist."""
        spot, doing = Spot(above, base), f"crear la carpeta {base}"
        question = {"dest_path": above, "dest_folder": base}
        for _ in range(2):
            found = self.find(spot)
            if found is not None:
                if not found.is_folder:
                    raise faults.from_os_error(
                        NotADirectoryError(20, "no es una carpeta"), store=self.store, doing=doing
                    )
                return
            answer = self._session.call("createdir", question, doing=doing, good=_DONE_OR_EXISTS)
            if answer["status"] not in station.EXISTS:
                return
            self._session.forget()  # 2 also says that the session ended
        raise station.strange_answer(self.store, doing)

    def rename(self, spot: Spot, base: str) -> None:
        """Rename within the folder, never over another.

        Raises:
            CopyFailed: the new name is taken.
            Altered: there is no such file.
        """
        doing = f"renombrar {spot.base} como {base}"
        question = {"path": spot.folder, "source_name": spot.base, "dest_name": base}
        for _ in range(2):
            answer = self._session.call("rename", question, doing=doing, good=_DONE_OR_EXISTS)
            if number(answer["status"]) not in station.EXISTS:
                break
            if self.find(Spot(spot.folder, base)) is not None:
                raise faults.taken(self.store, doing)
            self._session.forget()
        if self.find(Spot(spot.folder, base)) is None:
            raise station.strange_answer(self.store, doing)

    def move(self, spot: Spot, folder: str) -> None:
        """Move to another folder under the same name, and wait for it: the NAS answers before it is done."""
        doing = f"mover {spot.base}"
        question = {"source_path": spot.folder, "source_file": spot.base, "source_total": "1", "dest_path": folder}
        self._session.call("move", {**question, "mode": "1"}, doing=doing)
        target = Spot(folder, spot.base)
        if not wait_until(lambda: self.find(spot) is None and self.find(target) is not None, limit=self._limit):
            raise faults.unavailable(self.store, f"no se pudo {doing}: la NAS no terminó a tiempo")

    def delete(self, spot: Spot) -> None:
        """Delete a file that may be gone."""
        if self.size(spot) is None:
            return
        doing = f"retirar {spot.base}"
        question = {"path": spot.folder, "file_total": "1", "file_name": spot.base}
        good = frozenset({station.OK, *station.ABSENT})
        self._session.call("delete", question, doing=doing, good=good)
        if self.size(spot) is not None:
            raise faults.unavailable(self.store, f"no se pudo {doing}: la NAS dijo que sí y el archivo sigue")

    def md5(self, spot: Spot, size: int) -> str | None:
        """Return the MD5 that the NAS computes, ``None`` where it tells none."""
        question = {"path": spot.folder, "file_total": "1", "file_name": spot.base}
        answer = self._session.call(
            "checksum", question, doing=f"comprobar {spot.base}", good=_WITHOUT_MD5, patience=_patience(size)
        )
        with self.translate_errors(f"comprobar {spot.base}"):
            found = [str(row.get("checksum", "")).lower() for row in rows(answer)]
        return found[0] if found and _MD5.fullmatch(found[0]) else None

    def download(self, spot: Spot, start: int, *, doing: str) -> http.client.HTTPResponse:
        """Ask for a file from a byte on; without ``source_total`` the NAS sends an empty zip."""
        question = {"isfolder": "0", "source_total": "1", "source_path": spot.folder, "source_file": spot.base}
        return self._session.open_download(question, start, doing=doing)

    def upload(self, spot: Spot, content: Pieces, *, overwrite: bool = True) -> None:
        """Send a whole file in one request."""
        question = {
            "type": "standard",
            "overwrite": "1" if overwrite else "0",
            "dest_path": spot.folder,
            "progress": f"{spot.folder}/{spot.base}".replace("/", "-"),
        }
        self._post("upload", question, content, spot=spot, fields={}, filename=spot.base)

    def start_upload(self, spot: Spot) -> str:
        """Begin an upload in chunks and return its number; 0 is success here, and 1 no failure."""
        doing = f"crear {spot.base}"
        good = frozenset({0, station.OK})
        answer = self._session.call("start_chunked_upload", {"upload_root_dir": spot.folder}, doing=doing, good=good)
        if not answer.get("upload_id"):
            raise station.strange_answer(self.store, doing)
        return str(answer["upload_id"])

    def upload_chunk(self, spot: Spot, block: Pieces, *, upload_id: str, offset: int, total: int, last: bool) -> None:
        """Send a chunk; the last one makes the file."""
        question = {
            "upload_id": upload_id,
            "upload_root_dir": spot.folder,
            "dest_path": spot.folder,
            "upload_name": spot.base,
            "filesize": str(total),
            "offset": str(offset),
            "overwrite": "1",
            **({} if last else {"multipart": "1"}),
        }
        patience = _patience(total) if last else 0  # the NAS may put the file together now
        fields = {"fileName": spot.base}
        self._post("chunked_upload", question, block, spot=spot, fields=fields, filename="blob", patience=patience)

    def find_offset(self, spot: Spot, upload_id: str) -> int | None:
        """Return how much of an upload in chunks the NAS has, by its own word; ``None`` where it does not tell.

        The call is in no document of the maker: what does not answer it, or answers otherwise, is not asked again.
        """
        question = {"upload_id": upload_id, "upload_root_dir": spot.folder}
        try:
            answer = self._session.call("get_chunked_upload", question, doing=f"consultar la carga de {spot.base}")
            return number(answer["offset"]) if "offset" in answer else None
        except (BackupError, station.Unreadable):
            return None

    def _page(self, folder: str, start: int) -> tuple[list[Entry], int | None]:
        """Return the rows of a page, and how many the folder has, where the NAS says it."""
        question = {"path": folder, "list_mode": "all", "is_iso": "0", "start": str(start), "limit": str(PAGE)}
        order = {"sort": "filename", "dir": "ASC", "hidden_file": "1"}
        with self.translate_errors("listar las copias"):
            answer = self._session.call("get_list", {**question, **order}, doing="listar las copias")
            total = answer.get("total")
            return [_entry(row) for row in rows(answer)], number(total) if total or total == 0 else None

    def _post(
        self,
        function: str,
        question: dict[str, str],
        content: Pieces,
        *,
        spot: Spot,
        fields: dict[str, str],
        filename: str,
        patience: float = 0,
    ) -> None:
        """Send a multipart body as the NAS's parser wants it: quoted names, Content-Disposition first, no more."""
        edge = boundary()
        head = "".join(
            f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        )
        head += f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'
        head += "Content-Type: application/octet-stream\r\n\r\n"
        body = (head.encode(), *content, f"\r\n--{edge}--\r\n".encode())
        kind = f"multipart/form-data; boundary={edge}"
        try:
            self._session.call(
                function, question, doing=f"escribir {spot.base}", content=body, kind=kind, patience=patience
            )
        except (NotReady, UploadLost):
            raise
        except BackupError as error:
            if error.transient:
                raise UploadLost(error.what, whose=error.whose, why=error.why, repair=error.repair) from None
            raise


def _patience(size: int) -> float:
    """Return the seconds more that a NAS may take to go over so many bytes of its disk."""
    return 30 + size / _SLOWEST_DISK


def _entry(row: Answer) -> Entry:
    return Entry(
        base=str(row.get("filename", "")),
        is_folder=number(row.get("isfolder")) == 1,
        bytes=max(0, number(row.get("filesize"))),
        modified=float(max(0, number(row.get("epochmt")))),
    )
