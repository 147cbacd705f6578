"""One installation for all points, as on the first day for each of them."""

import pytest

from tests.e2e.town import running_town


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
