"""A run belongs to no terminal: windows close, agents press Ctrl-C, and it goes on."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from copias_sandbox import world
from tests.e2e.town import CASE, CONTROL, COPIAS, Town

pytestmark = pytest.mark.slow


class Terminal:
    """The command line in a terminal of its own, as in a PuTTY window."""

    def __init__(self, town: Town, *arguments: str) -> None:
        environment = {**town.environment, "TERM": "xterm"}
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            for number in (signal.SIGHUP, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)  # as a shell does; whoever started pytest may ignore them (nohup)
            os.execve(COPIAS, [str(COPIAS), *arguments], environment)  # noqa: S606 - no shell is wanted
        self.shown = b""
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        with suppress(OSError):
            while chunk := os.read(self.master, 4096):
                self.shown += chunk

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def hang_up(self) -> None:
        """Close the window: the kernel sends SIGHUP to who has the terminal."""
        os.kill(self.pid, signal.SIGHUP)

    def wait(self) -> int:
        _, status = os.waitpid(self.pid, 0)
        self.reader.join(5)
        with suppress(OSError):
            os.close(self.master)
        return status


def require_resolved_once(town: Town) -> None:
    assert town.answers() == ["En proceso", "Solucionado"]
    assert len(town.ours(CONTROL)) == 1
    assert len(town.stored("*.zip")) == 1
    assert town.stored("*.part") == []


def test_a_closed_window_leaves_the_run_running(town):
    window = Terminal(town, "run", CASE)
    town.wait(lambda: "¿Empezar?".encode() in window.shown, "the question")
    window.type("y\n")
    town.wait_for_event("case.started")

    window.hang_up()
    status = window.wait()
    followed = town.follow()

    assert os.WIFSIGNALED(status)
    assert followed.code == 0, followed.text
    assert followed.json["state"] == "resolved"
    require_resolved_once(town)
    town.require_quiet()


def test_ctrl_c_stops_looking_and_says_how_to_look_again(town):
    window = Terminal(town, "run", CASE, "--yes")
    town.wait_for_event("case.started")

    window.type("\x03")
    status = window.wait()
    looking = town.start("follow", CASE)
    town.wait_for_event("copy.made")
    looking.kill()
    looking.communicate()
    followed = town.follow()

    assert os.waitstatus_to_exitcode(status) == 0
    assert f"copias follow {CASE}" in window.shown.decode()
    assert followed.json["state"] == "resolved"
    require_resolved_once(town)


@pytest.fixture
def playbook(town):
    """The playbook as Ansible people start it, without the command line."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        program = Path(sys.executable).with_name("ansible-playbook")
        process = subprocess.Popen(
            [program, "playbooks/attend_case.yml", "-e", f"case={CASE}"],
            cwd=world.PROJECT,
            env=town.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_a_playbook_started_by_hand_holds_the_case_too(town, playbook):
    process = playbook()
    with town.stalled("pg_dump"):
        refused = town.run_case(CASE, "--json")
        stopped = town.copias("stop", CASE, "--json")
        process.kill()
        process.wait()

    town.require_quiet()
    assert refused.code == 4
    assert stopped.code == 3
    assert str(process.pid) in stopped.json["why"]
    assert town.stored("*.zip") == []


def test_an_auditor_cannot_run_the_playbook_either(town, playbook):
    world.set_role(town.world, "auditor")

    out, _ = playbook().communicate(timeout=90)

    assert "auditor" in out
    assert town.ledger() == []
