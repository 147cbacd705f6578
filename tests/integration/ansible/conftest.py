"""One installation for all tests of this folder, as on the first day for each of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from copias_sandbox.world import PROJECT
from tests.e2e.town import Town, running_town
from tests.integration.ansible.modules import Modules


@pytest.fixture(scope="session")
def running() -> Iterator[Town]:
    with running_town(megabytes=2) as town:
        yield town


@pytest.fixture
def town(running: Town) -> Iterator[Town]:
    running.fresh()
    yield running
    running.kill_all()


@pytest.fixture
def modules(town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Modules:
    """The modules, run in this process as Ansible would run them in one of their own."""
    for name, value in town.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "path", [*sys.path, str(PROJECT / "collections")])
    return Modules(town, capsys)
