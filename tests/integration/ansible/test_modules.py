"""Each module by itself: it predicts, does, and finds it done; it refuses what is no case; it returns what it says."""

from __future__ import annotations

import pytest

from tests.e2e.town import CASE
from tests.integration.ansible import plays
from tests.integration.ansible.modules import NAMES, OUR_OWN, STEPS, documented

HOSTILE = [
    "../1234",
    "..",
    "",
    " 1234",
    "1234\n",
    "12345678901",
    "-1",
    "1e3",
    "١٢٣٤",
    "１２３４",
    "1234;id",
    "{{ 7 * 7 }}",
]


@pytest.mark.parametrize("name", STEPS)
def test_module_predicts_does_and_then_finds_it_done(modules, name):
    modules.do(*STEPS[: STEPS.index(name)])

    modules.prove_idempotence(name)


@pytest.mark.parametrize("name", NAMES)
def test_module_returns_exactly_what_it_documents(modules, name):
    modules.do(*STEPS[: STEPS.index(name) if name in STEPS else 0])

    result = modules.run(name)

    returns = documented(name)
    assert set(result) - OUR_OWN == set(returns)
    for key, described in returns.items():
        if described["type"] == "dict":
            assert set(result[key]) == set(described["contains"])
        if described["type"] == "list":
            assert set(result[key][0]) == set(described["contains"])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("number", HOSTILE)
def test_module_refuses_what_is_no_case_number(modules, town, name, number):
    before = plays.everything(town)

    refused = modules.run(name, case=number)

    assert refused["failed"]
    assert refused["exit_code"] == 2
    assert "debe tener de 1 a 10 dígitos" in refused["msg"]
    assert plays.everything(town) == before


@pytest.mark.parametrize("name", ["database_dump", "package_store", "database_verify", "case_close"])
def test_step_refuses_a_case_that_nobody_claimed(modules, town, name):
    before = plays.everything(town)

    refused = modules.run(name)

    assert refused["failed"]
    assert "no tiene tomado el caso" in refused["msg"]
    assert plays.everything(town) == before


def test_no_module_returns_the_text_of_a_cell(modules, town):
    marks = {
        "Descripción de la solicitud": "MARCA-UNO",
        "Agente asignado": "MARCA-DOS",
        "Nombre del solicitante": "MARCA-TRES",
        "Dependencia": "MARCA-CUATRO",
    }
    for header, mark in marks.items():
        town.write_cell(header, f"SINFA base de datos {mark}")

    results = [modules.run(name, check=check) for name in NAMES for check in (True, False) if name != "case_claim"]
    results.append(modules.run("case_claim"))

    # The department's name is in the package's path, as a file name may hold it; the others are nowhere.
    told = str(results)
    assert not [mark for mark in list(marks.values())[:3] if mark in told]


def test_failure_in_the_middle_is_recorded_and_the_next_run_goes_on(modules, town):
    modules.do("case_claim", "database_dump")
    part = town.stored("*.zip.part")[0]
    kept = part.read_bytes()
    part.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))

    refused = modules.run("package_store")

    assert refused["failed"]
    assert refused["error"] == "Altered"
    assert town.count("case.failed") == 1
    assert town.count("copy.voided") == 1
    modules.do(*STEPS)
    assert town.state() == "resolved"


def test_module_of_an_auditor_changes_nothing(modules, town):
    from copias_sandbox import world

    world.set_role(town.world, "auditor")
    before = plays.everything(town)

    refused = modules.run("case_claim")

    assert refused["failed"]
    assert refused["exit_code"] == 3
    assert "su función es auditor" in refused["msg"]
    assert plays.everything(town) == before


def test_case_info_names_what_is_not_met_and_changes_nothing(modules, town):
    town.write_cell("Agente asignado", "")
    before = plays.everything(town)

    told = modules.run("case_info")

    failed = [check for check in told["checks"] if not check["passed"]]
    assert told["ready"] is False
    assert [check["name"] for check in failed] == ["agente asignado"]
    assert failed[0]["repair"]
    assert told["case"] == {
        "number": CASE,
        "state": "assigned",
        "kind": "sinfa",
        "subject": "hacienda",
        "group": "sinfa",
        "resolved": False,
    }
    assert plays.everything(town) == before
