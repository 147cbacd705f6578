"""What a restore has done: a line before each message is sent and one after, so that none is given back twice."""

from __future__ import annotations

import os
import typing as t

import orjson

from copias.errors import Altered
from copias.files import make_private_directory

if t.TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class RestoreJournal:
    """The journal of one recovery, as a context manager.

    A line is ``{"id": id in the copy, "state": "sent" | "done" | "lost", "new": id or file in the target}``, and
    ``without`` names the labels that a message is sent without. Each is on the disk before the next step is taken. A
    last line that a power cut left half written is dropped: the message that it was about is doubtful then, and is
    looked for in the target.

    Args:
        path: its file; made when absent.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.done: dict[str, str] = {}
        """Id in the copy → id of the message, or name of the file, in the target."""
        self.doubtful: set[str] = set()
        """Sent, and no answer was recorded."""
        self._without: dict[str, tuple[str, ...]] = {}

    @classmethod
    def read(cls, path: Path) -> t.Self:
        """Return what a journal says, without opening it for more.

        Raises:
            Altered: it is damaged.
        """
        journal = cls(path)
        journal._read()
        return journal

    @property
    def begun(self) -> bool:
        """Tell whether anything was given back, or may have been."""
        return bool(self.done or self.doubtful)

    @property
    def unlabelled(self) -> dict[str, tuple[str, ...]]:
        """Return id in the copy → names of the labels that it lacks in the target, of what is done and lacks any."""
        return {key: names for key, names in self._without.items() if names and key in self.done}

    def __enter__(self) -> t.Self:
        make_private_directory(self._path.parent)
        length = self._read()
        self._stream = self._path.open("ab")
        self._stream.truncate(length)
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def _read(self) -> int:
        """Read what is there and return the length of its whole lines."""
        content = self._path.read_bytes() if self._path.exists() else b""
        length = content.rfind(b"\n") + 1
        for line in content[:length].splitlines():
            try:
                entry = orjson.loads(line)
                self._take(str(entry["id"]), str(entry["state"]), str(entry.get("new", "")))
                if entry["state"] == "sent":
                    self._without[str(entry["id"])] = tuple(map(str, entry.get("without", ())))
            except (orjson.JSONDecodeError, KeyError, TypeError) as error:
                raise Altered(
                    "el registro de la recuperación está dañado",
                    whose=str(self._path),
                    why="una línea no se entiende",
                    repair="guarde ese archivo, revise el disco y avise al administrador",
                ) from error
        return length

    def _take(self, key: str, state: str, new: str) -> None:
        if state == "sent":
            self.doubtful.add(key)
            return
        self.doubtful.discard(key)
        self.done.pop(key, None)
        if state == "done":
            self.done[key] = new

    def sent(self, key: str, *, without: Sequence[str] = ()) -> None:
        """Record that a message is about to be sent, without some of the labels that it had."""
        self._write({"id": key, "state": "sent", **({"without": [*without]} if without else {})})
        self._take(key, "sent", "")
        self._without[key] = tuple(without)

    def found(self, key: str, new: str) -> None:
        """Record that a message is in the target."""
        self._write({"id": key, "state": "done", "new": new})
        self._take(key, "done", new)

    def lost(self, key: str) -> None:
        """Record that a message is surely not in the target: it was refused, or is gone again."""
        self._write({"id": key, "state": "lost"})
        self._take(key, "lost", "")

    def _write(self, entry: dict[str, t.Any]) -> None:
        self._stream.write(orjson.dumps(entry) + b"\n")
        self._stream.flush()
        os.fsync(self._stream.fileno())
