"""What the process of a run says of how its playbook ended, when that is no failed task."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from copias.errors import EXIT_FAILED
from copias.night.report import FINISHED
from copias.office import open_office
from copias.run.folder import Result, RunFolder, new_run
from copias.run.supervise import Supervisor
from tests.deployment import describe_deployment, write_deployment

PLAY = """
- name: Jugada de prueba
  hosts: all
  gather_facts: false
  tasks:
    - name: Preguntar
      ansible.builtin.ping:
"""


def supervise(run: RunFolder) -> Result | None:
    """Run a playbook as every run is run, and return what came of it."""
    subprocess.run(
        [sys.executable, "-m", "copias.run.supervise", str(run.path)], capture_output=True, timeout=120, check=False
    )
    return run.read_result()


def prepare(folder: Path, host: str) -> RunFolder:
    """Return the folder of a run of one host, which is described as Ansible describes hosts."""
    inventory = folder / "inventory"
    inventory.mkdir()
    (inventory / "hosts.yml").write_text(f"all: {{hosts: {{bodega: {host}}}}}\n")
    (folder / "play.yml").write_text(PLAY)
    playbook, config = str(folder / "play.yml"), inventory / "hosts.yml"
    return new_run(folder / "state" / "runs", playbook=playbook, case="1", config=config, check=False, account="ana")


def test_host_that_cannot_be_reached_is_named_with_the_reason(tmp_path: Path) -> None:
    closed = "{ansible_host: 127.0.0.1, ansible_port: 1, ansible_connection: ssh}"

    result = supervise(prepare(tmp_path, closed))

    assert result is not None
    assert result.exit_code == EXIT_FAILED
    assert result.message.startswith("bodega: Ansible no pudo llegar a este equipo\nPor qué: ")
    assert "port 1" in result.message


def test_night_whose_report_was_changed_before_its_run_closed_is_no_success(tmp_path: Path) -> None:
    config = tmp_path / "copias.yml"
    write_deployment(config, describe_deployment(tmp_path))
    office = open_office(config)
    run = new_run(office.deployment.runs, playbook="nightly.yml", case="", config=config, check=False, account="ana")
    facts = {"run": run.path.name, "ended": "finished", "only": [], "counts": {}, "failed": [], "report": "0" * 64}
    office.record(FINISHED, facts)
    supervisor = Supervisor(run)

    supervisor._close_night()

    assert supervisor._exit_code("successful") != 0
    assert "no es el que la bitácora dice" in supervisor._message("successful")


def test_night_that_nobody_stopped_does_not_say_that_somebody_did(tmp_path: Path) -> None:
    run = new_run(tmp_path, playbook="nightly.yml", case="", config=tmp_path, check=False, account="ana")

    lost = Supervisor(run)._message("canceled")
    run.stop_mark.touch()
    stopped = Supervisor(run)._message("canceled")

    assert "eliminó un proceso de Ansible" in lost
    assert "fue detenida" in stopped
