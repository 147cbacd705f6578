"""Every playbook is run twice in the sandbox, and the second run changes nothing."""

from __future__ import annotations

import os
from pathlib import Path

from copias.evidence.idempotence import LEFT_OUT, certify_in_sandbox
from copias_sandbox.certify import ALL
from copias_sandbox.certify_machine import MACHINES
from tests.unit.evidence.conftest import make_office


def test_no_playbook_changes_anything_the_second_time(tmp_path: Path) -> None:
    done = certify_in_sandbox(make_office(tmp_path), [])

    of_machines = "successful" if os.geteuid() == 0 else LEFT_OUT
    assert {one.playbook: (one.status, one.roles) for one in done} == {
        f"{name}.yml": (of_machines if name in MACHINES else "successful", {}) for name in ALL
    }
    busy = {"attend_case.yml", "restore.yml", "nightly.yml", "audit.yml", "site.yml", "rebuild.yml"}
    assert all(one.first for one in done if one.playbook in busy and not one.left_out)
