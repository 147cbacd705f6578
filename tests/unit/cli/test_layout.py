"""Rows fit a terminal of 80 columns without breaking a word."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from copias.cli.layout import fit_columns, tell_rows
from copias.cli.output import print_table

COLUMNS = ["Caso", "Fecha", "Dependencia", "Sujeto", "Estado"]
SHORT = ["1234", "02/10/2026", "Hacienda", "hacienda", "Solucionado"]
WORDY = ["1234", "02/10/2026", "Secretaría de Infraestructura y Obras Públicas", "hacienda", "Resuelto sin prueba"]
LONG = ["1235", "05/10/2026", "Secretaría de Hacienda", "marta.con.un.nombre.largo@alcaldia.example", "Solucionado"]


def test_what_fits_has_the_width_of_its_contents() -> None:
    assert fit_columns([COLUMNS, SHORT], 80) == [4, 10, 11, 8, 11]


def test_what_does_not_fit_wraps_between_words() -> None:
    widths = fit_columns([COLUMNS, WORDY], 80)

    assert widths is not None
    assert sum(widths) + 3 * len(widths) + 1 == 80
    words = [max(map(len, f"{name} {cell}".split())) for name, cell in zip(COLUMNS, WORDY, strict=True)]
    assert [(width, word) for width, word in zip(widths, words, strict=True) if width < word] == []


def test_words_that_would_have_to_be_broken_make_no_table() -> None:
    assert fit_columns([COLUMNS, LONG], 80) is None


def test_row_that_is_no_table_names_each_value_and_keeps_what_is_copied_whole() -> None:
    lines = list(tell_rows(COLUMNS, [LONG, [*SHORT[:3], "", ""]], 44))

    assert lines[0] == "Caso: 1235"
    assert any(LONG[3] in line for line in lines)
    assert "Estado: Solucionado" in " ".join(lines)
    assert lines.count("Caso: 1234") == 1
    assert sum("Sujeto" in line for line in lines) == 1


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(capsys, monkeypatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))

    print_table("Casos de copia", COLUMNS, [SHORT, WORDY, LONG])

    said = capsys.readouterr().out
    assert max(map(cell_len, said.splitlines())) <= width
    assert all(cell in " ".join(said.split()) for cell in ("marta.con.un.nombre.largo@alcaldia.example", "02/10/2026"))


def test_empty_list_is_said_in_words(capsys) -> None:
    print_table("Hallazgos", COLUMNS, [])

    assert capsys.readouterr().out == "Hallazgos: no hay.\n"
