"""The request row's own status cell: changed with care while people work in the sheet."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

import pytest

from copias.errors import BadSheet, NotReady
from copias.helpdesk import Change, WriteUncertain
from copias.helpdesk.request_status import METADATA_KEY

if t.TYPE_CHECKING:
    from tests.integration.helpdesk.conftest import Town

CASE = "1234"
WRITE = "sheets.spreadsheets.values.batchUpdateByDataFilter"
LOOK = "sheets.spreadsheets.values.batchGetByDataFilter"
STRUCTURE = "sheets.spreadsheets.batchUpdate"


def statuses(town: Town) -> dict[str, str]:
    """Return what each case's cell shows."""
    everything = {str(number) for number in range(1100, 1400)}
    return {case.number: case.visible_status_text for case in town.desk().cases(classified=everything).cases}


def test_cell_is_changed_and_only_that(either_town: Town) -> None:
    before = statuses(either_town)

    change = either_town.desk().set_request_status(CASE, "Asignado", text="En proceso")

    assert (change.outcome, change.repaired) == (Change.CHANGED, ())
    assert statuses(either_town) == {**before, CASE: "En proceso"}


def test_row_is_marked_once(town: Town) -> None:
    desk = town.desk()

    desk.set_request_status(CASE, "Asignado", text="En proceso")
    desk.set_request_status(CASE, "En proceso", text="Solucionado")

    assert town.count("batchUpdate") == 1


def test_expected_word_is_compared_as_words_are(town: Town) -> None:
    assert town.desk().set_request_status(CASE, " ASIGNADO", text="En proceso").outcome is Change.CHANGED


def test_cell_that_says_it_already_is_left_alone(town: Town) -> None:
    change = town.desk().set_request_status(CASE, "Registrado", text="Asignado")

    assert change.outcome is Change.ALREADY
    assert town.count("values.batchUpdateByDataFilter") == 0


def test_persons_edit_is_never_overwritten(town: Town) -> None:
    row = town.desk().case(CASE).row
    town.edit("set", cell=f"K{row}", text="Cancelado")

    change = town.desk().set_request_status(CASE, "Asignado", text="En proceso")

    assert (change.outcome, change.text, statuses(town)[CASE]) == (Change.EDITED, "Cancelado", "Cancelado")


def test_mark_follows_inserted_rows(town: Town) -> None:
    desk = town.desk()
    desk.set_request_status(CASE, "Asignado", text="En proceso")
    town.edit("insert-row", at=2, count=3)

    change = desk.set_request_status(CASE, "En proceso", text="Solucionado")

    assert (change.outcome, town.count("batchUpdate")) == (Change.CHANGED, 1)


def test_sorted_sheet_gets_a_new_mark(town: Town) -> None:
    desk = town.desk()
    desk.set_request_status(CASE, "Asignado", text="En proceso")
    town.edit("sort", header="Dependencia")
    before = statuses(town)

    change = desk.set_request_status(CASE, "En proceso", text="Solucionado")

    assert change.outcome is Change.CHANGED
    assert statuses(town) == {**before, CASE: "Solucionado"}


def test_rows_inserted_in_the_moment_of_the_write(town: Town) -> None:
    desk = town.desk()
    desk.set_request_status(CASE, "Asignado", text="En proceso")
    before = statuses(town)

    thread = town.edit_after(LOOK, edit=lambda: town.edit("insert-row", at=2))
    change = desk.set_request_status(CASE, "En proceso", text="Solucionado")
    thread.join()

    assert (change.outcome, change.repaired) == (Change.CHANGED, ())
    assert statuses(town) == {**before, CASE: "Solucionado"}


def test_rows_sorted_in_the_moment_of_the_write_are_given_back(town: Town) -> None:
    desk = town.desk()
    desk.set_request_status(CASE, "Asignado", text="En proceso")
    before = statuses(town)

    thread = town.edit_after(LOOK, edit=lambda: town.edit("sort", header="Dependencia", descending=True))
    change = desk.set_request_status(CASE, "En proceso", text="Reasignado")
    thread.join()

    assert change.outcome is Change.CHANGED
    assert len(change.repaired) == 1
    assert statuses(town) == {**before, CASE: "Reasignado"}


def test_column_inserted_in_the_moment_of_the_write_is_given_back(town: Town) -> None:
    desk = town.desk()
    desk.set_request_status(CASE, "Asignado", text="En proceso")
    agent = desk.case(CASE).agent

    thread = town.edit_after(LOOK, edit=lambda: town.edit("insert-column", at=2, header="Prioridad"))
    change = desk.set_request_status(CASE, "En proceso", text="Solucionado")
    thread.join()

    after = desk.case(CASE)
    assert (change.repaired, after.agent, after.visible_status_text) == (
        (f"«Agente asignado» del caso {CASE}",),
        agent,
        "Solucionado",
    )


