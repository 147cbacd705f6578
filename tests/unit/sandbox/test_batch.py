"""``spreadsheets.get`` and ``spreadsheets.batchUpdate``."""

from __future__ import annotations

import pytest


def test_sheets_are_added_renamed_moved_and_deleted(sheet):
    made = sheet.batch({"addSheet": {"properties": {"title": "Año 2026", "gridProperties": {"rowCount": 5}}}})
    identifier = made["replies"][0]["addSheet"]["properties"]["sheetId"]
    properties = {"sheetId": identifier, "title": "Otra", "gridProperties": {"frozenRowCount": 1}, "index": 0}
    fields = "title,index,gridProperties.frozenRowCount"
    sheet.batch({"updateSheetProperties": {"properties": properties, "fields": fields}})

    found = [one["properties"] for one in sheet.call("GET", "")["sheets"]]
    assert [(one["title"], one["index"]) for one in found] == [("Otra", 0), ("Hoja 1", 1)]
    assert found[0]["gridProperties"] == {"rowCount": 5, "columnCount": 26, "frozenRowCount": 1}

    sheet.batch({"deleteSheet": {"sheetId": identifier}})
    assert [one["properties"]["title"] for one in sheet.call("GET", "")["sheets"]] == ["Hoja 1"]


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"addSheet": {"properties": {"title": "Hoja 1"}}}, "already exists"),
        ({"deleteSheet": {"sheetId": 9}}, "No grid with id: 9"),
        ({"deleteDimension": {"range": {"dimension": "ROWS"}}}, "can't delete all the rows"),
        ({"insertDimension": {"range": {"dimension": "ROWS", "startIndex": 3, "endIndex": 3}}}, "must be less than"),
        ({"updateSheetProperties": {"properties": {"title": "x"}}}, "At least one field must be listed"),
        ({}, "exactly one kind"),
        ({"cutPaste": {}}, "does not do the request cutPaste yet"),
    ],
)
def test_bad_request_is_refused_and_undoes_the_ones_before_it(sheet, request_, message):
    before = sheet.batch({"addSheet": {"properties": {"title": "se deshace"}}}, request_)

    assert message in before["error"]["message"]
    assert len(sheet.call("GET", "")["sheets"]) == 1


def test_last_sheet_cannot_be_deleted(sheet):
    assert "You can't remove all the sheets" in sheet.batch({"deleteSheet": {"sheetId": 0}})["error"]["message"]


def test_cells_are_updated_appended_and_repeated(sheet):
    row = {"values": [{"userEnteredValue": {"stringValue": "a"}}, {"userEnteredValue": {"numberValue": 2}}]}
    span = {"sheetId": 0, "startRowIndex": 3, "endRowIndex": 5, "startColumnIndex": 0, "endColumnIndex": 1}
    sheet.batch(
        {"updateCells": {"start": {"rowIndex": 0}, "rows": [row], "fields": "userEnteredValue"}},
        {"appendCells": {"sheetId": 0, "rows": [row], "fields": "*"}},
        {
            "repeatCell": {
                "range": span,
                "cell": {"userEnteredValue": {"boolValue": True}},
                "fields": "userEnteredValue",
            }
        },
    )

    assert sheet.get("A1:B9") == [["a", "2"], ["a", "2"], [], ["VERDADERO"], ["VERDADERO"]]


def test_update_cells_of_a_range_empties_the_rest_of_it(sheet):
    sheet.put("A1", [["a", "b"], ["c", "d"]])
    span = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 2, "startColumnIndex": 0, "endColumnIndex": 2}

    sheet.batch({"updateCells": {"range": span, "fields": "userEnteredValue"}})

    assert sheet.get("A1:B2") == []


def test_sort_puts_numbers_before_texts_and_empty_cells_last(sheet):
    sheet.put("A1", [["b", 1], [None, 2], [10, 3], ["Á", 4], [9, 5], [True, 6]])
    span = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 6, "startColumnIndex": 0, "endColumnIndex": 2}
    specs = [{"dimensionIndex": 0, "sortOrder": "ASCENDING"}]

    sheet.batch({"sortRange": {"range": span, "sortSpecs": specs}})

    order = [row[1] for row in sheet.get("A1:B6")]
    assert order == ["5", "3", "4", "1", "6", "2"]


def test_grid_data_tells_values_formats_and_marks(sheet):
    sheet.put("A1", [["3/04/2026", "x"]], option="USER_ENTERED")

    answer = sheet.call("GET", "", includeGridData="true", ranges="A1:B1")

    data = answer["sheets"][0]["data"][0]
    assert data["rowData"][0]["values"][0] == {
        "userEnteredValue": {"numberValue": 46115.0},
        "effectiveValue": {"numberValue": 46115.0},
        "formattedValue": "3/04/2026",
        "userEnteredFormat": {"numberFormat": {"type": "DATE", "pattern": "d/MM/yyyy"}},
        "effectiveFormat": {"numberFormat": {"type": "DATE", "pattern": "d/MM/yyyy"}},
    }
    assert data["rowData"][0]["values"][1]["formattedValue"] == "x"


def test_mask_decides_about_grid_data(sheet):
    sheet.put("A1", [["x"]])

    answer = sheet.call("GET", "", fields="sheets(data(rowData(values(formattedValue))))")

    assert answer["sheets"][0]["data"][0]["rowData"] == [{"values": [{"formattedValue": "x"}]}]
    assert "data" not in sheet.call("GET", "", includeGridData="true", fields="sheets/properties/title")["sheets"][0]


def test_spreadsheet_comes_with_the_answer_when_asked_for(sheet):
    request = {"updateSpreadsheetProperties": {"properties": {"title": "Nuevo"}, "fields": "title"}}

    answer = sheet.batch(request, includeSpreadsheetInResponse=True)

    assert answer["updatedSpreadsheet"]["properties"]["title"] == "Nuevo"


def test_get_by_data_filter_gives_the_part_selected(sheet):
    sheet.put("A1", [["a"], ["b"]])

    body = {"dataFilters": [{"a1Range": "A2"}], "includeGridData": True}
    answer = sheet.call("POST", ":getByDataFilter", body)

    assert answer["sheets"][0]["data"][0]["rowData"][0]["values"][0]["formattedValue"] == "b"
