"""What is to go wrong, by plan: on which call of which method, and how."""

from __future__ import annotations

import fnmatch
import typing as t
from dataclasses import dataclass, field

from copias_sandbox.core.answer import Delivery
from copias_sandbox.core.errors import ERROR_INFO, GoogleError, Json

KINDS: t.Final = ("status", "latency", "lost", "reset", "truncated")
MESSAGES: t.Final = {
    429: "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute per user'",
    403: "The request cannot be completed.",
    500: "Internal error encountered.",
    503: "The service is currently unavailable.",
}


@dataclass
class Fault:
    """One thing to go wrong.

    Args:
        kind: ``status`` (refused before any effect), ``latency``, or after the effect ``lost`` (the connection closes
            without an answer), ``reset`` (in the middle of the body), ``truncated`` (half of the JSON).
        method: a method's id, or a pattern with ``*``; ``oauth.token`` is the token endpoint.
        nth: the first matching call that it happens to, counted from 1 from now on.
        times: how many calls it happens to; 0 is all from then on.
        status: for ``status``.
        reason: the error's reason, such as ``rateLimitExceeded``.
        seconds: for ``latency``.
        retry_after: seconds for a ``Retry-After`` header; 0 leaves it out.
    """

    kind: str
    method: str = "*"
    nth: int = 1
    times: int = 1
    status: int = 503
    reason: str = ""
    message: str = ""
    seconds: float = 0.0
    retry_after: int = 0
    seen: int = 0

    def __post_init__(self) -> None:
        """Refuse a kind that does not exist."""
        if self.kind not in KINDS:
            raise ValueError(f"kind is {self.kind!r}, not one of {', '.join(KINDS)}")

    def strikes(self, method: str) -> bool:
        """Count a call, and tell whether it is one to go wrong."""
        if not fnmatch.fnmatchcase(method, self.method):
            return False
        self.seen += 1
        return self.seen >= self.nth and (self.times == 0 or self.seen < self.nth + self.times)

    def error(self) -> GoogleError:
        """Return the refusal of a ``status`` fault."""
        message = self.message or MESSAGES.get(self.status, "The request failed.")
        headers = (("Retry-After", str(self.retry_after)),) if self.retry_after else ()
        detail = {"@type": ERROR_INFO, "reason": self.reason or "INJECTED", "domain": "googleapis.com", "metadata": {}}
        return GoogleError(self.status, message, reason=self.reason, details=(detail,), headers=headers)


@dataclass(frozen=True)
class Strike:
    """What the plan says about one call."""

    error: GoogleError | None = None
    delivery: Delivery = Delivery.WHOLE
    delay: float = 0.0
    name: str = ""


@dataclass
class FaultPlan:
    """The faults to come, and whether the whole service is down."""

    faults: list[Fault] = field(default_factory=list)
    down_until: float = 0.0

    def add(self, raw: Json) -> None:
        """Plan a fault.

        Raises:
            ValueError: a kind that does not exist.
            TypeError: a field that does not exist.
        """
        self.faults.append(Fault(**raw))

    def clear(self) -> None:
        """Forget all, and come up again."""
        self.faults.clear()
        self.down_until = 0.0

    def strike(self, method: str, now: float) -> Strike:
        """Say what happens to this call."""
        if now < self.down_until:
            return Strike(error=Fault("status", status=503).error(), name="outage")
        hits = [fault for fault in self.faults if fault.strikes(method)]
        errors = [fault.error() for fault in hits if fault.kind == "status"]
        ways = [Delivery(fault.kind) for fault in hits if fault.kind in set(Delivery)]
        return Strike(
            error=errors[0] if errors else None,
            delivery=ways[0] if ways else Delivery.WHOLE,
            delay=sum(fault.seconds for fault in hits if fault.kind == "latency"),
            name="+".join(fault.kind for fault in hits),
        )
