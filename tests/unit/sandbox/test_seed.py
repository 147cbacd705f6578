"""The demo's data: realistic, and the same for the same seed."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from copias_sandbox.core.dispatch import Google
from copias_sandbox.local import LocalClient, LocalSheet
from copias_sandbox.rooms.registry import ROOMS
from copias_sandbox.seed import words
from copias_sandbox.seed.cases import DEMO_CASE, generate
from copias_sandbox.seed.sheets import INSERTED_HEADER, REQUEST_HEADERS, Layout
from copias_sandbox.seed.workspace import SeedOptions, fill
from copias_sandbox.state import State


def read(google, spreadsheet, cells, **options):
    sheet = LocalSheet(LocalClient(google, words.HELP_DESK))
    sheet.id = spreadsheet
    return sheet.get(cells, **options)


def test_same_seed_gives_the_same_cells(google):
    other = Google(State(":memory:"), ROOMS)
    first, second = fill(google, SeedOptions()), fill(other, SeedOptions())

    assert first == second
    assert read(google, first.spreadsheet, "Solicitudes") == read(other, second.spreadsheet, "Solicitudes")
    assert generate(300, 1) != generate(300, 2)


def test_year_has_mostly_other_requests_and_all_kinds_of_copies():
    kinds = Counter(case.kind for case in generate(300, 20260101))

    assert set(kinds) == {"", *words.COPIES}
    assert 30 <= 300 - kinds[""] <= 50
    assert {case.received.year for case in generate(300, 20260101)} == {2026}


def test_sheet_has_every_mistake_that_the_product_must_survive(google):
    rows = read(google, fill(google, SeedOptions()).spreadsheet, "Solicitudes")
    columns = {name: [row[place] if place < len(row) else "" for row in rows[1:]] for place, name in enumerate(rows[0])}

    assert [name for name in rows[0] if name != INSERTED_HEADER] == list(REQUEST_HEADERS)
    numbers = Counter(columns["Número de caso"])
    assert sorted(count for count in numbers.values() if count > 1) == [2]
    assert numbers[""] == 1
    assert numbers["por asignar"] == 1
    assert any(number != number.strip() for number in numbers)
    texts = columns["Descripción de la solicitud"]
    assert texts.count(words.HOSTILE) == 1
    assert texts.count(words.FORMULA_LIKE) == 1
    assert columns["Estado"].count(words.UNKNOWN_STATUS) == 1
    assert any(text != text.strip() for text in texts)
    assert any(name not in words.DEPARTMENTS for name in columns["Dependencia"])


@pytest.mark.parametrize("count", [1, 2, 60, 99, 100, 300, 1000])
def test_demo_case_is_there_once_whatever_the_size(count):
    cases = generate(count, 20260101)

    found = [case for case in cases if case.number == DEMO_CASE]
    assert len(cases) == count
    assert [(case.description, case.department, case.status, case.agent) for case in found] == [
        (words.DEMO_DESCRIPTION, words.HACIENDA, "Asignado", words.DEMO_AGENT)
    ]


def test_one_tab_holds_requests_and_responses(google):
    made = fill(google, SeedOptions(layout=Layout.ONE_TAB))

    rows = read(google, made.spreadsheet, "Mesa de Ayuda")

    assert rows[0][-3:] == ["Actividades realizadas", "Evidencia", "Clave de evento"]
    assert sum(len(row) > 6 and row[6] != "" for row in rows[1:]) == 300
    assert len(rows) > 500


def test_control_sheet_waits_for_its_first_copy(google):
    made = fill(google, SeedOptions(cases=5))

    rows = read(google, made.control_spreadsheet, "Control")

    assert len(rows) == 1
    assert rows[0][-1] == "Clave de evento"


def test_ten_thousand_cases_are_quick_to_make_and_to_read(google):
    google.strict = False
    began = time.process_time()
    made = fill(google, SeedOptions(cases=10_000))
    seeded = time.process_time() - began

    rows = read(google, made.spreadsheet, "Solicitudes")

    assert len(rows) == 10_001
    assert seeded < 5
    assert time.process_time() - began - seeded < 2
