"""Waiting for what another process or thread does."""

from __future__ import annotations

import time
import typing as t

Found = t.TypeVar("Found")


def wait_until(condition: t.Callable[[], Found], seconds: float = 20) -> Found:
    """Wait for a condition and return what it gave; fail when it never comes."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)
    return found
