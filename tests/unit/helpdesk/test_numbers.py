"""Only digits are a case number."""

from __future__ import annotations

import pytest

from copias.helpdesk.numbers import read_number


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        (1234, "1234"),
        (1234.0, "1234"),
        ("1234", "1234"),
        ("  1234 \n", "1234"),
        ("\u00a01234", "1234"),
        ("1234.0", "1234"),
        ("00012", "12"),
        ("0", "0"),
        ("9999999999", "9999999999"),
    ],
)
def test_case_number_has_one_form(cell: object, number: str) -> None:
    assert read_number(cell) == number


@pytest.mark.parametrize("cell", [None, "", "  "])
def test_empty_cell_has_no_number(cell: object) -> None:
    assert read_number(cell) is None


@pytest.mark.parametrize(
    "cell",
    [
        "../../etc/passwd",
        "{{ lookup('pipe', 'id') }}",
        "12345678901",
        "12 34",
        "1.234",
        "12,0",
        "-5",
        "#12",
        "caso 12",
        "1234\nrm",
        "١٢٣",
        "１２",
        12.5,
        -3,
        1e12,
        float("nan"),
        float("inf"),
        True,
        False,
        "#N/A",
    ],
)
def test_anything_else_is_refused(cell: object) -> None:
    with pytest.raises(ValueError, match=r"year|date|value|number|NaN|digits|day|month|hour|convert|minute|range"):
        read_number(cell)
