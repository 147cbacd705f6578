"""A bare machine has nothing of copias, runs it, and is not seen outside."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from copias_sandbox import bare_machine
from copias_sandbox.bare_machine import BareMachine
from tests.waiting import wait_until

pytestmark = pytest.mark.root

ACCOUNT = "copias-prueba"


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[BareMachine]:
    started = bare_machine.start(tmp_path / "machine", name="vacia")
    yield started
    started.stop()


def test_any_account_of_it_runs_the_product_and_what_it_is_given_stays_on_it(machine: BareMachine) -> None:
    made = machine.run("useradd", "--system", "--no-create-home", ACCOUNT)
    written = machine.run("touch", "/var/lib/copias-prueba", "/usr/local/bin/copias-prueba", "/etc/copias-prueba")

    program = str(Path(sys.executable).with_name("copias"))
    told = machine.run("setpriv", "--reuid", ACCOUNT, "--clear-groups", program, "--help")

    assert [one.returncode for one in (made, written, told)] == [0, 0, 0], told.stderr
    assert b"Copias de seguridad" in told.stdout
    assert machine.run("hostname").stdout == b"vacia\n"
    assert machine.run("find", "/var/lib", "/usr/local/bin", "-mindepth", "1").stdout.split() == [
        b"/var/lib/copias-prueba",
        b"/usr/local/bin/copias-prueba",
    ]
    assert subprocess.run(["id", ACCOUNT], capture_output=True, check=False).returncode != 0
    assert not [path for path in ("/var/lib", "/usr/local/bin", "/etc") if (Path(path) / ACCOUNT).exists()]


def test_all_that_runs_on_it_ends_with_it(machine: BareMachine, tmp_path: Path) -> None:
    with subprocess.Popen(machine.command("sleep", "600")) as command:
        (left,) = wait_until(lambda: psutil.Process(command.pid).children())

        machine.stop()

        wait_until(lambda: not left.is_running())
    assert str(tmp_path) not in Path("/proc/self/mountinfo").read_text()
