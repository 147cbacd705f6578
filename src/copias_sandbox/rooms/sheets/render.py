"""How a cell is shown: ``valueRenderOption``, ``dateTimeRenderOption`` and the sheet's locale."""

from __future__ import annotations

import re
import typing as t

from copias_sandbox.rooms.sheets.cells import Cell, Formatted, Formula, moment_of

COMMA_LOCALES: t.Final = ("es", "pt", "de", "fr", "it", "nb", "da")
TEMPORAL: t.Final = frozenset({"DATE", "TIME", "DATE_TIME"})

_DATE_PART = re.compile(r"yyyy|yy|MM|M|dd|d|HH|H|hh|h|mm|m|ss|s|[^yMdHhms]+")


def decimal_comma(locale: str) -> bool:
    """Tell whether a locale writes ``1,5``."""
    return locale.partition("_")[0] in COMMA_LOCALES and locale != "es_MX"


def render(cell: Cell, *, value: str, moment: str, locale: str) -> t.Any:
    """Return a cell as ``values.get`` gives it; an empty one is an empty text.

    Args:
        cell: the cell.
        value: a ``ValueRenderOption``.
        moment: a ``DateTimeRenderOption``, which ``FORMATTED_VALUE`` ignores.
        locale: of the spreadsheet.
    """
    if cell is None:
        return ""
    if isinstance(cell, Formula):
        return cell.formula if value == "FORMULA" else cell.shown
    if value == "FORMATTED_VALUE":
        return shown(cell, locale)
    if isinstance(cell, Formatted):
        as_text = cell.kind in TEMPORAL and moment == "FORMATTED_STRING"
        return shown(cell, locale) if as_text else _short(cell.number)
    return cell


def _short(number: float) -> int | float:
    return int(number) if float(number).is_integer() else number


def shown(cell: Cell, locale: str) -> str:
    """Return the text that a person sees."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        # Sheets shows the words of the document's language.
        yes, no = ("VERDADERO", "FALSO") if locale.startswith("es") else ("TRUE", "FALSE")
        return yes if cell else no
    if isinstance(cell, int | float):
        return _number(float(cell), locale)
    if isinstance(cell, Formula):
        return cell.shown
    if isinstance(cell, Formatted):
        return _formatted(cell, locale)
    return cell


def _formatted(cell: Formatted, locale: str) -> str:
    if cell.kind in TEMPORAL:
        return format_moment(cell.number, cell.pattern)
    if cell.kind == "PERCENT":
        return _number(round(cell.number * 100, 2), locale) + "%"
    if cell.kind == "TEXT":
        return _number(cell.number, locale)
    return (
        cell.pattern.replace("#", "") + _number(cell.number, locale)
        if "$" in cell.pattern
        else _number(cell.number, locale)
    )


def _number(number: float, locale: str) -> str:
    text = str(int(number)) if number.is_integer() and abs(number) < 1e15 else f"{number:.15G}"
    return text.replace(".", ",") if decimal_comma(locale) else text


def format_moment(serial: float, pattern: str) -> str:
    """Write a serial number by a pattern such as ``dd/MM/yyyy H:mm:ss``."""
    moment = moment_of(serial)
    parts = {
        "yyyy": f"{moment.year:04}",
        "yy": f"{moment.year % 100:02}",
        "MM": f"{moment.month:02}",
        "M": str(moment.month),
        "dd": f"{moment.day:02}",
        "d": str(moment.day),
        "HH": f"{moment.hour:02}",
        "H": str(moment.hour),
        "hh": f"{moment.hour:02}",
        "h": str(moment.hour),
        "mm": f"{moment.minute:02}",
        "m": str(moment.minute),
        "ss": f"{moment.second:02}",
        "s": str(moment.second),
    }
    return "".join(parts.get(part, part) for part in _DATE_PART.findall(pattern))
