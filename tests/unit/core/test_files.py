"""A lock that is not waited for: whoever comes second is told who is busy, and nothing else is taken for that."""

from __future__ import annotations

from pathlib import Path

import pytest

from copias.errors import AlreadyRunning
from copias.files import held

BUSY = AlreadyRunning("ya se hace", repair="espere")


def test_whoever_comes_second_is_told_and_whoever_comes_later_may(tmp_path: Path) -> None:
    lock = tmp_path / "state" / "one.lock"

    with held(lock, busy=BUSY), pytest.raises(AlreadyRunning, match="ya se hace"), held(lock, busy=BUSY):
        pytest.fail("two have it")

    with held(lock, busy=BUSY):
        assert lock.parent.stat().st_mode & 0o777 == 0o700


def test_what_blocks_in_the_work_itself_is_not_taken_for_another_holder(tmp_path: Path) -> None:
    with pytest.raises(BlockingIOError), held(tmp_path / "one.lock", busy=BUSY):
        raise BlockingIOError("of the work")
