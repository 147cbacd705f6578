"""A machine whose state is gone comes back by the role that the playbook ``rebuild`` applies, and is checked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.e2e.town import CASE, Town
from tests.integration.ansible import plays

REPOSITORY = "nas_noches"
ROLE = """
- hosts: control
  gather_facts: false
  roles: [{role: funza.copias.control_rebuild}]
"""


@pytest.fixture
def playbook(town: Town) -> Path:
    path = town.temporary / "rebuild.yml"
    path.write_text(ROLE)
    return path


def rebuild(town: Town, playbook: Path, *arguments: str) -> plays.Played:
    given = {
        "control_rebuild_repository": REPOSITORY,
        "control_rebuild_state": str(town.world.state),
        "control_rebuild_people": str(town.world.state / "people.yml"),
        "control_rebuild_program": str(plays.PROGRAMS / "copias"),
        "control_rebuild_user": "",
    }
    town.variables["COPIAS_DIRECTORY"] = "false"
    return plays.play(town, "-e", json.dumps(given), *arguments, case=None, playbook=playbook)


def lose_machine(town: Town) -> None:
    """Copy the state, resolve a case, whose row in the control sheet has a newer head, and lose all but the keys."""
    for call in (("repository", "init", REPOSITORY), ("nightly", "--only", f"{REPOSITORY}-state")):
        done = town.copias(*call)
        assert done.code == 0, done.text
    told = town.copias("run", CASE, "--yes")
    assert told.code == 0, told.text
    keys = town.temporary / "keys"
    shutil.move(town.world.state / "keys", keys)
    shutil.rmtree(town.world.state)
    town.world.state.mkdir(mode=0o700)
    shutil.move(keys, town.world.state / "keys")


@pytest.mark.slow
def test_machine_comes_back_with_the_loss_that_the_sheet_shows_and_a_second_run_changes_nothing(
    town: Town, playbook: Path
) -> None:
    lose_machine(town)

    first = rebuild(town, playbook, "-e", json.dumps({"control_rebuild_accept_loss": "se quemó, acta 12"}))
    again = rebuild(town, playbook)

    assert first.code == again.code == 0, first.text + again.text
    assert (first.changed, again.changed) == ({"control": 1}, {"control": 0})
    told = {event["event"]: event["data"] for event in town.ledger()}
    assert {"state.recovered", "state.lost"} <= told.keys()
    assert f"caso {CASE}" in told["finding.opened"]["why"]
