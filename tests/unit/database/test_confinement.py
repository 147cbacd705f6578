"""A confined program touches what it was given and nothing else; where a wall is missing, that is said."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import typing as t
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from copias.case.preflight import check_walls
from copias.database.account import unprivileged_account
from copias.database.children import ToolInterrupted, child_environment, run_tool, server_pid, spawn, stop
from copias.database.confinement import Allowance, Confinement
from copias.database.enclosing import find_fault, require_walls, say_confinement, say_weakness
from copias.database.landlock import LOADERS, landlock_version
from copias.database.scratch_settings import ScratchSettings
from copias.errors import CopyFailed, NotReady

PYTHON = Path(os.path.realpath(sys.executable))
ESCAPES = Path(__file__).with_name("escapes.py")
REQUIRED = ScratchSettings(walls="required")
DONE = "done"
OWN = {"write in its own", "make a process", "make a thread"}
HELD_BY_LANDLOCK = {"read outside", "write outside", "list outside", "run", "read another's environment", "trace"}


@dataclass(frozen=True)
class Neighbourhood:
    """What of others of the same account is there to be harmed, and a folder of the program's own."""

    own: Path
    arguments: tuple[str, ...]
    port: int
    datagrams: socket.socket

    def attempt(self, confinement: Confinement | None, *python: str | Path) -> dict[str, str]:
        """Return what came of each thing that a hostile program tries: done, or which error."""
        process = spawn(
            [*(python or (PYTHON,)), "-S", ESCAPES, self.own, *self.arguments],
            environment=child_environment(PYTHONHOME=sys.base_prefix, PYTHONDONTWRITEBYTECODE="1"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            confinement=confinement,
        )
        said, complaints = process.communicate(timeout=60)
        assert process.returncode == 0, complaints.decode()
        return t.cast("dict[str, str]", json.loads(said))

    def escape(self, confinement: Confinement, *python: str | Path) -> set[str]:
        """Return what it could do."""
        return {name for name, came in self.attempt(confinement, *python).items() if came == DONE}

    def confine(self, *ports: int) -> Confinement:
        return Confinement((PYTHON,), writes=(self.own,), reads=(Path(sys.base_prefix), ESCAPES), ports=ports)

    def only_read(self, *servers: int) -> Confinement:
        """Return the walls of a program that reads what a stranger made; ``servers`` it may connect to."""
        reads = (Path(sys.base_prefix), ESCAPES, self.own)
        return Confinement((PYTHON,), writes=(), reads=reads, servers=servers, allowance=Allowance(60))

    @property
    def others_port(self) -> int:
        """The TCP port that others listen at."""
        return int(self.arguments[2])

    def got_a_datagram(self) -> bool:
        try:
            return bool(self.datagrams.recv(1))
        except BlockingIOError:
            return False


def make_shared_memory(opened: ExitStack) -> int:
    library, key = ctypes.CDLL(None), 0x0C0B0000 + os.getpid() % 0x10000
    segment = library.shmget(key, 4096, 0o1600)
    assert segment >= 0
    opened.callback(library.shmctl, segment, 0, None)
    return key


@pytest.fixture
def neighbourhood(tmp_path: Path) -> Iterator[Neighbourhood]:
    own, outside = tmp_path / "suya", tmp_path / "ajena"
    own.mkdir()
    outside.mkdir()
    (outside / "secreto").write_text("x")
    with ExitStack() as opened:
        tcp = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        udp.setblocking(False)
        for address in (str(outside / "enchufe"), f"\0{outside}"):
            listener = opened.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(address)
            listener.listen()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            free = probe.getsockname()[1]
        victim = spawn(["sleep", "600"], environment=child_environment(CLAVE="secreta"))
        opened.callback(stop, victim)
        numbers = (victim.pid, tcp.getsockname()[1], udp.getsockname()[1], free, make_shared_memory(opened))
        yield Neighbourhood(own, (str(outside), *map(str, numbers)), free, udp)


@pytest.fixture
def without_bubblewrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that has none: the folder of all its programs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("setpriv", "prlimit", "sleep"):
        (folder / name).symlink_to(t.cast("str", shutil.which(name)))
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_without_walls_every_attempt_works(neighbourhood: Neighbourhood) -> None:
    came = neighbourhood.attempt(None)

    assert set(came.values()) == {DONE}, came  # else the tests below show nothing
    assert neighbourhood.got_a_datagram()


def test_confined_program_reaches_nothing_but_its_folder(neighbourhood: Neighbourhood) -> None:
    done = neighbourhood.escape(neighbourhood.confine())

    listened = set() if landlock_version() >= 4 else {"listen"}
    assert done == {*OWN, "send by UDP", *listened}  # both in a network of its own, where nobody is
    assert not neighbourhood.got_a_datagram()


def test_program_that_is_reached_by_tcp_listens_there_and_speaks_first_to_nobody(neighbourhood: Neighbourhood) -> None:
    done = neighbourhood.escape(neighbourhood.confine(neighbourhood.port))

    assert done == {*OWN, "listen"}
    assert not neighbourhood.got_a_datagram()


def test_program_that_reads_what_a_stranger_made_changes_nothing_and_starts_nothing(
    neighbourhood: Neighbourhood,
) -> None:
    done = neighbourhood.escape(neighbourhood.only_read())

    listened = set() if landlock_version() >= 4 else {"listen"}
    assert done == {"make a thread", "send by UDP", *listened}  # the last two in a network of its own
    assert not neighbourhood.got_a_datagram()


def test_client_of_a_server_connects_there_and_does_nothing_else(neighbourhood: Neighbourhood) -> None:
    reached = neighbourhood.escape(neighbourhood.only_read(neighbourhood.others_port))
    refused = neighbourhood.escape(neighbourhood.only_read(neighbourhood.port))

    assert reached == {"make a thread", "connect by TCP"}
    assert refused == ({"make a thread"} if landlock_version() >= 4 else reached)
    assert not neighbourhood.got_a_datagram()


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ("while True: pass", f"señal {signal.SIGKILL.value}"),
        ("bytes(1 << 30)", "MemoryError"),
        ("import os; os.write(1, bytes(2 << 20)) < 2 << 20 and os.write(1, b'x')", "File too large"),
    ],
    ids=["processor", "memory", "file"],
)
def test_program_that_reads_what_a_stranger_made_is_held_to_its_allowance(act: str, words: str) -> None:
    allowance = Allowance(seconds=1, memory=512 << 20, largest_file=1 << 20)
    confinement = Confinement((PYTHON,), writes=(), reads=(Path(sys.base_prefix),), allowance=allowance)

    with pytest.raises(CopyFailed, match=words):
        run_tool([str(PYTHON), "-I", "-S", "-c", act], whose="", what="leer", confinement=confinement)


