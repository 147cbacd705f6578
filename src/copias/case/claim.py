"""One run for each case: a record of who holds it, stale when the process that held it is gone.

The sheet cannot enforce this (it has no compare-and-set), so we do. The command line claims for the process that
will start the playbook; the playbook's own process takes the claim of its run over.
"""

from __future__ import annotations

import os
import re
import socket
import time
import typing as t
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import orjson
import psutil

from copias.errors import AlreadyRunning
from copias.files import locked, make_private_directory, write_atomically

if t.TYPE_CHECKING:
    from collections.abc import Iterator

NIGHT: t.Final = "noche"
"""What the night is claimed by, as a case is by its number: there is one at a time."""
MACHINE_ID: t.Final = Path("/etc/machine-id")


@dataclass(frozen=True)
class Process:
    """A process of one boot of one machine: its number alone could be somebody else's by now.

    Boot, number and start make it equal to another record of it; where it runs only tells whether we can look.

    Args:
        host: name of its machine then, to be shown; a machine without an id is known by it.
        boot: id of the boot of its kernel.
        pid: its number.
        started: in clock ticks since the boot, so no clock that somebody sets changes it.
        machine: id of its machine, which no change of name changes; empty in records of version 0.5 and before.
        space: where its number counts: containers of one image have one machine id, and number each its own.
        noted_at: when this was written down, in seconds since 1970.
    """

    host: str = field(compare=False)
    boot: str
    pid: int
    started: float
    machine: str = field(default="", compare=False)
    space: str = field(default="", compare=False)
    noted_at: float = field(default=0.0, compare=False)

    @property
    def is_here(self) -> bool:
        """Tell whether it is of this machine, of this boot or an earlier one: only then can we know what became of it.

        The id of a machine stays when its name is changed; a clone of it has the same one.
        """
        machine, named_so = _machine_id(), self.host == socket.gethostname()
        if not (self.machine and machine):
            return named_so
        if self.machine != machine:
            return False
        if named_so:
            return True
        if self.boot == _boot_id():
            return self.space == _number_space()
        # Renamed and started again, unless it was written down after that: then a clone with another name did it.
        return not psutil.boot_time() < self.noted_at <= time.time()

    def is_alive(self) -> bool:
        """Tell whether it still runs; of another machine we cannot know, so it counts as alive."""
        if not self.is_here:
            return True
        if self.boot != _boot_id():
            return False
        with suppress(psutil.Error):
            process = psutil.Process(self.pid)
            return _started(process.pid) == self.started and process.status() != psutil.STATUS_ZOMBIE
        return False


@dataclass(frozen=True)
class Claim:
    """Who holds a case."""

    case: str
    run: str
    holder: Process
    account: str
    since: str


def describe_process(pid: int | None = None) -> Process:
    """Return the identity of a process, by default this one."""
    process = psutil.Process(pid)
    return Process(
        host=socket.gethostname(),
        boot=_boot_id(),
        pid=process.pid,
        started=_started(process.pid),
        machine=_machine_id(),
        space=_number_space(),
        noted_at=time.time(),
    )


def find_playbook() -> Process | None:
    """Return the ``ansible-playbook`` process above this one: the oldest, for it forks workers of its own name."""
    found = [parent for parent in psutil.Process().parents() if _is_playbook(parent)]
    return describe_process(found[-1].pid) if found else None


