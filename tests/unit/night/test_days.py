"""Which night a copy is of, and which part of a repository is read on which day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from copias.case.rows import BOGOTA
from copias.night.catalogue import NightCopy
from copias.night.checking import PARTS, part_of
from copias.night.copying import is_of_today


def copy_of(started: datetime, finished: datetime) -> NightCopy:
    return NightCopy(
        copy="noche-hacienda-1",
        database="hacienda",
        repository="nas",
        snapshot="0" * 64,
        path="/hacienda.dump",
        bytes=1,
        sha256="0" * 64,
        tables=1,
        rows=1,
        started=started.astimezone(UTC).isoformat(),
        finished=finished.astimezone(UTC).isoformat(),
    )


def test_copy_that_ended_after_midnight_is_of_the_night_before() -> None:
    midnight = datetime.now(BOGOTA).replace(hour=0, minute=0, second=0, microsecond=0)

    last_night = copy_of(midnight - timedelta(hours=2), midnight + timedelta(seconds=1))

    assert not is_of_today(last_night)
    assert is_of_today(copy_of(midnight, midnight + timedelta(hours=1)))


def test_every_part_is_read_in_any_thirty_days() -> None:
    for first in (date(2026, 1, 31), date(2027, 2, 1), date(2028, 2, 28)):
        parts = {part_of(first + timedelta(days=day)) for day in range(PARTS)}

        assert parts == {f"{part}/30" for part in range(1, 31)}
