"""Uploads of an emulated NAS: whole and in chunks."""

from __future__ import annotations

import secrets
import time
import typing as t
from pathlib import Path

from copias_sandbox.qnap.multipart import Body, blocks, find_boundary, open_file_part
from copias_sandbox.qnap.quirks import Quirks
from copias_sandbox.qnap.shelf import DUPLICATE, FULL, OK, PARTIAL, UNKNOWN, Refused, Shelf


class Dropped(Exception):
    """The line is to break without an answer."""


class Uploads:
    """What is being uploaded to a shelf."""

    def __init__(self, shelf: Shelf, quirks: Quirks) -> None:
        self._shelf = shelf
        self._quirks = quirks

    def start(self, query: dict[str, str]) -> dict[str, t.Any]:
        """Begin an upload in chunks; 0 is success here."""
        self._shelf.existing(query["upload_root_dir"])
        number = secrets.token_hex(8)
        (self._shelf.pieces / number).touch()
        return {"status": 0, "upload_id": number}

    def offset(self, query: dict[str, str]) -> dict[str, t.Any]:
        """Tell how much of an upload in chunks there is, where this NAS knows that call."""
        if not self._quirks.tells_offset:
            raise Refused(UNKNOWN)
        size = self._shelf.place_of_pieces(query["upload_id"]).stat().st_size
        return {"status": OK, "success": "true", "upload_id": query["upload_id"], "offset": str(size)}

    def whole(self, query: dict[str, str], body: Body, headers: t.Mapping[str, str]) -> dict[str, t.Any]:
        """Take a file in one request."""
        length = int(headers.get("Content-Length") or 0)
        part, left = open_file_part(body, find_boundary(headers.get("Content-Type", "")), length)
        answer = {"status": OK, "success": "true"}
        if part is None or self._quirks.take("lost_writes"):
            _drain(body, left)
            return answer
        folder = self._shelf.existing(query["dest_path"])
        target = self._shelf.place(query["dest_path"], part.filename)
        if target.exists() and query.get("overwrite") != "1":
            _drain(body, left)
            raise Refused(DUPLICATE)
        self._write(folder / part.filename, body, part.bytes, mode="wb")
        _drain(body, left - part.bytes)
        return answer

    def chunk(self, query: dict[str, str], body: Body, headers: t.Mapping[str, str]) -> dict[str, t.Any]:
        """Take one chunk; the last one, which says no ``multipart``, makes the file."""
        length = int(headers.get("Content-Length") or 0)
        part, left = open_file_part(body, find_boundary(headers.get("Content-Type", "")), length)
        pieces = self._shelf.place_of_pieces(query.get("upload_id", ""))
        wrong = int(query["offset"]) != pieces.stat().st_size or self._quirks.take("wrong_offset")
        if part is None or wrong:
            _drain(body, left)
            raise Refused(PARTIAL)
        self._write(pieces, body, part.bytes, mode="ab")
        _drain(body, left - part.bytes)
        if query.get("multipart") != "1":
            self._finish(pieces, query)
        return {"status": OK, "success": "true"}

    def _finish(self, pieces: Path, query: dict[str, str]) -> None:
        target = self._shelf.place(query["dest_path"], query["upload_name"])
        if pieces.stat().st_size != int(query["filesize"]):
            raise Refused(PARTIAL)
        if target.exists() and query.get("overwrite") != "1":
            raise Refused(DUPLICATE)
        if self._quirks.take("lost_writes"):
            pieces.unlink()
        else:
            pieces.rename(target)

    def _write(self, path: Path, body: Body, count: int, *, mode: str) -> None:
        spoil, drop = self._quirks.take("spoiled"), self._quirks.take("dropped")
        with path.open(mode) as stream:
            for block in blocks(body, count // 2 if drop else count):
                room = self._quirks.room
                if room is not None:
                    self._quirks.room = max(0, room - len(block))
                    if len(block) > room:
                        stream.write(block[:room])
                        raise Refused(FULL)
                stream.write(bytes([block[0] ^ 1]) + block[1:] if spoil else block)
                spoil = False
                if self._quirks.bytes_per_second:
                    time.sleep(len(block) / self._quirks.bytes_per_second)
        if drop:
            raise Dropped


def _drain(body: Body, count: int) -> None:
    for _ in blocks(body, count):
        pass
