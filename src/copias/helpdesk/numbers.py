"""Case numbers, the only thing of a row that ever becomes an argument."""

from __future__ import annotations

import re
import typing as t

from copias.errors import BadInput

_NUMBER = re.compile(r"([0-9]{1,10})(?:\.0+)?", re.ASCII)


def read_number(value: t.Any) -> str | None:
    """Return a case number in its one form, ``None`` for an empty cell.

    A sheet turns a retyped ``0123`` into 123, so leading zeros do not count: both are case 123.

    Raises:
        ValueError: it is not 1 to 10 digits.
    """
    if isinstance(value, bool):
        raise ValueError("a truth value is no number")
    if isinstance(value, float) and value.is_integer() and 0 <= value < 1e10:
        return str(int(value))
    text = "" if value is None else str(value).strip()
    if not text:
        return None
    found = _NUMBER.fullmatch(text)
    if not found:
        raise ValueError("it is not 1 to 10 digits")
    return found[1].lstrip("0") or "0"


def checked_number(number: str) -> str:
    """Return a case number in its one form.

    Raises:
        BadInput: it is none.
    """
    try:
        read = read_number(number)
    except ValueError:
        read = None
    if read is None:
        raise BadInput("no es un número de caso", whose=repr(number[:40]), why="debe tener de 1 a 10 dígitos")
    return read
