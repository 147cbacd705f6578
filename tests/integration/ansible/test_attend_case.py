"""The playbook of a case: once through, again, and in check mode."""

from __future__ import annotations

import pytest

from tests.e2e.town import CASE, CONTROL
from tests.integration.ansible import plays

STEPS = {"control": 2, "hacienda": 3}
"""Tasks that change something in a whole case, by host."""


@pytest.mark.slow
def test_case_is_attended_once_and_a_second_run_changes_nothing(town):
    first = plays.play(town)

    assert first.code == 0, first.text
    assert first.changed == STEPS
    assert town.answers() == ["En proceso", "Solucionado"]
    assert [path.suffix for path in town.stored("*.zip")] == [".zip"]
    assert len(town.stored("*.zip.manifest.json")) == len(town.stored("*.prueba.json")) == 1
    assert len(town.ours(CONTROL)) == 1
    assert [town.count(event) for event in ("copy.made", "copy.stored", "copy.verified", "case.resolved")] == [1] * 4

    before = plays.everything(town)
    second = plays.play(town)
    rehearsed = plays.play(town, "--check", "--diff")

    assert (second.code, second.changed) == (0, {"control": 0})
    assert (rehearsed.code, rehearsed.changed) == (0, {"control": 0})
    assert plays.everything(town) == before
    assert "WARNING" not in second.text


def test_check_mode_predicts_every_step_and_changes_nothing_anywhere(town):
    before = plays.everything(town)

    rehearsed = plays.play(town, "--check", "--diff")

    assert rehearsed.code == 0, rehearsed.text
    assert rehearsed.changed == STEPS
    assert plays.everything(town) == before
    for line in ("-    state: assigned", "+    state: in_progress", "+    state: resolved"):
        assert line in rehearsed.text
    for status in ("made", "stored", "verified"):
        assert f"+    status: {status}" in rehearsed.text


@pytest.mark.slow
def test_difference_of_a_real_run_names_what_was_made(town):
    played = plays.play(town, "--diff")

    sha256 = next(event["data"]["sha256"] for event in town.ledger() if event["event"] == "copy.made")
    package = town.stored("*.zip")[0].relative_to(town.world.nas)
    assert "-    status: none" in played.text
    assert f"+    sha256: {sha256}" in played.text
    assert f"+    package: {package}" in played.text
    assert f"+    - copias-{CASE}-1-resolved" in played.text


@pytest.mark.slow
def test_template_in_cells_of_the_case_is_text_to_the_end(town, tmp_path):
    trap = tmp_path / "executed"
    template = f"{{{{ lookup('ansible.builtin.pipe', 'touch {trap}') }}}} $(touch {trap})"
    for header in ("Descripción de la solicitud", "Dependencia", "Agente asignado", "Nombre del solicitante"):
        town.write_cell(header, f"SINFA copia de la base de datos {template}")

    played = plays.play(town, "--diff")

    assert played.code == 0, played.text
    assert not trap.exists()
    assert "lookup(" not in played.text
    assert template in str(town.ours(CONTROL)[0])
    package = town.stored("*.zip")[0].relative_to(town.world.nas)
    assert all(part.isascii() and "{" not in part for part in package.parts)
