"""A mailbox over HTTP: the sandbox runs in a process of its own and checks its answers by Google's schemas."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from copias_sandbox import control
from tests.integration.mailbox.many import Many
from tests.integration.mailbox.office import Office


@pytest.fixture(scope="session")
def sandbox_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("sandbox")
    control.start(home, cases=5, strict=True)
    yield home
    control.stop(home)


@pytest.fixture
def office(sandbox_home: Path, tmp_path: Path) -> Iterator[Office]:
    """Give a sandbox as new; afterwards none of its answers may have been against Google's schema."""
    admin = control.admin(sandbox_home)
    admin.reset(cases=5)
    yield Office(admin, control.required(sandbox_home), tmp_path, home=sandbox_home)
    assert [call for call in admin.calls() if call["violations"]] == []


@pytest.fixture
def many(sandbox_home: Path, tmp_path: Path) -> Iterator[Many]:
    """A deployment with the mirrors of three accounts, which have mail."""
    admin = control.admin(sandbox_home)
    admin.reset(cases=5)
    made = Many(admin, control.required(sandbox_home), tmp_path)
    made.fill()
    admin.clear_calls()
    yield made
    admin.clear_faults()
    assert [call for call in admin.calls() if call["violations"]] == []
