"""A sandbox without a socket: requests go straight to ``dispatch``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from copias_sandbox.core.dispatch import Google
from copias_sandbox.local import LocalClient, LocalSheet
from copias_sandbox.oauth.accounts import Accounts
from copias_sandbox.oauth.keys import account_of, new_key
from copias_sandbox.rooms.registry import ROOMS
from copias_sandbox.state import State


@pytest.fixture(scope="session")
def key() -> dict[str, Any]:
    return new_key("copias@pruebas.iam.gserviceaccount.com", "100000000000000000009")


@pytest.fixture
def google(key) -> Iterator[Google]:
    google = Google(State(":memory:"), ROOMS, strict=True)
    Accounts(google.state).register(account_of(key))
    yield google
    broken = [call for call in google.log.calls if call.violations]
    google.state.close()
    assert broken == []


@pytest.fixture
def client(google) -> LocalClient:
    return LocalClient(google)


@pytest.fixture
def sheet(client) -> LocalSheet:
    return LocalSheet(client)
