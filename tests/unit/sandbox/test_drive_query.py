"""Drive's search language: what clients send, in both quotes, with escapes; and what it refuses."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copias_sandbox.core.errors import GoogleError
from copias_sandbox.rooms.drive.query import compile_query

FILE = {
    "name": "Acta de entrega, 2026.pdf",
    "mimeType": "application/pdf",
    "parents": ["carpeta"],
    "createdTime": "2026-03-01T00:00:00.000Z",
    "modifiedTime": "2026-03-02T10:00:00.000Z",
    "trashed": False,
    "starred": True,
    "roles": {"ana@x.example": "owner", "luis@x.example": "reader"},
    "fullText": "Acta de entrega firmada",
    "visibility": "limited",
    "properties": {"caso": "1234"},
}


def passes(query: str, file=FILE) -> bool:
    return compile_query(query, me="ana@x.example", root="raiz").test(file)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "trashed=false and ('carpeta' in parents)",
        "trashed=false and ('otra' in parents or 'carpeta' in parents) and (mimeType='application/pdf')",
        "'me' in owners",
        "'ana@x.example' in writers and 'LUIS@x.example' in readers",
        "not 'luis@x.example' in writers",
        'name = "acta de entrega, 2026.pdf"',
        "name contains 'entre' and name contains 'ACTA de'",
        "mimeType contains 'application/'",
        "fullText contains 'firmada'",
        "fullText contains '\"firmada\"'",
        "modifiedTime > '2026-03-02T04:00:00-05:00'",
        "modifiedTime >= '2026-03-02T10:00:00' and modifiedTime <= '2026-03-02T10:00:00.000Z'",
        "createdTime < '2026-03-02'",
        "starred and not trashed and starred = true and trashed != true",
        "properties has { key='caso' and value='1234' }",
        "visibility = 'limited'",
        "not (name = 'x' or name = 'y')",
        "NOT name = 'x' AND trashed = FALSE",
    ],
)
def test_query_selects_the_file(query):
    assert passes(query)


@pytest.mark.parametrize(
    "query",
    [
        "name contains 'ntrega'",
        "mimeType contains 'pdf'",
        "fullText contains 'rega'",
        "'luis@x.example' in owners",
        "'root' in parents",
        "sharedWithMe",
        "trashed = true or starred = false",
        "properties has {key='caso' and value='12'}",
        "modifiedTime < '2026-03-02T04:00:00-05:00'",
        "viewedByMeTime > '2020-01-01'",
    ],
)
def test_query_leaves_the_file_out(query):
    assert not passes(query)


@pytest.mark.parametrize(
    "query",
    [
        "name",
        "name =",
        "name = x",
        "name > 'x'",
        "fullText = 'x'",
        "(name = 'x'",
        "name = 'x' or",
        "'x' on parents",
        "'x' in children",
        "modifiedTime > 'ayer'",
        "properties has {key='caso'}",
        "properties has {key='caso' and value='x'",
        "name = 'x' name = 'y'",
        "name = 'it's'",
        "color = 'x'",
    ],
)
def test_what_is_not_of_the_language_is_refused(query):
    with pytest.raises(GoogleError) as caught:
        compile_query(query, me="x")

    assert (caught.value.code, caught.value.reason) == (400, "invalid")


@given(name=st.text(min_size=1), quote=st.sampled_from("'\""))
def test_any_name_is_found_in_either_quotes(name: str, quote: str) -> None:
    escaped = name.replace("\\", "\\\\").replace(quote, "\\" + quote)

    assert passes(f"name = {quote}{escaped}{quote}", {**FILE, "name": name})


@pytest.mark.parametrize(
    ("query", "folders"),
    [
        ("'a' in parents", {"a"}),
        ("trashed = false and ('a' in parents or 'root' in parents)", {"a", "raiz"}),
        ("'a' in parents or name = 'x'", None),
        ("not 'a' in parents", None),
    ],
)
def test_query_says_in_which_folders_it_can_find_anything(query, folders):
    assert compile_query(query, me="x", root="raiz").within == folders


@given(text=st.text(alphabet="name=<>'\"\\()and or not in parents trashed{}", max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    with contextlib.suppress(GoogleError):
        compile_query(text, me="x").test(FILE)
