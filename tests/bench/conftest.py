"""A sandbox for the benches of mailboxes, and the table in which their figures are printed."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time
import typing as t
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from copias.google.scopes import GMAIL_READ
from copias_sandbox import control
from copias_sandbox.admin.client import AdminClient
from copias_sandbox.home import Running
from copias_sandbox.oauth.keys import CLIENT_ID

PROGRAMS = Path(__file__).parent / "mailbox"
FULL = os.environ.get("COPIAS_BENCH") == "full"


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that some work takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


class Figures:
    """The rows of the table: figure, target, measured."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, str, str]] = []

    def add(self, figure: str, target: str, measured: str) -> None:
        """Add a row, before anything is asserted of it."""
        self._rows.append((figure, target, measured))

    def __str__(self) -> str:
        rows = [("figure", "target", "measured"), *self._rows]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
        return "\n".join([lines[0], "-+-".join("-" * width for width in widths), *lines[1:]]) if self._rows else ""


@dataclasses.dataclass
class GoogleServer:
    """A sandbox of its own process, whose CPU is nobody's that is measured."""

    running: Running
    admin: AdminClient
    folder: Path

    def mailbox(self, name: str, **plan: t.Any) -> str:
        """Make an account with a mailbox by the fields of :class:`copias_sandbox.seed.mail.MailPlan`."""
        account = f"{name}@valleclaro.example"
        self.admin.request("POST", "/user", {"primaryEmail": account, "isMailboxSetup": True})
        self.admin.mailbox(account, **plan)
        return account

    def run(
        self, program: str, verb: str, *accounts: str, google: dict[str, t.Any] | None = None, **facts: t.Any
    ) -> t.Any:
        """Run a program of ``mailbox/`` on accounts, over TLS, and return its figures."""
        reached = {
            "key_file": self.running.key,
            "endpoint": f"https://127.0.0.1:{self.running.tls}",
            "ca_file": self.running.ca,
        }
        told = {"google": {**reached, **(google or {})}, "folder": str(self.folder), "accounts": accounts, **facts}
        command = [sys.executable, str(PROGRAMS / f"{program}.py"), verb, json.dumps(told)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def calls(self) -> int:
        """Return how many requests it has answered, tokens and refusals included."""
        return int(self.admin.request("GET", "/status")["calls"])


@pytest.fixture(scope="session")
def figures() -> Iterator[Figures]:
    """Print all the figures together, when all are there."""
    table = Figures()
    yield table
    print(f"\n\n{table}")


@pytest.fixture(scope="module")
def google(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GoogleServer]:
    home = tmp_path_factory.mktemp("google")
    running = control.start(home / "sandbox", cases=0)
    try:
        admin = control.admin(home / "sandbox")
        admin.request("POST", "/delegation", {"client_id": CLIENT_ID, "scopes": [GMAIL_READ]})
        folder = home / "mirrors"
        folder.mkdir()
        yield GoogleServer(running, admin, folder)
    finally:
        control.stop(home / "sandbox")


@pytest.fixture(autouse=True)
def clean_faults(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let no bench begin with the faults of another."""
    yield
    if "google" in request.fixturenames:
        request.getfixturevalue("google").admin.clear_faults()
