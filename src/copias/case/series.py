"""Series of sealed packages that no case asks for: their events stand in the ledger where a case's number stands.

So whatever keeps, reads, moves, ages and destroys the packages of cases does the same with them, and what attends
cases never sees them: a name of a series is no number of a case.
"""

from __future__ import annotations

import re
import typing as t

MONTHLY: t.Final = "mensual-"
_SERIES: t.Final = re.compile(r"mensual-[a-z][a-z0-9_]{0,40}", re.ASCII)


def monthly_series(database: str) -> str:
    """Return the name of the series of the packages that are sealed each month of a database."""
    return f"{MONTHLY}{database}"


def is_series(name: str) -> bool:
    """Tell whether a name is of a series, and no number of a case."""
    return _SERIES.fullmatch(name) is not None


def say_again(name: str) -> str:
    """Return the order that makes another copy: of a case, or of a month."""
    return "copias nightly --only monthly" if is_series(name) else f"copias reopen {name} --reason …"
