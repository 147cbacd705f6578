"""Appending over HTTP: once in effect, under the right headers, whatever happens in that moment."""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from copias.errors import BadConfiguration, BadInput, BadSheet, HelpDeskUnavailable
from copias.helpdesk import ControlRow, ProblemCode, Response, SheetStatus, Waiting, WriteUncertain

if t.TYPE_CHECKING:
    from tests.integration.helpdesk.conftest import Town

    Make: t.TypeAlias = t.Callable[..., Response]

CASE = "1234"
APPEND = "sheets.spreadsheets.values.append"
BATCH_GET = "sheets.spreadsheets.values.batchGet"


def keys(town: Town, number: str = CASE) -> list[str | None]:
    """Return the keys of a case's responses, doubles included."""
    listed = town.desk().cases()
    case = listed.case(number)
    assert case is not None
    doubles = [problem for problem in listed.problems if problem.code is ProblemCode.DOUBLED_RESPONSE]
    return [row.key for row in case.responses] + ["double"] * len(doubles)


def test_response_is_appended_as_the_form_does(either_town: Town, response: Make) -> None:
    desk = either_town.desk()

    delivered = desk.append_response(response())

    (row,) = desk.case(CASE).responses
    assert (row.key, row.status, row.agent, row.done) == (
        "1234/1/started",
        SheetStatus.IN_PROGRESS,
        "Ana Prueba",
        "Copia en curso",
    )
    assert (row.evidence, row.responded_at) == ("acta 12", datetime(2026, 11, 3, 15, 4, 5, tzinfo=UTC))
    assert str(row.row) in delivered.range
    (call,) = either_town.admin.calls(APPEND)
    assert "insertDataOption=INSERT_ROWS" in call["target"]
    assert "valueInputOption=RAW" in call["target"]


def test_visible_status_that_does_not_show_it_is_told(town: Town, response: Make) -> None:
    delivered = town.desk().append_response(response())

    assert (delivered.visible, delivered.visible_text) == (False, "Asignado")


def test_visible_status_that_shows_it_is_told(town: Town, response: Make) -> None:
    assert town.desk().append_response(response(" ASIGNADO ")).visible is True


def test_key_goes_to_the_end_of_the_evidence_without_a_column_of_its_own(town: Town, response: Make) -> None:
    town.edit("rename-header", sheet="Respuestas", header="Clave de evento", to="Notas")
    desk = town.desk()

    desk.append_response(response())

    (row,) = desk.case(CASE).responses
    assert (row.key, row.evidence) == ("1234/1/started", "acta 12")
    assert desk.find_key(response()) is not None


def test_formula_in_a_text_stays_text(town: Town, response: Make) -> None:
    formula = '=IMPORTXML("http://x.example","//a")'
    town.desk().append_response(response(done=formula, agent="+1", evidence="@x"))

    (row,) = town.desk().case(CASE).responses
    assert (row.done, row.agent, row.evidence) == (formula, "+1", "@x")


def test_text_longer_than_a_cell_is_cut_and_says_so(town: Town, response: Make) -> None:
    town.desk().append_response(response(done="línea\n" * 20_000))

    (row,) = town.desk().case(CASE).responses
    assert "[…recortado: el texto tenía 119999 caracteres" in row.done


def test_columns_in_another_order_with_one_inserted(either_town: Town, response: Make) -> None:
    either_town.edit("insert-column", sheet=either_town.responses_tab, at=3, header="Firma")
    desk = either_town.desk()

    desk.append_response(response())

    (row,) = desk.case(CASE).responses
    assert (row.agent, row.done, row.evidence) == ("Ana Prueba", "Copia en curso", "acta 12")


def test_header_below_a_title_row(town: Town, response: Make) -> None:
    town.edit("insert-row", sheet="Respuestas", at=1)
    town.edit("set", sheet="Respuestas", cell="A1", text="ALCALDÍA DE PRUEBA")
    desk = town.desk()

    desk.append_response(response())

    assert keys(town) == ["1234/1/started"]


