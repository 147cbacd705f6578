"""The installation of the folder above, as on the first day for each fault, and with the demo's own settings."""

import pytest


@pytest.fixture
def town(running):
    running.fresh()
    yield running
    running.kill_all()
