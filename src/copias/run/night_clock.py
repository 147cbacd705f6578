"""The end of a night that is stopped, or late: what is under way is asked to end, and the playbook closes it.

Nothing else is begun (each step looks for the marks in the run's folder), so that the playbook comes to its last step,
which tells how the night went. Only a playbook that does not come to its end by itself is killed.
"""

from __future__ import annotations

import time
import typing as t
from contextlib import suppress

import orjson
import psutil

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from copias.run.folder import RunFolder

STOP_GRACE: t.Final = 45.0
"""Seconds that a stopped night may take to close itself; who stopped it waits."""
LATE_GRACE: t.Final = 600.0
"""Seconds that a late night may take to close itself; nobody waits."""
LOST_GRACE: t.Final = 30.0
"""Seconds without any module after which a playbook whose worker was killed waits for nothing but that worker."""
MODULE: t.Final = "AnsiballZ_"
CLOSING: t.Final = f"{MODULE}night_closing"


class NightClock:
    """Asked again and again while the playbook runs; tells when it is to be killed.

    Args:
        folder: of the run.
        limit: seconds that the night may last, from now, while it has not begun: an inventory that hangs ends too.
        process: whose descendants the playbook and its modules are; this one.
    """

    def __init__(self, folder: RunFolder, limit: float, process: psutil.Process | None = None) -> None:
        self._folder = folder
        self._process = process or psutil.Process()
        self._unbegun = time.monotonic() + limit
        self._over: float | None = None
        self._kill: float | None = None
        self._lost = False
        self._quiet: float | None = None

    def __call__(self) -> bool:
        """Look whether it is time, and tell whether the playbook is to be killed now."""
        now = time.monotonic()
        if self._is_over(now) and not self._folder.asked_to_end:
            self._folder.late_mark.touch()
        if self._folder.asked_to_end and self._kill is None:
            stopped = self._folder.stop_mark.exists()
            self._kill = now + (STOP_GRACE if stopped else LATE_GRACE)
            self._end_modules()
        return self._waits_for_the_dead(now) or (self._kill is not None and now > self._kill)

    def _waits_for_the_dead(self, now: float) -> bool:
        """Tell whether a worker of Ansible's was killed, as for want of memory, and all that it could do is done.

        With ``throttle`` Ansible forgets such a worker and waits for it until the night's time is over. Its module is
        ours then, since orphans are, and may come to its end; what it did is in the ledger.
        """
        self._lost = self._lost or self._has_module(self._process.children())
        if not self._lost or self._has_module(self._process.children(recursive=True)):
            self._quiet = None
            return False
        self._quiet = self._quiet or now
        return now - self._quiet > LOST_GRACE

    def _is_over(self, now: float) -> bool:
        """Tell whether its time is over, by a clock that nobody sets, from when it was seen to begin, or from ours."""
        if self._over is None and (limit := read_limit(self._folder)) is not None:
            self._over = now + limit
        return now > (self._unbegun if self._over is None else self._over)

    def _end_modules(self) -> None:
        """Ask what is under way to end: what can, keeps what it has; the rest is as after a power cut."""
        for module in self._find_modules():
            with suppress(psutil.Error):
                module.terminate()

    @staticmethod
    def _has_module(processes: Iterable[psutil.Process]) -> bool:
        """Tell whether one of these is a module, or the shell that started one."""
        for process in processes:
            with suppress(psutil.Error):
                if MODULE in str(process.cmdline()):
                    return True
        return False

    def _find_modules(self) -> Iterator[psutil.Process]:
        for process in self._process.children(recursive=True):
            with suppress(psutil.Error):
                command = process.cmdline()
                # Not the shell that started one, nor the last step of all.
                if (
                    "python" in process.name()
                    and any(MODULE in part for part in command[:3])
                    and CLOSING not in str(command)
                ):
                    yield process


def read_limit(folder: RunFolder) -> float | None:
    """Return the seconds that the night may last; ``None`` before it began."""
    try:
        return float(orjson.loads((folder.path / "night.json").read_bytes())["limit"])
    except (OSError, ValueError, KeyError):
        return None
