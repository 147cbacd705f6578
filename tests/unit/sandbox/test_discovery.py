"""Google's documents as router and validator, and ``fields``."""

from __future__ import annotations

import re

import orjson
import pytest

from copias_sandbox.core.discovery import load_api
from copias_sandbox.core.dispatch import Request
from copias_sandbox.core.errors import GoogleError
from copias_sandbox.core.fields import parse_fields, project
from copias_sandbox.core.validation import check_response
from copias_sandbox.rooms.registry import ROOMS

DOCUMENTS = ["sheets.v4", "drive.v3", "admin.directory_v1", "gmail.v1", "forms.v1"]


def example_path(method):
    """Put an ``x`` for each variable, and for ``{+name}`` what its form asks for."""
    forms = {name: one.get("pattern", "x").strip("^$").replace("[^/]+", "x") for name, one in method.parameters.items()}
    return re.sub(r"\{(\+?)(\w+)\}", lambda found: forms[found[2]] if found[1] else "x", method.path)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_methods_own_path_leads_back_to_it(name):
    api = load_api(name)
    examples = {(method.id, method.path): (method.verb, example_path(method)) for method in api.methods}

    found = {key: api.match(*example) for key, example in examples.items()}
    wrong = [key for key, match in found.items() if match is None or match[0].path != key[1]]

    assert wrong == []


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.document)
def test_every_handler_is_of_a_method_that_exists(room):
    known = {method.id for method in (*load_api(room.document).methods, *room.pages)}

    assert set(room.handlers) | room.reads <= known


def test_range_may_hold_what_paths_are_made_of():
    found = load_api("sheets.v4").match("POST", "/v4/spreadsheets/a/values/%27Hoja%2F1%27!A1:B2:append")

    assert found is not None
    assert (found[0].id, found[1]["range"]) == ("sheets.spreadsheets.values.append", "'Hoja/1'!A1:B2")


def error(answer):
    return answer["error"]["code"], answer["error"]["message"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"valores": []}, 'Invalid JSON payload received. Unknown name "valores": Cannot find field.'),
        ({"values": [], "majorDimension": "FILAS"}, "Invalid value at 'majorDimension' (enum), \"FILAS\""),
        ({"range": 5}, "Invalid value at 'range' (TYPE_STRING), 5"),
        ({"values": "x"}, "Invalid value at 'values' (array), \"x\""),
        (b"{no", "Invalid JSON payload received. Unexpected token."),
        ([], "Invalid JSON payload received. Unexpected token."),
    ],
)
def test_body_is_checked_against_the_schema(sheet, body, message):
    assert error(sheet.values("PUT", "A1", body, valueInputOption="RAW")) == (400, message)


def test_unknown_name_is_told_with_its_place(sheet):
    answer = sheet.call("POST", "/values:batchUpdate", {"data": [{"range": "A1", "datos": 1}]})

    assert error(answer) == (
        400,
        "Invalid JSON payload received. Unknown name \"datos\" at 'data[0]': Cannot find field.",
    )
    assert answer["error"]["details"][0]["fieldViolations"][0]["field"] == "data[0]"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"valueRenderOption": "BONITO"}, "Invalid value at 'value_render_option'"),
        ({"nada": "1"}, 'Unknown name "nada": Cannot bind query parameter'),
        ({"prettyPrint": "quizas"}, "Invalid value at 'prettyPrint' (TYPE_BOOL)"),
    ],
)
def test_query_is_checked(sheet, query, message):
    code, found = error(sheet.values("GET", "A1", **query))

    assert code == 400
    assert message in found


def test_path_that_is_no_method_is_404(client):
    answer = client.send("GET", "/v4/spreadsheets/a/nada")

    assert (answer.status, dict(answer.headers)["Content-Type"]) == (404, "text/html; charset=UTF-8")


def test_method_without_a_handler_says_so(client, google):
    answer = client.ask("GET", "/drive/v3/files/x/comments")

    assert answer["error"]["code"] == 501
    assert "drive.comments.list" in answer["error"]["message"]


def test_unknown_spreadsheet_is_404(client):
    assert client.ask("GET", "/v4/spreadsheets/nada")["error"] == {
        "code": 404,
        "message": "Requested entity was not found.",
        "status": "NOT_FOUND",
    }


def test_host_of_another_api_does_not_answer(client, google):
    headers = {"authorization": f"Bearer {client.token}"}

    assert google.dispatch(Request("gmail.googleapis.com", "GET", "/v4/spreadsheets/x", headers)).status == 404


def test_own_answer_against_the_schema_is_found():
    api = load_api("sheets.v4")
    method = next(method for method in api.methods if method.id == "sheets.spreadsheets.values.get")

    assert check_response(api, method, {"range": "A1", "values": [["x"]]}) == ()
    assert check_response(api, method, {"range": 1, "extra": 2}) == (
        "range: wrong (TYPE_STRING), 1",
        "extra: unknown (), 2",
    )


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        ("a", {"a": {"b": 1, "c": 2}}),
        ("a/b", {"a": {"b": 1}}),
        ("a.b", {"a": {"b": 1}}),
        ("a(b,c),d", {"a": {"b": 1, "c": 2}, "d": [{"e": 1, "f": 2}, {"e": 3}]}),
        ("d(e)", {"d": [{"e": 1}, {"e": 3}]}),
        ("d/e, a ( c )", {"d": [{"e": 1}, {"e": 3}], "a": {"c": 2}}),
        ("a/b,a", {"a": {"b": 1, "c": 2}}),
        ("a,a/b", {"a": {"b": 1, "c": 2}}),
        ("a/b,a/c", {"a": {"b": 1, "c": 2}}),
        ("*/e", {"a": {}, "d": [{"e": 1}, {"e": 3}]}),
        ("nada", {}),
    ],
)
def test_fields_leave_what_they_name(mask, expected):
    value = {"a": {"b": 1, "c": 2}, "d": [{"e": 1, "f": 2}, {"e": 3}]}

    assert project(value, parse_fields(mask)) == expected


@pytest.mark.parametrize("mask", ["", "a(", "a)", "a,,b", "/a", "a(b))", "()"])
def test_fields_that_are_no_mask_are_refused(mask):
    with pytest.raises(GoogleError, match="Invalid field selection"):
        parse_fields(mask)


def test_fields_that_the_answer_never_has_are_refused(sheet):
    answer = sheet.call("GET", "", fields="sheets.propiedades")

    violation = answer["error"]["details"][0]["fieldViolations"][0]
    assert "Cannot find matching fields for path 'sheets.propiedades'" in violation["description"]


def test_fields_work_end_to_end(sheet):
    answer = sheet.call("GET", "", fields="sheets(properties(title,gridProperties/rowCount))")

    assert answer == {"sheets": [{"properties": {"title": "Hoja 1", "gridProperties": {"rowCount": 1000}}}]}


def test_answer_is_json_that_google_would_send(client):
    answer = client.send("POST", "/v4/spreadsheets", {})

    assert dict(answer.headers)["Content-Type"] == "application/json; charset=UTF-8"
    assert orjson.loads(answer.body)["sheets"][0]["properties"]["title"] == "Hoja 1"
