"""What people write into the sheet that cannot be used as it is: said, with its repair, and never guessed."""

from __future__ import annotations

import pytest

from tests.e2e.town import CASE, REQUESTS, RESPONSES


def nothing_happened(town) -> bool:
    return town.ledger() == [] and town.stored() == [] and not list(town.world.state.glob("runs/*"))


@pytest.mark.parametrize("tab", [REQUESTS, RESPONSES])
def test_a_missing_header_is_named_with_those_that_were_found(town, tab):
    town.edit("rename-header", sheet=tab, header="Número de caso", to="Ticket")

    call = town.run_case(CASE, "--json")

    assert call.code == 2, call.text
    assert call.json["error"] == "BadSheet"
    assert tab in call.json["whose"]
    assert "«Número de caso»" in call.json["why"]
    assert "«Ticket»" in call.json["why"]
    assert "aliases" in call.json["repair"]
    assert nothing_happened(town)


def test_a_doubled_header_is_named(town):
    town.edit("rename-header", header="Sede", to=" estado ")

    call = town.run_case(CASE, "--json")

    assert call.code == 2
    assert "2 veces" in call.json["why"]
    assert nothing_happened(town)


def test_a_missing_tab_is_named(town):
    town.edit("rename-sheet", to="Solicitudes viejas")

    call = town.copias("cases", "--json")

    assert call.code == 2
    assert call.json["error"] == "BadSheet"
    assert "Solicitudes" in call.json["whose"] + call.json["why"] + call.json["what"]


@pytest.mark.parametrize("text", ["", "../1234", "{{ 1234 }}", "12.34", "mil doscientos", "-1234", "1234567890123"])
def test_a_row_whose_number_is_none_is_reported_and_cannot_be_run(town, text):
    row = town.request_row()
    town.write_cell("Número de caso", text)

    listed = town.copias("cases", "--json").json
    call = town.run_case(CASE, "--json")

    problems = [problem for problem in listed["problems"] if problem["row"] == row]
    assert [problem["code"] for problem in problems] == ["bad_number" if text else "missing_number"]
    assert call.code == 2
    assert nothing_happened(town)


def test_a_doubled_number_is_run_for_neither_row(town):
    first = town.copias("cases", "--query", f"cases[?number!='{CASE}'].number | [0]").json
    town.write_cell("Número de caso", CASE, number=first)

    call = town.run_case(CASE, "--json")

    assert call.code == 2
    assert "2 solicitudes" in call.json["what"]
    assert nothing_happened(town)


def test_an_unknown_status_is_reported_and_never_guessed(town):
    town.write_cell("Estado", "En veremos")

    problems = town.copias("cases", "--query", f"problems[?number=='{CASE}'].[code, text] | [0]").json

    assert problems[0] == "unknown_status"
    assert "En veremos" in problems[1]


def test_an_unknown_kind_is_not_run(town):
    town.write_cell("Descripción de la solicitud", "Copia de seguridad, por favor")

    call = town.run_case(CASE, "--json")

    assert call.code == 3
    assert f"copias classify {CASE}" in call.json["repair"]
    assert nothing_happened(town)


@pytest.mark.slow
def test_an_empty_sheet_is_no_crash(town):
    town.admin.seed(cases=0)

    call = town.copias("cases", "--json")

    assert call.code == 0, call.text
    assert call.json["cases"] == []
