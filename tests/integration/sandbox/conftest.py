"""A real sandbox: its own process, sockets on loopback, answers checked by Google's schemas."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from copias_sandbox import control
from copias_sandbox.admin.client import AdminClient
from copias_sandbox.home import Running


@pytest.fixture(scope="session")
def home(tmp_path_factory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("entorno") / "sandbox"
    control.start(home, cases=60, strict=True)
    yield home
    control.stop(home)


@pytest.fixture
def admin(home) -> Iterator[AdminClient]:
    """Give a sandbox as new; afterwards none of its answers may have been against Google's schema."""
    admin = control.admin(home)
    admin.reset(cases=60)
    yield admin
    admin.clear_faults()
    assert [call for call in admin.calls() if call["violations"]] == []


@pytest.fixture
def running(home, admin) -> Running:
    return control.required(home)


@pytest.fixture
def through_proxy(home, admin, monkeypatch) -> None:
    """Set the environment that unmodified clients need."""
    for name, value in control.env(home, clients=True).items():
        monkeypatch.setenv(name, value)
