"""The quota budget: no call leaves before its units are there, so Google need not refuse any.

A process reserves units for a fraction of a second ahead (a *lease*), so that the shared file is not asked for each
call. What is not spent goes back; a process that dies loses at most its leases.
"""

from __future__ import annotations

import asyncio
import math
import sqlite3
import typing as t
from dataclasses import dataclass, field

from copias.google.budget_file import BudgetFile, Reservation, Window, rebuild
from copias.google.clock import Clock, SystemClock
from copias.google.errors import QuotaExhausted

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from copias.google.tariff import Tariff

Result = t.TypeVar("Result")

PROJECT: t.Final = "project"
DAY: t.Final = "day"
LEASE: t.Final = 0.5
"""Seconds for which reserved units may be spent."""
LONGEST_WAIT: t.Final = 600.0
"""Seconds that a call may wait for units; only a spent day takes longer."""
PAGE: t.Final = 500
"""Ids on a page of a listing."""

_SLOT: t.Final = 0.5
_ON_ITS_WAY: t.Final = 0.5
"""Seconds by which the journeys of two calls may differ."""
_MINUTE: t.Final = 60 + _SLOT + LEASE + _ON_ITS_WAY
_CLOSED: t.Final = 2.0
"""Seconds of silence after a refusal that names no time."""
_UNKNOWN_PAST: t.Final = 0.5
"""Part of the limits that is used when what was spent lately is not known."""
_ALONE: t.Final = 0.25
"""Part of the limits that is used while the shared file cannot be: others may be in the same position."""
_FILE_AGAIN: t.Final = 30.0
_LATENCY: t.Final = 0.15
_IN_FLIGHT: t.Final = 8
_LINE: t.Final = 5_000_000
"""Bytes a second that a prediction takes for granted."""


@dataclass(frozen=True)
class Prediction:
    """What a copy will take, before it starts."""

    calls: int
    units: int
    seconds: float


