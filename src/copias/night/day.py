"""Which night a moment is of: what begins after midnight is still of the night that began on the day before."""

from __future__ import annotations

import typing as t
from datetime import UTC, date, datetime, timedelta

from copias.local_time import BOGOTA

NOON: t.Final = timedelta(hours=12)
"""A night goes from noon to noon in Colombia, so that midnight parts none, nor a long one's morning."""


def night_of(moment: datetime) -> date:
    """Return the day on which the night of an aware moment began, in Colombia."""
    return (moment.astimezone(BOGOTA) - NOON).date()


def tonight() -> date:
    """Return the night that it is by this machine's clock; in the morning, the one before."""
    return night_of(datetime.now(UTC))
