"""A case of a Takeout whose part is cut, or whose run dies after packing: the next run goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.takeout import CASE, deliver, open_inbox
from tests.e2e.town import Town

pytestmark = pytest.mark.slow


@pytest.fixture
def inbox(town: Town) -> Path:
    return open_inbox(town)


def test_a_truncated_part_fails_the_case_and_a_good_one_goes_on(town: Town, inbox: Path) -> None:
    _, second = deliver(inbox)
    whole = second.read_bytes()
    second.write_bytes(whole[:-30])

    refused = town.run_case(CASE)
    second.write_bytes(whole)
    done = town.run_case(CASE)

    assert refused.code == 2, refused.text
    assert f"'{second.name}': una parte del Takeout está cortada" in refused.text
    assert done.code == 0, done.text
    assert [town.count(event, CASE) for event in ("case.failed", "copy.made", "copy.verified")] == [1, 1, 1]


def test_a_run_that_died_after_packing_goes_on_and_makes_no_second_package(town: Town, inbox: Path) -> None:
    deliver(inbox)
    town.detach(CASE)
    with town.between_steps("copy.made", CASE):
        for process in town.processes():
            process.kill()

    done = town.run_case(CASE)

    assert done.code == 0, done.text
    assert [town.count(f"copy.{event}", CASE) for event in ("made", "stored", "verified")] == [1, 1, 1]
