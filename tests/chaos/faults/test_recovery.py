"""A run that is killed while it gives mail back goes on, and gives nothing twice."""

from __future__ import annotations

import pytest

from tests.e2e.recoveries import MESSAGES, copy_mailbox, held
from tests.e2e.town import CASE, Town

pytestmark = pytest.mark.slow


@pytest.fixture
def copied(town: Town) -> Town:
    return copy_mailbox(town)


def test_run_killed_in_the_middle_of_giving_back_goes_on_and_gives_none_twice(copied: Town) -> None:
    copied.admin.fault("latency", "gmail.users.messages.import", times=0, seconds=0.5)
    started = copied.copias("restore", CASE, "--all", "--yes", "--detach")
    copied.wait(lambda: held(copied), "first message given back")
    copied.kill_all()
    copied.admin.clear_faults()
    there = len(held(copied))

    call = copied.copias("restore", CASE, "--yes", "--json")

    assert started.code == 0, started.text
    assert 0 < there < MESSAGES
    assert call.code == 0, call.text
    assert len(held(copied)) == len(set(held(copied))) == MESSAGES
    copied.require_nothing_left()
