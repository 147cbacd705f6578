"""A recovery from the sheet's row to the answer: found, picked, given back by the playbook, proven, resolved."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from copias_sandbox.world import PROJECT
from tests.e2e.recoveries import ACCOUNT, LABEL, copy_mailbox, held
from tests.e2e.town import CASE, CONTROL, RESPONSES, Town

pytestmark = pytest.mark.slow


@pytest.fixture
def copied(town: Town) -> Town:
    return copy_mailbox(town)


def play(town: Town) -> subprocess.CompletedProcess[str]:
    """Run the playbook by hand, as an Ansible person would."""
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    line = [program, "-i", str(town.config), str(PROJECT / "playbooks" / "restore.yml"), "-e", f"case={CASE}"]
    environment = {**town.environment, "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
    return subprocess.run(
        line, env=environment, cwd=PROJECT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
    )


def test_picked_messages_come_back_and_the_case_is_resolved_with_evidence(copied: Town) -> None:
    found = copied.copias("find", "--case", CASE, "--account", ACCOUNT, "--json").json["messages"]
    copied.copias("find", "--case", CASE, "--account", ACCOUNT, "--label", "INBOX")
    told = copied.copias("restore", CASE, "--pick", "3,7", "--check", "--json")

    call = copied.copias("restore", CASE, "--pick", "3,7", "--yes", "--json")

    assert told.json["pending"] == 2
    assert call.code == 0, call.text
    assert call.json["state"] == "resolved"
    picked = {message["id"] for message in found if message["number"] in {3, 7}}
    theirs = {mail["id"]: mail["sha256"] for mail in copied.admin.mail(ACCOUNT, digests=True)}
    assert held(copied) == sorted(theirs[key] for key in picked)
    assert copied.answers() == ["En proceso", "Solucionado"]
    (answer,) = [row for row in copied.ours(RESPONSES) if row["Estado"] == "Solucionado"]
    assert f"2 mensajes devueltos a la etiqueta «{LABEL}» de {ACCOUNT}" in answer["Actividades realizadas"]
    assert f"recuperacion-{CASE}-1 · 2 mensajes · SHA-256 de la lista" in str(answer)
    assert copied.ours(CONTROL) == []
    assert [copied.count(event) for event in ("restore.planned", "restore.given", "restore.verified")] == [1, 1, 1]
    copied.require_nothing_left()

    again = copied.copias("restore", CASE, "--json")
    played = play(copied)

    assert (again.code, again.json["changed"]) == (0, 0)
    assert played.returncode == 0, played.stdout
    assert "changed=0" in played.stdout
    assert "changed=1" not in played.stdout
    assert len(held(copied)) == 2


def test_run_attends_a_recovery_too_once_it_is_chosen(copied: Town, tmp_path: Path) -> None:
    refused = copied.run_case(CASE, "--json")
    folder = tmp_path / "correo"
    planned = copied.copias("restore", CASE, "--label", "SENT", "--eml", str(folder), "--detach", "--yes")
    followed = copied.follow()
    again = copied.run_case(CASE, "--json")

    assert refused.code == 3
    assert "copias find" in refused.json["repair"]
    assert planned.code == 0, planned.text
    assert followed.json["state"] == "resolved", followed.text
    assert len(list(folder.glob("*.eml"))) > 0
    assert (again.code, again.json["changed"]) == (0, 0)
