"""Dates as sheets give them: serial numbers, day-first texts, ISO. Never guessed: month-first is refused."""

from __future__ import annotations

import re
import typing as t
from datetime import datetime, timedelta

from copias.local_time import BOGOTA

_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a serial number is local time; the zone is put on afterwards
_FIRST_YEAR, _LAST_YEAR = 1990, 2100

_DAY_FIRST = re.compile(
    r"(\d{1,2})\s*[/.-]\s*(\d{1,2})\s*[/.-]\s*(\d{4})"
    r"(?:[\s,T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(?:([ap])\s?\.?\s?m\.?)?)?",
    re.ASCII | re.IGNORECASE,
)
_ISO_START = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def read_moment(value: t.Any) -> datetime | None:
    """Return a cell's date and time in Bogotá; ``None`` for an empty cell.

    Raises:
        ValueError: it is no date, or none between 1990 and 2100, or the month comes first.
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        raise ValueError("a truth value is no date")
    if isinstance(value, int | float):
        return _checked(_from_serial(float(value)))
    text = " ".join(str(value).split())
    return _checked(_from_text(text)) if text else None


def write_moment(moment: datetime) -> str:
    """Return ``25/03/2026 14:05:22``, Bogotá time."""
    return moment.astimezone(BOGOTA).strftime("%d/%m/%Y %H:%M:%S")


def _checked(moment: datetime) -> datetime:
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError(f"the year {moment.year} cannot be meant")
    return moment


def _from_serial(days: float) -> datetime:
    """Read days since 30/12/1899, as Sheets and Excel count; Bogotá has no summer time, so days are whole."""
    try:
        return (_EPOCH + timedelta(seconds=round(days * 86400))).replace(tzinfo=BOGOTA)
    except (OverflowError, ValueError) as error:
        raise ValueError("the number is no date") from error


def _from_text(text: str) -> datetime:
    found = _DAY_FIRST.fullmatch(text)
    if found:
        day, month, year, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
        return datetime(year, month, day, _hour_of_day(hour, found[7]), minute, second, tzinfo=BOGOTA)
    if _ISO_START.match(text):
        return _from_iso(text)
    raise ValueError("the text is no date")


def _from_iso(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(BOGOTA) if moment.tzinfo else moment.replace(tzinfo=BOGOTA)
    except OverflowError as error:
        raise ValueError("the year cannot be meant") from error


def _hour_of_day(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError("a clock with a. m. and p. m. has twelve hours")
    return hour % 12 + (12 if half.lower() == "p" else 0)