def test_notes_left_of_the_table_do_not_shift_the_row(town: Town, response: Make) -> None:
    # Sheets begins the new row at the first column of the *table*, which a note beside it widens.
    town.edit("insert-column", sheet="Respuestas", at=1)
    town.edit("set", sheet="Respuestas", cell="A2", text="revisar")
    desk = town.desk()

    delivered = desk.append_response(response())

    (row,) = desk.case(CASE).responses
    assert (row.agent, row.evidence, delivered.moved) == ("Ana Prueba", "acta 12", True)
    assert keys(town) == ["1234/1/started"]


@pytest.mark.parametrize("at", [1, 3, 5])
def test_column_inserted_before_the_append_is_put_right(either_town: Town, response: Make, at: int) -> None:
    tab = either_town.responses_tab
    desk = either_town.desk()

    thread = either_town.edit_after(
        BATCH_GET, edit=lambda: either_town.edit("insert-column", sheet=tab, at=at, header="Firma")
    )
    delivered = desk.append_response(response())
    thread.join()

    (row,) = desk.case(CASE).responses
    assert (row.key, row.agent, row.done, row.evidence) == ("1234/1/started", "Ana Prueba", "Copia en curso", "acta 12")
    assert (delivered.differs, delivered.moved) == ((), True)
    assert desk.cases().others > 50


@pytest.mark.parametrize("at", [1, 3, 5])
def test_column_inserted_after_the_append_moves_the_row_along(either_town: Town, response: Make, at: int) -> None:
    tab = either_town.responses_tab
    desk = either_town.desk()

    thread = either_town.edit_after(
        APPEND, edit=lambda: either_town.edit("insert-column", sheet=tab, at=at, header="Firma")
    )
    delivered = desk.append_response(response())
    thread.join()

    (row,) = desk.case(CASE).responses
    assert (row.key, row.agent, row.done) == ("1234/1/started", "Ana Prueba", "Copia en curso")
    assert (delivered.differs, delivered.moved) == ((), False)


def test_rows_sorted_between_append_and_reading_back(either_town: Town, response: Make) -> None:
    tab = either_town.responses_tab
    desk = either_town.desk()

    thread = either_town.edit_after(
        APPEND, edit=lambda: either_town.edit("sort", sheet=tab, header="Número de caso", descending=True)
    )
    delivered = desk.append_response(response())
    thread.join()

    (row,) = desk.case(CASE).responses
    assert f"{row.row}:" in delivered.range
    assert (row.agent, delivered.differs) == ("Ana Prueba", ())


def test_row_deleted_before_it_is_read_back_is_delivered_again(town: Town, response: Make) -> None:
    desk = town.desk()
    last = len(desk._read_tabs()[1])

    thread = town.edit_after(APPEND, edit=lambda: town.edit("delete-row", sheet="Respuestas", at=last + 1))
    with pytest.raises(WriteUncertain, match="no se encontró al leerla de vuelta"):
        desk.append_response(response())
    thread.join()
    desk.deliver_once(response(), attempted_at=datetime.now(UTC))

    assert keys(town) == ["1234/1/started"]


def test_edit_right_after_the_append_is_told_and_not_overwritten(town: Town, response: Make) -> None:
    desk = town.desk()
    last = len(desk._read_tabs()[1])

    thread = town.edit_after(
        APPEND, edit=lambda: town.edit("set", sheet="Respuestas", cell=f"E{last + 1}", text="corregido")
    )
    delivered = desk.append_response(response())
    thread.join()

    assert delivered.differs == ("Actividades realizadas",)
    assert desk.case(CASE).responses[0].done == "corregido"


