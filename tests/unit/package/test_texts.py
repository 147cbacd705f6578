from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copias.package import Proof, ProofLevel, render_certificate
from copias.package.facts import PackageFacts
from copias.package.texts import (
    format_bytes,
    format_date,
    format_number,
    format_time,
    printable,
    render_csv,
    render_index,
    render_readme,
    safe_cell,
    say_count,
)


@pytest.mark.parametrize(
    ("number", "words", "said"),
    [
        (0, ("mensaje",), "0 mensajes"),
        (1, ("mensaje",), "1 mensaje"),
        (1_234, ("mensaje",), "1.234 mensajes"),
        (1, ("vez", "veces"), "1 vez"),
        (2, ("vez", "veces"), "2 veces"),
    ],
)
def test_count_is_told_in_the_singular_and_the_plural(number, words, said) -> None:
    assert say_count(number, *words) == said


@given(st.text())
def test_no_cell_is_a_formula(text) -> None:
    cell = safe_cell(text)

    assert not cell.lstrip().startswith(("=", "+", "-", "@", "\t", "\r", "＝", "|", "%"))


@pytest.mark.parametrize("space", ["\xa0", "\u2003", "\u202f", "\u3000"], ids=ascii)
def test_cell_that_begins_with_a_space_of_any_sort_is_no_formula(space) -> None:
    assert safe_cell(f"{space}=1") == f"'{space}=1"


@pytest.mark.parametrize("text", ["predial", "nómina 2026", "a=b", "", "  "])
def test_ordinary_cells_stay(text) -> None:
    assert safe_cell(text) == text


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8")), min_size=2, max_size=2)))
def test_csv_keeps_its_shape_whatever_the_cells_say(rows) -> None:
    content = render_csv(("uno", "dos"), [tuple(row) for row in rows])

    read = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert len(read) == len(rows) + 1
    assert all(len(row) == 2 for row in read)


def test_formats_are_those_of_colombia() -> None:
    assert format_time(datetime(2026, 1, 1, 3, 4, tzinfo=UTC)) == "31/12/2025 22:04"
    assert format_date(date(2026, 2, 3)) == "03/02/2026"
    assert format_number(1234567) == "1.234.567"
    assert format_bytes(999) == "999 bytes"
    assert format_bytes(1_600_000_000) == "1,6 GB (1.600.000.000 bytes)"


def test_texts_cannot_reorder_what_is_read() -> None:
    assert printable("acta\u202egpj.exe\x1b[31m\n") == "actagpj.exe [31m "


def test_certificate_beside_the_package_names_it_and_the_proof(draft) -> None:
    facts = PackageFacts(name="sinfa-1234.zip", bytes=1_600_000_000, sha256="ab" * 32)
    manifest = draft.with_facts(package=facts, proof=Proof.at(ProofLevel.RESTORED))

    page = render_certificate(manifest).decode()

    for text in ("sinfa-1234.zip", "ab" * 32, "1,6 GB", "probada por restauración", "Caso", "1234", "Hernando Pedraza"):
        assert text in page


HOSTILE = [
    "{{ 7*7 }}",
    "{% include 'x' %}",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="x',
    "</title><script>",
    "&lt;",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_facts_stay_text_in_every_file(draft, text) -> None:
    case = draft.case.model_copy(update={"subject": text, "department": text})
    manifest = draft.with_facts(case=case, entity=text, run=text)

    index, certificate = render_index(manifest).decode(), render_certificate(manifest).decode()
    readme = render_readme(manifest).decode("utf-8-sig")

    for page in (index, certificate):
        assert "49" not in page
        assert "<img" not in page
        assert "<script" not in page
        assert 'onmouseover="' not in page
    assert text in readme


def test_line_breaks_in_facts_do_not_forge_lines_in_the_notes(draft) -> None:
    case = draft.case.model_copy(update={"subject": "sinfa\nSellada: 01/01/1999"})

    readme = render_readme(draft.with_facts(case=case)).decode("utf-8-sig")

    assert not [line for line in readme.splitlines() if line.startswith("Sellada: 01/01/1999")]
