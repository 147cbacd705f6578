"""From rows to cases: what is listed, what is reported, what is passed over."""

from __future__ import annotations

import typing as t
from datetime import datetime

import pytest

from copias.errors import BadSheet
from copias.helpdesk import CaseList, HelpDeskSettings, Kind, ProblemCode, SheetStatus
from copias.helpdesk.reading import CaseReader
from copias.helpdesk.requests import Known
from copias.helpdesk.tabs import tabs_of
from copias.local_time import BOGOTA

REQUESTS = [
    "Marca temporal",
    "Correo electrónico",
    "Nombre del solicitante",
    "Dependencia",
    "Tipo de servicio",
    "Descripción",
    "Número de caso",
    "Agente asignado",
    "Estado",
]
RESPONSES = ["Marca temporal", "Número de caso", "Estado", "Agente", "Actividades realizadas", "Evidencia"]
Row: t.TypeAlias = list[t.Any]


def request(
    number: t.Any = 7,
    status: t.Any = "Asignado",
    *,
    service: t.Any = "Copia de seguridad",
    description: t.Any = "SINFA",
    department: t.Any = "Hacienda",
    moment: t.Any = "25/03/2026 14:05:22",
) -> Row:
    return [moment, "ANA@x.example", " Ana  Ejemplo", department, service, description, number, "Luis", status]


def response(number: t.Any = 7, status: t.Any = "En proceso", *, key: str = "", moment: t.Any = "26/03/2026") -> Row:
    return [moment, number, status, "Luis", "hecho", f"acta [copias:{key}]" if key else "acta"]


def read(requests: list[Row], responses: list[Row] = [], **known: t.Any) -> CaseList:  # noqa: B006 - never changed
    settings = HelpDeskSettings(spreadsheet="1x", requests_tab="Solicitudes", responses_tab="Respuestas")
    reader = CaseReader(settings, tabs_of(settings))
    return reader.read([REQUESTS, *requests], [RESPONSES, *responses], known=Known(**known))


def read_one_tab(rows: list[Row]) -> CaseList:
    settings = HelpDeskSettings(spreadsheet="1x", requests_tab="Mesa de Ayuda")
    reader = CaseReader(settings, tabs_of(settings))
    table = [[*REQUESTS, "Actividades realizadas", "Evidencia"], *rows]
    return reader.read(table, table)


def codes(listed: CaseList) -> list[ProblemCode]:
    return [problem.code for problem in listed.problems]


def test_a_case_is_read_whole() -> None:
    (case,) = read([request()]).cases

    assert (case.number, case.requester_name, case.requester_email) == ("7", "Ana Ejemplo", "ana@x.example")
    assert case.requested_at == datetime(2026, 3, 25, 14, 5, 22, tzinfo=BOGOTA)
    assert (case.kind, case.status, case.agent, case.row) == (Kind.SINFA, SheetStatus.ASSIGNED, "Luis", 2)


def test_other_services_are_counted_in_silence() -> None:
    listed = read([request(service="Impresoras", description="papel", status="???", number="x", moment="ayer")])

    assert (listed.cases, listed.problems, listed.others) == ((), (), 1)


def test_empty_rows_are_nothing() -> None:
    listed = read([[], ["", None, "  ", False], request()])

    assert (len(listed.cases), listed.others, listed.cases[0].row) == (1, 0, 4)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("", ProblemCode.MISSING_NUMBER),
        (None, ProblemCode.MISSING_NUMBER),
        ("por asignar", ProblemCode.BAD_NUMBER),
        ("../../etc", ProblemCode.BAD_NUMBER),
        ("{{ lookup('pipe', 'id') }}", ProblemCode.BAD_NUMBER),
        (12345678901, ProblemCode.BAD_NUMBER),
    ],
)
def test_number_that_is_none_is_reported_and_not_listed(number: t.Any, code: ProblemCode) -> None:
    listed = read([request(number)])

    assert (listed.cases, codes(listed)) == ((), [code])
    assert (listed.problems[0].row, listed.problems[0].tab) == (2, "Solicitudes")
    assert "fila 2" in listed.problems[0].repair


def test_doubled_number_is_reported_on_each_row_and_none_is_runnable() -> None:
    listed = read([request(7), request("007"), request(8)])

    assert [case.number for case in listed.cases] == ["8"]
    assert [(problem.code, problem.number, problem.row) for problem in listed.problems] == [
        (ProblemCode.DOUBLED_NUMBER, "7", 2),
        (ProblemCode.DOUBLED_NUMBER, "7", 3),
    ]


def test_number_shared_with_another_service_is_doubled_too() -> None:
    listed = read([request(7), request(7, service="Impresoras", description="papel")])

    assert (listed.cases, codes(listed), listed.others) == ((), [ProblemCode.DOUBLED_NUMBER] * 2, 0)


def test_unknown_status_is_reported_and_never_guessed() -> None:
    listed = read([request(status="En revisión por comité")])

    assert listed.cases[0].status is None
    assert codes(listed) == [ProblemCode.UNKNOWN_STATUS]
    assert listed.cases[0].problems == listed.problems
    assert "«En revisión por comité»" in listed.problems[0].text


