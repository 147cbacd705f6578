"""The methods of ``spreadsheets.values``, but for ``append``."""

from __future__ import annotations

from copias_sandbox.core.errors import Json, invalid
from copias_sandbox.core.room import Call
from copias_sandbox.rooms.sheets.access import open_to_read, open_to_write, saved
from copias_sandbox.rooms.sheets.filters import selected
from copias_sandbox.rooms.sheets.values import Rendering, Writing, block_of, clear, input_option, read, write
from copias_sandbox.rooms.sheets.workbook import Workbook

_TOTALS = ("Rows", "Columns", "Cells")


def get(call: Call) -> Json:
    """Do ``values.get``."""
    workbook = open_to_read(call)
    sheet, box = workbook.find(call.path["range"])
    return read(workbook, sheet, box, Rendering.of(call.query))


def batch_get(call: Call) -> Json:
    """Do ``values.batchGet``."""
    workbook = open_to_read(call)
    how = Rendering.of(call.query)
    ranges = [read(workbook, *workbook.find(text), how) for text in call.query.get("ranges", [])]
    return {"spreadsheetId": workbook.id, "valueRanges": ranges}


def batch_get_by_data_filter(call: Call) -> Json:
    """Do ``values.batchGetByDataFilter``."""
    workbook = open_to_read(call)
    how = Rendering.of(call.body)
    matches = [
        {"valueRange": read(workbook, sheet, box, how), "dataFilters": [data_filter]}
        for data_filter in _data_filters(call)
        for sheet, box in selected(workbook, data_filter)
    ]
    answer: Json = {"spreadsheetId": workbook.id}
    return {**answer, "valueRanges": matches} if matches else answer


def update(call: Call) -> Json:
    """Do ``values.update``."""
    workbook = open_to_write(call)
    _check_range(call)
    sheet, box = workbook.find(call.path["range"])
    how = Rendering.of(call.query, prefix="response") if call.query.get("includeValuesInResponse") else None
    answer = write(workbook, Writing(sheet, box, block_of(call.body), input_option(call.query)), answer=how)
    saved(call, workbook)
    return answer


def batch_update(call: Call) -> Json:
    """Do ``values.batchUpdate``."""
    workbook = open_to_write(call)
    option, how = input_option(call.body), _answer_rendering(call)
    responses = []
    for data in call.body.get("data", []):
        sheet, box = workbook.find(data.get("range", ""))
        responses.append(write(workbook, Writing(sheet, box, block_of(data), option), answer=how))
    saved(call, workbook)
    return _total(workbook, responses)


def batch_update_by_data_filter(call: Call) -> Json:
    """Do ``values.batchUpdateByDataFilter``."""
    workbook = open_to_write(call)
    option, how = input_option(call.body), _answer_rendering(call)
    responses = []
    for data in call.body.get("data", []):
        for sheet, box in selected(workbook, data.get("dataFilter", {})):
            writing = Writing(sheet, sheet.clamp(box), block_of(data), option)
            response = write(workbook, writing, answer=how) | {"dataFilter": data["dataFilter"]}
            del response["spreadsheetId"]  # this method's answer names it once, at the top
            responses.append(response)
    saved(call, workbook)
    return _total(workbook, responses)


def clear_one(call: Call) -> Json:
    """Do ``values.clear``."""
    workbook = open_to_write(call)
    cleared = clear(*workbook.find(call.path["range"]))
    saved(call, workbook)
    return {"spreadsheetId": workbook.id, "clearedRange": cleared}


def batch_clear(call: Call) -> Json:
    """Do ``values.batchClear``."""
    workbook = open_to_write(call)
    cleared = [clear(*workbook.find(text)) for text in call.body.get("ranges", [])]
    saved(call, workbook)
    return {"spreadsheetId": workbook.id, "clearedRanges": cleared}


def batch_clear_by_data_filter(call: Call) -> Json:
    """Do ``values.batchClearByDataFilter``."""
    workbook = open_to_write(call)
    places = [place for data_filter in _data_filters(call) for place in selected(workbook, data_filter)]
    cleared = [clear(*place) for place in places]
    saved(call, workbook)
    return {"spreadsheetId": workbook.id, "clearedRanges": cleared}


def _data_filters(call: Call) -> list[Json]:
    filters: list[Json] = call.body.get("dataFilters", [])
    if not filters:
        raise invalid("Must specify at least one data filter.")
    return filters


def _check_range(call: Call) -> None:
    inner = call.body.get("range")
    if inner and inner != call.path["range"]:
        raise invalid(f"Requested range [{call.path['range']}] does not match the body's range [{inner}].")


def _answer_rendering(call: Call) -> Rendering | None:
    return Rendering.of(call.body, prefix="response") if call.body.get("includeValuesInResponse") else None


def _total(workbook: Workbook, responses: list[Json]) -> Json:
    answer: Json = {"spreadsheetId": workbook.id, "responses": responses}
    if not responses:
        return {"spreadsheetId": workbook.id}
    for name in _TOTALS:
        answer[f"totalUpdated{name}"] = sum(response.get(f"updated{name}", 0) for response in responses)
    answer["totalUpdatedSheets"] = len({response["updatedRange"].rpartition("!")[0] for response in responses})
    return answer
