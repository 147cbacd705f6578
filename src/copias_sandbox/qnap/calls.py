"""File Station's functions over a shelf."""

from __future__ import annotations

import time
import typing as t

from copias_sandbox.qnap.quirks import Quirks
from copias_sandbox.qnap.shelf import ABSENT, DENIED, OK, UNKNOWN, Refused, Shelf, absent_row, md5, row
from copias_sandbox.qnap.uploads import Uploads

DOWNLOAD: t.Final = "download"
_DONE: t.Final = {"status": OK, "success": "true"}


class Calls:
    """What ``utilRequest.cgi`` does, by the name of the function."""

    def __init__(self, shelf: Shelf, quirks: Quirks) -> None:
        self.shelf = shelf
        self._quirks = quirks
        uploads = Uploads(shelf, quirks)
        self.with_files = {"upload": uploads.whole, "chunked_upload": uploads.chunk}
        self._functions: dict[str, t.Callable[[dict[str, str]], t.Any]] = {
            "start_chunked_upload": uploads.start,
            "get_chunked_upload": uploads.offset,
            "get_tree": self._tree,
            "get_list": self._list,
            "createdir": self._make_folder,
            "stat": self._stat,
            "get_file_size": self._size,
            "checksum": self._checksum,
            "rename": self._rename,
            "move": self._move,
            "copy": self._copy,
            "delete": self._delete,
        }

    def call(self, function: str, query: dict[str, str]) -> t.Any:
        """Do a function.

        Raises:
            Refused: with the status to answer.
        """
        work = self._functions.get(function)
        if work is None:
            raise Refused(UNKNOWN)
        try:
            return work(query)
        except KeyError:  # a parameter is missing
            raise Refused(UNKNOWN) from None

    def _tree(self, _query: dict[str, str]) -> t.Any:
        return [{"text": path.name, "cls": "r"} for path in sorted(self.shelf.folder.iterdir())]

    def _list(self, query: dict[str, str]) -> t.Any:
        rows = self.shelf.rows(query["path"])
        if query.get("hidden_file") != "1":
            rows = [found for found in rows if not found["filename"].startswith(".")]
        start, limit = int(query.get("start", "0")), int(query.get("limit", "100"))
        page = rows[start : start + limit]
        if self._quirks.numbers_as_text:
            page = [{key: str(value) for key, value in found.items()} for found in page]
        total: t.Any = str(len(rows)) if self._quirks.numbers_as_text else len(rows)
        totals = {"total": total, "real_total": total} if self._quirks.totals else {}
        return {**_DONE, **totals, "datas": page}

    def _make_folder(self, query: dict[str, str]) -> t.Any:
        self.shelf.make_folder(query["dest_path"], query["dest_folder"])
        return _DONE

    def _stat(self, query: dict[str, str]) -> t.Any:
        found = self.shelf.place(query["path"], query["file_name"])
        one = row(found) if found.exists() else absent_row(query["file_name"])
        if not self._quirks.owners:
            one = {**one, "owner": ""}
        return {**_DONE, "datas": [one]}

    def _size(self, query: dict[str, str]) -> t.Any:
        return {**_DONE, "size": str(self.shelf.existing(query["path"], query["name"]).stat().st_size)}

    def _checksum(self, query: dict[str, str]) -> t.Any:
        if not self._quirks.checksum:
            raise Refused(UNKNOWN)
        time.sleep(self._quirks.checksum_pause)
        found = self.shelf.existing(query["path"], query["file_name"])
        return {**_DONE, "datas": [{**row(found), "checksum": md5(found)}]}

    def _rename(self, query: dict[str, str]) -> t.Any:
        self.shelf.rename(query["path"], query["source_name"], query["dest_name"])
        return _DONE

    def _move(self, query: dict[str, str]) -> t.Any:
        return self._transfer(query, keep=False)

    def _copy(self, query: dict[str, str]) -> t.Any:
        return self._transfer(query, keep=True)

    def _transfer(self, query: dict[str, str], *, keep: bool) -> t.Any:
        source = self.shelf.existing(query["source_path"], query["source_file"])
        folder = self.shelf.existing(query["dest_path"])
        self.shelf.transfer(source, folder, keep=keep, overwrite=query.get("mode") == "0")
        return _DONE

    def _delete(self, query: dict[str, str]) -> t.Any:
        if self._quirks.delete_denied:
            raise Refused(DENIED)
        if query["file_total"] != "1":
            raise Refused(ABSENT)
        self.shelf.delete(query["path"], query["file_name"], recycle=self._quirks.recycle_bin)
        return _DONE
