"""Whom a job that fails is told to: an address to which neither scheduler would write is refused, and named."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ADDRESSES = {
    "bueno": "root",
    "varios": "sistemas@example.test,mesa.ayuda+copias@example.test",
    "vacia": "",
    "con_espacio": "sistemas@example.test, mesa@example.test",
    "con_comilla": "d'artagnan@example.test",
    "con_porcentaje": "50%o@example.test",
    "con_renglon": "root\nSHELL=/bin/false",
}
"""A host of each."""
TASK = "Refuse an address to which a job that fails would not be told"


def test_address_that_a_scheduler_would_not_write_to_is_refused(project: Path, tmp_path: Path) -> None:
    hosts = {name: {"control_node_mailto": address} for name, address in ADDRESSES.items()}
    common = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "control_node_config_source": str(tmp_path / "copias.yml"),
    }
    (tmp_path / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": common}}))
    play = {"hosts": "all", "gather_facts": False, "roles": [{"role": "funza.copias.control_node"}]}
    (tmp_path / "site.yml").write_text(json.dumps([play]))
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(project / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(project / "collections"),
        "ANSIBLE_HOME": str(tmp_path / "home"),
        "ANSIBLE_NOCOLOR": "1",
    }
    command = [Path(sys.executable).with_name("ansible-playbook"), "-i", tmp_path / "hosts.json", tmp_path / "site.yml"]

    done = subprocess.run(
        [*command, "--check", "-e", "control_node_install=false"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )

    _, _, rest = done.stdout.partition(TASK)
    told, _, _ = rest.partition("\nTASK [")
    assert set(re.findall(r"^ok: \[(\w+)\]", told, re.MULTILINE)) == {"bueno", "varios"}, done.stdout + done.stderr
    assert set(re.findall(r"^fatal: \[(\w+)\]", told, re.MULTILINE)) == ADDRESSES.keys() - {"bueno", "varios"}
    assert "Conditional result" not in done.stdout + done.stderr  # what -e gives is text
    assert "varias separadas por comas y sin espacios" in " ".join(told.split())
