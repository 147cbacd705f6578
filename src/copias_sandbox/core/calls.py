"""The call log: what was asked, by whom, and how it ended."""

from __future__ import annotations

import typing as t
from collections import deque
from dataclasses import asdict, dataclass, field

from copias_sandbox.core.errors import Json

LONGEST_BODY: t.Final = 20_000
"""Bytes of a request above which the log keeps only their number."""


@dataclass
class LoggedCall:
    """One call."""

    number: int
    time: float
    host: str
    verb: str
    target: str
    method: str = ""
    user: str = ""
    status: int = 0
    body: t.Any = None
    error: str = ""
    fault: str = ""
    violations: tuple[str, ...] = ()
    bytes: int = 0
    """Of the request's body, as far as it arrived; kept or not."""


@dataclass
class CallLog:
    """The newest calls; the numbers go on after a clear."""

    calls: deque[LoggedCall] = field(default_factory=lambda: deque(maxlen=20_000))
    count: int = 0

    def open(self, *, time: float, host: str, verb: str, target: str) -> LoggedCall:
        """Add a call, to be filled in while it is worked on."""
        self.count += 1
        call = LoggedCall(self.count, time, host, verb, target)
        self.calls.append(call)
        return call

    def as_json(self) -> list[Json]:
        """Return all of it, oldest first."""
        return [asdict(call) for call in self.calls]

    def clear(self) -> None:
        """Forget all of it."""
        self.calls.clear()
