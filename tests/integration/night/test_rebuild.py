"""A machine whose state is lost is rebuilt from the NAS, proven by its own ledger, and goes on."""

from __future__ import annotations

import dataclasses
import shutil
import typing as t
from pathlib import Path

import pytest
import yaml

from copias.config import load_deployment
from copias.drill.drilling import plan_drill, run_drill
from copias.errors import BackupError, LedgerBroken, NotReady
from copias.ledger import Head
from copias.night.catalogue import list_night_copies
from copias.night.plan import plan_night
from copias.night.recovering import recover_state
from copias.night.state_copy import StatePlan
from copias.office import open_office
from tests.integration.night.conftest import DATABASE, REPOSITORY, Town


def lose_state(town: Town) -> Head:
    """Copy the state as a night does, and lose the folder with everything that this machine knew."""
    office = open_office(town.config)
    (office.deployment.reports).mkdir(parents=True)
    (office.deployment.reports / "night.json").write_text("{}")
    StatePlan(office, REPOSITORY).run()
    head = office.book.ledger.head()
    shutil.rmtree(office.deployment.state)
    (town.folder / "people.yml").unlink()
    return head


def test_rebuilt_machine_knows_its_copies_and_makes_the_next_one(town: Town) -> None:
    town.night()
    before = [dataclasses.asdict(copy) for copy in list_night_copies(town.office.book.ledger.events())]
    head = lose_state(town)

    found = recover_state(load_deployment(town.config), REPOSITORY)

    office = open_office(town.config)
    assert [dataclasses.asdict(copy) for copy in list_night_copies(office.book.ledger.events())] == before
    # What came after the copy of the state is its own record, and is not in it; the recovery is an event.
    assert int(found.head.partition(":")[0]) == head.count - 1
    assert office.book.ledger.verify().count == head.count
    assert [*office.book.ledger.events()][-1].event == "state.recovered"
    assert (office.deployment.reports / "night.json").exists()
    assert [one.rpartition("/")[2] for one in found.missing if "signing" in one] == ["signing.pem", "signing.pem.pub"]
    assert not plan_night(office, DATABASE).changes
    assert run_drill(plan_drill(office, DATABASE)).outcome == "passed"


def test_what_is_recovered_holds_the_deployments_file_and_no_key(town: Town) -> None:
    town.night()
    lose_state(town)

    listed = town.restic("ls", "latest", "--tag", "state").stdout.decode()

    assert "/copias.yml" in listed
    assert "/reports/night.json" in listed
    assert ".pem" not in listed
    assert "password" not in listed


def test_ledger_that_lives_is_never_replaced(town: Town) -> None:
    StatePlan(open_office(town.config), REPOSITORY).run()
    before = town.office.deployment.ledger.read_bytes()

    with pytest.raises(NotReady, match="ya tiene una bitácora"):
        recover_state(load_deployment(town.config), REPOSITORY)

    assert town.office.deployment.ledger.read_bytes() == before


def refuse(town: Town, expected: type[BackupError], **given: t.Any) -> None:
    """Fail to recover, and leave the machine empty, so that the command can be repeated."""
    with pytest.raises(expected):
        recover_state(load_deployment(town.config), REPOSITORY, **given)
    assert not town.office.deployment.ledger.exists()


def test_state_without_the_witness_in_it_is_refused_and_the_right_one_is_taken(town: Town) -> None:
    head = lose_state(town)

    refuse(town, LedgerBroken, witness=Head(head.count - 1, "0" * 64))

    assert recover_state(load_deployment(town.config), REPOSITORY).head


def test_who_is_no_administrator_recovers_nothing(town: Town) -> None:
    people = yaml.safe_load((town.folder / "people.yml").read_text())
    lose_state(town)
    for person in people["people"].values():
        person["role"] = "agent"
    (town.folder / "people.yml").write_text(yaml.safe_dump(people))

    refuse(town, NotReady)


def test_repository_without_state_is_told(town: Town) -> None:
    shutil.rmtree(town.office.deployment.state)

    refuse(town, NotReady)


def test_power_cut_before_the_ledger_is_in_place_is_repeated(town: Town) -> None:
    lose_state(town)
    state: Path = town.office.deployment.state
    (state / "recovering.part" / "reports").mkdir(parents=True)
    (state / "reports").mkdir()
    (state / "reports" / "half.json").write_text("")

    recover_state(load_deployment(town.config), REPOSITORY)

    assert [path.name for path in (state / "reports").iterdir()] == ["night.json"]
