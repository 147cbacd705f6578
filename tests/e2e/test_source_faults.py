"""The database is down or refuses us: no copy then, and no secret told. The rest is in tests/chaos/faults."""

from __future__ import annotations

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
