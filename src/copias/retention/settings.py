"""What the deployment says of retention: how long what is kept, and the floors below which nothing is removed."""

from __future__ import annotations

import typing as t
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field, model_validator

from copias.standards import defaults

Years: t.TypeAlias = t.Annotated[int, Field(ge=1, le=200)]


class Schedule(BaseModel):
    """How many nightly copies are kept: of each of the last n days, weeks, months and years that have one, the last."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    daily: int = Field(default_factory=lambda: defaults().nights["daily"], ge=0, le=10_000)
    weekly: int = Field(default_factory=lambda: defaults().nights["weekly"], ge=0, le=10_000)
    """Weeks begin on Monday."""
    monthly: int = Field(default_factory=lambda: defaults().nights["monthly"], ge=0, le=10_000)
    yearly: int = Field(default_factory=lambda: defaults().nights["yearly"], ge=0, le=1000)

    @model_validator(mode="after")
    def _check_not_empty(self) -> t.Self:
        if self.is_empty:
            raise ValueError("no conserva ninguna copia: al menos un número debe ser mayor que cero")
        return self

    @property
    def is_empty(self) -> bool:
        """Tell whether it would keep nothing, which is never what anybody wants."""
        return not any((self.daily, self.weekly, self.monthly, self.yearly))

    def __str__(self) -> str:
        return f"{self.daily} diarias, {self.weekly} semanales, {self.monthly} mensuales y {self.yearly} anuales"


class Floors(BaseModel):
    """What no schedule goes below."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    least_copies: int = Field(default=3, ge=1, le=1000)
    """Verified nightly copies of each database that stay, whatever their age."""
    most_removals: int = Field(default=20, ge=1, le=100_000)
    """Nightly copies of one repository that one run may remove; a plan that removes more is refused."""
    freshness: timedelta = Field(default=timedelta(hours=48), ge=timedelta(hours=1))
    """Of a database whose newest verified copy is older than this nothing is removed."""
    clock_tolerance: timedelta = Field(default=timedelta(minutes=10), ge=timedelta(0), le=timedelta(days=1))
    """How far two clocks may differ before what they say is not believed."""


class RetentionSettings(BaseModel):
    """How long copies are kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    nights: Schedule = Schedule()
    mirrors: Schedule = Schedule(daily=7, weekly=4, monthly=0, yearly=0)
    """Of the copies of the mirrors of mailboxes: the newest holds what older ones do, and what is disposed of goes."""
    years: dict[str, Years] = Field(default_factory=lambda: dict(defaults().years))
    """Calendar years of the sealed packages of each kind of copy."""
    series: dict[str, Years] = Field(default_factory=dict)
    """Calendar years of a record series by its name, which win over those of the kind."""
    floors: Floors = Floors()
    approval_days: int = Field(default=30, ge=1, le=365)
    """Days for which an approval to destroy packages holds."""

    def years_of(self, *, kind: str, series: str) -> int | None:
        """Return the calendar years of a package, or nothing when nobody said: then it never expires."""
        own = self.own_years(series)
        return self.years.get(kind) if own is None else own

    def own_years(self, series: str) -> int | None:
        """Return the calendar years of a series by its name, or nothing when it has none of its own."""
        wanted = series.strip().casefold()
        return next((years for name, years in self.series.items() if name.strip().casefold() == wanted), None)

    def promise(self, series: str) -> dict[str, int]:
        """Return what the ledger keeps of a package that is made now: the own years of its series, if it has any."""
        own = self.own_years(series)
        return {} if own is None else {"series_years": own}
