"""Watch a run from outside, and stop it."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass

from copias.errors import EXIT_FAILED, NotReady
from copias.progress import read_steps
from copias.run.folder import Result, RunFolder

if t.TYPE_CHECKING:
    from collections.abc import Iterator

POLL = 0.2
"""Seconds between two looks."""
STOP_LIMIT = 60.0
"""Seconds that a run may take to stop."""


@dataclass(frozen=True)
class Progress:
    """How far a step is, in its unit; ``total`` is unknown for a stream; ``rate`` is for a second.

    ``bytes`` is told where another thing is counted.
    """

    step: str
    done: int
    total: int | None
    rate: float
    unit: str = "bytes"
    bytes: int | None = None

    @property
    def seconds_left(self) -> float | None:
        """Return the predicted time to the end of the step."""
        if not self.total or not self.rate:
            return None
        return max(0.0, (self.total - self.done) / self.rate)


class _Clock:
    """Turns progress lines into progress with a rate, measured from the step's first line and what it says is done."""

    def __init__(self) -> None:
        self._step = ""
        self._started = 0.0
        self._first = 0

    def read(self, line: dict[str, t.Any]) -> Progress:
        if line["step"] != self._step:
            self._step, self._started, self._first = line["step"], line["time"], line["done"]
        elapsed = line["time"] - self._started
        rate = (line["done"] - self._first) / elapsed if elapsed > 0 else 0.0
        unit = line.get("unit", "bytes")
        return Progress(line["step"], line["done"], line["total"], rate, unit, line.get("bytes"))


def follow_run(folder: RunFolder) -> Iterator[Progress | Result]:
    """Yield progress as it comes, and last the result.

    A run whose processes died without a result yields a failed one that says so.
    """
    clock, offset = _Clock(), 0
    while True:
        end = _find_end(folder)  # first, since the last progress is written before the result
        for position, line in read_steps(folder.progress, offset):
            offset = position
            yield clock.read(line)
        if end is not None:
            yield end
            return
        time.sleep(POLL)


def stop_run(folder: RunFolder) -> Result:
    """Ask a run to stop and wait until it has.

    Raises:
        NotReady: it did not stop in time.
    """
    folder.stop_mark.touch()
    deadline = time.monotonic() + STOP_LIMIT
    # Not by what it tells of its progress: one that stands still tells nothing, and would be waited for without end.
    while time.monotonic() < deadline:
        if state := _find_end(folder):
            return state
        time.sleep(POLL)
    raise NotReady(
        "la ejecución no se detuvo",
        whose=f"ejecución {folder.request.run}",
        why=f"pasaron {STOP_LIMIT:.0f} segundos",
        repair="si la empezó un ansible-playbook, deténgala donde se empezó, con Ctrl-C; si no, avise al administrador",
    )


def _find_end(folder: RunFolder) -> Result | None:
    """Return what came of a run that has ended, ``None`` of one that goes on."""
    alive = folder.is_alive()  # before its result, which is written before the process ends
    result = folder.read_result()
    return result or (None if alive else _died(folder))


def _died(folder: RunFolder) -> Result:
    try:
        message = (
            "La ejecución murió sin terminar (corte de energía o proceso eliminado). "
            f"Continúela con `{folder.request.verb}`."
        )
    except FileNotFoundError:
        message = f"Alguien borró la carpeta de la ejecución, {folder.path}, y no se sabe cómo terminó. Empiece otra."
    return Result(EXIT_FAILED, message, "", {})
