"""How much fits: items and bytes of a shared drive, bytes of an account, bytes that one may send in a day."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, fields

from copias_sandbox.core.errors import GoogleError, Json
from copias_sandbox.core.room import Call
from copias_sandbox.rooms.drive.files import FileStore
from copias_sandbox.state import State

KIND: t.Final = "drive_limits"
SENT: t.Final = "drive_sent"
DAY: t.Final = 24 * 3600
MESSAGES: t.Final = {
    "teamDriveFileLimitExceeded": "The file limit for this shared drive has been exceeded.",
    "teamDriveHierarchyTooDeep": "The shared drive hierarchy depth will exceed the limit.",
    "storageQuotaExceeded": "The user's Drive storage quota has been exceeded.",
    "userRateLimitExceeded": "User rate limit exceeded.",
}
"""In Google's words, by reason; the last is what comes when a day's bytes are spent."""


@dataclass(frozen=True)
class Limits:
    """What holds; small numbers make a test of a limit short.

    Args:
        items: in a shared drive, folders and trash counted.
        depth: of folders within folders, in a shared drive.
        storage: bytes of an account, or of the organisation's pool; -1 is no limit.
        sent: bytes that an account may upload or copy in 24 hours; the file that crosses it is still taken.
        exported: bytes above which ``files.export`` refuses.
        full: a reason for which nothing new is taken at all; for tests of what a client does then.
    """

    items: int = 500_000
    depth: int = 100
    storage: int = -1
    sent: int = 750 * 10**9
    exported: int = 10 * 2**20
    full: str = ""


def limits_of(state: State) -> Limits:
    """Return what holds."""
    return Limits(**(state.get(KIND, "all") or {}))


def set_limits(state: State, changes: Json) -> Limits:
    """Change some of it; ``None`` is Google's own number again.

    Raises:
        ValueError: a limit that does not exist.
    """
    known: Json = {field.name: field.default for field in fields(Limits)}
    if unknown := changes.keys() - known.keys():
        raise ValueError(f"no limit {sorted(unknown)} among {sorted(known)}")
    kept = {**vars(limits_of(state)), **changes}
    made = Limits(**{name: known[name] if value is None else value for name, value in kept.items()})
    state.put(KIND, "all", vars(made))
    return made


def refusal_of(reason: str) -> GoogleError:
    """Return the 403 of a limit."""
    return GoogleError(403, MESSAGES.get(reason, "The request cannot be completed."), reason=reason)


def check_room(call: Call, parent: Json) -> None:
    """Check that one more item fits into a folder.

    Raises:
        GoogleError: 403 with the reason of the limit.
    """
    limits, store, drive = limits_of(call.state), FileStore(call.state), parent.get("driveId")
    if limits.full:
        raise refusal_of(limits.full)
    if drive and store.count(drive) >= limits.items:
        raise refusal_of("teamDriveFileLimitExceeded")
    if drive and len(list(store.above(parent))) > limits.depth:
        raise refusal_of("teamDriveHierarchyTooDeep")


def check_bytes(call: Call, size: int) -> None:
    """Check that so many bytes may come now.

    Raises:
        GoogleError: 403 with the reason of the limit.
    """
    limits = limits_of(call.state)
    if limits.storage >= 0 and used_bytes(call.state) + size > limits.storage:
        raise refusal_of("storageQuotaExceeded")
    if sum(amount for _, amount in _sent(call)) >= limits.sent:
        raise refusal_of("userRateLimitExceeded")


def count_bytes(call: Call, size: int) -> None:
    """Note that an account has sent so many bytes."""
    if size:
        call.state.put(SENT, call.principal.email, {"sent": [*_sent(call), [call.clock.now(), size]]})


def _sent(call: Call) -> list[tuple[float, int]]:
    found = call.state.get(SENT, call.principal.email) or {"sent": []}
    return [(at, size) for at, size in found["sent"] if at > call.clock.now() - DAY]


def used_bytes(state: State, owner: str | None = None) -> int:
    """Return how many bytes all files take, or those of one account, trash included."""
    files = FileStore(state).every()
    return sum(int(file.get("size", 0)) for file in files if owner is None or file.get("_owner") == owner.lower())
