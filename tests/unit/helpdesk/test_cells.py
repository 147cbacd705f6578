"""Cells: harmless to read, and never longer than a sheet takes."""

from __future__ import annotations

import pytest

from copias.helpdesk.a1 import column_index, column_letters, first_cell, tab_range
from copias.helpdesk.cells import MOST_UNITS, add_key, cell_line, cell_text, is_key, line_of, quote, split_key, text_of

KEY = "1234/case.resolved/1:ab-c_d"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("\x1b[2J\x1b]0;título\x07hola", "[2J]0;títulohola"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("nulo\x00", "nulo"),
        ("uno\r\ndos\rtres", "uno\ndos\ntres"),
        ("mitad \ud800", "mitad"),
        (None, ""),
        (12.0, "12"),
        (1.5, "1.5"),
        (True, "VERDADERO"),
    ],
)
def test_text_keeps_nothing_that_a_terminal_obeys(cell: object, text: str) -> None:
    assert text_of(cell) == text


def test_line_has_no_breaks_and_single_spaces() -> None:
    assert line_of("  Ana\u00a0 María\n\tEjemplo ") == "Ana María Ejemplo"


def test_quoted_cell_is_short() -> None:
    assert quote("x" * 500) == f"«{'x' * 59}…»"


def test_long_text_is_cut_and_says_so() -> None:
    cut = cell_text("x" * 60_000)

    assert len(cut) == MOST_UNITS
    assert cut.endswith("[…recortado: el texto tenía 60000 caracteres y la celda admite 50.000]")


def test_length_counts_as_google_counts() -> None:
    cut = cell_text("😀" * 30_000)

    assert len(cut.encode("utf-16-le")) // 2 <= MOST_UNITS
    assert "\ufffd" not in cut


def test_key_survives_a_cut() -> None:
    written = add_key("x" * 60_000, KEY)

    assert len(written) == MOST_UNITS
    assert split_key(written)[1] == KEY


@pytest.mark.parametrize("evidence", ["", "acta 12", "termina en ]", "dos\nlíneas", "[copias:otra] y más"])
def test_key_is_found_again_and_taken_off(evidence: str) -> None:
    assert split_key(add_key(evidence, KEY)) == (evidence, KEY)


@pytest.mark.parametrize("text", ["", "acta", "[copias:]", "[copias:a b]", "[copias:abc] más", "copias:abc]"])
def test_text_without_a_key_stays_whole(text: str) -> None:
    assert split_key(text) == (text, None)


@pytest.mark.parametrize("key", ["", "a b", "a]", "x" * 101, "á", "a\n"])
def test_keys_that_could_not_be_found_again(key: str) -> None:
    assert not is_key(key)


def test_one_line_cells_have_no_line_breaks() -> None:
    assert cell_line("Solucionado\r\nX: y") == "Solucionado X: y"


@pytest.mark.parametrize(("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_by_letters(index: int, letters: str) -> None:
    assert (column_letters(index), column_index(letters)) == (letters, index)


def test_titles_are_quoted() -> None:
    assert tab_range("D'Artagnan!A1", "B2:C3") == "'D''Artagnan!A1'!B2:C3"
    assert tab_range("A1") == "'A1'"


@pytest.mark.parametrize("given", ["'Mesa ! A1'!B7:K7", "Respuestas!B7", "B7:K7"])
def test_first_cell_of_a_range(given: str) -> None:
    assert first_cell(given) == (7, 1)


@pytest.mark.parametrize("given", ["", "Respuestas", "Respuestas!A:B", "Respuestas!7:7", "x!b7"])
def test_what_is_no_range_of_cells(given: str) -> None:
    with pytest.raises(ValueError, match="no range"):
        first_cell(given)
