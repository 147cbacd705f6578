"""Progress of a run: JSON lines in the run's folder, which the command line follows.

The file's path comes in ``COPIAS_PROGRESS``; without it (a playbook started by hand) nothing is written.
One line: ``{"time": float seconds, "step": str, "done": int, "total": int or null, "unit": str,
"bytes": int or null}``.
"""

from __future__ import annotations

import os
import time
import typing as t
from pathlib import Path

import orjson

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ENVIRONMENT = "COPIAS_PROGRESS"
INTERVAL = 0.25
"""Seconds between two lines of one step."""

Report: t.TypeAlias = "Callable[[int], None]"
"""Called with the number of bytes, or what else is counted, done since the last call."""

Unit: t.TypeAlias = t.Literal["bytes", "messages", "accounts"]


def ignore(_: int, /) -> None:
    """Report to nobody."""


class Step:
    """One step of a run, reported at most four times a second.

    Args:
        name: as people read it.
        total: units, when they are known.
        unit: what is counted.
        done: units that an earlier run did, which say nothing of this one's pace.
        size: tells the bytes so far, where another thing is counted.
    """

    def __init__(
        self,
        name: str,
        total: int | None = None,
        *,
        unit: Unit = "bytes",
        done: int = 0,
        size: Callable[[], int] | None = None,
    ) -> None:
        self.name = name
        self.unit = unit
        self.total = total
        self.done = done
        self._size = size
        self._written = 0.0
        self._path = os.environ.get(ENVIRONMENT)

    def __enter__(self) -> t.Self:
        self._write()
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        if error is None:
            self.total = self.done  # what was predicted is known now
        self._write()

    def __call__(self, count: int, /) -> None:
        """Add ``count`` units."""
        self.done += count
        if time.monotonic() - self._written >= INTERVAL:
            self._write()

    def _write(self) -> None:
        self._written = time.monotonic()
        if not self._path:
            return
        size = self._size() if self._size else None
        line = {"time": time.time(), "step": self.name, "done": self.done, "total": self.total, "unit": self.unit}
        line["bytes"] = size
        with open(self._path, "ab") as stream:
            stream.write(orjson.dumps(line) + b"\n")


def read_steps(path: Path, offset: int = 0) -> Iterator[tuple[int, dict[str, t.Any]]]:
    """Yield ``(next offset, line)`` for each whole line from ``offset`` on."""
    if not path.exists():
        return
    with path.open("rb") as stream:
        stream.seek(offset)
        for line in stream:
            if not line.endswith(b"\n"):
                return
            offset += len(line)
            yield offset, orjson.loads(line)
