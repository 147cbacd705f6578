"""Findings stay open until somebody treats them, and what was done is never forgotten."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from copias.cli.app import app
from copias.errors import BadInput
from copias.findings import Finding, find_finding, list_findings, open_finding, treat_finding
from copias.office import Office, open_office
from tests.deployment import describe_deployment, write_deployment


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An installation that calls nobody."""
    write_deployment(tmp_path / "copias.yml", describe_deployment(tmp_path))
    return open_office(tmp_path / "copias.yml")


def known(office: Office, *, treated: bool = False) -> list[Finding]:
    return list_findings(office.book.ledger.events(), treated=treated)


def call(tmp_path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["finding", *arguments, "--config", str(tmp_path / "copias.yml")])


def test_the_same_finding_about_the_same_thing_is_opened_once(office: Office) -> None:
    first = open_finding(office, about="copia-1", what="está alterada", why="un disco")
    again = open_finding(office, about="copia-1", what="está alterada", why="otro")
    other = open_finding(office, about="copia-2", what="está alterada")

    assert [one.finding for one in (first, again, other)] == ["H-1", "H-1", "H-2"]
    assert [one.about for one in known(office)] == ["copia-1", "copia-2"]


def test_treated_finding_is_not_open_and_tells_who_did_what(office: Office) -> None:
    open_finding(office, about="copia-1", what="está alterada")

    treat_finding(office, "H-1", action="Se cambió el disco")

    assert known(office) == []
    (found,) = known(office, treated=True)
    assert (found.action, found.treated_by, found.is_open) == ("Se cambió el disco", "Ana Lucía Prueba", False)


def test_what_is_found_again_after_its_treatment_is_a_new_finding(office: Office) -> None:
    open_finding(office, about="copia-1", what="está alterada")
    treat_finding(office, "H-1", action="Se cambió el disco")

    again = open_finding(office, about="copia-1", what="está alterada")

    assert again.finding == "H-2"
    assert len(known(office, treated=True)) == 2


@pytest.mark.parametrize(("number", "action"), [("H-1", " "), ("H-9", "x"), ("\x1b[2J", "x")])
def test_treatment_says_what_was_done_about_a_finding_that_exists(office: Office, number: str, action: str) -> None:
    open_finding(office, about="copia-1", what="está alterada")

    with pytest.raises(BadInput) as refused:
        treat_finding(office, number, action=action)

    assert "\x1b" not in str(refused.value)
    assert len(known(office)) == 1


def test_finding_is_treated_once(office: Office) -> None:
    open_finding(office, about="copia-1", what="está alterada")
    treat_finding(office, "H-1", action="Se cambió el disco")

    with pytest.raises(BadInput, match="ya se trató"):
        treat_finding(office, "H-1", action="Otra cosa")

    assert find_finding(office.book.ledger.events(), "H-1").action == "Se cambió el disco"


def test_verbs_list_show_and_treat(office: Office, tmp_path: Path) -> None:
    open_finding(office, about="copia-1", what="está alterada", repair="cambie el disco")

    shown = call(tmp_path, "show", "H-1")
    treated = call(tmp_path, "treat", "H-1", "--action", "Se cambió el disco")
    listed = call(tmp_path, "list", "--all", "--json")

    assert "cambie el disco" in shown.output
    assert treated.exit_code == 0, treated.output
    assert [one["open"] for one in json.loads(listed.stdout)["findings"]] == [False]
    assert call(tmp_path, "show", "H-9").exit_code == 2
