"""The real deployment's inventory: it loads, reads well, and holds no secret."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import yaml

from copias.config import load_deployment


def config_of(project: Path) -> Path:
    return project / "inventories" / "funza" / "copias.yml"


def test_real_deployment_loads_and_its_secrets_are_paths(project: Path) -> None:
    deployment = load_deployment(config_of(project))

    assert deployment.google.key_file == Path("/etc/copias/keys/google.json")
    assert deployment.stores["nas_sinfa"].password_file == Path("/etc/copias/keys/nas.password")
    assert deployment.poll.start_cases


def show(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Ask Ansible for the inventory, without the Directory."""
    program = Path(sys.executable).with_name("ansible-inventory")
    environment = {**os.environ, "COPIAS_DIRECTORY": "false", "ANSIBLE_NOCOLOR": "1"}
    environment["ANSIBLE_CONFIG"] = str(project / "ansible.cfg")
    environment["ANSIBLE_INVENTORY_CACHE"] = "false"

    command = [program, "-i", config_of(project), *arguments]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert told.returncode == 0, told.stderr
    return told


def test_graph_of_the_real_deployment_reads_well(project: Path) -> None:
    told = show(project, "--graph")

    lines = [line.replace("|", " ").strip().removeprefix("--") for line in told.stdout.splitlines()]
    assert {"control", "@nas:", "nas_sinfa", "correo", "@policies:", "@policy_correo_hacienda:"} <= set(lines)
    assert "WARNING" not in told.stderr


def test_every_secret_of_the_real_deployment_is_looked_at(project: Path) -> None:
    deployment = load_deployment(config_of(project))
    machine = yaml.safe_load((config_of(project).parent / "host_vars" / "control" / "main.yml").read_text())

    places = (*deployment.stores.values(), *deployment.repositories.values())
    named = [deployment.google.key_file, *(getattr(place, "password_file", None) for place in places)]
    assert sorted(machine["control_node_secrets"]) == sorted(str(path) for path in named if path is not None)


def test_variables_of_a_group_are_shown_with_it(project: Path) -> None:
    assert "{store_watch_budget = 120}" in show(project, "--graph", "nas", "--vars").stdout
