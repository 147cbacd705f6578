"""The sandbox's clock: the real one, which a test can move forward so that tokens expire and quotas refill."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass
class Clock:
    """Seconds since 1970, plus what a test added."""

    ahead: float = 0.0

    def now(self) -> float:
        """Return the sandbox's time."""
        return time.time() + self.ahead

    def advance(self, seconds: float) -> None:
        """Move forward."""
        self.ahead += seconds