def test_unknown_kind_names_the_verb_that_settles_it() -> None:
    listed = read([request(description="mi drive")])

    assert codes(listed) == [ProblemCode.UNKNOWN_KIND]
    assert "copias classify 7" in listed.problems[0].repair


def test_classified_case_is_listed_whatever_its_words_say() -> None:
    rows = [request(7, description="mi drive"), request(8, service="Software", description="pasar archivos")]

    listed = read(rows, classified={"7", "8"})

    assert ([case.number for case in listed.cases], listed.problems, listed.others) == (["7", "8"], (), 0)


def test_unreadable_date_is_reported_with_the_case() -> None:
    listed = read([request(moment="03/25/2026")])

    assert (listed.cases[0].requested_at, codes(listed)) == (None, [ProblemCode.BAD_DATE])


def test_department_takes_its_right_spelling() -> None:
    listed = read([request(department="  secretaria de  HACIENDA ")], departments=["Secretaría de Hacienda"])

    assert (listed.cases[0].department, listed.problems) == ("Secretaría de Hacienda", ())


def test_unknown_department_is_reported() -> None:
    assert codes(read([request()], departments=["Gobierno"])) == [ProblemCode.UNKNOWN_DEPARTMENT]


def test_finished_case_is_not_asked_for_its_kind_or_date() -> None:
    listed = read([request(status="Cerrado", description="mi drive", moment="ayer")], departments=["Gobierno"])

    assert (len(listed.cases), listed.problems) == (1, ())


def test_responses_belong_to_their_case_in_order() -> None:
    rows = [response(status="Solucionado", moment="28/03/2026"), response(moment="26/03/2026"), response(99)]

    listed = read([request()], rows)

    (case,) = listed.cases
    assert [answer.status_text for answer in case.responses] == ["En proceso", "Solucionado"]
    assert (case.status, case.status_source) == (SheetStatus.RESOLVED, "response")
    assert listed.stray_responses == 1


def test_problems_of_other_services_responses_are_passed_over() -> None:
    listed = read([request(), request(8, service="Red", description="wifi")], [response(8, "¿?", moment="ayer")])

    assert listed.problems == ()


def test_late_double_counts_once_and_is_reported() -> None:
    listed = read([request()], [response(key="k1"), response(key="k1"), response(key="k2")])

    assert [answer.key for answer in listed.cases[0].responses] == ["k1", "k2"]
    assert [(problem.code, problem.row) for problem in listed.problems] == [(ProblemCode.DOUBLED_RESPONSE, 3)]


@pytest.mark.parametrize("copied", [response(8, key="k1"), response(7, "Cancelado", key="k1")])
def test_key_copied_to_another_row_hides_nothing(copied: Row) -> None:
    listed = read([request(7), request(8)], [response(key="k1"), copied])

    assert sum(len(case.responses) for case in listed.cases) == 2
    assert codes(listed) == [ProblemCode.COPIED_KEY]


def test_our_response_without_its_request_is_reported() -> None:
    listed = read([request(8)], [response(7, key="k1"), response(6)])

    assert [(problem.code, problem.number) for problem in listed.problems] == [(ProblemCode.ORPHAN_RESPONSE, "7")]


def test_our_response_with_a_spoilt_number_is_reported() -> None:
    assert codes(read([request()], [response("siete", key="k1")])) == [ProblemCode.BAD_RESPONSE_NUMBER]


def test_evidence_is_shown_without_the_key() -> None:
    (answer,) = read([request()], [response(key="k1")]).cases[0].responses

    assert (answer.evidence, answer.key) == ("acta", "k1")


def test_one_tab_holds_both() -> None:
    answer = ["26/03/2026", "", "", "", "", "", 7, "Luis", "En proceso", "hecho", "acta [copias:k1]"]

    listed = read_one_tab([request(7), answer, request(8, service="Red", description="wifi")])

    (case,) = listed.cases
    assert (case.status, [row.key for row in case.responses], listed.others) == (SheetStatus.IN_PROGRESS, ["k1"], 1)


def test_renamed_header_of_either_tab_is_named() -> None:
    settings = HelpDeskSettings(spreadsheet="1x", requests_tab="Solicitudes", responses_tab="Respuestas")
    reader = CaseReader(settings, tabs_of(settings))

    with pytest.raises(BadSheet, match=r"«Respuestas».*campo evidence"):
        reader.read([REQUESTS], [RESPONSES[:-1]])


def test_tab_longer_than_any_help_desk_is_refused() -> None:
    given = {"spreadsheet": "1x", "requests_tab": "S", "responses_tab": "R", "read_limits": {"rows": 3}}
    settings = HelpDeskSettings.model_validate(given)
    reader = CaseReader(settings, tabs_of(settings))

    with pytest.raises(BadSheet, match="4 filas; el límite es 3"):
        reader.read([REQUESTS, *[request(number) for number in range(3)]], [RESPONSES])
