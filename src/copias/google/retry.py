"""The one retry layer for Google's APIs: what happened is classified first, by reason, then retried or not.

Retried: 429; 403 with a rate-limit reason; 408, 5xx but 501 and 505; broken connections and cut answers. Not: every
other 403, 400, 404. A call that is not *repeatable* (an append) is retried only when it surely had no effect.
"""

from __future__ import annotations

import email.utils
import json
import random
import re
import time
import typing as t
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from copias.google.errors import GoogleBadRequest, GoogleMissing, GoogleRefused, GoogleUnavailable

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Result = t.TypeVar("Result")

LONGEST_WAIT: t.Final = 64.0
TRANSIENT_STATUS: t.Final = frozenset({408, 429, 500, 502, 503, 504})
LASTING_STATUS: t.Final = frozenset({501, 505})
"""Statuses above 500 that another try does not change; all others are, whoever between Google and us made them up."""
LIMIT_REASONS: t.Final = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"})
TRANSIENT_REASONS: t.Final = LIMIT_REASONS | {"backendError", "internalError"}
_RETRY_AFTER: t.Final = re.compile(r"[Rr]etry after (\d{4}-\d\d-\d\dT[\d:.]+Z)")


class Sort(Enum):
    """What a failed call is."""

    TRANSIENT = "transient"
    REFUSED = "refused"
    MISSING = "missing"
    BAD_REQUEST = "bad request"


class Trouble(Exception):
    """One failed call, understood.

    Args:
        sort: what it is.
        reason: Google's word for it, or the kind of the network's error.
        message: Google's sentence; shown as the cause.
        maybe_done: the call may have had its effect.
        retry_after: seconds that the server asked for.
        limited: a limit of calls was reached.
    """

    def __init__(
        self,
        sort: Sort,
        reason: str,
        message: str,
        *,
        maybe_done: bool = False,
        retry_after: float | None = None,
        limited: bool = False,
    ) -> None:
        super().__init__(message)
        self.sort = sort
        self.reason = reason
        self.message = message
        self.maybe_done = maybe_done
        self.retry_after = retry_after
        self.limited = limited


def classify_answer(status: int, headers: Mapping[str, str], body: bytes) -> Trouble:
    """Understand an answer that is not 2xx; any client's, so headers are found in lower case."""
    reason, message = _read_error(body)
    message = message or f"HTTP {status}"
    asked = headers.get("retry-after")
    retry_after = _seconds(asked) if asked else _seconds_in(message)
    passing = status in TRANSIENT_STATUS or (status > 500 and status not in LASTING_STATUS)
    if passing or (status == 403 and reason in TRANSIENT_REASONS):
        # A refused quota had no effect; a 5xx may come from a proxy whose back end went on.
        sure = status in {403, 429}
        limited = status == 429 or reason in LIMIT_REASONS
        return Trouble(
            Sort.TRANSIENT,
            reason or str(status),
            message,
            maybe_done=not sure,
            retry_after=retry_after,
            limited=limited,
        )
    if status in {401, 403}:
        return Trouble(Sort.REFUSED, reason or str(status), message)
    if status == 404:
        return Trouble(Sort.MISSING, reason or "notFound", message)
    return Trouble(Sort.BAD_REQUEST, reason or str(status), message)


def _read_error(body: bytes) -> tuple[str, str]:
    """Return reason and message of Google's error body, in each of its shapes; anything else is empty."""
    try:
        error = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        return "", ""
    if not isinstance(error, dict):
        return str(error), ""
    reasons = [item.get("reason") for item in _dicts(error.get("errors")) + _dicts(error.get("details"))]
    named = [str(reason) for reason in reasons if reason]
    return (named[0] if named else str(error.get("status", ""))), str(error.get("message", ""))