@pytest.mark.parametrize("allowance", [None, Allowance(60)], ids=["server", "reader"])
def test_program_that_never_began_says_nothing_of_what_it_was_to_read(
    tmp_path: Path, allowance: Allowance | None
) -> None:
    with pytest.raises(ToolInterrupted, match="/bin/true"):
        run_tool(["/bin/true"], whose="", what="leer", confinement=Confinement((), (tmp_path,), allowance=allowance))


def test_program_of_its_own_making_gets_no_further(neighbourhood: Neighbourhood) -> None:
    """The loader starts what lies in the folder, which the kernel would not: it is within the same walls."""
    made = shutil.copy(PYTHON, neighbourhood.own / "hostil")
    loader = next(path for path in LOADERS if Path(path).exists())

    done = neighbourhood.escape(neighbourhood.confine(), loader, made)

    assert OWN <= done <= {*OWN, "send by UDP", "listen"}
    assert not neighbourhood.got_a_datagram()


def test_program_that_is_not_allowed_does_not_start(tmp_path: Path) -> None:
    process = spawn(["/bin/true"], environment=child_environment(), confinement=Confinement((), (tmp_path,)))

    assert process.wait(30) != 0


def test_stopped_program_is_gone_with_all_that_it_started(tmp_path: Path) -> None:
    script = "import os, time; os.fork(); os.setsid() if os.getpid() != 1 else None; time.sleep(600)"
    confinement = Confinement((PYTHON,), writes=(tmp_path,), reads=(Path(sys.base_prefix),))
    process = spawn([PYTHON, "-I", "-S", "-c", script], environment=child_environment(), confinement=confinement)
    deadline = time.monotonic() + 30
    while not (family := psutil.Process(server_pid(process)).children()) and time.monotonic() < deadline:
        time.sleep(0.02)
    started = [*family, psutil.Process(server_pid(process))]

    stop(process)

    assert len(started) == 2
    assert not any(one.is_running() for one in started)


