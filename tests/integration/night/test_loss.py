"""A rebuilt machine lacks the end of its ledger: that is told, accepted by a person, and never forgotten."""

from __future__ import annotations

import shutil
import typing as t
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from copias.audit.model import Section
from copias.audit.whole import AuditOptions, make_audit
from copias.cli.app import app
from copias.config import load_deployment
from copias.errors import BadInput, LedgerBroken, NotReady
from copias.findings import list_findings
from copias.ledger import Head
from copias.ledger.witnesses import Gathered, Witness
from copias.night.loss import LOST, admit_loss
from copias.night.recovering import Recovery, recover_state
from copias.night.state_copy import StatePlan
from copias.office import open_office
from tests.integration.night.conftest import REPOSITORY, Town

REASON = "se quemó el servidor"
GIVEN_UP = ("yellow", "faltan en la bitácora eventos que se perdieron con una máquina")
ALARM = ("red", "un testigo guardado fuera no está en la bitácora")


def lose_machine(town: Town) -> Head:
    """Copy the state, go on, and lose it all; return the head that the last mail told."""
    StatePlan(open_office(town.config), REPOSITORY).run()
    for step in ("night.checked", "night.ended"):
        town.office.record(step, {})
    head = town.office.book.ledger.head()
    shutil.rmtree(town.office.deployment.state)
    return head


def recover(town: Town, witness: Head | None, reason: str = "") -> Recovery:
    return recover_state(load_deployment(town.config), REPOSITORY, witness=witness, accept_loss=reason)


def audit(town: Town, witness: Head) -> Section:
    """Audit the ledger with a head that an auditor brings."""
    return make_audit(open_office(town.config), AuditOptions(parts=("ledger",), witness=witness)).sections[0]


def say(section: Section) -> set[tuple[str, str]]:
    return {(one.severity, one.what) for one in section.remarks}


def test_events_after_the_copy_are_named_and_nothing_is_recovered_without_consent(town: Town) -> None:
    head = lose_machine(town)

    with pytest.raises(NotReady) as refused:
        recover(town, head)

    lost = f"eventos {head.count - 2} a {head.count}"
    assert lost in str(refused.value)
    assert "--accept-loss" in str(refused.value)
    assert not town.office.deployment.ledger.exists()


def test_accepted_loss_is_a_finding_and_the_head_that_was_given_up_is_told_in_yellow(town: Town) -> None:
    head = lose_machine(town)

    found = recover(town, head, REASON)

    office = open_office(town.config)
    (event,) = office.book.ledger.events_of({LOST})
    (finding,) = list_findings(office.book.ledger.events())
    assert found.lost == f"eventos {head.count - 2} a {head.count} de la bitácora"
    assert (event.data["after"], event.data["until"], event.data["reason"]) == (head.count - 3, head.count, REASON)
    assert event.data["finding"] == finding.finding
    assert REASON in finding.why
    section = audit(town, head)
    assert GIVEN_UP in say(section)
    assert ALARM not in say(section)
    assert section.facts["valid"]


def test_only_the_head_that_was_given_up_is_excused(town: Town) -> None:
    head = lose_machine(town)
    recover(town, head, REASON)

    section = audit(town, Head(head.count, "0" * 64))

    assert ALARM in say(section)
    assert not section.facts["valid"]


def test_head_that_the_copy_should_contain_cannot_be_given_up(town: Town) -> None:
    head = lose_machine(town)

    with pytest.raises(LedgerBroken, match="fue reescrita"):
        recover(town, Head(head.count - 3, "0" * 64), REASON)

    assert not town.office.deployment.ledger.exists()


def test_loss_that_shows_later_is_admitted_then(town: Town) -> None:
    head = lose_machine(town)
    recover(town, None)
    office = open_office(town.config)

    loss = admit_loss(office, told(head), reason=REASON)

    assert (loss.after, loss.until) == (head.count - 3, head.count)
    assert [finding.about for finding in list_findings(office.book.ledger.events())] == ["bitácora"]
    with pytest.raises(BadInput, match="no falta ningún testigo"):
        admit_loss(office, told(head), reason=REASON)


def test_verb_admits_the_loss_that_a_newer_copy_of_the_ledger_shows(town: Town, tmp_path: Path) -> None:
    StatePlan(open_office(town.config), REPOSITORY).run()
    (first,) = (path.name for path in (town.nas / "snapshots").iterdir())
    head = lose_machine(town)
    newer = next(path for path in (town.nas / "snapshots").iterdir() if path.name != first)
    newer.rename(tmp_path / "away")
    recover(town, None)
    (tmp_path / "away").rename(newer)
    words = ["repository", "admit-loss", "--config", str(town.config), "--json", "--reason"]

    done, again = (CliRunner().invoke(app, [*words, REASON]) for _ in range(2))

    assert done.exit_code == 0, done.output
    (event,) = open_office(town.config).book.ledger.events_of({LOST})
    assert {one["count"] for one in orjson.loads(done.stdout)["witnesses"]} == {event.data["until"]}
    assert event.data["after"] < event.data["until"] <= head.count
    assert orjson.loads(again.stdout)["error"] == "BadInput"


def test_machine_that_was_never_rebuilt_has_no_loss_to_admit(town: Town) -> None:
    cut = Head(town.office.book.ledger.head().count + 1, "0" * 64)

    with pytest.raises(NotReady, match="no se reconstruyó"):
        admit_loss(town.office, told(cut), reason=REASON)


def told(head: Head) -> Gathered:
    return Gathered(witnesses=[Witness(head.count, head.sha256, "correo del 26/11/2026")])


def test_people_file_that_cannot_be_written_is_left_beside_and_told(town: Town) -> None:
    people = town.folder / "people.yml"
    elsewhere = town.folder / "no-existe" / "people.yml"
    town.config.write_text(town.config.read_text().replace(str(people), str(elsewhere)))
    elsewhere.parent.mkdir()
    people.rename(elsewhere)
    lose_machine(town)
    shutil.rmtree(elsewhere.parent)

    found = recover(town, None)

    beside: t.Any = town.office.deployment.state / "people.yml"
    assert beside.exists()
    assert any(str(elsewhere) in one and str(beside) in one for one in found.missing)
