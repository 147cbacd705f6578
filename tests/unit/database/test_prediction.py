"""What is said of a dump before it is made follows the last one of that database, and is usual without one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from copias.database.contract import DumpRecord, LargeObjects
from copias.database.prediction import predict_dump


def dumped(*, size: int, source: int, seconds: float) -> DumpRecord:
    begun = datetime(2026, 11, 26, 3, tzinfo=UTC)
    words = dict.fromkeys(("engine", "version", "client_version", "database", "encoding", "collation", "ctype"), "x")
    return DumpRecord(
        **words,
        major=17,
        bytes=size,
        sha256="0" * 64,
        source_bytes=source,
        started=begun,
        finished=begun + timedelta(seconds=seconds),
        extensions={},
        roles={},
        tables=(),
        sequences={},
        schema={},
        schema_sha256="0" * 64,
        method="x",
        large_objects=LargeObjects(),
    )


def test_a_first_copy_is_as_large_and_as_quick_as_is_usual() -> None:
    assert predict_dump(1000, None, share=0.5, rate=100) == (500, 5)


def test_the_next_is_in_proportion_to_the_last() -> None:
    last = dumped(size=400, source=2000, seconds=10)

    assert predict_dump(4000, last, share=0.5, rate=1) == (800, 20)


@pytest.mark.parametrize(("size", "source", "seconds"), [(0, 0, 0), (0, 10, 5), (10, 0, 0)])
def test_a_last_one_that_says_nothing_is_not_followed_into_a_division_by_nothing(
    size: int, source: int, seconds: float
) -> None:
    found, took = predict_dump(1000, dumped(size=size, source=source, seconds=seconds), share=0.5, rate=100)

    assert found in {0, 500}
    assert took >= 0
