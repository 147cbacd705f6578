"""The database is down or refuses us: no copy then, and no secret told. The rest is in tests/chaos/faults."""

from __future__ import annotations

import pytest

from copias.files import write_atomically
from tests.e2e.town import CASE


def test_a_database_that_is_down_is_told_before_anything_starts(town):
    town.variables["COPIAS_SINFA_PORT"] = "1"

    call = town.run_case(CASE, "--json")

    assert call.code in {3, 75}, call.text
    assert "base de datos" in call.json["why"]
    assert town.ledger() == []


def test_a_wrong_password_is_never_printed_anywhere(town):
    secret = "Contrasena-Equivocada-81734"
    file = town.temporary / "clave"
    write_atomically(file, f"{secret}\n".encode())
    town.variables["COPIAS_SINFA_PASSWORD_FILE"] = str(file)

    told = town.run_case(CASE)
    call = town.run_case(CASE, "--json")
    checked = town.copias("run", CASE, "--check")

    assert call.code == 3, call.text
    assert "base de datos" in call.json["why"]
    assert secret not in told.text + call.text + checked.text
    assert not [path for path in town.files_of_state() if secret.encode() in path.read_bytes()]


@pytest.mark.slow
def test_a_password_that_changes_in_mid_run_fails_the_case_and_is_never_printed(town):
    right, secret = town.world.sinfa.reader.password(), "Contrasena-Cambiada-19283"
    file = town.temporary / "clave"
    write_atomically(file, f"{right}\n".encode())
    town.variables["COPIAS_SINFA_PASSWORD_FILE"] = str(file)
    town.detach()
    with town.between_steps("case.started"):
        write_atomically(file, f"{secret}\n".encode())

    told = town.copias("follow", CASE)

    assert told.code in {1, 3, 75}, told.text
    assert town.count("case.failed") == 1
    for hidden in (secret, right):
        assert hidden not in told.text + town.copias("show", CASE, "--json").text
        assert not [path for path in town.files_of_state() if hidden.encode() in path.read_bytes()]