@pytest.mark.parametrize("kind", ["lost", "reset", "truncated"])
@pytest.mark.parametrize("method", [WRITE, STRUCTURE])
def test_lost_answer_is_found_out_by_reading(town: Town, kind: str, method: str) -> None:
    town.admin.fault(kind, method)

    change = town.desk().set_request_status(CASE, "Asignado", text="En proceso")

    assert change.outcome in {Change.CHANGED, Change.ALREADY}
    assert statuses(town)[CASE] == "En proceso"


def test_marks_in_another_tab_are_not_written_to(town: Town) -> None:
    # A copied tab has copies of the marks.
    desk = town.desk()
    desk.set_request_status(CASE, "Asignado", text="En proceso")
    place = {"sheetId": desk._gateway.list_tabs(town.running.spreadsheet)["Respuestas"], "dimension": "ROWS"}
    metadata = {
        "metadataKey": METADATA_KEY,
        "metadataValue": CASE,
        "visibility": "DOCUMENT",
        "location": {"dimensionRange": {**place, "startIndex": 3, "endIndex": 4}},
    }
    desk._gateway.change_structure(
        town.running.spreadsheet, [{"createDeveloperMetadata": {"developerMetadata": metadata}}]
    )
    before = desk._read_tabs()[1]

    change = desk.set_request_status(CASE, "En proceso", text="Solucionado")

    assert (change.outcome, desk._read_tabs()[1]) == (Change.CHANGED, before)
    # One for our own mark, one for the test's: the foreign one neither counts nor is taken away.
    assert town.count("batchUpdate") == 2


def test_two_marks_for_one_case_become_one(town: Town) -> None:
    desk = town.desk()
    desk.set_request_status(CASE, "Asignado", text="En proceso")
    place = {"sheetId": 0, "dimension": "ROWS", "startIndex": 7, "endIndex": 8}
    metadata = {
        "metadataKey": METADATA_KEY,
        "metadataValue": CASE,
        "visibility": "DOCUMENT",
        "location": {"dimensionRange": place},
    }
    desk._gateway.change_structure(
        town.running.spreadsheet, [{"createDeveloperMetadata": {"developerMetadata": metadata}}]
    )
    before = statuses(town)

    desk.set_request_status(CASE, "En proceso", text="Solucionado")

    assert statuses(town) == {**before, CASE: "Solucionado"}


def test_case_without_a_single_row_is_refused(town: Town) -> None:
    (doubled, *_) = (problem for problem in town.desk().cases().problems if problem.code == "doubled_number")

    for number in (str(doubled.number), "99999"):
        with pytest.raises(NotReady, match="no hay una fila de solicitud única"):
            town.desk().set_request_status(number, "x", text="y")


def test_sheet_without_a_status_column_is_named(town: Town) -> None:
    town.edit("rename-header", header="Estado", to="Situación")

    with pytest.raises(BadSheet, match="«Estado»"):
        town.desk().set_request_status(CASE, "Asignado", text="En proceso")


def test_response_is_reflected_where_the_deployment_wants_it(either_town: Town, response: t.Any) -> None:
    desk = either_town.desk(update_request_status=True)

    first = desk.append_response(response("En proceso", "k1"))
    second = desk.append_response(response("Solucionado", "k2"))

    assert (first.visible, second.visible, second.visible_text) == (True, True, "Solucionado")
    assert statuses(either_town)[CASE] == "Solucionado"


def test_reflection_does_not_undo_what_a_person_typed(town: Town, response: t.Any) -> None:
    desk = town.desk(update_request_status=True)
    town.edit("set", cell=f"K{desk.case(CASE).row}", text="Cancelado")

    delivered = desk.append_response(response("En proceso", "k1"))

    assert (delivered.visible, delivered.visible_text) == (False, "Cancelado")
    assert statuses(town)[CASE] == "Cancelado"


def test_reopened_case_is_reflected_again(town: Town, response: t.Any) -> None:
    desk = town.desk(update_request_status=True)
    desk.append_response(response("Solucionado", "k1", moment=None))

    delivered = desk.append_response(response("En proceso", "k2", moment=None))

    assert (delivered.visible, statuses(town)[CASE]) == (True, "En proceso")


def test_late_redelivery_does_not_bring_an_old_status_back(town: Town, response: t.Any) -> None:
    desk = town.desk(update_request_status=True)
    old = response("En proceso", "k1")
    desk.append_response(old)
    desk.append_response(response("Solucionado", "k2"))

    desk.deliver_once(old, attempted_at=datetime.now(UTC))

    assert statuses(town)[CASE] == "Solucionado"


def test_reflection_that_was_interrupted_is_made_by_the_redelivery(town: Town, response: t.Any) -> None:
    desk = town.desk(attempts=2, update_request_status=True)
    row = response("En proceso", "k1")
    town.admin.fault("status", LOOK, status=503, times=0)

    with pytest.raises(WriteUncertain):
        desk.append_response(row)
    town.admin.clear_faults()
    delivered = desk.deliver_once(row, attempted_at=datetime.now(UTC))

    assert (delivered.found, delivered.visible, statuses(town)[CASE]) == (True, True, "En proceso")
