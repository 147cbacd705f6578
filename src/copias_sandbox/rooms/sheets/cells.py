"""What a cell can hold."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Formatted:
    """A number that is shown in a way of its own: a date, a time, a percentage.

    ``kind`` is a ``NumberFormatType`` of the API; ``pattern`` its pattern (``dd/MM/yyyy H:mm:ss``).
    """

    number: float
    kind: str
    pattern: str


@dataclass(frozen=True)
class Formula:
    """A formula and what it shows; the sandbox computes none but ``HYPERLINK`` of two literals."""

    formula: str
    shown: str


Cell: t.TypeAlias = "bool | int | float | str | Formatted | Formula | None"
"""``None`` is an empty cell; an empty text does not exist in a sheet."""

EPOCH: t.Final = datetime(1899, 12, 30)  # noqa: DTZ001 -- a sheet's serial numbers carry no zone


def serial_number(moment: datetime) -> float:
    """Return the days since 30 December 1899 of a local time without zone."""
    return (moment - EPOCH) / timedelta(days=1)


def moment_of(serial: float) -> datetime:
    """Return the local time that a serial number stands for, to the second."""
    return EPOCH + timedelta(seconds=round(serial * 86400))


def encode(cell: Cell) -> t.Any:
    """Return a cell as plain JSON, as it lies in the state file."""
    if isinstance(cell, Formatted):
        return {"n": cell.number, "k": cell.kind, "p": cell.pattern}
    if isinstance(cell, Formula):
        return {"f": cell.formula, "s": cell.shown}
    return cell


def decode(raw: t.Any) -> Cell:
    """Read what :func:`encode` made."""
    if type(raw) is not dict:
        return t.cast("Cell", raw)
    if "f" in raw:
        return Formula(raw["f"], raw["s"])
    return Formatted(raw["n"], raw["k"], raw["p"])
