"""The sandbox's clock: the real one, which a test can move forward, stop, or let quota minutes pass faster.

Tokens and dates go by :meth:`Clock.now`; quotas by :meth:`Clock.quota_now`, so that a benchmark can spend a day's quota
in a minute without its signed grants looking an hour old.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass
class Clock:
    """Seconds since 1970.

    Args:
        ahead: what a test added to the real time.
        stopped_at: the time at which the clock stands; it then moves by :meth:`advance` only.
    """

    ahead: float = 0.0
    stopped_at: float | None = None
    speed: float = field(default=1.0, init=False)
    _gained: float = field(default=0.0, init=False)
    _speed_since: float = field(default=0.0, init=False)

    def now(self) -> float:
        """Return the sandbox's time."""
        return time.time() + self.ahead if self.stopped_at is None else self.stopped_at

    def quota_now(self) -> float:
        """Return the time by which quotas are counted."""
        return self.now() + self._gained + (self.speed - 1) * (time.monotonic() - self._speed_since)

    def advance(self, seconds: float) -> None:
        """Move forward, quotas too."""
        if self.stopped_at is None:
            self.ahead += seconds
        else:
            self.stopped_at += seconds

    def stop(self) -> None:
        """Stand still, but for :meth:`advance`; quotas too."""
        self.set_speed(1.0)
        self.stopped_at = self.now()

    def set_speed(self, speed: float) -> None:
        """Let the quotas' minutes pass ``speed`` times as fast as real ones; 0 lets them pass by advance only."""
        self._gained = self.quota_now() - self.now()
        self.speed, self._speed_since = speed, time.monotonic()

    def reset(self) -> None:
        """Be the real time again."""
        self.ahead, self.stopped_at = 0.0, None
        self.speed, self._gained = 1.0, 0.0
