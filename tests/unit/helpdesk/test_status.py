"""Which of several statuses is the newest."""

from __future__ import annotations

from datetime import datetime

import pytest

from copias.helpdesk import HelpDeskSettings, ResponseRow, SheetStatus
from copias.helpdesk.status import StatusWords, in_order, newest
from copias.local_time import BOGOTA

S = SheetStatus
WORDS = StatusWords(HelpDeskSettings(spreadsheet="1x", requests_tab="S").status_words)


def response(row: int, status: SheetStatus | None, *, day: int | None = None, key: str | None = None) -> ResponseRow:
    moment = datetime(2026, 3, day, tzinfo=BOGOTA) if day else None
    return ResponseRow("7", status, str(status), "Ana", "", "", moment, key, row)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("PENDIENTE", S.REGISTERED),
        (" en  tramite ", S.IN_PROGRESS),
        ("No procede", S.CANCELLED),
        ("Finalizado", S.CLOSED),
        ("Reasignado", S.REASSIGNED),
        ("En revisión", None),
        ("", None),
    ],
)
def test_words(word: str, status: SheetStatus | None) -> None:
    assert WORDS.read(word) is status


@pytest.mark.parametrize(
    ("cell", "given", "expected"),
    [
        (S.ASSIGNED, [], (S.ASSIGNED, "request")),
        (S.ASSIGNED, [S.IN_PROGRESS], (S.IN_PROGRESS, "response")),
        (S.RESOLVED, [S.IN_PROGRESS, S.RESOLVED], (S.RESOLVED, "response")),
        (S.CANCELLED, [S.IN_PROGRESS], (S.CANCELLED, "request")),
        (S.RESOLVED, [S.IN_PROGRESS], (S.RESOLVED, "request")),
        (S.RESOLVED, [S.RESOLVED, S.IN_PROGRESS], (S.IN_PROGRESS, "response")),
        (S.ON_HOLD, [S.IN_PROGRESS], (S.ON_HOLD, "request")),
        (S.REGISTERED, [None, S.ASSIGNED, None], (S.ASSIGNED, "response")),
        (None, [S.ASSIGNED], (S.ASSIGNED, "response")),
        (None, [], (None, "request")),
        (None, [None], (None, "request")),
    ],
)
def test_newest(cell: SheetStatus | None, given: list[SheetStatus | None], expected: tuple[object, str]) -> None:
    responses = in_order([response(row, status) for row, status in enumerate(given, start=2)])

    assert newest(cell, "palabra", responses) == expected


def test_empty_cell_is_a_new_request() -> None:
    assert newest(None, "", ()) == (S.REGISTERED, "request")


def test_order_is_by_date_when_people_sort_the_sheet() -> None:
    rows = [response(2, S.RESOLVED, day=9), response(3, S.ASSIGNED, day=1), response(4, S.IN_PROGRESS, day=5)]

    assert [row.status for row in in_order(rows)] == [S.ASSIGNED, S.IN_PROGRESS, S.RESOLVED]


def test_equal_dates_go_by_row_and_undated_rows_follow_the_one_above() -> None:
    rows = [response(2, S.ASSIGNED, day=5), response(3, S.IN_PROGRESS), response(4, S.RESOLVED, day=5)]

    assert [row.row for row in in_order(reversed(rows))] == [2, 3, 4]  # type: ignore[arg-type]
