"""The playbook of the audit keeps who is there and the audit's page: predicted, kept once, and not again."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.audit.conftest import Place, make_place

ROOT = Path(__file__).parents[3]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = make_place(tmp_path)
    made.write_config()
    return made


def play(place: Place, *arguments: str, code: int = 0) -> int:
    """Run the playbook and return how many tasks changed something."""
    command = [Path(sys.executable).with_name("ansible-playbook"), "-i", str(place.folder / "copias.yml"), *arguments]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(
        [*command, "playbooks/audit.yml"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    (changed,) = re.findall(r"changed=(\d+)", done.stdout)
    return int(changed)


def test_the_playbook_predicts_keeps_and_then_changes_nothing(place: Place) -> None:
    predicted = play(place, "--check", "--diff")
    untouched = place.lines()
    done, again = play(place), play(place)

    assert (predicted, untouched, done, again) == (2, [], 2, 0)
    assert [event.event for event in place.office.book.ledger.events()] == ["inventory.seen", "audit.kept"]


def test_the_playbook_fails_for_what_is_red_when_it_is_asked_to_once_the_page_is_kept(place: Place) -> None:
    play(place, "-e", "audit_require_green=true", code=2)

    assert (place.office.deployment.reports / "auditoria.html").is_file()
