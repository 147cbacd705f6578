"""A sandbox without a socket: requests go straight to ``dispatch``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest

from copias_sandbox.core.dispatch import Google, Request
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


@pytest.fixture
def upload() -> Callable[..., Any]:
    """Send a file to Drive in one request and return its metadata, or the refusal."""

    def send(client: LocalClient, content: bytes, *, fields: str = "*", **body: Any) -> Any:
        parts = (("application/json", orjson.dumps(body)), ("text/plain", content))
        pieces = (b"--zz\r\nContent-Type: %b\r\n\r\n%b\r\n" % (kind.encode(), part) for kind, part in parts)
        raw = b"".join(pieces) + b"--zz--"
        headers = {"authorization": f"Bearer {client.token}", "host": "127.0.0.1"}
        headers["content-type"] = "multipart/related; boundary=zz"
        target = f"/upload/drive/v3/files?uploadType=multipart&supportsAllDrives=true&fields={fields}"
        return orjson.loads(client.google.dispatch(Request("127.0.0.1", "POST", target, headers, raw)).body)

    return send
