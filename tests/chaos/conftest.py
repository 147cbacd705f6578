"""One installation for all points, as on the first day for each of them."""

import os

import pytest

from tests.e2e.town import running_town

# Whole runs that something breaks in the middle take minutes: scripts/chaos asks for them by setting this.
collect_ignore = [] if "COPIAS_CHAOS_POINTS" in os.environ else ["faults"]


@pytest.fixture(scope="session")
def running():
    with running_town() as town:
        yield town


@pytest.fixture
def town(running):
    running.fresh()
    running.hurry()
    yield running
    running.kill_all()
