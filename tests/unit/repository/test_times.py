"""restic's times and snapshots as it writes them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from copias.repository.snapshots import Policy, _snapshot


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-26T01:39:02.186937543Z", datetime(2026, 11, 26, 1, 39, 2, 186937, tzinfo=UTC)),
        ("2026-11-25T20:39:02.5-05:00", datetime(2026, 11, 26, 1, 39, 2, 500000, tzinfo=UTC)),
        ("2026-11-26T01:39:02Z", datetime(2026, 11, 26, 1, 39, 2, tzinfo=UTC)),
        ("2026-11-25T20:39:02-05:00", datetime(2026, 11, 26, 1, 39, 2, tzinfo=UTC)),
    ],
)
def test_time_is_read_in_any_zone_and_precision(text: str, moment: datetime) -> None:
    assert _snapshot({"id": "ab", "time": text}).time == moment


def test_time_stays_in_the_offset_by_which_restic_reckons_the_day() -> None:
    found = _snapshot({"id": "ab", "time": "2026-11-30T22:00:00-05:00"})

    assert f"{found.time:%F %H:%M}" == "2026-11-30 22:00"


def test_snapshot_without_tags_or_summary_is_one_of_nobody() -> None:
    found = _snapshot({"id": "ab", "time": "2026-11-26T01:39:02Z", "tags": None, "paths": ["/x"], "hostname": "h"})

    assert (found.run, found.tags, found.bytes) == ("", (), 0)


def test_policy_says_only_what_it_keeps() -> None:
    assert Policy().options() == []
    assert Policy(daily=7, within="7d").options() == ["--keep-daily=7", "--keep-within=7d"]
