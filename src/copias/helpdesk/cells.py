"""Cells as they come from a sheet and as they go into it. What comes in is hostile; what goes out is ``RAW``."""

from __future__ import annotations

import re
import typing as t

Value: t.TypeAlias = "str | int | float | bool | None"
"""What one cell of ``UNFORMATTED_VALUE`` holds."""

MOST_UNITS: t.Final = 50_000
"""UTF-16 units that a cell of Google Sheets holds."""
_CUT: t.Final = " […recortado: el texto tenía {length} caracteres y la celda admite 50.000]"
# Control characters (a terminal obeys some), bidirectional marks (they reorder what is read) and lone surrogates.
_UNSAFE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_KEY = re.compile(r"\s*\[copias:([A-Za-z0-9._:/-]{1,100})\]\s*\Z")
_KEY_ALONE = re.compile(r"[A-Za-z0-9._:/-]{1,100}")


def text_of(value: t.Any) -> str:
    """Return a cell as text with its line breaks, without characters that a terminal or a reader would obey."""
    if isinstance(value, str):
        if value.isprintable():
            return value.strip()
        return _UNSAFE.sub("", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if value is None:
        return ""
    if isinstance(value, bool):
        return "VERDADERO" if value else "FALSO"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def line_of(value: t.Any) -> str:
    """Return a cell as one line with single spaces."""
    text = text_of(value)
    return (
        text
        if text.isascii() and "  " not in text and "\n" not in text and "\t" not in text
        else " ".join(text.split())
    )


def quote(value: t.Any, most: int = 60) -> str:
    """Return a cell for a message: one line, short, in «»."""
    line = line_of(value)
    return f"«{line if len(line) <= most else line[: most - 1] + '…'}»"


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _first_units(text: str, count: int) -> str:
    return text.encode("utf-16-le", "surrogatepass")[: 2 * count].decode("utf-16-le", "ignore")


def fit(text: str, tail: str = "") -> str:
    """Return the text and ``tail`` in at most one cell's length; a cut is stated before the tail, which is kept."""
    if _units(text) + _units(tail) <= MOST_UNITS:
        return text + tail
    notice = _CUT.format(length=len(text))
    return _first_units(text, MOST_UNITS - _units(notice) - _units(tail)) + notice + tail


def cell_text(text: str) -> str:
    """Return a text as it is written: cleaned, and cut to what a cell holds."""
    return fit(text_of(text))


def cell_line(text: str) -> str:
    """Return a text as it is written in a cell of one line."""
    return fit(line_of(text))


def is_key(text: str) -> bool:
    """Tell whether a text can be an event key."""
    return bool(_KEY_ALONE.fullmatch(text))


def add_key(text: str, key: str) -> str:
    """Return evidence with the event key at its end, where :func:`split_key` finds it."""
    cleaned = text_of(text)
    return fit(cleaned, f" [copias:{key}]" if cleaned else f"[copias:{key}]")


def split_key(text: str) -> tuple[str, str | None]:
    """Return evidence without the event key at its end, and the key, if there is one."""
    if not text.endswith("]"):
        return text, None
    found = _KEY.search(text)
    return (text[: found.start()], found[1]) if found else (text, None)
