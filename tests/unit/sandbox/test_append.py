"""``values.append``: the examples of Google's guide, and what follows from them."""

from __future__ import annotations

import pytest

SHEET = "'Hoja 1'"


@pytest.fixture
def two_tables(sheet):
    """Build the sheet of Google's guide: tables ``A1:C2`` and ``B4:D6``."""
    sheet.put("A1", [["x", "y", "z"], ["x", "y", "z"]])
    sheet.put("B4", [["x", "y", "z"], ["x", "y", "z"], ["x", "y", "z"]])
    return sheet


@pytest.mark.parametrize(
    ("cells", "start", "table"),
    [
        ("Hoja 1", "B7", "B4:D6"),
        ("B4", "B7", "B4:D6"),
        ("C5:D5", "B7", "B4:D6"),
        ("B2:D4", "B7", "B4:D6"),
        ("A3:G10", "B7", "B4:D6"),
        ("A1", "A3", "A1:C2"),
        ("E4", "E4", None),
        ("A4", "A4", None),
    ],
)
def test_row_goes_where_googles_guide_says(two_tables, cells, start, table):
    answer = two_tables.append(cells, [["n"]])

    assert answer["updates"]["updatedRange"] == f"{SHEET}!{start}"
    assert answer.get("tableRange") == (f"{SHEET}!{table}" if table else None)


def test_overwrite_writes_over_what_lies_below(two_tables):
    two_tables.append("A1", [["1", "2", "3"], ["4", "5", "6"]])

    assert two_tables.get("A1:D4") == [["x", "y", "z"], ["x", "y", "z"], ["1", "2", "3"], ["4", "5", "6", "z"]]


def test_insert_rows_moves_what_lies_below(two_tables):
    answer = two_tables.append("A1", [["1", "2", "3"], ["4", "5", "6"]], insert="INSERT_ROWS")

    assert answer["updates"]["updatedRange"] == f"{SHEET}!A3:C4"
    assert two_tables.get("A3:D8") == [
        ["1", "2", "3"],
        ["4", "5", "6"],
        [],
        ["", "x", "y", "z"],
        ["", "x", "y", "z"],
        ["", "x", "y", "z"],
    ]
    assert two_tables.values("GET", "Hoja 1")["range"] == f"{SHEET}!A1:Z1002"


@pytest.mark.parametrize("insert", ["OVERWRITE", "INSERT_ROWS"])
def test_full_sheet_grows(sheet, insert):
    sheet.put("A1", [["x"]] * 1000)

    answer = sheet.append("A1", [["n"]], insert=insert)

    assert answer["updates"]["updatedRange"] == f"{SHEET}!A1001"
    assert sheet.get("A1001") == [["n"]]


def test_range_on_the_header_finds_the_whole_table_with_gaps_in_it(sheet):
    sheet.put("A1", [["Marca", "Caso", "Nota"], ["1", "", ""], ["", "2", ""]])

    assert sheet.append("A1:C1", [["3"]])["updates"]["updatedRange"] == f"{SHEET}!A4"


def test_empty_row_ends_the_table(sheet):
    sheet.put("A1", [["h"], ["1"], [], ["abajo"]])

    answer = sheet.append("A1", [["2"]], insert="INSERT_ROWS")

    assert answer["updates"]["updatedRange"] == f"{SHEET}!A3"
    assert sheet.get("A1:A5") == [["h"], ["1"], ["2"], [], ["abajo"]]


def test_values_of_the_answer_are_given_when_asked_for(sheet):
    answer = sheet.append("A1", [["n", 5]], includeValuesInResponse="true")

    assert answer["updates"]["updatedData"]["values"] == [["n", "5"]]
