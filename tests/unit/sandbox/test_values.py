"""``spreadsheets.values``: reading, writing, rendering, clearing."""

from __future__ import annotations

import pytest


def test_values_come_without_empty_ends(sheet):
    sheet.put("A1:D4", [["a", "", "c", ""], ["", "", "", ""], ["x"]])

    answer = sheet.values("GET", "'Hoja 1'!A1:Z20")

    assert answer == {
        "range": "'Hoja 1'!A1:Z20",
        "majorDimension": "ROWS",
        "values": [["a", "", "c"], [], ["x"]],
    }


def test_empty_range_has_no_values_at_all(sheet):
    assert "values" not in sheet.values("GET", "A1:B2")


def test_open_range_answers_with_the_whole_of_it(sheet):
    assert sheet.values("GET", "Hoja 1")["range"] == "'Hoja 1'!A1:Z1000"
    assert sheet.values("GET", "A2:B")["range"] == "'Hoja 1'!A2:B1000"
    assert sheet.values("GET", "A1:ZZ5000")["range"] == "'Hoja 1'!A1:Z1000"


def test_columns_are_the_rows_turned(sheet):
    sheet.put("A1", [["a", "b"], ["c"], ["d", "e"]])

    assert sheet.get("A1:C5", majorDimension="COLUMNS") == [["a", "c", "d"], ["b", "", "e"]]


def test_columns_are_written_as_columns_and_nulls_leave_cells_alone(sheet):
    sheet.put("A1", [["a", "b"], ["c", "d"]])

    sheet.values(
        "PUT", "A1", {"majorDimension": "COLUMNS", "values": [["A", None], [None, "D"]]}, valueInputOption="RAW"
    )

    assert sheet.get("A1:B2") == [["A", "b"], ["c", "D"]]


def test_update_says_what_it_changed(sheet):
    answer = sheet.put("B2", [["a", None], ["b", "c"]], includeValuesInResponse="True")

    assert {name: answer[name] for name in ("updatedRange", "updatedRows", "updatedColumns", "updatedCells")} == {
        "updatedRange": "'Hoja 1'!B2:C3",
        "updatedRows": 2,
        "updatedColumns": 2,
        "updatedCells": 3,
    }
    assert answer["updatedData"]["values"] == [["a"], ["b", "c"]]


@pytest.mark.parametrize(
    ("cells", "values", "message"),
    [
        (
            "A1:B2",
            [["a", "b", "c"]],
            "Requested writing within range ['Hoja 1'!A1:B2], but tried writing to column [C]",
        ),
        ("A1:B1", [["a"], ["b"]], "Requested writing within range ['Hoja 1'!A1:B1], but tried writing to row [2]"),
        ("A1001", [["a"]], "Range ('Hoja 1'!A1001) exceeds grid limits. Max rows: 1000, max columns: 26"),
        ("A1", [["a"] * 27], "Range ('Hoja 1'!A1:AA1) exceeds grid limits. Max rows: 1000, max columns: 26"),
        ("Otra!A1", [["a"]], "Unable to parse range: Otra!A1"),
        ("A1", [["x" * 50_001]], "Your input contains more than the maximum of 50000 characters in a single cell."),
    ],
)
def test_write_that_does_not_fit_changes_nothing_and_says_why(sheet, cells, values, message):
    answer = sheet.put(cells, values)

    assert answer["error"] == {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}
    assert sheet.get("A1:Z1000") == []


def test_failed_write_is_undone_whole(sheet):
    sheet.put("A1", [["antes"]])

    answer = sheet.call(
        "POST",
        "/values:batchUpdate",
        {
            "valueInputOption": "RAW",
            "data": [{"range": "A1", "values": [["x"]]}, {"range": "no!A1", "values": [["y"]]}],
        },
    )

    assert answer["error"]["code"] == 400
    assert sheet.get("A1") == [["antes"]]


def test_value_input_option_is_required(sheet):
    answer = sheet.values("PUT", "A1", {"values": [["a"]]})

    assert answer["error"]["message"] == "'valueInputOption' is required but not specified"


def test_raw_text_stays_text(sheet):
    texts = ["=1+1", "3/04/2026", "1.234,5", "TRUE", "'x", "  a  ", "007"]

    sheet.put("A1", [texts])

    assert sheet.get("A1:G1", valueRenderOption="UNFORMATTED_VALUE") == [texts]
    assert sheet.get("A1:G1") == [texts]