def test_persons_edit_of_our_row_is_told_and_not_overwritten(town: Town, response: Make) -> None:
    desk = town.desk()
    row = desk.case(CASE)
    delivered = desk.append_response(response())
    index = delivered.range.rpartition(":")[2].lstrip("ABCDEFG")

    town.edit("set", sheet="Respuestas", cell=f"E{index}", text="corregido a mano")
    again = desk.deliver_once(response(), attempted_at=datetime.now(UTC))

    assert (again.found, again.differs) == (True, ("Actividades realizadas",))
    assert desk.case(CASE).responses[0].done == "corregido a mano"
    assert row.responses == ()


@pytest.mark.parametrize("kind", ["lost", "reset", "truncated"])
def test_lost_answer_then_redelivery_is_once(either_town: Town, response: Make, kind: str) -> None:
    either_town.admin.fault(kind, APPEND)
    desk = either_town.desk()

    with pytest.raises(WriteUncertain) as caught:
        desk.append_response(response())
    delivered = desk.deliver_once(response(), attempted_at=datetime.now(UTC))

    assert caught.value.maybe_written
    assert isinstance(caught.value, HelpDeskUnavailable)
    assert delivered.found
    assert keys(either_town) == ["1234/1/started"]
    assert either_town.count("values.append") == 1


def test_refused_append_is_tried_again_and_written_once(town: Town, response: Make) -> None:
    town.admin.fault("status", APPEND, status=429, reason="rateLimitExceeded", times=2, retry_after=1)

    town.desk().append_response(response())

    assert (keys(town), town.count("values.append")) == (["1234/1/started"], 3)


def test_append_that_met_an_outage_of_unknown_effect_is_not_repeated_blindly(town: Town, response: Make) -> None:
    town.admin.fault("status", APPEND, status=503)
    desk = town.desk()

    with pytest.raises(WriteUncertain):
        desk.append_response(response())
    assert town.count("values.append") == 1
    delivered = desk.deliver_once(response(), attempted_at=datetime.now(UTC))

    assert (delivered.found, keys(town)) == (False, ["1234/1/started"])


@pytest.mark.parametrize("nth", [2, 3])
def test_outage_after_the_append_leaves_it_perhaps_written(town: Town, response: Make, nth: int) -> None:
    # The calls are: header, (append), row, visible status.
    town.admin.fault("status", BATCH_GET, status=503, nth=nth, times=0)
    desk = town.desk(attempts=2)

    with pytest.raises(WriteUncertain):
        desk.append_response(response())
    town.admin.clear_faults()
    desk.deliver_once(response(), attempted_at=datetime.now(UTC))

    assert keys(town) == ["1234/1/started"]


def test_outage_while_the_key_is_looked_for_leaves_the_doubt(town: Town, response: Make) -> None:
    desk = town.desk(attempts=2)
    desk.append_response(response())
    town.admin.outage()

    with pytest.raises(WriteUncertain):
        desk.deliver_once(response(), attempted_at=datetime.now(UTC))


@pytest.mark.parametrize("mode", ["503", "refuse"])
def test_outage_before_the_append_is_surely_not_written(town: Town, response: Make, mode: str) -> None:
    desk = town.desk(attempts=2)
    town.admin.outage(mode=mode)

    with pytest.raises(HelpDeskUnavailable) as caught:
        desk.deliver_once(response())

    assert not isinstance(caught.value, WriteUncertain)


def test_redelivery_waits_until_a_late_row_would_have_appeared(town: Town, response: Make) -> None:
    slept: list[float] = []
    now = datetime(2026, 11, 3, 12, tzinfo=UTC)
    desk = town.desk(settle_seconds=60, waiting=Waiting(sleep=slept.append, now=lambda: now))

    desk.deliver_once(response(key="k1"), attempted_at=now - timedelta(seconds=20))
    desk.deliver_once(response(key="k2"), attempted_at=now - timedelta(hours=1))
    desk.deliver_once(response(key="k3"), attempted_at=now + timedelta(days=3))
    desk.deliver_once(response(key="k4"))

    assert slept == [40.0, 60.0]