def _dicts(items: object) -> list[dict[str, t.Any]]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _seconds(text: str | None) -> float | None:
    """Read ``Retry-After``: seconds, or a date."""
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _seconds_in(message: str) -> float | None:
    """Read the moment that Gmail names in the text of some refusals only: ``Retry after 2026-11-03T15:04:05.123Z``."""
    found = _RETRY_AFTER.search(message)
    if found is None:
        return None
    try:
        return max(0.0, datetime.fromisoformat(found[1]).timestamp() - time.time())
    except ValueError:
        return None


class Tries:
    """The tries of one call: on each trouble it decides whether there is another one, and after how long.

    Whoever drives it, blocking or not, only waits; see :meth:`Retry.run` and :class:`copias.google.session`.
    """

    def __init__(self, retry: Retry, *, what: str, whose: str, repeatable: bool) -> None:
        self._retry = retry
        self._what = what
        self._whose = whose
        self._repeatable = repeatable
        self._made = 0
        self._start = retry.clock()

    def excuse(self, seconds: float) -> None:
        """Leave out of the patience what was not the server's doing: waiting for our own quota."""
        self._start += seconds

    def wait_after(self, trouble: Trouble) -> float:
        """Count a failed try; return the seconds to wait before the next.

        Raises:
            GoogleUnavailable, GoogleRefused, GoogleMissing, GoogleBadRequest: there is no next.
        """
        self._made += 1
        backoff = min(2.0 ** (self._made - 1) + self._retry.jitter(), LONGEST_WAIT)
        wait = max(backoff, trouble.retry_after or 0.0)
        late = self._retry.clock() - self._start + wait > self._retry.patience
        final = self._made >= self._retry.attempts or late or (trouble.maybe_done and not self._repeatable)
        if trouble.sort is not Sort.TRANSIENT or final:
            raise as_error(trouble, self._what, self._whose) from trouble
        return wait


@dataclass(frozen=True)
class Retry:
    """How often and how long a call is tried.

    Args:
        attempts: tries, the first included.
        patience: seconds after which no new try is begun.
        sleep: waits the given seconds.
        clock: seconds, monotonic.
        jitter: a fraction of a second added to each wait, so that many clients do not come back at once.
    """

    attempts: int = 7
    patience: float = 90.0
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)
    jitter: Callable[[], float] = field(default=random.random, repr=False)

    def begin(self, *, what: str, whose: str, repeatable: bool = True) -> Tries:
        """Return the tries of one call; the arguments are those of :meth:`run`."""
        return Tries(self, what=what, whose=whose, repeatable=repeatable)

    def run(self, call: Callable[[], Result], *, what: str, whose: str, repeatable: bool = True) -> Result:
        """Return what ``call`` returns, trying again where that is safe and useful.

        Args:
            call: one try; raises :class:`Trouble`.
            what: what could not be done, for the message.
            whose: what it was done to.
            repeatable: doing it twice is the same as once.

        Raises:
            GoogleUnavailable: it stayed transient; ``maybe_done`` when the last try may have had its effect.
            GoogleRefused, GoogleMissing, GoogleBadRequest: no try would help.
        """
        tries = self.begin(what=what, whose=whose, repeatable=repeatable)
        while True:
            try:
                return call()
            except Trouble as trouble:
                wait = tries.wait_after(trouble)
            self.sleep(wait)


def as_error(trouble: Trouble, what: str, whose: str) -> Exception:
    """Return the error of the package's tree that a trouble ends in."""
    cause = f"{trouble.message} ({trouble.reason})" if trouble.reason else trouble.message
    if trouble.sort is Sort.TRANSIENT:
        repair = "intente más tarde; si dura, revise la red y el estado de Google Workspace"
        return GoogleUnavailable(what, maybe_done=trouble.maybe_done, whose=whose, why=cause, repair=repair)
    if trouble.sort is Sort.REFUSED:
        return GoogleRefused(what, reason=trouble.reason, whose=whose, why=cause)
    if trouble.sort is Sort.MISSING:
        return GoogleMissing(what, whose=whose, why=cause)
    return GoogleBadRequest(what, reason=trouble.reason, whose=whose, why=cause)
