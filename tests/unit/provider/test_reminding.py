"""Reminders come on business days, each once, and never a heap of them after a machine was off."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copias.business_time import is_business_day
from copias.local_time import BOGOTA
from copias.provider.reminding import find_due
from copias.provider.request import DeliveryRequest
from copias.provider.settings import Reminders

ASKED = datetime(2026, 11, 20, 9, tzinfo=BOGOTA)
PROMISED = datetime(2026, 11, 26, 15, tzinfo=BOGOTA)  # a Thursday
REQUEST = DeliveryRequest("7", "nube_sur", "hacienda", ASKED, PROMISED, ASKED, 1)
SCHEDULE = Reminders()


def due(day: int, hour: int = 9, *, request: DeliveryRequest = REQUEST, schedule: Reminders = SCHEDULE) -> str:
    month = datetime(2026, 11, 1, hour, tzinfo=BOGOTA)
    found = find_due(request, schedule, now=month + timedelta(days=day - 1))
    return found.name if found else ""


@pytest.mark.parametrize(
    ("day", "hour", "name"),
    [
        (24, 9, ""),
        (25, 9, "before-1"),
        (26, 9, "day"),
        (26, 16, ""),
        (27, 9, ""),
        (28, 9, ""),
        (30, 9, "late-2"),
        (31, 9, "late-2"),
        (32, 9, "late-4"),
    ],
    ids=[
        "early",
        "day before",
        "the day",
        "passed",
        "a day late",
        "Saturday",
        "2 days late",
        "3 days late",
        "4 days late",
    ],
)
def test_what_is_due_follows_the_schedule(day: int, hour: int, name: str) -> None:
    assert due(day, hour) == name


def test_a_reminder_that_was_sent_is_not_due_again() -> None:
    assert due(25, request=replace(REQUEST, reminders=("before-1",))) == ""
    assert due(26, request=replace(REQUEST, reminders=("before-1", "day"))) == ""


def test_after_a_week_without_a_look_only_the_last_is_due() -> None:
    found = due(32)

    assert found == "late-4"
    assert due(32, request=replace(REQUEST, reminders=(found,))) == ""


def test_nothing_is_due_on_the_day_of_the_promise() -> None:
    request = replace(REQUEST, promised_at=datetime(2026, 11, 25, 8, tzinfo=BOGOTA))

    assert due(25, request=request) == ""
    assert due(26, request=request) == "day"


def test_a_schedule_without_reminders_has_none() -> None:
    schedule = Reminders(days_before=(), on_the_day=False, late_every=0)

    assert [due(day, schedule=schedule) for day in range(20, 45)] == [""] * 25


@given(minutes=st.integers(0, 60 * 24 * 400))
def test_nobody_is_reminded_on_a_day_of_rest_nor_of_lateness_before_it(minutes: int) -> None:
    moment = ASKED + timedelta(minutes=minutes)

    found = find_due(REQUEST, SCHEDULE, now=moment)

    if found:
        assert is_business_day(moment.astimezone(BOGOTA).date())
        assert is_business_day(found.day)
        assert found.late == found.name.startswith("late") == (moment > PROMISED)
