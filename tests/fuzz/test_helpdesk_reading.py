"""Whatever people and forms put into cells: reading never raises, and no row is lost."""

from __future__ import annotations

import json
import re
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from copias.errors import BadSheet
from copias.helpdesk import CaseList, HelpDeskSettings, ProblemCode
from copias.helpdesk.a1 import column_index, column_letters
from copias.helpdesk.cells import MOST_UNITS, add_key, cell_text, line_of, split_key, text_of
from copias.helpdesk.dates import read_moment
from copias.helpdesk.numbers import read_number
from copias.helpdesk.reading import CaseReader
from copias.helpdesk.tabs import tabs_of
from copias.helpdesk.words import plain

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

HOSTILE = (
    "{{ lookup('pipe', 'id') }}",
    "../../../etc/passwd",
    '=HYPERLINK("http://x.example")',
    "\x1b[31m\x07",
    "1234",
    "1234.0",
    "Copia de seguridad",
    "Solucionado",
    "[copias:k1]",
    "acta [copias:k1]",
    "25/03/2026 14:05:22",
    "\u202e\u200b\ufeff",
    "$(reboot)",
    "#REF!",
)
cells = (
    some.none()
    | some.booleans()
    | some.integers()
    | some.floats()
    | some.text(max_size=40)
    | some.sampled_from(HOSTILE)
    | some.integers(0, 5)
)
rows = some.lists(some.lists(cells, max_size=12), max_size=12)
numbers = some.sampled_from([7, "7", " 8 ", 8.0, 9]) | cells
words = some.sampled_from(["Solucionado", "en  TRÁMITE", "", "???"]) | cells
services = some.sampled_from(["Copia de seguridad", "Impresoras"]) | cells
request_rows = some.lists(
    some.tuples(cells, cells, cells, cells, services, cells, numbers, cells, words).map(list), max_size=8
)
evidence = some.sampled_from(["", "acta", "[copias:k1]", "acta [copias:k2]"]) | cells
response_rows = some.lists(some.tuples(cells, numbers, words, cells, cells, evidence).map(list), max_size=8)


def reader(*, shared: bool) -> CaseReader:
    given = HelpDeskSettings(spreadsheet="1x", requests_tab="S", responses_tab=None if shared else "R")
    return CaseReader(given, tabs_of(given))


TWO_TABS, ONE_TAB = reader(shared=False), reader(shared=True)


def is_filled(row: list[t.Any]) -> bool:
    return any(cell is not None and cell is not False and str(cell).strip() for cell in row)


def rows_told(listed: CaseList, tab: str) -> set[int]:
    return {case.row for case in listed.cases} | {
        problem.row for problem in listed.problems if problem.tab == tab and "response" not in problem.code
    }


@given(requests=request_rows | rows, responses=response_rows | rows)
@settings(deadline=None)
def test_hostile_cells_never_raise_and_no_request_is_lost(requests: list[t.Any], responses: list[t.Any]) -> None:
    listed = TWO_TABS.read([REQUESTS, *requests], [RESPONSES, *responses])

    # A problem of a listed case names its row too, so rows are counted once.
    assert len(rows_told(listed, "S")) + listed.others == sum(map(is_filled, requests))


@given(requests=request_rows | rows, responses=response_rows | rows)
@settings(deadline=None)
def test_no_response_is_lost(requests: list[t.Any], responses: list[t.Any]) -> None:
    listed = TWO_TABS.read([REQUESTS, *requests], [RESPONSES, *responses])

    attached = sum(len(case.responses) for case in listed.cases)
    codes = [problem.code for problem in listed.problems]
    told = attached + codes.count(ProblemCode.DOUBLED_RESPONSE) + listed.stray_responses
    # Those of a doubled case number belong to no case; that is told once, on the requests.
    assert told == sum(map(is_filled, responses)) or ProblemCode.DOUBLED_NUMBER in codes


@given(table=rows)
@settings(deadline=None)
def test_hostile_one_tab_never_raises(table: list[t.Any]) -> None:
    whole = [[*REQUESTS, "Actividades realizadas", "Evidencia"], *table]

    for case in ONE_TAB.read(whole, whole).cases:
        assert re.fullmatch(r"[0-9]{1,10}", case.number)


@given(table=rows)
@settings(deadline=None)
def test_hostile_header_is_bad_sheet_or_nothing(table: list[t.Any]) -> None:
    with pytest.raises(BadSheet):
        TWO_TABS.read(table, table)


@given(cell=cells)
def test_single_readers_raise_nothing_but_value_error(cell: t.Any) -> None:
    for read in (read_moment, read_number):
        try:
            read(cell)
        except ValueError:
            continue


@given(cell=cells | some.text())
def test_text_is_stable_and_harmless(cell: t.Any) -> None:
    text = text_of(cell)

    assert text_of(text) == text
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", text)
    assert "\n" not in line_of(cell)


@given(text=some.text())
def test_plain_is_stable(text: str) -> None:
    assert plain(plain(text)) == plain(text)


@given(
    text=some.text(max_size=80),
    times=some.sampled_from([1, 1000]),
    key=some.from_regex(r"[A-Za-z0-9._:/-]{1,100}", fullmatch=True),
)
def test_key_is_always_found_again_and_the_cell_fits(text: str, times: int, key: str) -> None:
    written = add_key(text * times, key)

    assert split_key(written)[1] == key
    assert len(written.encode("utf-16-le")) // 2 <= MOST_UNITS
    json.dumps(written).encode("utf-8")


@given(text=some.text())
def test_what_is_written_reads_back_the_same(text: str) -> None:
    written = cell_text(text)

    assert text_of(written) == written


@given(index=some.integers(0, 18_277))
def test_columns_there_and_back(index: int) -> None:
    assert column_index(column_letters(index)) == index