@dataclass
class _Purse:
    """What this process has reserved for one user."""

    windows: tuple[Window, ...]
    units: int = 0
    reserved_at: float = 0.0
    ask: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def spend(self, cost: int, now: float) -> bool:
        if self.units < cost or not 0 <= now - self.reserved_at < LEASE:
            return False
        self.units -= cost
        return True

    def next_ask(self, cost: int) -> int:
        """Return how much to reserve: twice as much while it is used up in time, up to a twelfth of the minute."""
        self.ask = self.ask * 2 if self.units < cost else self.ask // 2
        self.ask = max(cost, min(self.ask, self.windows[0].limit // 12))
        return self.ask


class QuotaBudget:
    """Quota of one Google project, shared by every run on the machine.

    Args:
        path: the shared file; a broken, locked or unwritable one makes the budget cautious and never stops it.
        tariff: prices and limits.
        share: the part of the limits that may be used.
        clock: tells the time and waits.
    """

    def __init__(self, path: Path, tariff: Tariff, *, share: float = 1.0, clock: Clock | None = None) -> None:
        self.tariff = tariff
        self._path = path
        self._share = share
        self._clock = clock or SystemClock()
        self._purses: dict[str, _Purse] = {}
        self._file: BudgetFile | None = None
        self._alone = False
        self._file_again = 0.0

    async def take(self, method: str, user: str) -> float:
        """Wait until one call of a method may be made for a user; return the seconds waited.

        Calls of the same user get their turn in the order in which they ask.

        Raises:
            QuotaExhausted: it would take longer than ten minutes: the units of the day are spent.
        """
        cost = self.tariff.price(method)
        if not cost:
            return 0.0
        purse = self._purse(user)
        now = self._clock.now()
        if not purse.turn.locked() and purse.spend(cost, now):
            return 0.0
        async with purse.turn:
            while not purse.spend(cost, self._clock.now()):
                await self._fill(purse, cost, user)
        return self._clock.now() - now

    def refused(self, user: str, reason: str, *, message: str = "", retry_after: float | None = None) -> None:
        """Adapt to a refusal of Google's: be silent for a moment, then use less of the limit for some minutes.

        Args:
            user: whose call it was.
            reason: Google's word for it.
            message: Google's sentence, which tells a user's limit from the project's where the word does not.
            retry_after: seconds that Google asked for.
        """
        bucket = PROJECT if _is_of_project(reason, message) else user
        now, closed_for = self._clock.now(), _CLOSED if retry_after is None else retry_after
        for name, purse in self._purses.items():
            if bucket in {PROJECT, name}:
                purse.units = 0
        self._with_file(lambda file: file.refuse(bucket, now=now, closed_for=closed_for))

    def factor(self, user: str) -> float:
        """Return the part of the configured limits that is in use for a user, 1 when Google refused nothing."""
        now = self._clock.now()
        return self._with_file(lambda file: min(file.factor(user, now=now), file.factor(PROJECT, now=now)))

    @property
    def limit_of_day(self) -> int | None:
        """Return the units that may be spent in any day, ``None`` without such a limit."""
        day = self._day()
        return day.limit if day else None

    def left_of_day(self) -> int | None:
        """Return the units that may still be spent today, ``None`` without a limit a day."""
        day = self._day()
        if day is None:
            return None
        now = self._clock.now()
        return max(0, day.limit - self._with_file(lambda file: file.spent(day, now=now)))

    def predict(self, messages: int, size: int = 0) -> Prediction:
        """Say what copying so many messages of one account takes, listed before and after.

        Args:
            messages: how many will be fetched.
            size: bytes of all of them, when known.
        """
        pages = 2 * max(1, math.ceil(messages / PAGE))
        calls = {"getProfile": 2, "labels.list": 1, "messages.list": pages, "messages.get": messages}
        return self.predict_calls({f"gmail.users.{name}": count for name, count in calls.items()}, size)

    def predict_calls(self, calls: Mapping[str, int], size: int = 0) -> Prediction:
        """Say what so many calls of each method take for one account; see :meth:`predict`."""
        units = sum(self.tariff.price(method) * count for method, count in calls.items())
        count = sum(calls.values())
        minute = self.tariff.per_user_minute * self._share
        by_quota = max(0.0, units - minute) / minute * _MINUTE
        return Prediction(count, units, max(by_quota, count * _LATENCY / _IN_FLIGHT, size / _LINE))

    def close(self) -> None:
        """Give back what was reserved and not spent."""
        for purse in self._purses.values():
            if purse.units:
                self._give_back(purse)
        if self._file is not None:
            self._file.close()
            self._file = None

    def _purse(self, user: str) -> _Purse:
        if user not in self._purses:
            self._purses[user] = _Purse(self._windows(user))
        return self._purses[user]

    def _windows(self, user: str) -> tuple[Window, ...]:
        tariff = self.tariff
        limits = [(user, tariff.per_user_minute), (PROJECT, tariff.per_project_minute)]
        minutes = [Window(name, int(limit * self._share), _MINUTE, _SLOT) for name, limit in limits]
        if tariff.per_project_day is None:
            return tuple(minutes)
        return (*minutes, Window(DAY, int(tariff.per_project_day * self._share), 86_400 + 900, 900))

    def _day(self) -> Window | None:
        return next((window for window in self._windows("") if window.bucket == DAY), None)

    async def _fill(self, purse: _Purse, cost: int, user: str) -> None:
        """Reserve units, or wait until that may succeed."""
        most = purse.next_ask(cost)
        if purse.units:
            self._give_back(purse)
        now = self._clock.now()
        got = self._exchange(purse.windows, least=cost, most=most, now=now)
        purse.units, purse.reserved_at = got.units, now
        if got.wait > LONGEST_WAIT:
            raise _exhausted(user, got.wait)
        if not got.units:
            await self._clock.sleep(got.wait)

    def _exchange(self, windows: Sequence[Window], *, least: int, most: int, now: float) -> Reservation:
        return self._with_file(lambda file: file.exchange(windows, least=least, most=most, now=now))

    def _give_back(self, purse: _Purse) -> None:
        units, purse.units = purse.units, 0
        self._with_file(lambda file: file.give_back(purse.windows, units, reserved_at=purse.reserved_at))

    def _with_file(self, work: Callable[[BudgetFile], Result]) -> Result:
        """Do something with the shared file, or without it when it cannot be used."""
        try:
            return work(self._shared())
        except (sqlite3.Error, OSError) as error:
            self._repair(error)
        try:
            return work(self._shared())
        except (sqlite3.Error, OSError):
            self._go_alone()
        return work(self._shared())

    def _shared(self) -> BudgetFile:
        if self._alone and self._clock.now() >= self._file_again:
            self._alone, self._file = False, None
        if self._file is None:
            self._file = BudgetFile(self._path)
        return self._file

    def _repair(self, error: Exception) -> None:
        """Make a broken file anew; one that is only locked, full or forbidden is left alone."""
        if isinstance(error, sqlite3.OperationalError) or not isinstance(error, sqlite3.DatabaseError):
            self._go_alone()
            return
        try:
            rebuild(self._path)
            self._file = BudgetFile(self._path)
            self._file.be_cautious(_UNKNOWN_PAST, now=self._clock.now())
        except (sqlite3.Error, OSError):
            self._go_alone()

    def _go_alone(self) -> None:
        """Count in this process only, with a small part of the limits, and try the file again later."""
        if self._file is not None:
            self._file.close()
        now = self._clock.now()
        self._file = BudgetFile(None)
        self._file.be_cautious(_ALONE, now=now)
        self._alone, self._file_again = True, now + _FILE_AGAIN


def _is_of_project(reason: str, message: str) -> bool:
    """Tell whose limit a refusal means; in doubt the user's, which is two hundred times nearer."""
    if "user" in reason.lower() or "user" in message.lower():
        return False
    return "per minute" in message.lower() or "per day" in message.lower()


def _exhausted(user: str, wait: float) -> QuotaExhausted:
    return QuotaExhausted(
        "se agotó la cuota de Gmail de este proyecto",
        whose=user,
        why=f"habrá otra vez en {wait / 3600:.1f} horas",
        repair="la copia sigue donde quedó si se repite después; la cuota se ve en la consola de Google Cloud",
    )
