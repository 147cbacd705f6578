"""Reading a help desk over HTTP, in both layouts."""

from __future__ import annotations

import os
import typing as t

import pytest

from copias.errors import BadInput, BadSheet
from copias.helpdesk import Kind, ProblemCode, SheetStatus
from copias.local_time import BOGOTA

if t.TYPE_CHECKING:
    from tests.integration.helpdesk.conftest import Town

CASE = "1234"


def test_cases_of_a_year_take_one_call(either_town: Town) -> None:
    listed = either_town.desk().cases()

    case = listed.case(CASE)
    assert case is not None
    assert (case.kind, case.system, case.status) == (Kind.SINFA, "contabilidad", SheetStatus.ASSIGNED)
    assert case.requested_at is not None
    assert case.requested_at.tzinfo is BOGOTA
    assert listed.others > 50
    assert [call["method"] for call in either_town.admin.calls()] == [
        "oauth.token",
        "sheets.spreadsheets.values.batchGet",
    ]


def test_both_layouts_read_the_same(town: Town) -> None:
    two = town.desk().cases()
    town.admin.reset(cases=120, layout="one-tab")
    town.one_tab = True
    one = town.desk().cases()

    assert [(case.number, case.status, case.kind) for case in one.cases] == [
        (case.number, case.status, case.kind) for case in two.cases
    ]
    assert one.others == two.others


def test_mistakes_of_people_are_reported_and_nothing_is_executed(either_town: Town) -> None:
    listed = either_town.desk().cases()

    assert [problem.code for problem in listed.problems].count(ProblemCode.DOUBLED_NUMBER) == 2
    hostile = [case for case in listed.cases if "{{" in case.description]
    assert [case.description for case in hostile] == [
        "Copia de seguridad - correo {{ lookup('pipe','touch /tmp/pwned') }}"
    ]
    assert not os.path.exists("/tmp/pwned")  # noqa: PTH110


def test_columns_and_rows_may_move_between_readings(either_town: Town) -> None:
    desk = either_town.desk()
    before = desk.case(CASE)

    either_town.edit("insert-column", at=2, header="Prioridad")
    either_town.edit("insert-row", at=2)
    either_town.edit("sort", header="Dependencia", descending=True)
    after = desk.case(CASE)

    assert (after.description, after.status, after.agent) == (before.description, before.status, before.agent)
    assert after.row != before.row


def test_renamed_header_lists_what_was_found(either_town: Town) -> None:
    either_town.edit("rename-header", header="Dependencia", to="Oficina")

    with pytest.raises(BadSheet, match=r"falta «Dependencia».*«Oficina»") as caught:
        either_town.desk().cases()

    assert caught.value.exit_code == 2


def test_doubled_header_lists_both(either_town: Town) -> None:
    either_town.edit("insert-column", at=1, header="ESTADO ")

    with pytest.raises(BadSheet, match=r"aparece 2 veces: «ESTADO», «Estado»"):
        either_town.desk().cases()


def test_renamed_tab_lists_the_tabs(town: Town) -> None:
    town.edit("rename-sheet", sheet="Respuestas", to="Resp. 2026")

    with pytest.raises(BadSheet, match=r"no está la pestaña «Respuestas».*hay: «Solicitudes», «Resp. 2026»"):
        town.desk().cases()


def test_case_that_words_pass_over_can_be_asked_for(town: Town) -> None:
    town.edit(
        "append",
        values=["3/11/2026 8:00", "a@x.example", "Ana", "Hacienda", "Centro", "", "Software", "Mis archivos", 5000],
    )
    desk = town.desk()

    case = desk.case("5000")

    assert (case.number, case.kind, case.guess.is_case, case.problems) == ("5000", None, False, ())
    assert desk.cases().case("5000") is None
    assert desk.cases(classified={"5000"}).case("5000") == case


def test_doubled_case_cannot_be_asked_for(either_town: Town) -> None:
    desk = either_town.desk()
    (first, *_) = (p for p in desk.cases().problems if p.code is ProblemCode.DOUBLED_NUMBER)

    with pytest.raises(BadInput, match="está en 2 solicitudes"):
        desk.case(str(first.number))


@pytest.mark.parametrize("number", ["99999", "0", "../x", "{{ 1 }}", ""])
def test_absent_case_says_so(town: Town, number: str) -> None:
    with pytest.raises(BadInput, match=r"número de caso|no está en la hoja"):
        town.desk().case(number)


def test_check_passes_on_a_good_sheet_and_names_a_bad_one(either_town: Town) -> None:
    desk = either_town.desk()
    desk.check()

    either_town.edit("rename-header", sheet=either_town.responses_tab, header="Evidencia", to="Prueba")

    with pytest.raises(BadSheet, match="«Evidencia»"):
        desk.check()
