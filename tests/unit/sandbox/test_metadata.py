"""Developer metadata: it stays with its row or column, and finds it again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copias_sandbox.rooms.sheets.grid import Grid
from copias_sandbox.rooms.sheets.workbook import COLUMNS, ROWS, Metadata, Sheet, Workbook


def mark(row, key="caso", value="1234", **extra):
    span = {"sheetId": 0, "dimension": "ROWS", "startIndex": row, "endIndex": row + 1}
    metadata = {"metadataKey": key, "metadataValue": value, "visibility": "DOCUMENT", **extra}
    return {"createDeveloperMetadata": {"developerMetadata": {**metadata, "location": {"dimensionRange": span}}}}


def by_key(key="caso"):
    return {"dataFilters": [{"developerMetadataLookup": {"metadataKey": key}}]}


def row_of(sheet, key="caso"):
    found = sheet.call("POST", "/developerMetadata:search", by_key(key)).get("matchedDeveloperMetadata", [])
    return [one["developerMetadata"]["location"]["dimensionRange"]["startIndex"] for one in found]


def insert(start, end, dimension="ROWS"):
    span = {"sheetId": 0, "dimension": dimension, "startIndex": start, "endIndex": end}
    return {"insertDimension": {"range": span}}


def delete(start, end, dimension="ROWS"):
    span = {"sheetId": 0, "dimension": dimension, "startIndex": start, "endIndex": end}
    return {"deleteDimension": {"range": span}}


def test_made_metadata_is_answered_and_found_by_id(sheet):
    reply = sheet.batch(mark(4))["replies"][0]["createDeveloperMetadata"]["developerMetadata"]

    assert reply["location"]["locationType"] == "ROW"
    assert sheet.call("GET", f"/developerMetadata/{reply['metadataId']}") == reply
    assert sheet.call("GET", "/developerMetadata/77")["error"]["code"] == 404


def test_row_is_read_and_written_by_its_metadata_wherever_it_moved(sheet):
    sheet.put("A1", [["a"], ["b"], ["c"]])
    sheet.batch(mark(1))
    sheet.batch(insert(0, 2))

    read = sheet.call("POST", "/values:batchGetByDataFilter", by_key())
    written = sheet.call(
        "POST",
        "/values:batchUpdateByDataFilter",
        {"valueInputOption": "RAW", "data": [{"dataFilter": by_key()["dataFilters"][0], "values": [["b", "nuevo"]]}]},
    )

    assert read["valueRanges"][0]["valueRange"]["values"] == [["b"]]
    assert written["responses"][0]["updatedRange"] == "'Hoja 1'!A4:B4"
    assert sheet.get("A1:B5") == [[], [], ["a"], ["b", "nuevo"], ["c"]]


def test_deleted_row_takes_its_metadata_along(sheet):
    sheet.batch(mark(1), mark(3, key="otro"))

    sheet.batch(delete(0, 2))

    assert (row_of(sheet), row_of(sheet, "otro")) == ([], [1])


def test_sort_moves_cells_and_leaves_metadata(sheet):
    sheet.put("A1", [["c"], ["a"], ["b"]])
    sheet.batch(mark(0))
    span = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 3, "startColumnIndex": 0, "endColumnIndex": 2}

    sheet.batch({"sortRange": {"range": span, "sortSpecs": [{"dimensionIndex": 0, "sortOrder": "ASCENDING"}]}})

    assert sheet.get("A1:A3") == [["a"], ["b"], ["c"]]
    assert row_of(sheet) == [0]


def test_append_with_inserted_rows_moves_metadata_below(sheet):
    sheet.put("A1", [["h"], ["1"], [], ["abajo"]])
    sheet.batch(mark(3))

    sheet.append("A1", [["2"]], insert="INSERT_ROWS")

    assert row_of(sheet) == [4]


def test_metadata_is_updated_and_deleted_by_lookup(sheet):
    sheet.batch(mark(1), mark(2, key="otro"))
    lookup = by_key()["dataFilters"]

    sheet.batch(
        {
            "updateDeveloperMetadata": {
                "dataFilters": lookup,
                "developerMetadata": {"metadataValue": "9"},
                "fields": "metadataValue",
            }
        }
    )
    found = sheet.call("POST", "/developerMetadata:search", by_key())["matchedDeveloperMetadata"]
    gone = sheet.batch({"deleteDeveloperMetadata": {"dataFilter": lookup[0]}})

    assert found[0]["developerMetadata"]["metadataValue"] == "9"
    assert len(gone["replies"][0]["deleteDeveloperMetadata"]["deletedDeveloperMetadata"]) == 1
    assert sheet.call("POST", "/developerMetadata:search", by_key()) == {}


@pytest.mark.parametrize(
    ("location", "strategy", "found"),
    [
        ({"dimensionRange": {"sheetId": 0, "dimension": "ROWS", "startIndex": 1, "endIndex": 2}}, "EXACT_LOCATION", 1),
        ({"dimensionRange": {"sheetId": 0, "dimension": "ROWS", "startIndex": 2, "endIndex": 3}}, "EXACT_LOCATION", 0),
        ({"dimensionRange": {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}}, None, 1),
        ({"sheetId": 0}, "INTERSECTING_LOCATION", 1),
        ({"sheetId": 0}, "EXACT_LOCATION", 0),
    ],
)
def test_lookup_by_location(sheet, location, strategy, found):
    sheet.batch(mark(1))
    lookup = {"metadataLocation": location} | ({"locationMatchingStrategy": strategy} if strategy else {})

    answer = sheet.call("POST", "/developerMetadata:search", {"dataFilters": [{"developerMetadataLookup": lookup}]})

    assert len(answer.get("matchedDeveloperMetadata", [])) == found


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"metadataKey": ""}, "must have a key"),
        ({"visibility": "DEVELOPER_METADATA_VISIBILITY_UNSPECIFIED"}, "must have a visibility"),
        ({"metadataId": 5}, "already exists"),
    ],
)
def test_bad_metadata_is_refused(sheet, change, message):
    sheet.batch(mark(0, metadataId=5))

    answer = sheet.batch(mark(1, **change))

    assert message in answer["error"]["message"]
    assert answer["error"]["message"].startswith("Invalid requests[0].createDeveloperMetadata: ")


steps = st.lists(
    st.tuples(st.sampled_from([ROWS, COLUMNS]), st.booleans(), st.integers(0, 11), st.integers(1, 4)), max_size=12
)


@given(steps, st.sets(st.integers(0, 11), min_size=1), st.sets(st.integers(0, 11), min_size=1))
def test_metadata_follows_its_row_and_column_as_a_list_would(changes, rows, columns):
    """The model: a list of names for each dimension, cut and widened as lists are."""
    size = 12
    cells = [[f"{row}/{column}" for column in range(size)] for row in range(size)]
    sheet = Sheet(0, "Hoja", Grid(size, size, cells))
    marks = [Metadata(row, "fila", str(row), "DOCUMENT", 0, ROWS, row) for row in sorted(rows)]
    marks += [Metadata(100 + column, "columna", str(column), "DOCUMENT", 0, COLUMNS, column) for column in columns]
    workbook = Workbook("x", "x", sheets=[sheet], metadata=marks)
    model = {ROWS: [str(i) for i in range(size)], COLUMNS: [str(i) for i in range(size)]}

    for dimension, inserts, at, count in changes:
        names = model[dimension]
        start = min(at, len(names) - 1)
        if inserts:
            workbook.insert(sheet, dimension, at=start, count=count)
            names[start:start] = [""] * count
        elif start + count < len(names):
            workbook.delete(sheet, dimension, start=start, end=start + count)
            del names[start : start + count]

    assert (sheet.grid.row_count, sheet.grid.column_count) == (len(model[ROWS]), len(model[COLUMNS]))
    found = {(entry.dimension, entry.index): entry.value for entry in workbook.metadata}
    wanted = {ROWS: {str(row) for row in rows}, COLUMNS: {str(column) for column in columns}}
    assert found == {(d, i): name for d, names in model.items() for i, name in enumerate(names) if name in wanted[d]}
    for row, row_name in enumerate(model[ROWS]):
        for column, column_name in enumerate(model[COLUMNS]):
            expected = f"{row_name}/{column_name}" if row_name and column_name else None
            assert sheet.grid.get(row, column) == expected
