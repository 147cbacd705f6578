"""The shares of an emulated NAS: plain folders of this machine, so that tests can look and spoil."""

from __future__ import annotations

import hashlib
import shutil
import threading
import time
import typing as t
from pathlib import Path

OK, UNKNOWN, EXISTS, DENIED, ABSENT, FULL, DUPLICATE = 1, 0, 2, 4, 5, 9, 33
ILLEGAL, PARTIAL = 12, 107
RECYCLE = "@Recycle"
_ILLEGAL = frozenset("\"+=/\\:|*?<>;[]%,`'")
_BACKGROUND = 0.05
"""Seconds that a move takes, after its answer."""


class Refused(Exception):
    """The call fails with a status of File Station."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Shelf:
    """The folder that holds one folder for each share."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pieces = folder.with_name(folder.name + ".pieces")
        for path in (folder, self.pieces):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def place(self, path: str, name: str = "") -> Path:
        """Return where ``/Share/folder`` and a name in it lie.

        Raises:
            Refused: it leads out, or the name is not one of File Station's.
        """
        found = (self.folder / path.strip("/") / name).resolve()
        if self.folder.resolve() not in found.parents:
            raise Refused(ABSENT)
        if name and (_ILLEGAL.intersection(name) or name.startswith(("_sn_", "_sn_bk"))):
            raise Refused(ILLEGAL)
        return found

    def existing(self, path: str, name: str = "") -> Path:
        """Return the same, of something that is there."""
        found = self.place(path, name)
        if not found.exists():
            raise Refused(ABSENT)
        return found

    def place_of_pieces(self, number: str) -> Path:
        """Return where the pieces of an upload lie.

        Raises:
            Refused: no upload has that number.
        """
        found = self.pieces / number
        if not number.isalnum() or not found.is_file():
            raise Refused(ABSENT)
        return found

    def rows(self, path: str) -> list[dict[str, t.Any]]:
        """Return the rows of a folder, by name."""
        folder = self.existing(path)
        return [row(entry) for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)]

    def make_folder(self, path: str, name: str) -> None:
        """Make a folder in one that exists."""
        self.existing(path)
        try:
            self.place(path, name).mkdir()
        except FileExistsError:
            raise Refused(DUPLICATE) from None

    def rename(self, path: str, old: str, new: str) -> None:
        """Rename within a folder, never over another."""
        source, target = self.existing(path, old), self.place(path, new)
        if target.exists():
            raise Refused(DUPLICATE)
        source.rename(target)

    def transfer(self, source: Path, folder: Path, *, keep: bool, overwrite: bool) -> None:
        """Begin a move or copy that goes on after the answer."""

        def work() -> None:
            time.sleep(_BACKGROUND)
            target = folder / source.name
            if overwrite or not target.exists():
                shutil.copy2(source, target) if keep else source.rename(target)

        threading.Thread(target=work, daemon=True).start()

    def delete(self, path: str, name: str, *, recycle: bool) -> None:
        """Delete a file or folder, or put it into the share's recycle bin."""
        found = self.existing(path, name)
        if recycle:
            share = self.folder / path.strip("/").split("/")[0]
            bin_of_share = share / RECYCLE
            bin_of_share.mkdir(exist_ok=True)
            found.rename(bin_of_share / f"{time.time_ns()}-{found.name}")
        elif found.is_dir():
            shutil.rmtree(found)
        else:
            found.unlink()


def row(entry: Path) -> dict[str, t.Any]:
    """Return what a list says of an entry."""
    facts = entry.stat()
    return {
        "filename": entry.name,
        "isfolder": int(entry.is_dir()),
        "filesize": 0 if entry.is_dir() else facts.st_size,
        "epochmt": int(facts.st_mtime),
        "mt": time.strftime("%Y/%m/%d %H:%M:%S", time.localtime(facts.st_mtime)),
        "owner": "copias",
        "group": "everyone",
        "privilege": "777",
    }


def absent_row(name: str) -> dict[str, t.Any]:
    """Return the row of a file that is not there: a row all the same."""
    return {"filename": name, "isfolder": 0, "filesize": 0, "epochmt": 0, "mt": "", "owner": "", "group": ""}


def md5(path: Path) -> str:
    """Return the MD5 of a file, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
