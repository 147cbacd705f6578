"""What may be called: calls a minute for Sheets, units for Gmail and Drive; refilled at each full minute and day."""

from __future__ import annotations

import typing as t
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from copias_sandbox.core.errors import ERROR_INFO, GoogleError, Json
from copias_sandbox.core.tariffs import Tariff, tariff_of

Limits: t.TypeAlias = dict[str, tuple[int, int]]
"""``{"sheets.read": (for the project, for each user)}``, calls a minute."""

GOOGLE_LIMITS: t.Final[Limits] = {"sheets.read": (300, 60), "sheets.write": (300, 60)}
CONSUMER: t.Final = "project_number:100000000001"
PACIFIC: t.Final = -8 * 3600
"""Where Google's days begin."""


@dataclass
class Quota:
    """Counts calls and units; without limits and tariffs, which is the default, everything passes."""

    limits: Limits = field(default_factory=dict)
    tariffs: dict[str, Tariff] = field(default_factory=dict)
    spent: Counter[str] = field(default_factory=Counter)
    """Units spent in all, by API and user, since the last configuration; refused calls cost nothing."""
    _minute: int = 0
    _day: int = 0
    _used: Counter[str] = field(default_factory=Counter)
    _today: Counter[str] = field(default_factory=Counter)

    def configure(self, setting: str | Mapping[str, t.Any]) -> None:
        """Set what holds from now on.

        Args:
            setting: ``off``; ``google``: all that Google publishes, with the newer tariffs; or by name:
                ``{"sheets.read": [300, 60], "gmail": "legacy", "drive": {"tariff": "new", "per_user_minute": 500}}``.

        Raises:
            ValueError: a word or a tariff that does not exist.
        """
        google = {**GOOGLE_LIMITS, "gmail": "new", "drive": "new", "admin": "directory"}
        named: dict[str, Mapping[str, t.Any]] = {"off": {}, "google": google}
        if isinstance(setting, str) and setting not in named:
            raise ValueError(f"quota is {setting!r}, not off, google or limits by name")
        wanted = named[setting] if isinstance(setting, str) else setting
        pairs = {name: value for name, value in wanted.items() if isinstance(value, list | tuple)}
        limits: Limits = {name: (int(pair[0]), int(pair[1])) for name, pair in pairs.items()}
        tariffs = {name: tariff_of(name, value) for name, value in wanted.items() if name not in pairs}
        self.limits, self.tariffs = limits, tariffs
        for counter in (self._used, self._today, self.spent):
            counter.clear()

    def as_json(self) -> Json:
        """Return what holds, and what was spent."""
        return {
            "limits": self.limits,
            "tariffs": {api: tariff.name for api, tariff in self.tariffs.items()},
            "spent": dict(self.spent),
        }

    def charge(self, api: str, *, write: bool, user: str, now: float, method: str = "") -> None:
        """Count a call.

        Args:
            api: the API's name, such as ``gmail``.
            write: whether it changes something; Sheets counts both apart.
            user: who calls.
            now: by the quota's clock.
            method: the method's id, for its price; a download's is ``drive.download``.

        Raises:
            GoogleError: the refusal of a full minute or day; a refused call is not counted.
        """
        self._refill(now)
        if api in self.tariffs:
            self._charge_units(self.tariffs[api], method, user)
        name = f"{api}.{'write' if write else 'read'}"
        if name not in self.limits:
            return
        for key, limit in zip((name, f"{name}/{user}"), self.limits[name], strict=True):
            if self._used[key] >= limit:
                metric = "Write requests" if write else "Read requests"
                raise _exceeded(api, metric, "per minute per user" if "/" in key else "per minute", limit=limit)
        self._used.update((name, f"{name}/{user}"))

    def _refill(self, now: float) -> None:
        if int(now // 60) != self._minute:
            self._minute = int(now // 60)
            self._used.clear()
        if int((now + PACIFIC) // 86400) != self._day:
            self._day = int((now + PACIFIC) // 86400)
            self._today.clear()

    def _charge_units(self, tariff: Tariff, method: str, user: str) -> None:
        units, api = tariff.price(method), tariff.api
        bounds = (
            (self._today, api, tariff.per_project_day, "per day", "dailyLimitExceeded"),
            (self._used, api, tariff.per_project_minute, "per minute", "rateLimitExceeded"),
            (self._used, f"{api}/{user}", tariff.per_user_minute, "per minute per user", "userRateLimitExceeded"),
        )
        for counter, key, limit, span, reason in bounds:
            if limit is not None and counter[key] + units > limit:
                raise _exceeded(api, "Queries", span, limit=limit, code=tariff.refusal, reason=reason)
        for counter, key, _, _, _ in bounds:
            counter[key] += units
        self.spent.update({api: units, f"{api}/{user}": units})


def _exceeded(
    api: str, metric: str, span: str, *, limit: int, code: int = 429, reason: str = "rateLimitExceeded"
) -> GoogleError:
    whole = "" if span.endswith("user") else "PerProject"
    metadata = {
        "service": f"{api}.googleapis.com",
        "consumer": "projects/100000000001",
        "quota_limit": f"{metric} {span}".title().replace(" ", "") + whole,
        "quota_limit_value": str(limit),
    }
    detail = {"@type": ERROR_INFO, "reason": "RATE_LIMIT_EXCEEDED", "domain": "googleapis.com", "metadata": metadata}
    return GoogleError(
        code,
        f"Quota exceeded for quota metric '{metric}' and limit '{metric} {span}' of service "
        f"'{api}.googleapis.com' for consumer '{CONSUMER}'.",
        reason=reason,
        details=(detail,),
    )
