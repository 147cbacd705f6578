"""What a call of a Google API can end in, as part of the package's tree.

::

    Unavailable  ── GoogleUnavailable     outage, quota of the minute, lost answer
                    └─ QuotaExhausted     our own budget: the day's units are spent
    NotReady     ┬─ GoogleRefused         401, 403: no right, API not enabled, token refused
                 │  ├─ AccountSuspended   the account is suspended: it may come back
                 │  ├─ AccountMissing     the domain has no such account
                 │  ├─ MailNotEnabled     the account has no Gmail
                 │  └─ ConsentNeeded      the user's own consent is missing, revoked or too small
                 └─ GoogleMissing         404
                    └─ HistoryExpired     the history id is too old: a full listing is needed
    BadInput     ── GoogleBadRequest      400: the request itself

A caller that knows what was being done turns these into its own words.
"""

from __future__ import annotations

import typing as t

from copias.errors import BadInput, NotReady, Unavailable


class GoogleUnavailable(Unavailable):
    """Google does not answer, or refuses for now.

    Args:
        maybe_done: the call may have had its effect although no answer came.
    """

    def __init__(self, what: str, *, maybe_done: bool = False, **parts: str) -> None:
        super().__init__(what, **parts)
        self.maybe_done = maybe_done

    def facts(self) -> dict[str, t.Any]:
        """Return the parts as plain data, and whether the effect is possible."""
        return {**super().facts(), "maybe_done": self.maybe_done}


class QuotaExhausted(GoogleUnavailable):
    """The budget's units are spent for longer than a run may wait."""


class GoogleRefused(NotReady):
    """Google knows who asks and does not allow it, or does not know who asks.

    Args:
        reason: Google's word for it, such as ``accessNotConfigured`` or ``invalid_grant``.
    """

    def __init__(self, what: str, *, reason: str = "", **parts: str) -> None:
        super().__init__(what, **parts)
        self.reason = reason


class AccountSuspended(GoogleRefused):
    """The account is suspended: nothing of it can be read until an administrator reactivates it."""


class AccountMissing(GoogleRefused):
    """The domain has no such account, or it was deleted."""


class MailNotEnabled(GoogleRefused):
    """The account has no Gmail: no licence, or the service is off for its organisational unit."""


class ConsentNeeded(GoogleRefused):
    """The user has not given consent, took it back, or gave less than is needed."""


class GoogleMissing(NotReady):
    """What was asked for does not exist, or is hidden from who asks."""


class HistoryExpired(GoogleMissing):
    """Gmail no longer keeps the history from that point on; only a full listing tells what changed."""


class GoogleBadRequest(BadInput):
    """Google cannot make sense of the request.

    Args:
        reason: Google's word for it, such as ``failedPrecondition``.
    """

    def __init__(self, what: str, *, reason: str = "", **parts: str) -> None:
        super().__init__(what, **parts)
        self.reason = reason
