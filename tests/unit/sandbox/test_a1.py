"""A1 notation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copias_sandbox.core.errors import GoogleError
from copias_sandbox.rooms.sheets.a1 import Box, column_index, column_letters, format_a1, parse_a1, quote_title

TITLES = {"Solicitudes", "Año 2026", "D'Artagnan", "A1", "ABC", "Hoja!rara"}


@pytest.mark.parametrize(
    ("text", "title", "box"),
    [
        ("A1", None, Box(0, 0, 1, 1)),
        ("A1:B2", None, Box(0, 0, 2, 2)),
        ("B2:A1", None, Box(0, 0, 2, 2)),
        ("A:C", None, Box(0, 0, None, 3)),
        ("3:5", None, Box(2, 0, 5, None)),
        ("A5:B", None, Box(4, 0, None, 2)),
        ("A5:7", None, Box(4, 0, 7, None)),
        ("aa10", None, Box(9, 26, 10, 27)),
        ("Solicitudes", "Solicitudes", Box()),
        ("Solicitudes!C3", "Solicitudes", Box(2, 2, 3, 3)),
        ("'Año 2026'!A1:B", "Año 2026", Box(0, 0, None, 2)),
        ("Año 2026!A1", "Año 2026", Box(0, 0, 1, 1)),
        ("'D''Artagnan'!1:1", "D'Artagnan", Box(0, 0, 1, None)),
        ("'D''Artagnan'", "D'Artagnan", Box()),
        ("'A1'", "A1", Box()),
        ("'ABC'!B2", "ABC", Box(1, 1, 2, 2)),
        ("ABC", "ABC", Box()),
        ("'Hoja!rara'!B2", "Hoja!rara", Box(1, 1, 2, 2)),
    ],
)
def test_range_is_read_as_google_reads_it(text, title, box):
    found = parse_a1(text, TITLES)

    assert (found.title, found.box) == (title, box)


@pytest.mark.parametrize(
    "text", ["", "Nadie!A1", "A1:", ":B2", "Solicitudes!", "A0", "Solicitudes!A1:B2:C3", "'Año 2026", "AAAA1", "A-1"]
)
def test_what_is_no_range_is_refused_by_name(text):
    with pytest.raises(GoogleError, match="Unable to parse range: ") as refused:
        parse_a1(text, TITLES)

    assert refused.value.code == 400
    assert refused.value.message.endswith(text)


@given(st.integers(0, 18_277))
def test_column_letters_and_index_are_inverse(index):
    assert column_index(column_letters(index)) == index


@given(
    st.text(min_size=1, max_size=30),
    st.integers(0, 5000),
    st.integers(0, 700),
    st.integers(1, 5000),
    st.integers(1, 700),
)
def test_written_range_is_read_back(title, top, left, height, width):
    box = Box(top, left, top + height, left + width)

    found = parse_a1(format_a1(title, box), {title})

    assert (found.title, found.box) == (title, box)


@given(st.text(min_size=1, max_size=30))
def test_quoted_title_alone_is_the_whole_sheet(title):
    found = parse_a1(quote_title(title), {title})

    assert (found.title, found.box) == (title, Box())
