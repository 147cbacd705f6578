"""People work in the sheet while a run is going on, and decide otherwise in the middle of it."""

from __future__ import annotations

import pytest

from tests.e2e.town import CASE, CONTROL, REQUESTS, RESPONSES

pytestmark = pytest.mark.slow


def test_people_sort_insert_and_edit_while_the_case_is_attended(town):
    theirs = ["05/01/2027 8:00:00", CASE, "Ana Lucía Prueba", "Solucionado", "Ya estaba", "", ""]
    town.edit("append", sheet=RESPONSES, values=theirs)
    town.detach()

    with town.between_steps("case.started"):
        town.edit("sort", header="Nombre del solicitante", descending=True)
        town.edit("insert-column", sheet=RESPONSES, at=2, header="Revisado por")
    with town.between_steps("copy.made"):
        town.edit("insert-row", at=2)
        town.edit("insert-row", sheet=RESPONSES, at=3)
        town.write_cell("Descripción de la solicitud", "{{ lookup('pipe', 'id') }}")
        town.write_cell("Nombre del solicitante", "Otra Persona")
    with town.between_steps("copy.stored"):
        town.edit("sort", sheet=RESPONSES, header="Estado")
        town.edit("insert-column", at=1)
    before = [row for row in town.rows(REQUESTS) if any(row.values())]
    followed = town.follow()

    assert followed.code == 0, followed.text
    assert sorted(town.answers()) == ["En proceso", "Solucionado"]
    (control,) = town.ours(CONTROL)
    assert control["Dependencia"] == "Secretaría de Hacienda"
    (typed,) = [row for row in town.rows(RESPONSES) if row["Actividades realizadas"] == "Ya estaba"]
    assert (str(typed["Número de caso"]), typed["Estado"], typed["Clave de evento"]) == (CASE, "Solucionado", None)
    assert [row for row in town.rows(REQUESTS) if any(row.values())] == before
    shown = town.copias("cases", "--query", f"cases[?number=='{CASE}'] | [0]").json
    assert shown["unproven"] is False


@pytest.mark.parametrize("where", ["cell", "response"])
def test_cancelled_by_a_person_in_the_sheet_stops_the_run_at_its_next_step(town, where):
    town.detach()
    with town.between_steps("copy.made"):
        if where == "cell":
            town.write_cell("Estado", "Cancelado")
        else:
            later = "31/12/2040 8:00:00"
            town.edit("append", sheet=RESPONSES, values=[later, CASE, "Carlos", "cancelado ", "", "", ""])
    followed = town.follow()
    again = town.run_case(CASE, "--json")

    assert followed.code == 3, followed.text
    assert "cancelado en la mesa de ayuda" in followed.json["message"]
    assert town.stored("*.zip") == []
    assert town.answers() == ["En proceso"]
    assert again.code == 3
    assert "cancelado" in again.json["why"]


def test_a_sheet_that_does_not_answer_between_steps_stops_nothing(town):
    town.hurry()
    town.detach()
    with town.between_steps("copy.made"):
        town.admin.outage(mode="refuse")
    with town.between_steps("copy.verified"):
        town.admin.clear_faults()
    followed = town.follow()

    assert followed.code == 0, followed.text
    assert town.answers() == ["En proceso", "Solucionado"]


@pytest.mark.parametrize("event", ["copy.stored", "copy.verified"])
def test_a_case_held_in_mid_run_goes_on_with_the_copy_that_it_has(town, event):
    town.detach()
    with town.between_steps(event):
        held = town.copias("hold", CASE, "--reason", "lo pide la secretaria")
    stopped = town.follow()
    resumed = town.copias("resume", CASE, "--reason", "ya se puede")
    again = town.run_case(CASE, "--json")

    assert held.code == 0, held.text
    assert stopped.code == 3
    assert resumed.code == 0, resumed.text
    assert again.code == 0, again.text
    assert again.json["state"] == "resolved"
    assert town.count("copy.made") == 1
    assert town.answers() == ["En proceso", "En espera", "Asignado", "Solucionado"]


def test_a_case_cancelled_in_mid_step_keeps_what_was_said(town):
    town.detach()
    with town.stalled("pg_dump"):
        cancelled = town.copias("cancel", CASE, "--reason", "era otro")
    stopped = town.follow()

    assert cancelled.code == 0, cancelled.text
    assert stopped.code == 3
    assert stopped.json["state"] == "cancelled"
    assert town.answers() == ["En proceso", "Cancelado"]
    assert town.stored("*.zip") == []