@pytest.mark.parametrize("walled", [False, True], ids=["free", "walled"])
def test_program_that_was_killed_is_no_witness(tmp_path: Path, *, walled: bool) -> None:
    script = "import os; os.abort()"
    confinement = Confinement((PYTHON,), writes=(tmp_path,), reads=(Path(sys.base_prefix),)) if walled else None

    with pytest.raises(ToolInterrupted, match=r"señal \d"):
        run_tool([str(PYTHON), "-I", "-S", "-c", script], whose="", what="leer", confinement=confinement)


def test_walls_that_cannot_be_set_up_are_no_fault_of_what_is_read(
    without_bubblewrap: Path, neighbourhood: Neighbourhood
) -> None:
    failing = without_bubblewrap / "bwrap"
    failing.write_text('#!/bin/sh\ncase "$*" in *--version) exit 0 ;; esac\necho "bwrap: Can\'t mount" >&2\nexit 1\n')
    failing.chmod(0o755)

    with pytest.raises(ToolInterrupted, match=r"bwrap: Can't mount"):
        run_tool([str(PYTHON)], whose="", what="leer", confinement=neighbourhood.confine())


def test_without_bubblewrap_landlock_stands_alone_and_that_is_said(
    neighbourhood: Neighbourhood, without_bubblewrap: Path
) -> None:
    done = neighbourhood.escape(neighbourhood.confine(neighbourhood.port))

    assert not done & HELD_BY_LANDLOCK
    assert {*OWN, "listen", "change a mode"} <= done  # what is said to be missing is missing
    assert say_confinement() == f"solo Landlock {landlock_version()} (falta el programa bwrap)"
    assert "solo Landlock" in say_weakness()
    assert without_bubblewrap.is_dir()


def test_without_bubblewrap_a_reader_is_held_by_landlock_and_its_allowance(
    neighbourhood: Neighbourhood, without_bubblewrap: Path
) -> None:
    done = neighbourhood.escape(neighbourhood.only_read(neighbourhood.others_port))

    assert not done & {*HELD_BY_LANDLOCK, "write in its own"}
    assert {"connect by TCP", "change a mode"} <= done
    with pytest.raises(CopyFailed, match="MemoryError"):
        run_tool(
            [str(PYTHON), "-I", "-S", "-c", "bytes(8 << 30)"],
            whose="",
            what="leer",
            confinement=neighbourhood.only_read(),
        )
    assert without_bubblewrap.is_dir()


def test_machine_that_forbids_namespaces_is_found_out(without_bubblewrap: Path) -> None:
    refusing = without_bubblewrap / "bwrap"
    refusing.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    refusing.chmod(0o755)
    without_bubblewrap.parent.chmod(0o755)

    fault = find_fault(None)

    assert fault is not None
    assert "No permissions to create new namespace" in fault.why
    assert "max_user_namespaces" in fault.repair


def test_deployment_that_demands_walls_starts_nothing_without(without_bubblewrap: Path) -> None:
    required, preferred = check_walls(REQUIRED), check_walls(ScratchSettings())

    assert (required.passed, required.warning) == (False, False)
    assert (preferred.passed, preferred.warning) == (False, True)
    assert preferred.why == say_confinement()
    require_walls(ScratchSettings())
    with pytest.raises(NotReady, match=r"falta el programa bwrap.*bubblewrap"):
        require_walls(REQUIRED)
    assert without_bubblewrap.is_dir()


def test_where_walls_stand_nothing_is_missing() -> None:
    assert find_fault(unprivileged_account()) is None, "install the package bubblewrap"
    assert say_confinement() == say_confinement(network=True) == f"bubblewrap y Landlock {landlock_version()}"
    assert say_weakness() == ""
    require_walls(REQUIRED)
    assert check_walls(REQUIRED).passed
