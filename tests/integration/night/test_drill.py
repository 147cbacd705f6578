"""A drill restores what the repository gives back, compares it, times it, and never calls a spoilt copy good."""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from copias.cli.app import app
from copias.database.enclosing import say_confinement
from copias.database.scratch_settings import ScratchSettings
from copias.drill.drilling import find_certificate, plan_drill, require_passed, run_drill
from copias.drill.history import CERTIFIED, list_drills
from copias.errors import AlreadyRunning, NotEqual, NotReady
from copias.files import locked
from copias.findings import list_findings
from copias.local_time import BOGOTA
from copias.night.catalogue import list_night_copies
from copias.office import Office
from copias.sinfa.check_settings import Equal, LatestDate
from tests.integration.night.conftest import DATABASE, Town

STALE = LatestDate(kind="latest_date", name="último asiento", sql="SELECT date '2020-01-31'", days=35)


def copies(town: Town) -> dict[str, str]:
    return {one.copy: one.status for one in list_night_copies(town.office.book.ledger.events(), removed=True)}


def test_newest_copy_is_restored_from_the_repository_compared_and_timed(town: Town) -> None:
    town.night()
    newest = town.plan(force=True)
    newest.run()
    copy = list_night_copies(town.office.book.ledger.events())[-1]

    drill = run_drill(plan_drill(town.office, DATABASE))

    assert (drill.copy, drill.source, drill.place, drill.outcome) == (copy.copy, "night", "nas", "passed")
    assert (drill.tables, drill.rows) == (copy.tables, copy.rows)
    assert drill.confinement == list_drills(town.office.book.ledger.events())[0].confinement == say_confinement()
    assert set(drill.seconds) == {"fetch", "start", "restore", "compare", "check"}
    assert drill.recovery_seconds is not None
    assert copies(town)[copy.copy] == "restored"
    assert list((town.office.deployment.state / "spool").iterdir()) == []


