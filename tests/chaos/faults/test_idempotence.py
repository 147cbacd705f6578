"""Every playbook that the sandbox can run is run there twice, and the second run changes nothing."""

from __future__ import annotations

from pathlib import Path

from copias.evidence.idempotence import certify_in_sandbox
from copias_sandbox.certify import ARGUMENTS
from tests.unit.evidence.conftest import make_office


def test_no_playbook_changes_anything_the_second_time(tmp_path: Path) -> None:
    done = certify_in_sandbox(make_office(tmp_path), [])

    assert {one.playbook: (one.status, one.roles) for one in done} == {
        f"{name}.yml": ("successful", {}) for name in ARGUMENTS
    }
    assert all(one.first for one in done if one.playbook in {"attend_case.yml", "nightly.yml", "audit.yml"})