class Claims:
    """The claims of one installation, a small file each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def take(self, case: str, run: str, *, holder: Process, account: str) -> Claim:
        """Hold the case for this run; taking it again for the same run moves it to ``holder``.

        Raises:
            AlreadyRunning: another run holds it and its process lives.
        """
        with self._lock(case):
            current = self.read(case)
            if current and current.run != run and current.holder.is_alive():
                raise self._held(current)
            since = current.since if current and current.run == run else datetime.now(UTC).isoformat()
            claim = Claim(case, run, holder, account, since)
            if claim == current:
                return current  # the same process took it again: it stays as it was written down
            write_atomically(self._path(case), orjson.dumps(asdict(claim)))
            return claim

    def hand_over(self, case: str, run: str, *, holder: Process) -> None:
        """Move our own claim to the process that goes on, unless that process has moved it further already."""
        with self._lock(case):
            claim = self.read(case)
            if claim and claim.run == run and claim.holder == describe_process():
                write_atomically(self._path(case), orjson.dumps(asdict(replace(claim, holder=holder))))

    def require_free(self, case: str) -> None:
        """Make sure that nobody runs the case, without taking it.

        Raises:
            AlreadyRunning: somebody does.
        """
        if current := self.active(case):
            raise self._held(current)

    def check(self, case: str, holder: Process) -> None:
        """Make sure that ``holder`` still holds the case.

        Raises:
            AlreadyRunning: another run does, or nobody.
        """
        claim = self.read(case)
        if claim is None or claim.holder != holder:
            if claim is not None and claim.holder.is_alive():
                raise self._held(claim)
            raise _not_ours(case)

    def release(self, case: str, run: str) -> None:
        """Let the case go, if this run still holds it."""
        with self._lock(case):
            claim = self.read(case)
            if claim and claim.run == run:
                self._path(case).unlink(missing_ok=True)

    def read(self, case: str) -> Claim | None:
        """Return who holds or held the case; a record that a crash left unreadable counts as none."""
        try:
            record = orjson.loads(self._path(case).read_bytes())
            return Claim(**{**record, "holder": Process(**record["holder"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def active(self, case: str) -> Claim | None:
        """Return the claim if its process lives."""
        claim = self.read(case)
        return claim if claim and claim.holder.is_alive() else None

    def list_active(self) -> list[Claim]:
        """Return the claims of cases whose process lives; the night's is none."""
        found = (self.active(path.stem) for path in sorted(self.folder.glob("*.json")) if path.stem != NIGHT)
        return [claim for claim in found if claim is not None]

    def _held(self, claim: Claim) -> AlreadyRunning:
        from copias.package.texts import format_moment

        night = claim.case == NIGHT
        it, whose = ("la", claim.run) if night else ("lo", f"caso {claim.case}")
        since, host = format_moment(claim.since), ascii(claim.holder.host[:80])[1:-1]
        why = f"{it} tiene {claim.account} desde el {since} en {host}, ejecución {claim.run}"
        what = f"{'la noche' if night else 'el caso'} ya se está ejecutando"
        if not claim.holder.is_here:
            gone = f"si esa máquina ya no existe, o no ejecuta nada, borre {self._path(claim.case)}"
            return AlreadyRunning(
                f"{what} en otra máquina", whose=whose, why=why, repair=f"espere a que termine; {gone}"
            )
        follow = "sígala con `copias nightly --follow`, o deténgala con `copias nightly --stop`"
        return AlreadyRunning(
            what, whose=whose, why=why, repair=follow if night else f"sígala con `copias follow {claim.case}`"
        )

    def _path(self, case: str) -> Path:
        return self.folder / f"{case}.json"

    @contextmanager
    def _lock(self, case: str) -> Iterator[None]:
        make_private_directory(self.folder)
        with locked(self.folder / f"{case}.lock"):
            yield


def _not_ours(case: str) -> AlreadyRunning:
    if case == NIGHT:
        what, whose, repair = "esta ejecución no tiene tomada la noche", "", "empiece por la función night_begin"
    else:
        what, whose, repair = (
            "esta ejecución no tiene tomado el caso",
            f"caso {case}",
            "empiece por la función case_intake",
        )
    return AlreadyRunning(what, whose=whose, repair=repair)


def _started(pid: int) -> float:
    """Return when a process started, in clock ticks since the boot (field 22 of its ``stat``, proc(5)).

    Raises:
        psutil.NoSuchProcess: there is none of that number.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        raise psutil.NoSuchProcess(pid) from None
    return float(text.rpartition(")")[2].split()[19])


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def _machine_id() -> str:
    """Return the id of this machine (machine-id(5)); empty where it has none that can be trusted."""
    with suppress(OSError):
        found = MACHINE_ID.read_text(encoding="ascii", errors="replace").strip()
        return found if re.fullmatch(r"[0-9a-f]{32}", found) else ""  # "uninitialized" in an image
    return ""


def _number_space() -> str:
    """Return the space in which processes have their numbers (pid_namespaces(7))."""
    return os.readlink("/proc/self/ns/pid")  # noqa: PTH115 -- it points at no file


def _is_playbook(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return any(os.path.basename(part) == "ansible-playbook" for part in process.cmdline()[:3])  # noqa: PTH119
    return False
