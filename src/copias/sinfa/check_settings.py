"""The questions of one database that tell whether what it holds can be right: ``databases.<name>.checks``."""

from __future__ import annotations

import typing as t
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field


class _Question(BaseModel):
    """What the kinds share.

    Args:
        name: as people read it, in Spanish: «último asiento».
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=80)


class LatestDate(_Question):
    """The newest date must be near the day of the dump: last month's data is caught.

    Args:
        sql: one SELECT whose answer is one date.
        days: how far from the day of the dump it may be, before or after it.
    """

    kind: t.Literal["latest_date"]
    sql: str = Field(min_length=1)
    days: int = Field(ge=0, le=3660)


class Equal(_Question):
    """Two numbers must be equal: opening and closing balances, debits and credits.

    Args:
        sql: one SELECT whose answer is one row of two numbers.
        tolerance: how far apart they may be.
    """

    kind: t.Literal["equal"]
    sql: str = Field(min_length=1)
    tolerance: Decimal = Field(default=Decimal(0), ge=0)


class Rows(_Question):
    """The rows of tables must be near those of the last ten copies.

    Args:
        tables: ``schema.table``, as the evidence names them; all when empty.
        shrink: the share of its usual rows that a table may lack.
        grow: the share of its usual rows that a table may have more.
    """

    kind: t.Literal["rows"]
    tables: tuple[str, ...] = ()
    shrink: float = Field(default=0.2, ge=0, le=1)
    grow: float = Field(default=1.0, ge=0)


CheckSettings: t.TypeAlias = t.Annotated[LatestDate | Equal | Rows, Field(discriminator="kind")]
