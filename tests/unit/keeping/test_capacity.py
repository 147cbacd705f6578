"""The day on which a store is full is foreseen from measurements, or said to be unknown."""

from __future__ import annotations

import typing as t
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copias.keeping.capacity import LEAST_DAYS, LEAST_POINTS, SOON, Capacity, Measurement, forecast

START = date(2026, 11, 1)
GIGABYTE = 10**9


def days(*free: int, step: int = 1) -> list[Measurement]:
    return [Measurement(START + timedelta(days=step * place), one) for place, one in enumerate(free)]


def test_steady_filling_is_foreseen_to_the_day() -> None:
    measured = days(*(100 * GIGABYTE - 2 * GIGABYTE * day for day in range(11)))

    pace, left = forecast(measured)

    assert (pace, left) == (2 * GIGABYTE, 40)


def test_one_huge_night_does_not_bend_the_pace() -> None:
    free = [100 * GIGABYTE - GIGABYTE * day - (30 * GIGABYTE if day >= 15 else 0) for day in range(30)]

    pace, _ = forecast(days(*free))

    assert pace is not None
    assert pace < 2.5 * GIGABYTE


def test_store_that_does_not_fill_has_no_day() -> None:
    assert forecast(days(*[50 * GIGABYTE] * 20)) == (0, None)


@pytest.mark.parametrize("measured", [days(0), days(*[0] * 20), days(1, 2, 3, 0), days(*range(1, 20), 0)])
def test_store_that_is_full_is_full_today_whatever_it_was(measured: list[Measurement]) -> None:
    _, left = forecast(measured)

    assert left == 0


@pytest.mark.parametrize("measured", [[], days(9, 8, 7), days(*range(LEAST_DAYS)), days(9, 1, step=10)])
def test_too_little_measured_is_unknown(measured: list[Measurement]) -> None:
    assert forecast(measured) == (None, None)


def test_what_is_long_past_does_not_count() -> None:
    old = [Measurement(START - timedelta(days=400 + day), 10**6 * day) for day in range(30)]

    assert forecast([*old, *days(*[7 * GIGABYTE] * 10)]) == (0, None)


@given(
    pace=st.integers(1, 10**10),
    count=st.integers(LEAST_POINTS + LEAST_DAYS, 60),
    left=st.integers(0, 1000),
    shuffled=st.randoms(use_true_random=False),
)
def test_constant_pace_is_found_whatever_the_order(pace: int, count: int, left: int, shuffled) -> None:
    measured = days(*(pace * (count - 1 - place + left) for place in range(count)))
    shuffled.shuffle(measured)

    assert forecast(measured) == (pace, left)


@pytest.mark.parametrize(
    ("facts", "warned"),
    [
        ({}, ""),
        ({"days_left": SOON}, ""),
        ({"days_left": SOON - 1}, f"El destino nas se llena en {SOON - 1} días"),
        ({"days_left": 0}, "El destino nas está lleno, o se llena hoy"),
        ({"trouble": "no responde"}, "El destino nas no se pudo medir: no responde"),
    ],
    ids=["not known", "in time", "too soon", "full", "no answer"],
)
def test_only_a_day_that_is_near_and_a_store_that_is_silent_are_warned_of(facts: dict[str, t.Any], warned: str) -> None:
    assert Capacity(store="nas", free=1, kept=0, copies=0, **facts).warning == warned
