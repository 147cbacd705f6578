from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copias.errors import BadInput
from copias.store import check_name, safe_part


@given(st.text())
def test_any_text_makes_a_safe_part(text) -> None:
    part = safe_part(text)

    assert check_name(part) == part
    assert "/" not in part
    assert len(part) <= 60


@given(st.text(), st.text())
def test_distinct_texts_make_distinct_parts(one, other) -> None:
    assert (safe_part(one) == safe_part(other)) == (one == other)


@pytest.mark.parametrize(
    ("text", "start"), [("sinfa", "sinfa"), ("Ñandú & Hijos", "Nandu-Hijos-"), ("../../etc", "etc-"), ("", "x-")]
)
def test_parts_stay_readable(text, start) -> None:
    assert safe_part(text).startswith(start)


@given(st.text(max_size=300))
def test_accepted_names_stay_inside_the_folder(name) -> None:
    try:
        check_name(name)
    except BadInput:
        return

    assert name.isascii()
    assert not name.startswith(("/", "-", "."))
    assert all(part not in {"", ".", ".."} for part in name.split("/"))
    assert len(name) <= 200
