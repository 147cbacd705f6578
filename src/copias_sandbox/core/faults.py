"""What is to go wrong, by plan: on which call of which method, and how."""

from __future__ import annotations

import fnmatch
import random
import typing as t
from collections import Counter
from dataclasses import dataclass, field, fields
from urllib.parse import unquote

from copias_sandbox.core.answer import Delivery
from copias_sandbox.core.errors import ERROR_INFO, GoogleError, Json

EFFECTS: t.Final = frozenset(
    {"revoked", "deleted", "expired", "repeated", "ended", "hidden", "broken", "short", "forgotten"}
)
"""What does not happen to the answer but to what is asked for."""
KINDS: t.Final = ("status", "latency", "lost", "reset", "truncated", *sorted(EFFECTS))
BATCH: t.Final = "batch"
"""What the plan calls a whole batch; the pattern ``*`` is the calls in it, not the batch itself."""
MESSAGES: t.Final = {
    429: "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute per user'",
    403: "The request cannot be completed.",
    404: "Requested entity was not found.",
    500: "Internal error encountered.",
    503: "The service is currently unavailable.",
}


@dataclass
class Fault:
    """One thing to go wrong.

    Args:
        kind: ``status`` (refused before any effect), ``latency``, or after the effect ``lost`` (the connection closes
            without an answer), ``reset`` (in the middle of the body), ``truncated`` (half of the JSON). Or, before the
            call: ``revoked`` (the token is not valid any more), and for Gmail ``deleted`` (the message of the path is
            gone), ``expired`` (the history reaches back no further), ``repeated`` (the next page of a list begins with
            items of this one), ``ended`` (this page of a list says that it is the last) and ``hidden`` (this page of a
            list leaves out its newest message). ``broken``: the line breaks before the request is here; half of an
            upload's chunk arrived. Of a chunk only: ``short`` (about half of it is kept, and the answer says so) and
            ``forgotten`` (the session is unknown from now on).
        method: a method's id, or a pattern with ``*``; ``oauth.token`` is the token endpoint, ``batch`` a batch.
        match: what the request's path and query must hold, decoded; a message's id, for example.
        nth: the first matching call that it happens to, counted from 1 from now on.
        times: how many calls it happens to; 0 is all from then on.
        probability: of its happening to a matching call; 0 is always. The same calls are struck each time, in whatever
            order they come: it is drawn from ``seed``, the request's target and how often that was asked for.
        seed: for ``probability``.
        status: for ``status``.
        reason: the error's reason, such as ``rateLimitExceeded``.
        seconds: for ``latency``.
        retry_after: seconds for a ``Retry-After`` header; 0 leaves it out.
    """

    kind: str
    method: str = "*"
    match: str = ""
    nth: int = 1
    times: int = 1
    probability: float = 0.0
    seed: int = 0
    status: int = 503
    reason: str = ""
    message: str = ""
    seconds: float = 0.0
    retry_after: int = 0
    seen: int = 0
    hits: int = 0
    _asked: Counter[str] = field(default_factory=Counter, init=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse a kind that does not exist."""
        if self.kind not in KINDS:
            raise ValueError(f"kind is {self.kind!r}, not one of {', '.join(KINDS)}")
        if not 0 <= self.probability <= 1:
            raise ValueError(f"probability is {self.probability}, not between 0 and 1")

    def strikes(self, method: str, target: str = "") -> bool:
        """Count a call, and tell whether it is one to go wrong."""
        if not fnmatch.fnmatchcase(method, self.method) or (method == BATCH and self.method == "*"):
            return False
        if self.match and self.match not in unquote(target):
            return False
        self.seen += 1
        if self.seen < self.nth or (self.times and self.hits >= self.times) or not self._drawn(target):
            return False
        self.hits += 1
        return True

    def _drawn(self, target: str) -> bool:
        if not self.probability:
            return True
        self._asked[target] += 1
        return random.Random(f"{self.seed}/{target}/{self._asked[target]}").random() < self.probability

    def error(self) -> GoogleError:
        """Return the refusal of a ``status`` fault."""
        message = self.message or MESSAGES.get(self.status, "The request failed.")
        headers = (("Retry-After", str(self.retry_after)),) if self.retry_after else ()
        detail = {"@type": ERROR_INFO, "reason": self.reason or "INJECTED", "domain": "googleapis.com", "metadata": {}}
        return GoogleError(self.status, message, reason=self.reason, details=(detail,), headers=headers)

    def as_json(self) -> Json:
        """Return its fields, with how many calls it saw and hit."""
        return {one.name: getattr(self, one.name) for one in fields(self) if not one.name.startswith("_")}


@dataclass(frozen=True)
class Strike:
    """What the plan says about one call."""

    error: GoogleError | None = None
    delivery: Delivery = Delivery.WHOLE
    delay: float = 0.0
    name: str = ""
    effects: frozenset[str] = frozenset()


NOTHING: t.Final = Strike()


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

    def strike(self, method: str, now: float, target: str = "") -> Strike:
        """Say what happens to this call."""
        if now < self.down_until:
            return Strike(error=Fault("status", status=503).error(), name="outage")
        hits = [fault for fault in self.faults if fault.strikes(method, target)]
        if not hits:
            return NOTHING
        errors = [fault.error() for fault in hits if fault.kind == "status"]
        ways = [Delivery(fault.kind) for fault in hits if fault.kind in set(Delivery)]
        return Strike(
            error=errors[0] if errors else None,
            delivery=ways[0] if ways else Delivery.WHOLE,
            delay=sum(fault.seconds for fault in hits if fault.kind == "latency"),
            name="+".join(fault.kind for fault in hits),
            effects=frozenset(fault.kind for fault in hits) & EFFECTS,
        )
