"""Requests drawn from Google's own schemas: whatever they hold, the answer is one that Google could give."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copias_sandbox.core.discovery import load_api
from copias_sandbox.local import LocalSheet
from copias_sandbox.rooms.sheets.batch import REQUESTS
from copias_sandbox.rooms.sheets.room import SHEETS

API = load_api("sheets.v4")
TEXTS = st.sampled_from(
    [
        "A1",
        "A2:C3",
        "B:B",
        "'Hoja 1'!A1:B2",
        "Nada!A1",
        "Hoja 1",
        "ROWS",
        "caso",
        "",
        "=1+1",
        "5/03/2026",
        "title",
        "*",
        "ñ",
    ]
)
METHODS = sorted(
    method.id
    for method in API.methods
    if method.request and method.id in SHEETS.handlers and ".create" not in method.id
)


def drawn(schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    """Return values of a schema; below ``depth`` objects are empty."""
    while "$ref" in schema:
        schema = API.schemas[schema["$ref"]]
    kind = schema.get("type", "any")
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if kind == "object":
        return drawn_object(schema, depth)
    if kind == "array":
        return st.lists(drawn(schema["items"], depth - 1), max_size=3 if depth > 0 else 0)
    simple = {
        "string": TEXTS,
        "boolean": st.booleans(),
        "integer": st.one_of(st.just(0), st.integers(-2, 30)),
        "number": st.floats(-1e6, 1e6),
        "any": st.one_of(TEXTS, st.integers(-5, 5), st.booleans(), st.none(), st.just([]), st.floats(-9, 9)),
    }
    return simple[kind]


def drawn_object(schema: dict[str, Any], depth: int) -> st.SearchStrategy[dict[str, Any]]:
    properties = schema.get("properties", {})
    if schema.get("id") == "Request":
        kinds = [st.fixed_dictionaries({name: drawn(properties[name], depth)}) for name in sorted(REQUESTS)]
        return st.one_of(kinds)
    if depth <= 0:
        return st.just({})
    fields = {name: drawn(inner, depth - 1) for name, inner in properties.items()}
    # What says where, and what is to be changed, is nearly always there: else little gets as far as the handlers.
    given = {name: fields.pop(name) for name in ("fields", "range", "dimension", "requests", "data") if name in fields}
    return st.fixed_dictionaries(given, optional=fields)


def busy_sheet(client):
    sheet = LocalSheet(client)
    sheet.put("A1", [["n", "texto", "x"], [1, "b", True], [2, "=A1", "3/04/2026"]], option="USER_ENTERED")
    span = {"sheetId": 0, "dimension": "ROWS", "startIndex": 1, "endIndex": 2}
    metadata = {"metadataKey": "caso", "visibility": "DOCUMENT", "location": {"dimensionRange": span}}
    sheet.batch({"createDeveloperMetadata": {"developerMetadata": metadata}})
    return sheet


@pytest.mark.parametrize("name", METHODS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_request_gets_an_answer_that_google_could_give(client, name, data):
    busy = busy_sheet(client)
    method = next(method for method in API.methods if method.id == name)
    body = data.draw(drawn({"$ref": method.request}, 6))
    path = method.path.replace("{spreadsheetId}", busy.id).replace("{range}", quote(data.draw(TEXTS) or "A1", safe=""))
    query = (
        {"valueInputOption": data.draw(st.sampled_from(["RAW", "USER_ENTERED"]))} if "{range}" in method.path else {}
    )
    if name.endswith("clear"):
        query = {}

    answer = busy.client.send(method.verb, path, body, **query)

    error = orjson.loads(answer.body).get("error", {})
    assert answer.status in (200, 400), error
    assert busy.client.send("GET", f"/v4/spreadsheets/{busy.id}", includeGridData="true").status == 200
