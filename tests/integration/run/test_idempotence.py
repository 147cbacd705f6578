"""The certificate of idempotence names the role that would change something again, and its task."""

from __future__ import annotations

from pathlib import Path

from copias.evidence.idempotence import CERTIFIED, certify, trend
from tests.unit.evidence.conftest import make_office

ROLE = """
- name: Decir sin cambiar
  ansible.builtin.debug: {{msg: hola}}
- name: Escribir la hora
  ansible.builtin.debug: {{msg: hora}}
  changed_when: {changed}
"""


def make_playbook(folder: Path, *, changed: str) -> Path:
    """Write a playbook with one role of its own, whose second task may change something each time."""
    tasks = folder / "roles" / "inquieto" / "tasks"
    tasks.mkdir(parents=True, exist_ok=True)
    (tasks / "main.yml").write_text(ROLE.format(changed=changed))
    playbook = folder / "prueba.yml"
    playbook.write_text("- name: Prueba\n  hosts: all\n  gather_facts: false\n  roles: [inquieto]\n")
    inventory = folder / "inventory"
    inventory.mkdir(exist_ok=True)
    (inventory / "hosts.yml").write_text("all: {hosts: {hacienda: {ansible_connection: local}}}\n")
    return playbook


def test_role_that_changes_something_each_time_is_named_until_it_is_mended(tmp_path: Path) -> None:
    office, config = make_office(tmp_path), tmp_path / "inventory" / "hosts.yml"

    (bad,) = certify(office, [make_playbook(tmp_path, changed="true")], config=config)
    (good,) = certify(office, [make_playbook(tmp_path, changed="false")], config=config)

    assert (bad.good, bad.roles) == (False, {"inquieto": {"Escribir la hora": 1}})
    assert (good.good, good.tasks, good.roles) == (True, 2, {})
    assert [changed for _, changed in trend(office)["prueba.yml"]] == [1, 0]
    assert len(list(office.book.ledger.events_of({CERTIFIED}))) == 2
    assert not list(office.deployment.state.glob("idempotence-*"))


def test_playbook_that_fails_gets_no_certificate(tmp_path: Path) -> None:
    office, config = make_office(tmp_path), tmp_path / "inventory" / "hosts.yml"
    playbook = make_playbook(tmp_path, changed="'{{ no_hay }}'")

    (done,) = certify(office, [playbook], config=config)

    assert not done.good
