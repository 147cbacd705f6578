"""A secret that must be in the inventory is encrypted there, and only who has the key sees it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

SECRET, PLACE = "contraseña de prueba", "/etc/copias/keys/nas.password"
PROGRAMS = Path(sys.executable).parent


@dataclass
class Inventory:
    """The real deployment's inventory, with a vault as the installation's document shows it."""

    folder: Path
    project: Path
    key: Path

    def run(self, program: str, *arguments: str) -> str:
        environment = {
            **os.environ,
            "ANSIBLE_CONFIG": str(self.project / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(self.project / "collections"),
            "ANSIBLE_INVENTORY_CACHE": "false",
            "COPIAS_DIRECTORY": "false",
        }
        done = subprocess.run(
            [PROGRAMS / program, *arguments], env=environment, capture_output=True, text=True, timeout=120, input=SECRET
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def ask(self, program: str, *arguments: str) -> str:
        return self.run(program, "-i", str(self.folder / "copias.yml"), *arguments)


@pytest.fixture
def inventory(project: Path, tmp_path: Path) -> Inventory:
    made = Inventory(tmp_path / "funza", project, tmp_path / "vault.key")
    shutil.copytree(project / "inventories" / "funza", made.folder)
    made.key.write_text("clave de Ansible\n")
    vault = ("encrypt_string", "--vault-password-file", str(made.key), "--stdin-name", PLACE)
    encrypted = made.run("ansible-vault", *vault)
    lines = ["control_node_vaulted_secrets:", *(f"  {line}" for line in encrypted.splitlines())]
    (made.folder / "host_vars" / "control" / "vault.yml").write_text("\n".join(lines) + "\n")
    return made


def test_secret_is_written_with_the_key_and_shown_by_nothing(inventory: Inventory, tmp_path: Path) -> None:
    content = f"{{{{ control_node_vaulted_secrets['{PLACE}'] }}}}"
    write = ("-m", "ansible.builtin.copy", "-a", f'content="{content}" dest={tmp_path / "secret"} mode=0600')

    told = inventory.ask("ansible", "control", "--vault-password-file", str(inventory.key), *write)

    assert (tmp_path / "secret").read_text() == SECRET
    assert SECRET not in told
    assert SECRET not in (inventory.folder / "host_vars" / "control" / "vault.yml").read_text()


def test_without_the_key_the_rest_of_the_inventory_is_read(inventory: Inventory) -> None:
    told = inventory.ask("ansible-inventory", "--host", "control")

    assert "control_node_mailto" in told
    assert "ANSIBLE_VAULT" in told
    assert SECRET not in told