def test_drill_without_the_walls_that_are_demanded_is_none(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.night()
    refusing = tmp_path / "bwrap"
    refusing.write_text("#!/bin/sh\nexit 1\n")
    refusing.chmod(0o755)
    tmp_path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    required = {"scratch_servers": ScratchSettings(walls="required")}
    office = Office(town.office.deployment.model_copy(update=required), town.office.actor)

    with pytest.raises(NotReady, match="no deja trabajar a bwrap"):
        run_drill(plan_drill(office, DATABASE))

    assert list_drills(office.book.ledger.events()) == []
    assert list(copies(town).values()) == ["read"]


def test_oldest_copy_that_is_kept_can_be_drilled_too(town: Town) -> None:
    town.night()
    town.night(force=True)
    oldest = list_night_copies(town.office.book.ledger.events())[0].copy

    said = CliRunner().invoke(app, ["drill", DATABASE, "--oldest", "--check", "--config", str(town.config)])

    assert oldest in said.output
    assert run_drill(plan_drill(town.office, DATABASE, oldest=True)).copy == oldest


def test_copy_that_was_drilled_today_is_done_until_there_is_a_newer_one(town: Town) -> None:
    town.night()
    assert plan_drill(town.office, DATABASE).changes
    plan_drill(town.office, DATABASE).run()

    assert not plan_drill(town.office, DATABASE).changes
    town.night(force=True)
    assert plan_drill(town.office, DATABASE).changes


def test_altered_copy_fails_counts_as_none_and_is_a_finding_and_the_other_is_untouched(town: Town) -> None:
    town.night()
    town.night(force=True)
    older, newer = list_night_copies(town.office.book.ledger.events())
    record = town.office.deployment.copies / newer.copy / "dump.json"
    facts = json.loads(record.read_bytes())
    facts["tables"][0]["xor"] = str(int(facts["tables"][0]["xor"]) ^ 1)
    record.write_text(json.dumps(facts))

    drill = run_drill(plan_drill(town.office, DATABASE))

    assert drill.outcome == "failed"
    assert facts["tables"][0]["table"] in drill.problems[0]
    assert copies(town) == {older.copy: "read", newer.copy: "void"}
    (finding,) = list_findings(town.office.book.ledger.events())
    assert finding.about == newer.copy
    with pytest.raises(NotEqual, match="simulacro"):
        require_passed(drill)
    assert run_drill(plan_drill(town.office, DATABASE)).copy == older.copy


def test_last_months_data_is_caught_though_the_copy_is_equal(town: Town) -> None:
    town.change(checks=(STALE,))
    town.night()

    drill = run_drill(plan_drill(town.office, DATABASE))

    assert drill.outcome == "failed"
    assert "31/01/2020" in drill.problems[0]
    assert list(copies(town).values()) == ["read"]


def test_answers_that_are_right_are_kept_with_the_drill(town: Town) -> None:
    balances = Equal(kind="equal", name="saldos", sql="SELECT 1.50, 1.5")
    town.change(checks=(balances,))
    town.night()

    drill = run_drill(plan_drill(town.office, DATABASE))

    assert drill.outcome == "passed"
    assert next((one["name"], one["status"]) for one in drill.checks) == ("saldos", "passed")


def test_question_that_would_write_changes_nothing_and_is_an_error(town: Town) -> None:
    drop = Equal(kind="equal", name="saldos", sql="DROP TABLE contabilidad.asiento")
    town.change(checks=(drop,))
    town.night()

    assert run_drill(plan_drill(town.office, DATABASE)).outcome == "failed"


def test_database_without_a_proven_copy_is_named(town: Town) -> None:
    with pytest.raises(NotReady, match="no tiene una copia probada"):
        plan_drill(town.office, DATABASE)


def test_second_drill_at_once_is_refused_and_leaves_nothing(town: Town) -> None:
    town.night()
    plan = plan_drill(town.office, DATABASE)

    with locked(town.office.deployment.state / "drill.lock"), pytest.raises(AlreadyRunning):
        plan.run()

    assert list_drills(town.office.book.ledger.events()) == []


def test_place_that_does_not_answer_is_no_failed_drill(town: Town) -> None:
    town.night()
    plan = plan_drill(town.office, DATABASE)
    town.nas.rename(town.nas.with_name("desmontada"))

    with pytest.raises(NotReady):
        plan.run()

    assert list_drills(town.office.book.ledger.events()) == []
    assert list(copies(town).values()) == ["read"]


def test_dump_that_a_killed_drill_left_is_swept_by_the_next(town: Town) -> None:
    town.night()
    left = town.office.deployment.state / "spool" / "simulacro-muerto"
    left.mkdir(parents=True)
    (left / "dump").write_bytes(b"datos")

    run_drill(plan_drill(town.office, DATABASE))

    assert not left.exists()


@pytest.mark.parametrize(("days", "stands"), [(1, True), (364, True), (370, False), (-2, False)])
def test_certificate_of_a_provider_stands_for_a_drill_for_a_year(town: Town, days: int, stands: bool) -> None:
    restored = (datetime.now(BOGOTA) - timedelta(days=days)).date()

    town.office.record(CERTIFIED, {"database": DATABASE, "source": "provider", "date": restored.isoformat()})

    found = find_certificate(town.office, DATABASE)
    assert (found is not None) == stands


def test_verb_shows_the_time_and_ends_with_the_code_of_the_worst(town: Town) -> None:
    town.night()
    missing = CliRunner().invoke(app, ["drill", "otra", "--config", str(town.config)])

    done = CliRunner().invoke(app, ["drill", "--json", "--config", str(town.config)])
    history = CliRunner().invoke(app, ["drill", "--list", "--json", "--config", str(town.config)])

    assert missing.exit_code == 2
    assert done.exit_code == 0, done.output
    assert [drill["outcome"] for drill in json.loads(done.stdout)["drills"]] == ["passed"]
    assert json.loads(history.stdout)["last"][DATABASE]["age_days"] == 0
