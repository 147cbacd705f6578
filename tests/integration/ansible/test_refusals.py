"""Cases that the playbook must not attend: nothing is changed, and the message says what to do."""

from __future__ import annotations

import pytest

from tests.e2e.town import CASE, REQUESTS
from tests.integration.ansible import plays

OPEN_DATABASE = {
    "engine": "postgresql",
    "host": "127.0.0.1",
    "port": "${COPIAS_SINFA_PORT}",
    "database": "sinfa",
    "user": "${COPIAS_SINFA_USER}",
    "password_file": "${COPIAS_SINFA_PASSWORD_FILE}",
    "department": "Secretaría de Planeación",
    "record_series": "Licencias",
    "store": "nas_principal",
}
"""A second database, without a standing authorisation."""


@pytest.mark.parametrize("mode", [(), ("--check",)], ids=["run", "check"])
def test_all_conditions_that_fail_are_named_with_their_repairs(town, mode):
    town.configure(databases__planeacion=OPEN_DATABASE)
    town.copias("classify", CASE, "--kind", "sinfa", "--subject", "planeacion")
    town.write_cell("Agente asignado", "")
    before = plays.everything(town)

    played = plays.play(town, *mode)

    assert played.code != 0
    assert f"caso {CASE}: no se cumplen las condiciones de operación" in played.text
    lines = [line.strip() for line in played.text.splitlines()]
    assert "(1) agente asignado: la fila no tiene agente" in lines
    assert "(2) autorización: no hay quien autorice, con documento y motivo" in lines
    assert "(1) asigne el caso en la mesa de ayuda" in lines
    assert any(line.startswith(f"(2) copias authorise {CASE}") for line in lines)
    assert plays.everything(town) == before


def test_request_that_is_no_copy_is_not_attended(town):
    numbers = [row["Número de caso"] for row in town.rows(REQUESTS) if row["Tipo de servicio"] == "Impresoras"]

    played = plays.play(town, case=str(numbers[0]))

    assert played.code != 0
    assert "clase de copia: las palabras del caso no la dicen" in played.text
    assert town.stored() == []


def test_unknown_case_is_said_to_be_unknown(town):
    played = plays.play(town, case="99")

    assert played.code != 0
    assert "caso 99: el caso no está en la hoja" in played.text


def test_missing_case_number_is_asked_for(town):
    played = plays.play(town, case=None)

    assert played.code != 0
    assert "-e case=1234" in played.text


def test_broken_deployment_is_named_without_a_dump_of_the_model(town):
    town.configure(stores=None)

    played = plays.play(town)

    assert played.code != 0  # a warning and exit 0, having done nothing, is Ansible's default
    assert "no se pudo leer la configuración" in played.text
    assert "pydantic" not in played.text
    assert town.ledger() == []


@pytest.mark.slow
def test_of_two_playbooks_at_once_one_wins_and_the_other_says_who(town):
    first = plays.start(town)
    with town.stalled("pg_dump"):
        second = plays.play(town)
        rehearsed = plays.play(town, "--check")
    text, _ = first.communicate(timeout=plays.PATIENCE)

    run = next(iter((town.world.state / "claims").glob("*.json")), None)
    assert first.returncode == 0, text
    assert run is None  # let go at the end
    for refused in (second, rehearsed):
        assert refused.code != 0
        assert f"caso {CASE}: el caso ya se está ejecutando" in refused.text
        assert f"ejecución {CASE}-" in refused.text
        assert f"copias follow {CASE}" in refused.text
    assert town.count("copy.made") == 1


@pytest.mark.parametrize("name", ["attend_case.yml", "restore.yml"])
def test_limit_that_leaves_out_who_takes_the_case_in_is_refused_and_no_silent_success(town, name):
    before = plays.everything(town)

    played = plays.play(town, "--limit", "hacienda", playbook=plays.ATTEND_CASE.with_name(name))

    assert played.code != 0
    assert "--limit deja por fuera el equipo control" in played.text
    assert plays.everything(town) == before
