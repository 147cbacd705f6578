"""A copy that is killed at any byte goes on, and ends as one that never crashed: equal to the byte, row by row."""

from __future__ import annotations

import random
import signal
import time

import pytest

from tests.integration.mailbox.office import GET, HISTORY, Office


@pytest.mark.parametrize("seed", range(4))
def test_first_copy_killed_again_and_again_ends_like_one_that_never_was(office: Office, seed: int) -> None:
    office.fill(90, mean_bytes=3000, curious_every=3)
    office.copy("smooth")
    source = random.Random(seed)
    office.admin.clear_calls()

    for _ in range(3):
        kill_after(office, source.randrange(200_000))
    copied = office.copy()

    copied.reconciliation.require_complete(office.account)
    assert office.segments() == office.segments("smooth")
    assert office.rows() == office.rows("smooth")
    assert office.mirror() == office.mailbox()
    assert len(office.calls(GET)) <= 90 + 3 * (office.COMMIT + office.at_once)


@pytest.mark.parametrize("moment", ["history", "first", "last", "commit"])
def test_night_killed_at_a_moment_ends_like_one_that_never_was(office: Office, moment: str) -> None:
    ids = office.fill(30)
    office.copy()
    office.admin.deliver(office.account, 20)
    office.admin.delete_mail(office.account, ids[:4])
    office.admin.relabel_mail(office.account, ids[6:12], add=["STARRED"])
    office.admin.clear_calls()
    wanted = {"history": (HISTORY, 1), "first": (GET, 1), "last": (GET, 20), "commit": (GET, office.COMMIT + 1)}[moment]
    office.admin.fault("latency", wanted[0], nth=wanted[1], seconds=5)

    with office.started("m", night=True) as child:
        office.wait(lambda: len(office.calls(wanted[0])) >= wanted[1])
        child.kill()
    assert child.returncode == -signal.SIGKILL
    office.admin.clear_faults()
    office.night()

    assert office.mirror() == office.mailbox()
    assert set(office.mirror(deleted=True)) == set(ids[:4])


def kill_after(office: Office, size: int) -> None:
    """Start a copy and kill it as soon as its segments have so many bytes, if it lives that long."""
    with office.started("m") as child:
        while child.poll() is None and office.size_of_segments("m") < size:
            time.sleep(0.001)
        child.kill()
    assert child.returncode in {0, -signal.SIGKILL}
