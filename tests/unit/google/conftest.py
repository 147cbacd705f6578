"""Time that passes only when every task waits, and a sandbox of its own process."""

from __future__ import annotations

import asyncio
import selectors
import typing as t
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from copias.google import GoogleSettings
from copias.google.budget import QuotaBudget
from copias.google.clock import Clock
from copias.google.session import GoogleSession
from copias.google.tariff import NEW, Tariff
from copias_sandbox import control
from copias_sandbox.admin.client import AdminClient
from copias_sandbox.home import Running

EPOCH = 1_800_000_000.0
FREE = Tariff("free", 10**9, 10**9, None, NEW.prices)
Result = t.TypeVar("Result")


class _NoWait(selectors.DefaultSelector):
    """Instead of waiting for its time to be up, it moves the loop's clock."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "every task waits for another"
        self.time += max(1e-6, timeout) if timeout > 0 else 0.0
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop without any real waiting: for code that only sleeps."""

    def __init__(self) -> None:
        self._moving = _NoWait()
        super().__init__(self._moving)

    def time(self) -> float:
        return self._moving.time


class LoopClock:
    """A clock that follows the running loop."""

    def now(self) -> float:
        return EPOCH + asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@pytest.fixture
def hasty() -> Hasty:
    return Hasty()


@pytest.fixture
def clock() -> LoopClock:
    return LoopClock()


@pytest.fixture
def virtually() -> Callable[[Coroutine[t.Any, t.Any, Result]], Result]:
    """Run a coroutine in a loop whose hours take no time."""

    def run(work: Coroutine[t.Any, t.Any, Result]) -> Result:
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            return runner.run(work)

    return run


class Hasty:
    """A clock that does not wait, and says how long it should have."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> float:
        return EPOCH + sum(self.slept)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@dataclass
class Sandbox:
    """A running sandbox and the settings that lead to it."""

    running: Running
    admin: AdminClient

    def settings(self, **given: t.Any) -> GoogleSettings:
        base = {"key_file": self.running.key, "endpoint": self.running.url, "attempts": 3, "patience": 8, "timeout": 5}
        return GoogleSettings.model_validate({**base, **given})

    def session(self, folder: Path, *, clock: Clock | None = None, **given: t.Any) -> GoogleSession:
        """Return a session whose quota nobody reaches and whose waits take no time."""
        budget = QuotaBudget(folder / "quota", FREE, clock=Hasty())
        settings = self.settings(**{"patience": 10_000, "attempts": 7, **given})
        return GoogleSession(settings, budget, clock=clock or Hasty())

    def count(self, method: str) -> int:
        """Return how many calls of a method reached it."""
        return len(self.admin.calls(method))


@pytest.fixture(scope="session")
def sandbox_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("sandbox")
    control.start(home, cases=5, strict=True)
    yield home
    control.stop(home)


@pytest.fixture
def sandbox(sandbox_home: Path) -> Sandbox:
    """Give a sandbox as new."""
    admin = control.admin(sandbox_home)
    admin.reset(cases=5)
    return Sandbox(control.required(sandbox_home), admin)
