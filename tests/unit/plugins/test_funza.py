"""The real deployment's inventory: it loads, reads well, and holds no secret."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from copias.config import load_deployment


def config_of(project: Path) -> Path:
    return project / "inventories" / "funza" / "copias.yml"


def test_real_deployment_loads_and_its_secrets_are_paths(project: Path) -> None:
    deployment = load_deployment(config_of(project))

    assert deployment.google.key_file == Path("/etc/copias/keys/google.json")
    assert deployment.stores["nas"].password_file == Path("/etc/copias/keys/nas.password")
    assert deployment.poll.start_cases


def test_graph_of_the_real_deployment_reads_well(project: Path) -> None:
    program = Path(sys.executable).with_name("ansible-inventory")
    environment = {**os.environ, "COPIAS_DIRECTORY": "false", "ANSIBLE_NOCOLOR": "1"}
    environment["ANSIBLE_CONFIG"] = str(project / "ansible.cfg")
    environment["ANSIBLE_INVENTORY_CACHE"] = "false"

    told = subprocess.run(
        [program, "-i", config_of(project), "--graph"], env=environment, capture_output=True, text=True, timeout=60
    )

    assert told.returncode == 0, told.stderr
    lines = [line.replace("|", " ").strip().removeprefix("--") for line in told.stdout.splitlines()]
    assert {"control", "@nas:", "nas", "correo", "@policies:", "@policy_correo_hacienda:"} <= set(lines)
