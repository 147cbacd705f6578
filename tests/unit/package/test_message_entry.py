from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copias.errors import BadInput
from copias.local_time import BOGOTA
from copias.package.entry_names import check_entry_name
from copias.package.message_entry import message_entry, received_at

KEY = "18c5e1a2b3c4d5e6"
WHEN = datetime(2026, 11, 20, 8, 5, 30, tzinfo=BOGOTA)


def test_name_tells_date_subject_and_id() -> None:
    assert message_entry(KEY, subject="Acta de reunión", received=WHEN) == (
        f"2026/11/20261120-080530-Acta-de-reunión-{KEY}.eml"
    )


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("", ""),
        ("...", ""),
        ("😀🔥", ""),
        ("../../etc/passwd", "etc-passwd-"),
        ("CON", "CON-"),
        ("nul.txt", "nul-txt-"),
        ("fin...   ", "fin-"),
        ("acta\u202egpj.exe", "acta-gpj-exe-"),
        ("a\0b\r\nc\td", "a-b-c-d-"),
        ("C:\\Windows|x?*<>", "C-Windows-x-"),
        ("e\u0301te\u0301", "été-"),
        ("ＣＯＮ．ＴＸＴ", "CON-TXT-"),
        ("日本語の件名", "日本語の件名-"),
        ("x" * 300, "x" * 48 + "-"),
        ("ñ" * 47 + " y", "ñ" * 47 + "-"),
    ],
)
def test_of_a_subject_only_words_are_left(subject, words) -> None:
    assert message_entry(KEY, subject=subject, received=WHEN) == f"2026/11/20261120-080530-{words}{KEY}.eml"


@given(st.text(), st.text("0123456789abcdef", min_size=1, max_size=16), st.integers(-(2**63), 2**63 - 1))
def test_every_name_is_safe_and_short(subject, key, internal_date) -> None:
    name = message_entry(key, subject=subject, received=received_at(internal_date))

    assert check_entry_name(name) == name
    assert len(name) < 120
    assert re.fullmatch(r"\d{4}/\d\d/\d{8}-\d{6}-.*", name)
    assert name.endswith(f"{key}.eml")


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_date_is_one_that_zip_can_write(internal_date) -> None:
    assert 1980 <= received_at(internal_date).year <= 2107


@given(st.datetimes(datetime(1980, 1, 2), datetime(2107, 12, 30)))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_ordinary_dates_stay_to_the_millisecond(moment) -> None:
    moment = moment.replace(tzinfo=UTC, microsecond=moment.microsecond // 1000 * 1000)

    assert received_at((moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)) == moment


@pytest.mark.parametrize("key", ["", "..", "a/b", "A1", "x" * 41, "18c5\n", "ñ"])
def test_id_that_is_none_is_refused(key) -> None:
    with pytest.raises(BadInput):
        message_entry(key, subject="", received=WHEN)