def test_late_double_counts_once_and_is_reported(either_town: Town, response: Make) -> None:
    desk = either_town.desk()
    desk.append_response(response())
    desk.append_response(response())

    assert keys(either_town) == ["1234/1/started", "double"]


def test_key_that_a_person_copied_to_another_case_is_not_taken_for_ours(town: Town, response: Make) -> None:
    desk = town.desk()
    other = next(case.number for case in desk.cases().cases if case.number != CASE)
    desk.append_response(response(number=other))

    delivered = desk.deliver_once(response(), attempted_at=datetime.now(UTC))

    assert not delivered.found
    assert "1234/1/started" in keys(town)


def test_eight_parallel_appends_lose_none(either_town: Town, response: Make) -> None:
    desk = either_town.desk()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: desk.append_response(response(key=f"k{n}")), range(8)))

    assert sorted(filter(None, keys(either_town))) == [f"k{n}" for n in range(8)]


def test_parallel_redelivery_under_faults_is_once_each(town: Town, response: Make) -> None:
    town.admin.fault("lost", APPEND, nth=2, times=3)
    desk = town.desk()

    def deliver(key: str) -> None:
        attempted: datetime | None = None
        for _ in range(5):
            try:
                desk.deliver_once(response(key=key), attempted_at=attempted)
            except HelpDeskUnavailable:
                attempted = datetime.now(UTC)
            else:
                return
        raise AssertionError(key)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(deliver, [f"k{n}" for n in range(8)]))

    assert sorted(filter(None, keys(town))) == [f"k{n}" for n in range(8)]


def test_control_row_is_appended_once(town: Town, control_row: ControlRow) -> None:
    town.admin.fault("lost", APPEND)
    desk = town.desk()

    with pytest.raises(WriteUncertain):
        desk.deliver_once(control_row)
    delivered = desk.deliver_once(control_row, attempted_at=datetime.now(UTC))
    second = desk.deliver_once(replace(control_row, key="k2"))

    assert (delivered.found, delivered.differs, delivered.visible) == (True, (), None)
    assert (delivered.range, second.range) == ("Control!A2:N2", "Control!A3:N3")


def test_control_key_can_go_to_the_notes(town: Town, control_row: ControlRow) -> None:
    admin, sheet = town.admin, town.running.control_spreadsheet
    admin.edit(sheet, "rename-header", header="Clave de evento", to="Observaciones")
    desk = town.desk()

    desk.deliver_once(replace(control_row, notes="reemplaza a la anterior"))

    assert desk.find_key(replace(control_row, notes="reemplaza a la anterior")) is not None


def test_sheet_without_any_place_for_the_key_is_named(town: Town, control_row: ControlRow) -> None:
    town.admin.edit(town.running.control_spreadsheet, "rename-header", header="Clave de evento", to="X")

    with pytest.raises(BadSheet, match="Clave de evento"):
        town.desk().deliver_once(control_row)

    assert town.count("values.append") == 0


def test_help_desk_without_a_control_sheet_says_so(town: Town, control_row: ControlRow) -> None:
    with pytest.raises(BadConfiguration, match="control_tab"):
        town.desk(control_tab=None).deliver_once(control_row)


@pytest.mark.parametrize("wrong", [{"number": "../x"}, {"number": ""}, {"key": "a b"}, {"key": ""}])
def test_row_that_could_not_be_found_again_is_refused(town: Town, response: Make, wrong: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        town.desk().append_response(response(**wrong))

    assert town.admin.calls() == []


def test_renamed_header_in_mid_run_stops_the_append(either_town: Town, response: Make) -> None:
    desk = either_town.desk()
    desk.cases()
    either_town.edit("rename-header", sheet=either_town.responses_tab, header="Actividades realizadas", to="Nada")

    with pytest.raises(BadSheet, match="«Actividades realizadas»"):
        desk.append_response(response())

    assert either_town.count("values.append") == 0
