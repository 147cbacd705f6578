"""The header is found by names, wherever it is, and what is wrong with it is said in full."""

from __future__ import annotations

import pytest

from copias.errors import BadSheet
from copias.helpdesk.headers import Fields, find_header

FIELDS = Fields(
    {
        "number": ("Número de caso", "Caso"),
        "status": ("Estado",),
        "department": ("Dependencia",),
        "site": ("Sede",),
        "agent": (),
    },
    frozenset({"site"}),
)


def test_columns_in_any_order_with_others_between() -> None:
    header = find_header("Solicitudes", [["Dependencia", None, "Notas", "Estado", "Caso"], ["x"]], FIELDS)

    assert (header.row, header.columns) == (1, {"department": 0, "status": 3, "number": 4})
    assert (header.first, header.last) == (0, 4)


def test_header_below_a_title() -> None:
    rows = [["ALCALDÍA DE PRUEBA"], [], [None, " CASO: ", "ESTADO *", "dependencia"], [None, 1, "Cerrado"]]

    header = find_header("Solicitudes", rows, FIELDS)

    assert (header.row, header.first, header.columns["number"]) == (3, 1, 1)


def test_empty_cells_after_the_header_are_not_part_of_it() -> None:
    assert find_header("S", [["Caso", "Estado", "Dependencia", "", None, " "]], FIELDS).last == 2


def test_missing_header_lists_what_was_expected_and_what_was_found() -> None:
    with pytest.raises(BadSheet) as caught:
        find_header("Solicitudes", [["Caso", "Situación", "Dependencia"]], FIELDS)

    text = str(caught.value)
    assert "pestaña «Solicitudes»" in text
    assert "falta «Estado» (campo status)" in text
    assert "Se encontró: «Caso», «Situación», «Dependencia»" in text
    assert "help_desk.aliases" in text


@pytest.mark.parametrize("second", ["Estado", "ESTADO ", "Éstado"])
def test_doubled_header_lists_both(second: str) -> None:
    with pytest.raises(BadSheet, match=r"\(campo status\) aparece 2 veces"):
        find_header("S", [["Caso", "Estado", "Dependencia", second]], FIELDS)


def test_two_names_of_one_field_are_doubled_too() -> None:
    with pytest.raises(BadSheet, match=r"aparece 2 veces: «Caso», «Número de caso»"):
        find_header("S", [["Caso", "Estado", "Dependencia", "Número de caso"]], FIELDS)


@pytest.mark.parametrize("rows", [[], [[]], [[None, ""]], [[1, 2, 3]], [["a"], ["b"]]])
def test_tab_without_a_header(rows: list[list[object]]) -> None:
    with pytest.raises(BadSheet, match="Se encontró"):
        find_header("S", rows, FIELDS)


def test_cell_of_a_row_that_is_shorter_is_empty() -> None:
    header = find_header("S", [["Caso", "Estado", "Dependencia"]], FIELDS)

    assert header.get(["7"], "department") is None
    assert header.get(["7"], "site") is None


def test_one_column_can_hold_two_fields_of_a_shared_tab() -> None:
    fields = Fields({"requested_at": ("Marca temporal",), "responded_at": ("Marca temporal",)}, frozenset())

    assert find_header("S", [["Marca temporal"]], fields).columns == {"requested_at": 0, "responded_at": 0}
