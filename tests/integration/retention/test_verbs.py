"""``copias retention``, the module and the page, on a real repository."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import typing as t
from datetime import date
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args
from typer.testing import CliRunner

from copias.cli.app import app
from copias.errors import EXIT_NOT_READY
from copias.night.outcome import read_outcomes
from copias.retention.calendar import render_calendar
from copias.retention.expiry import plan_office
from copias.retention.overview import plan_all
from copias.retention.simulation import foresee
from copias.run.folder import RunFolder
from copias_sandbox.world import PROJECT
from tests.integration.retention.conftest import Nights

SHORT = {"nights": {"daily": 3, "weekly": 0, "monthly": 0, "yearly": 0}}


def call(nights: Nights, *arguments: str, code: int = 0) -> dict[str, t.Any]:
    """Run a verb and return its JSON."""
    done = CliRunner().invoke(app, ["retention", *arguments, "--config", str(nights.write_config()), "--json"])
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def test_nights_are_planned_held_removed_and_released_by_verbs(nights: Nights) -> None:
    nights.settings = SHORT
    names = nights.add_days(5)

    held = call(nights, "hold", names[0], "--reason", "Tutela 12")
    plan = call(nights, "plan")
    checked = call(nights, "apply", "--check")
    applied = call(nights, "apply")
    holds = call(nights, "holds")
    call(nights, "release", held["hold"], "--reason", "Fallo en firme")
    again = call(nights, "apply")

    (repository,) = plan["repositories"]
    assert [one["copy"] for one in repository["decisions"] if not one["stays"]] == names[1:2]
    assert checked["repositories"] == plan["repositories"]
    assert applied["repositories"][0]["removed"] == names[1:2]
    assert [hold["copy"] for hold in holds["holds"]] == names[:1]
    assert again["repositories"][0]["removed"] == names[:1]


def test_people_read_a_table_with_the_reason_of_each_copy(nights: Nights) -> None:
    nights.add_days(2)

    done = CliRunner().invoke(
        app, ["retention", "plan", "--config", str(nights.write_config())], env={"COLUMNS": "200"}
    )

    assert done.exit_code == 0
    assert "es la copia verificada más nueva de hacienda" in done.output


def test_refused_plan_ends_with_its_own_code(nights: Nights) -> None:
    nights.settings = {**SHORT, "floors": {"most_removals": 1}}
    nights.add_days(6)

    refused = call(nights, "apply", code=3)
    allowed = call(nights, "apply", "--most", "3")

    assert "quita 3 copias" in refused["repositories"][0]["refusals"][0]["why"]
    assert len(allowed["repositories"][0]["removed"]) == 3


@pytest.mark.parametrize("until", ["1999", "2999", "mañana", "31/02/2030", "２０３０"])
def test_day_that_cannot_be_foreseen_is_refused(nights: Nights, until: str) -> None:
    assert call(nights, "plan", "--until", until, code=2)["error"] == "BadInput"


def test_calendar_is_one_page_that_shows_each_year_and_is_the_same_each_time(nights: Nights) -> None:
    nights.add_days(3)
    page = nights.folder / "calendario.html"

    data = call(nights, "plan", "--until", "2030", "--html", str(page))

    text = page.read_text(encoding="utf-8")
    (plan,) = plan_all(nights.office).plans
    packages = plan_office(nights.office, date.fromisoformat(data["packages"]["day"]))
    settings, until = nights.office.deployment.retention, date(2030, 12, 31)
    forecasts = foresee(plan, settings, today=packages.day, until=until)
    entity = nights.office.deployment.entity
    again = render_calendar(forecasts, packages, settings, entity=entity, until=until)
    assert again.decode() == text
    assert all(f">{year}</text>" in text for year in range(2026, 2031))
    assert not re.search(r"https?://(?!www\.w3\.org)", text)
    kept = data["forecasts"][0]["days"][-1]["kept"]
    assert text.count("<title>") == len(kept) + 1
    assert 7 + 12 <= len(kept) <= 7 + 5 + 12 + 10


def test_module_plans_in_check_mode_removes_and_then_changes_nothing(
    nights: Nights, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.settings = SHORT
    names = nights.add_days(5)
    config = str(nights.write_config())
    monkeypatch.setattr(sys, "path", [*sys.path, str(PROJECT / "collections")])

    def run(*, check: bool) -> dict[str, t.Any]:
        module = importlib.import_module("ansible_collections.funza.copias.plugins.modules.retention_apply")
        capsys.readouterr()
        arguments = {"config": config, "_ansible_check_mode": check, "_ansible_diff": True}
        with patch_module_args(arguments), pytest.raises(SystemExit):
            module.main()
        return json.loads(capsys.readouterr().out)

    planned, done, again = run(check=True), run(check=False), run(check=False)

    assert planned["changed"] is done["changed"] is True
    assert planned["diff"] == done["diff"]
    assert done["repositories"]["nas"]["removed"] == names[:2]
    assert again["changed"] is False


def test_module_warns_of_a_copy_that_vanished_in_check_mode_and_when_it_is_written_off(
    nights: Nights, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = nights.add_days(3)
    (snapshot,) = [copy.data["snapshot"] for copy in nights.events("night.made") if copy.data["copy"] == names[-1]]
    nights.restic("forget", snapshot)
    monkeypatch.setattr(sys, "path", [*sys.path, str(PROJECT / "collections")])
    module = importlib.import_module("ansible_collections.funza.copias.plugins.modules.retention_apply")
    config, told = str(nights.write_config()), []

    for check in (True, False):
        with patch_module_args({"config": config, "_ansible_check_mode": check}), pytest.raises(SystemExit):
            module.main()
        told.append(json.loads(capsys.readouterr().out))

    assert [one["repositories"]["nas"]["lost"] for one in told] == [[names[-1]]] * 2
    assert all(f"{names[-1]} desapareció" in str(one["warnings"]) for one in told)


def test_night_whose_retention_was_refused_as_a_whole_does_not_say_that_it_was_done(
    nights: Nights, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nights.settings = {**SHORT, "floors": {"most_removals": 1}}
    nights.add_days(6)
    monkeypatch.setattr(sys, "path", [*sys.path, str(PROJECT / "collections")])
    monkeypatch.setenv("COPIAS_PROGRESS", str(tmp_path / "progress.jsonl"))
    module = importlib.import_module("ansible_collections.funza.copias.plugins.modules.retention_apply")

    with patch_module_args({"config": str(nights.write_config())}), pytest.raises(SystemExit):
        module.main()

    told = read_outcomes(RunFolder(tmp_path))["retention"]["error"]
    result = json.loads(capsys.readouterr().out)
    assert (result["failed"], result["changed"], result["exit_code"]) == (True, False, EXIT_NOT_READY)
    assert result["msg"].startswith("nas: la retención no quita nada de este repositorio")
    assert (told["whose"], told["why"].partition(" y ")[0]) == ("nas", "el plan quita 3 copias")
    assert "copias retention apply" in told["repair"]


def test_playbook_changes_nothing_the_second_time(nights: Nights) -> None:
    nights.settings = SHORT
    nights.add_days(5)
    config = nights.write_config()
    own = {"ANSIBLE_HOME": str(nights.folder / "ansible"), "ANSIBLE_NOCOLOR": "1"}
    environment = {**os.environ, **own, "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg")}
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    command = [program, "-i", str(config), str(PROJECT / "playbooks" / "retention.yml")]

    def play() -> str:
        done = subprocess.run(command, env=environment, cwd=PROJECT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    first, second = play(), play()

    assert "changed=1" in first
    assert "changed=0" in second
    assert len(nights.removed()) == 2