@pytest.mark.parametrize(
    ("typed", "unformatted", "formatted"),
    [
        ("42", 42, "42"),
        ("1.234,5", 1234.5, "1234,5"),
        ("1,5", 1.5, "1,5"),
        ("-7", -7, "-7"),
        ("12%", 0.12, "12%"),
        ("3/04/2026", 46115, "3/04/2026"),
        ("03/04/2026 14:30:00", 46115.604166666664, "3/04/2026 14:30:00"),
        ("2026-04-03", 46115, "3/04/2026"),
        ("31/02/2026", "31/02/2026", "31/02/2026"),
        ("verdadero", True, "VERDADERO"),
        ("FALSE", False, "FALSO"),
        ("'007", "007", "007"),
        ("caso 12", "caso 12", "caso 12"),
        ("1.2.3", "1.2.3", "1.2.3"),
        ("12:30", 0.5208333333333334, "12:30:00"),
        ('=HYPERLINK("http://a.example";"ver")', "ver", "ver"),
    ],
)
def test_typed_text_becomes_what_a_colombian_sheet_makes_of_it(sheet, typed, unformatted, formatted):
    sheet.put("A1", [[typed]], option="USER_ENTERED")

    assert sheet.get("A1", valueRenderOption="UNFORMATTED_VALUE") == [[unformatted]]
    assert sheet.get("A1") == [[formatted]]


def test_formula_is_given_back_when_asked_for(sheet):
    sheet.put("A1", [["=B1+1", 5]], option="USER_ENTERED")

    assert sheet.get("A1:B1", valueRenderOption="FORMULA") == [["=B1+1", 5]]


def test_date_is_text_only_when_asked_for(sheet):
    sheet.put("A1", [["3/04/2026"]], option="USER_ENTERED")

    as_text = {"valueRenderOption": "UNFORMATTED_VALUE", "dateTimeRenderOption": "FORMATTED_STRING"}
    assert sheet.get("A1", **as_text) == [["3/04/2026"]]
    assert sheet.get("A1", valueRenderOption="UNFORMATTED_VALUE") == [[46115]]


def test_batch_get_answers_each_range(sheet):
    sheet.put("A1", [["a", "b"], ["c", "d"]])

    answer = sheet.call("GET", "/values:batchGet", ranges=["A1:A2", "B2"])

    assert [one["values"] for one in answer["valueRanges"]] == [[["a"], ["c"]], [["d"]]]


def test_batch_update_counts_all(sheet):
    data = [{"range": "A1:B1", "values": [["a", "b"]]}, {"range": "A3", "values": [["c"]]}]

    answer = sheet.call("POST", "/values:batchUpdate", {"valueInputOption": "RAW", "data": data})

    assert (answer["totalUpdatedCells"], answer["totalUpdatedRows"], answer["totalUpdatedSheets"]) == (3, 2, 1)
    assert sheet.get("A1:B3") == [["a", "b"], [], ["c"]]


def test_clear_empties_a_range(sheet):
    sheet.put("A1", [["a", "b"], ["c", "d"]])

    assert sheet.values("POST", "B1:B2", {}, action=":clear")["clearedRange"] == "'Hoja 1'!B1:B2"
    assert sheet.get("A1:B2") == [["a"], ["c"]]


def test_batch_clear_empties_several(sheet):
    sheet.put("A1", [["a", "b"], ["c", "d"]])

    answer = sheet.call("POST", "/values:batchClear", {"ranges": ["A1", "B2"]})

    assert answer["clearedRanges"] == ["'Hoja 1'!A1", "'Hoja 1'!B2"]
    assert sheet.get("A1:B2") == [["", "b"], ["c"]]


def test_list_in_a_cell_is_refused(sheet):
    assert sheet.put("A1", [[["a"]]])["error"]["message"].startswith("Invalid values[0][0]: list_value")


def test_state_survives_being_forgotten(sheet, google):
    sheet.put("A1", [["3/04/2026", 7, "x", "=A1"], [], [True]], option="USER_ENTERED")
    before = sheet.get("A1:Z9", valueRenderOption="FORMULA")

    google.state.forget()

    assert sheet.get("A1:Z9", valueRenderOption="FORMULA") == before == [[46115, 7, "x", "=A1"], [], [True]]
