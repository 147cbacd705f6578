"""A running installation and its command line, for the tests that drive the product from outside."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import psutil
import yaml

from copias.store import StoreSettings, open_store
from copias_sandbox import control, world
from copias_sandbox.admin.client import AdminClient
from copias_sandbox.rooms.sheets.storage import WorkbookStore
from copias_sandbox.seed.cases import DEMO_CASE
from copias_sandbox.state import State

COPIAS = Path(sys.executable).with_name("copias")
CASE = str(DEMO_CASE)
DATABASE = "hacienda"
SEEDED = "seeded"
REQUESTS, RESPONSES, CONTROL = "Solicitudes", "Respuestas", "Control"
NO_REPOSITORY = {"repositories": {}, "policies": {}, "databases__hacienda__repository": None}
"""Changes of :meth:`Town.configure` with which a night copies no database."""
PATIENCE = 150.0
"""Seconds for anything that a run does; it takes less than ten on an idle machine."""


@dataclass(frozen=True)
class Call:
    """What one call of the command line came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return orjson.loads(self.out)

    @property
    def text(self) -> str:
        return self.out + self.err


@dataclass
class Town:
    """One installation. ``config`` is the deployment's file of the present test."""

    world: world.World
    admin: AdminClient
    config: Path = world.CONFIG
    variables: dict[str, str] = field(default_factory=dict)

    # What the command line is called with

    @property
    def temporary(self) -> Path:
        """Where runs put temporary things: every process of a run has this path in its environment or its arguments."""
        return self.world.home / "tmp"

    @property
    def environment(self) -> dict[str, str]:
        home = str(self.temporary / "home")
        own = {"TMPDIR": str(self.temporary), "HOME": home, "COPIAS_CONFIG": str(self.config), "COLUMNS": "200"}
        return {**os.environ, **self.world.environment, **own, **self.variables}

    def copias(self, *arguments: str, timeout: float = PATIENCE, **options: Any) -> Call:
        """Call the command line and wait for its end."""
        done = subprocess.run(
            [COPIAS, *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            **options,
        )
        return Call(done.returncode, done.stdout, done.stderr)

    def run_case(self, number: str = CASE, *arguments: str) -> Call:
        return self.copias("run", number, "--yes", *arguments)

    def detach(self, number: str = CASE) -> None:
        """Start a run and return at once."""
        done = self.copias("run", number, "--yes", "--detach")
        assert done.code == 0, done.text

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Start a call of the command line in the background."""
        return subprocess.Popen(
            [COPIAS, *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def follow(self, number: str = CASE) -> Call:
        return self.copias("follow", number, "--json")

    # What is on the disk

    def story(self, number: str = CASE) -> list[dict[str, Any]]:
        """Events of a case, straight from the file."""
        return [event for event in self.ledger() if event["case"] == number]

    def ledger(self) -> list[dict[str, Any]]:
        with suppress(FileNotFoundError):
            lines = (self.world.state / "ledger.jsonl").read_bytes().split(b"\n")[:-1]
            return [orjson.loads(line) for line in lines]
        return []

    def count(self, event: str, number: str = CASE) -> int:
        return [entry["event"] for entry in self.story(number)].count(event)

    def state(self, number: str = CASE) -> str:
        return self.copias("show", number, "--query", "state").json

    def stored(self, pattern: str = "*") -> list[Path]:
        """Files on the NAS, but for the store's mark."""
        found = self.world.nas.rglob(pattern)
        return sorted(path for path in found if path.is_file() and not path.name.startswith("."))

    def files_of_state(self) -> list[Path]:
        return [path for path in self.world.state.rglob("*") if path.is_file()]

    # The sheets, without the product

    def rows(self, tab: str) -> list[dict[str, Any]]:
        """Rows of a tab by header, read from the sandbox's own file."""
        environment = self.world.environment
        name = "COPIAS_CONTROL_SPREADSHEET" if tab == CONTROL else "COPIAS_SPREADSHEET"
        state = State(self.world.home / "google" / "state.sqlite")
        try:
            book = WorkbookStore(state).load(environment[name])
        finally:
            state.connection.close()
        sheet = next(sheet for sheet in book.sheets if sheet.title == tab)
        header, *rows = sheet.grid.rows
        return [dict(zip(header, [*row, *[None] * len(header)], strict=False)) for row in rows]

    def answers(self, number: str = CASE) -> list[str]:
        """Statuses that we answered a case with, in the sheet's order."""
        return [row["Estado"] for row in self.ours(RESPONSES, number)]

    def ours(self, tab: str, number: str = CASE) -> list[dict[str, Any]]:
        """Rows with our event key."""
        found = [row for row in self.rows(tab) if str(row["Número de caso"]) == number]
        return [row for row in found if str(row["Clave de evento"] or "").startswith("copias-")]

    def request_row(self, number: str = CASE) -> int:
        """Where a case's request is, counted from 1 as people do."""
        numbers = [str(row["Número de caso"] or "").strip() for row in self.rows(REQUESTS)]
        return numbers.index(number) + 2

    def edit(self, action: str, *, sheet: str = REQUESTS, **options: Any) -> None:
        """Edit the help desk's spreadsheet as a person would."""
        self.admin.edit(self.world.environment["COPIAS_SPREADSHEET"], action, sheet=sheet, **options)

    def write_cell(self, header: str, text: str, number: str = CASE) -> None:
        """Type into a cell of a case's request."""
        column = list(self.rows(REQUESTS)[0]).index(header)
        self.edit("set", cell=f"{chr(ord('A') + column)}{self.request_row(number)}", text=text)

    # Waiting

    def wait_for_event(self, event: str, number: str = CASE) -> None:
        self.wait(lambda: self.count(event, number) > 0, f"event {event} of case {number}")

    def wait(self, happened: Callable[[], Any], what: str, *, pause: float = 0.01, patience: float = PATIENCE) -> Any:
        deadline = time.monotonic() + patience
        while not (found := happened()):
            assert time.monotonic() < deadline, f"{what} did not happen in {patience:.0f} s"
            time.sleep(pause)
        return found

    # Processes

    def processes(self) -> list[psutil.Process]:
        """Every process of a run that lives: those that carry our temporary folder."""
        mark = str(self.temporary)
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.status() == psutil.STATUS_ZOMBIE or process.pid == os.getpid():
                    continue
                if process.environ().get("TMPDIR") == mark or any(mark in part for part in process.cmdline()):
                    found.append(process)
        return found

    def find_process(self, name: str) -> psutil.Process | None:
        """Return a process of a run by the start of its program's or script's name, not one that only tells a version.

        Of several the oldest: ``ansible-playbook`` forks workers of its own name.
        """
        found = []
        for process in self.processes():
            with suppress(psutil.Error):
                command = process.cmdline()
                called = [Path(part).name for part in command[:2] if part != "-c" and " " not in part]
                if any(part.startswith(name) for part in called) and "--version" not in command:
                    found.append((process.create_time(), process.pid, process))
        return min(found)[2] if found else None

    def hold_still(self, name: str) -> psutil.Process | None:
        """Stop a process of a run by its name, if there is one, and return it once it surely stands still."""
        with suppress(psutil.Error):
            process = self.find_process(name)
            if process is not None:
                process.suspend()
                return process if process.status() == psutil.STATUS_STOPPED else None
        return None

    @contextmanager
    def between_steps(self, event: str, number: str = CASE) -> Iterator[None]:
        """Wait for an event and hold the playbook still meanwhile: the next step has not begun."""
        self.wait_for_event(event, number)
        playbooks = [process for process in self.processes() if process.name().startswith("ansible-playboo")]
        for process in playbooks:
            process.suspend()
        try:
            yield
        finally:
            for process in playbooks:
                process.resume()

    @contextmanager
    def stalled(self, name: str) -> Iterator[psutil.Process]:
        """Wait for a program of a run and hold it still: its step is in the middle."""
        process = self.wait(lambda: self.hold_still(name), f"program {name}", pause=0)
        try:
            yield process
        finally:
            with suppress(psutil.NoSuchProcess):
                process.resume()

    def require_quiet(self, patience: float = 10.0) -> None:
        """Fail if anything of a run is alive after a moment to end."""
        deadline = time.monotonic() + patience
        while (left := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not left, f"still alive: {left}"

    def require_nothing_left(self) -> None:
        """Fail if a run left a process or a temporary file, wherever it was killed before."""
        self.require_quiet()
        state, home = self.world.state, self.temporary / "home"
        left = [*state.glob("spool/*"), *state.glob("runs/*/runner"), *state.glob("claims/*.json")]
        left += [*state.rglob("*.part"), *self.temporary.glob("copias-*"), *home.glob(".ansible/tmp/*")]
        assert left == [], left
        assert self.stored("*.part") == []

    def kill_all(self) -> None:
        """End everything of the runs of a test, by pid."""
        for process in self.processes():
            with suppress(psutil.Error):
                process.kill()
        self.require_quiet()

    # The deployment's file

    def configure(self, **changes: Any) -> None:
        """Use a file of our own: keys are paths with ``__`` between parts, ``None`` takes a key away."""
        content = yaml.safe_load(world.CONFIG.read_text())
        for path, value in changes.items():
            *parents, last = path.split("__")
            place = content
            for name in parents:
                place = place.setdefault(name, {})
            place[last] = value
        folder = self.world.home / "inventory"
        folder.mkdir(exist_ok=True)
        self.config = folder / "copias.yml"
        self.config.write_text(yaml.safe_dump(content, allow_unicode=True))

    def hurry(self, **changes: Any) -> None:
        """Use a help desk that is given up on quickly, so that no test waits for a minute."""
        quick = {"google__attempts": 1, "google__patience": 0, "help_desk__settle_seconds": 0.5}
        self.configure(**{**quick, **changes})

    # From one test to the next

    def fresh(self) -> None:
        """Become as on the first day: the seeded sheet, no ledger, an empty NAS."""
        self.kill_all()
        self.admin.clear_faults()
        self.admin.restore(SEEDED)
        self.admin.clear_calls()
        self.config, self.variables = world.CONFIG, {}
        for path in self.world.state.iterdir():
            if path.name not in {"keys", "people.yml"}:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        for folder in (self.world.nas, self.temporary, self.world.home / "inventory"):
            shutil.rmtree(folder, ignore_errors=True)
        for delivered in (self.world.home / "entregas", self.world.home / "entregas-proveedor"):
            for path in delivered.glob("*"):
                shutil.rmtree(path)
        self.temporary.mkdir()
        self.temporary.chmod(0o1777)  # the scratch server is another account when we are root
        (self.temporary / "home").mkdir()
        open_store(StoreSettings(kind="folder", path=self.world.nas), name=world.STORE).prepare()
        world.set_role(self.world, "administrator")


@contextmanager
def running_town(*, megabytes: int = 5) -> Iterator[Town]:
    """Start an installation in a folder of its own, and leave nothing of it behind."""
    home = Path(tempfile.mkdtemp(prefix="copias-e2e-")).absolute()
    home.chmod(0o711)  # the database server is another account when we are root
    try:
        place = world.start(home, cases=300, megabytes=megabytes)
        town = Town(place, control.admin(home / "google"))
        town.admin.snapshot(SEEDED)
        yield town
        town.kill_all()
    finally:
        world.stop(home)
        shutil.rmtree(home)


def kill_tree(process: psutil.Process) -> None:
    """Kill a process and all that descend from it, at once."""
    for one in [process, *process.children(recursive=True)]:
        with suppress(psutil.Error):
            one.send_signal(signal.SIGKILL)
