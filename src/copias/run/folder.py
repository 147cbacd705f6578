"""The folder of one run: what was asked, how far it is, what came of it. It is all that survives a crash."""

from __future__ import annotations

import secrets
import shutil
import typing as t
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson

from copias.case.claim import Claim, Process
from copias.errors import BadInput, NotReady
from copias.files import make_private_directory, write_atomically

MIRRORS: t.Final = "mirror"
"""What the runs of mirrors are named for, which are of no case."""
NIGHTS: t.Final = "night"
"""What the runs of nightly copies are named for."""
_SERIES: t.Final[dict[str, tuple[str, str]]] = {
    "mirror.yml": (MIRRORS, "copias mirror sync"),
    "reconcile.yml": (MIRRORS, "copias mirror sync"),
    "nightly.yml": (NIGHTS, "copias nightly"),
}
"""For each playbook that is of no case: what its runs are named for, and the command that goes on with one."""


@dataclass(frozen=True)
class Request:
    """What a run was asked to do.

    ``case`` is empty for a run that is of none; ``limit`` are hosts of the inventory, with commas, or all when empty;
    ``switches`` are variables of roles that are turned on, never anything that somebody typed; ``only`` are the things
    that a night was limited to, hosts and steps.
    """

    run: str
    playbook: str
    case: str
    config: str
    check: bool
    started: str
    account: str
    limit: str = ""
    switches: tuple[str, ...] = ()
    only: tuple[str, ...] = ()

    @property
    def series(self) -> str:
        """Return what the runs are named for of which this is one."""
        return self.case or series_of(self.playbook)

    @property
    def verb(self) -> str:
        """Return the command that goes on with what this run leaves."""
        return f"copias run {self.case}" if self.case else _SERIES[self.playbook][1]


@dataclass(frozen=True)
class Result:
    """What came of a run. ``tasks`` maps ok, changed, failed … to how many."""

    exit_code: int
    message: str
    finished: str
    tasks: dict[str, int]


def series_of(playbook: str) -> str:
    """Return what the runs of a playbook that is of no case are named for."""
    return _SERIES[playbook][0]


class RunFolder:
    """The folder of one run, by path."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def progress(self) -> Path:
        """Return the file of progress lines."""
        return self.path / "progress.jsonl"

    @property
    def output(self) -> Path:
        """Return the file with what Ansible printed."""
        return self.path / "ansible.log"

    @property
    def runner(self) -> Path:
        """Return the folder of ansible-runner and of Ansible's temporary files; it goes when the run ends."""
        return self.path / "runner"

    @property
    def log(self) -> Path:
        """Return the file with what the run's own process printed."""
        return self.path / "supervisor.log"

    @property
    def stop_mark(self) -> Path:
        """Return the file whose presence asks the run to stop."""
        return self.path / "stop"

    @property
    def late_mark(self) -> Path:
        """Return the file whose presence says that a night is past its time limit."""
        return self.path / "late"

    @property
    def due(self) -> Path:
        """Return the folder with what a night was to do, a file for each kind of thing."""
        return self.path / "due"

    @property
    def mailboxes(self) -> Path:
        """Return the file with what came of each account of a run on many."""
        return self.path / "mailboxes.json"

    @property
    def outcomes(self) -> Path:
        """Return the folder with what came of each host, a file each, of a run whose hosts are worked on one by one."""
        return self.path / "outcomes"

    @property
    def asked_to_end(self) -> bool:
        """Tell whether nothing else may be begun: it was stopped, or its time is over."""
        return self.stop_mark.exists() or self.late_mark.exists()

    @property
    def supervisor(self) -> Process | None:
        """Return the process that runs it, dead or alive; ``None`` before it is known."""
        try:
            return Process(**orjson.loads((self.path / "supervisor.json").read_bytes()))
        except FileNotFoundError:
            return None

    def write_supervisor(self, process: Process) -> None:
        """Record the process that runs it."""
        write_atomically(self.path / "supervisor.json", orjson.dumps(asdict(process)))

    def is_alive(self) -> bool:
        """Tell whether the process that runs it lives."""
        process = self.supervisor
        return process is not None and process.is_alive()

    @property
    def request(self) -> Request:
        """Return what was asked."""
        return Request(**orjson.loads((self.path / "request.json").read_bytes()))

    def read_result(self) -> Result | None:
        """Return what came of the run, ``None`` while it runs or when it died without a word."""
        try:
            return Result(**orjson.loads((self.path / "result.json").read_bytes()))
        except FileNotFoundError:
            return None

    def write_result(self, result: Result) -> None:
        """Record what came of the run."""
        write_atomically(self.path / "result.json", orjson.dumps(asdict(result)))


def new_run(
    runs: Path,
    *,
    playbook: str,
    case: str,
    config: Path,
    check: bool,
    account: str,
    limit: str = "",
    switches: tuple[str, ...] = (),
    only: tuple[str, ...] = (),
) -> RunFolder:
    """Create the folder of a new run; see :class:`Request`."""
    moment = datetime.now(UTC)
    run = f"{case or series_of(playbook)}-{moment:%Y%m%dt%H%M%S}-{secrets.token_hex(3)}"
    folder = RunFolder(make_private_directory(make_private_directory(runs) / run))
    for file in (folder.progress, folder.output, folder.log):
        file.touch(mode=0o600)
    asked = (run, playbook, case, str(config.resolve()), check, moment.isoformat(), account, limit, switches, only)
    request = Request(*asked)
    write_atomically(folder.path / "request.json", orjson.dumps(asdict(request)))
    return folder


def find_runs(runs: Path, series: str) -> list[RunFolder]:
    """Return the runs of a case, or of a series as :data:`MIRRORS`, oldest first."""
    return [RunFolder(path) for path in sorted(runs.glob(f"{series}-*")) if (path / "request.json").exists()]


def sweep_dead_runs(runs: Path, series: str) -> None:
    """Remove the temporary files that killed runs of a series left; one that is only starting is not touched."""
    for folder in find_runs(runs, series):
        if folder.supervisor is not None and not folder.is_alive():
            shutil.rmtree(folder.runner, ignore_errors=True)


def active_run(runs: Path, claim: Claim) -> RunFolder:
    """Return the folder of the run that holds a case.

    Raises:
        NotReady: it has none: somebody started the playbook by hand.
    """
    folder = RunFolder(runs / claim.run)
    if not (folder.path / "request.json").exists():
        raise NotReady(
            "la ejecución no es de `copias run`",
            whose=f"caso {claim.case}",
            why=f"es un ansible-playbook que empezó {claim.account}, proceso {claim.holder.pid}",
            repair="deténgala donde se empezó, con Ctrl-C",
        )
    return folder


def latest_run(runs: Path, case: str) -> RunFolder:
    """Return the newest run of a case.

    Raises:
        BadInput: it was never run.
    """
    found = find_runs(runs, case)
    if not found:
        raise BadInput("el caso no se ha ejecutado", whose=f"caso {case}", repair=f"use `copias run {case}`")
    return found[-1]
