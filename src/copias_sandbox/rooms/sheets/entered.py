"""What a typed text becomes: ``valueInputOption`` ``RAW`` and ``USER_ENTERED``."""

from __future__ import annotations

import re
import typing as t
from datetime import datetime, timedelta

from copias_sandbox.core.errors import invalid
from copias_sandbox.rooms.sheets.cells import EPOCH, Cell, Formatted, Formula, serial_number
from copias_sandbox.rooms.sheets.render import decimal_comma

_DATE = re.compile(
    r"(?:(?P<a>\d{1,2})[/.-](?P<b>\d{1,2})[/.-](?P<y>\d{4}|\d{2})|(?P<iy>\d{4})[/-](?P<im>\d{1,2})[/-](?P<id>\d{1,2}))"
    r"(?:[ T]+(?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2}))?)?"
)
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_HYPERLINK = re.compile(r'=HYPERLINK\("([^"]*)"\s*[;,]\s*"([^"]*)"\)', re.IGNORECASE)
_BOOLEANS: t.Final = {"true": True, "false": False, "verdadero": True, "falso": False}


def accept(value: t.Any, *, option: str, locale: str, where: str) -> Cell:
    """Return the cell that an input value makes.

    Args:
        value: a JSON scalar; not a null, which writes nothing.
        option: a ``ValueInputOption``.
        locale: of the spreadsheet; it says whether 3/4 is April or March.
        where: the place in the request, for the refusal.

    Raises:
        GoogleError: a list or an object.
    """
    if isinstance(value, list | dict):
        kind = "list_value" if isinstance(value, list) else "struct_value"
        raise invalid(f"Invalid {where}: {kind} {{}}")
    if option == "RAW" or not isinstance(value, str):
        return t.cast("Cell", value)
    return typed(value, locale)


def typed(text: str, locale: str) -> Cell:
    """Return the cell that a person gets who types ``text``."""
    if text.startswith("'"):
        return text[1:]
    if text.startswith("=") and len(text) > 1:
        return _formula(text)
    stripped = text.strip()
    if stripped.lower() in _BOOLEANS:
        return _BOOLEANS[stripped.lower()]
    for reading in (_typed_number, _typed_moment):
        cell = reading(stripped, locale)
        if cell is not None:
            return cell
    return text


def _formula(text: str) -> Formula:
    link = _HYPERLINK.fullmatch(text)
    return Formula(text, link[2] if link else "#N/A")


def _typed_number(text: str, locale: str) -> Cell:
    comma = decimal_comma(locale)
    point, thousand = (",", r"\.") if comma else (r"\.", ",")
    pattern = rf"(\$ ?)?([+-]?(?:\d{{1,3}}(?:{thousand}\d{{3}})+|\d+)?(?:{point}\d+)?(?:[eE][+-]?\d+)?)(%)?"
    found = re.fullmatch(pattern, text)
    if not found or not re.search(r"\d", found[2] or "") or found[2][0] in "eE":
        return None
    plain = found[2].replace("." if comma else ",", "").replace("," if comma else ".", ".")
    number = float(plain)
    if found[3]:
        return Formatted(number / 100, "PERCENT", "0%")
    if found[1]:
        return Formatted(number, "CURRENCY", "$#")
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


def _typed_moment(text: str, locale: str) -> Cell:
    clock = _TIME.fullmatch(text)
    if clock:
        span = timedelta(hours=int(clock[1]), minutes=int(clock[2]), seconds=int(clock[3] or 0))
        return Formatted(span / timedelta(days=1), "TIME", "H:mm:ss")
    found = _DATE.fullmatch(text)
    moment = _moment(found, locale) if found else None
    if found is None or moment is None or moment < EPOCH:
        return None
    if found["h"] is None:
        return Formatted(serial_number(moment), "DATE", "d/MM/yyyy" if _day_first(locale) else "M/d/yyyy")
    pattern = "d/MM/yyyy H:mm:ss" if _day_first(locale) else "M/d/yyyy H:mm:ss"
    return Formatted(serial_number(moment), "DATE_TIME", pattern)


def _day_first(locale: str) -> bool:
    return locale != "en_US"


def _moment(found: re.Match[str], locale: str) -> datetime | None:
    if found["iy"]:
        year, month, day = int(found["iy"]), int(found["im"]), int(found["id"])
    else:
        year = int(found["y"]) + (2000 if len(found["y"]) == 2 else 0)
        day, month = int(found["a"]), int(found["b"])
        if not _day_first(locale):
            day, month = month, day
    try:
        return datetime(year, month, day, int(found["h"] or 0), int(found["m"] or 0), int(found["s"] or 0))  # noqa: DTZ001 -- local
    except ValueError:
        return None
