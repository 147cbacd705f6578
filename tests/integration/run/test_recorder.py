"""ARA as an option: a real run's tasks are in its database afterwards, and what they returned is not."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from copias.run.folder import new_run
from copias.run.recorder import recorder_environment

SECRET = "Asunto-confidencial-de-una-persona"
PLAY = """
- name: Jugada de prueba
  hosts: all
  gather_facts: false
  tasks:
    - name: Decir algo
      ansible.builtin.debug:
        msg: "{{ lookup('env', 'HOSTILE') }}"
"""


def run(folder: Path, **environment: str) -> Path:
    """Run a playbook as every run is run, and return the state folder."""
    inventory = folder / "inventory"
    inventory.mkdir()
    (inventory / "hosts.yml").write_text("all: {hosts: {hacienda: {ansible_connection: local}}}\n")
    (folder / "play.yml").write_text(PLAY)
    playbook, config, state = str(folder / "play.yml"), inventory / "hosts.yml", folder / "state"
    made = new_run(state / "runs", playbook=playbook, case="1", config=config, check=False, account="ana")
    done = subprocess.run(
        [sys.executable, "-m", "copias.run.supervise", str(made.path)],
        env={**os.environ, "HOSTILE": SECRET, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, made.output.read_text() + done.stderr
    assert SECRET in made.output.read_text()
    return state


def test_tasks_of_a_run_are_recorded_and_what_they_returned_is_not(tmp_path: Path) -> None:
    state = run(tmp_path, COPIAS_ARA="1")

    database = state / "ara" / "ansible.sqlite"
    with sqlite3.connect(database) as rows:
        (status,) = rows.execute("SELECT status FROM playbooks").fetchone()
        tasks = {name for (name,) in rows.execute("SELECT name FROM tasks")}
        hosts = {name for (name,) in rows.execute("SELECT name FROM hosts")}
        dump = "\n".join(rows.iterdump())
    assert (status, tasks, hosts) == ("completed", {"Decir algo"}, {"hacienda"})
    assert SECRET not in dump
    assert SECRET.encode() not in database.read_bytes()


def test_only_this_account_can_read_it(tmp_path: Path) -> None:
    recorder_environment(tmp_path / "state", {"COPIAS_ARA": "1"})

    assert (tmp_path / "state" / "ara").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "state" / "ara" / "ansible.sqlite").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("environment", [{}, {"COPIAS_ARA": "0"}, {"COPIAS_ARA": ""}])
def test_without_the_switch_nothing_is_recorded(tmp_path: Path, environment: dict[str, str]) -> None:
    assert recorder_environment(tmp_path / "state", environment) == {}
    assert not (tmp_path / "state").exists()
