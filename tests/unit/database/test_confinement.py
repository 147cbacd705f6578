"""A confined program touches what it was given and nothing else."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

from copias.database.children import child_environment, spawn
from copias.database.confinement import Confinement, landlock_version, say_confinement

PYTHON = Path(os.path.realpath(sys.executable))
TRY = """
import json, os, socket, sys
own, outside, port, free = sys.argv[1:]
def attempt(act):
    try:
        act()
    except OSError as error:
        return type(error).__name__
    return "done"
def listen(at):
    socket.create_server(("127.0.0.1", int(at))).close()
print(json.dumps({
    "write in its own": attempt(lambda: open(own + "/a", "w").close()),
    "read outside": attempt(lambda: open(outside + "/secreto").close()),
    "write outside": attempt(lambda: open(outside + "/b", "w").close()),
    "list outside": attempt(lambda: os.listdir(outside)),
    "run": attempt(lambda: os.execv("/bin/true", ["true"])),
    "connect": attempt(lambda: socket.create_connection(("127.0.0.1", int(port)), 5).close()),
    "listen": attempt(lambda: listen(free)),
    "listen elsewhere": attempt(lambda: listen(0)),
}))
"""
NO = "PermissionError"


def test_confined_program_does_what_it_may_and_no_more(tmp_path: Path) -> None:
    own, outside = tmp_path / "suya", tmp_path / "ajena"
    own.mkdir()
    outside.mkdir()
    (outside / "secreto").write_text("x")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    confinement = Confinement(programs=(PYTHON,), reads=(Path(sys.base_prefix),), writes=(own,), ports=(free,))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        process = spawn(
            [PYTHON, "-I", "-S", "-c", TRY, str(own), str(outside), str(port), str(free)],
            environment=child_environment(),
            stdout=subprocess.PIPE,
            confinement=confinement,
        )
        said, _ = process.communicate(timeout=30)

    assert landlock_version() >= 1, "this machine cannot confine a server"
    found = json.loads(said)
    network = NO if landlock_version() >= 4 else "done"
    assert found == {
        "write in its own": "done",
        "read outside": NO,
        "write outside": NO,
        "list outside": NO,
        "run": NO,
        "connect": network,
        "listen": "done",
        "listen elsewhere": network,
    }


def test_program_that_is_not_allowed_does_not_start(tmp_path: Path) -> None:
    process = spawn(["/bin/true"], environment=child_environment(), confinement=Confinement((), (tmp_path,)))

    assert process.wait(30) != 0


def test_without_confinement_everything_is_as_it_was(tmp_path: Path) -> None:
    process = spawn(["/bin/true"], environment=child_environment())

    assert process.wait(30) == 0


def test_what_confines_is_told() -> None:
    assert say_confinement().startswith(f"Landlock {landlock_version()}")
