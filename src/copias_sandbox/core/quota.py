"""Calls a minute, for the project and for each user, refilled at each full minute of the sandbox's clock."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass, field

from copias_sandbox.core.errors import ERROR_INFO, GoogleError

Limits: t.TypeAlias = dict[str, tuple[int, int]]
"""``{"sheets.read": (for the project, for each user)}``, calls a minute."""

GOOGLE_LIMITS: t.Final[Limits] = {"sheets.read": (300, 60), "sheets.write": (300, 60)}


@dataclass
class Quota:
    """Counts calls; without limits, which is the default, everything passes."""

    limits: Limits = field(default_factory=dict)
    _minute: int = 0
    _used: Counter[str] = field(default_factory=Counter)

    def charge(self, api: str, *, write: bool, user: str, now: float) -> None:
        """Count a call.

        Raises:
            GoogleError: the 429 of a full minute; a refused call is not counted.
        """
        if int(now // 60) != self._minute:
            self._minute = int(now // 60)
            self._used.clear()
        name = f"{api}.{'write' if write else 'read'}"
        if name not in self.limits:
            return
        for key, limit in zip((name, f"{name}/{user}"), self.limits[name], strict=True):
            if self._used[key] >= limit:
                raise _exceeded(api, write=write, whole="/" not in key, limit=limit)
        self._used.update((name, f"{name}/{user}"))


def _exceeded(api: str, *, write: bool, whole: bool, limit: int) -> GoogleError:
    metric = "Write requests" if write else "Read requests"
    span = "per minute" if whole else "per minute per user"
    metadata = {
        "service": f"{api}.googleapis.com",
        "consumer": "projects/100000000001",
        "quota_limit": f"{metric.title().replace(' ', '')}PerMinutePer{'Project' if whole else 'User'}",
        "quota_limit_value": str(limit),
    }
    detail = {"@type": ERROR_INFO, "reason": "RATE_LIMIT_EXCEEDED", "domain": "googleapis.com", "metadata": metadata}
    return GoogleError(
        429,
        f"Quota exceeded for quota metric '{metric}' and limit '{metric} {span}' of service "
        f"'{api}.googleapis.com' for consumer 'project_number:100000000001'.",
        reason="rateLimitExceeded",
        details=(detail,),
    )
