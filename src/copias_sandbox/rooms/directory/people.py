"""The accounts of the organisation: found by any of their names, suspended, deleted, given back."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

from copias_sandbox.clock import Clock
from copias_sandbox.core.errors import Json
from copias_sandbox.oauth.accounts import USER, Accounts
from copias_sandbox.state import State

DELETED: t.Final = "deleted_user"
KEPT: t.Final = 20 * 86400
"""Seconds for which a deleted account can be given back."""


def at(seconds: float) -> str:
    """Return a moment as the Directory writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class People:
    """Reads and changes accounts.

    Args:
        state: where they are.
        clock: dates what happens to them.
    """

    def __init__(self, state: State, clock: Clock) -> None:
        self._state = state
        self._clock = clock
        self._accounts = Accounts(state)

    def find(self, key: str) -> Json | None:
        """Return an account by its address, an alias or its id."""
        wanted = key.lower()
        found = self._accounts.user(wanted)
        if found is not None:
            return found
        return next((user for user in self.every() if wanted == user.get("id") or wanted in aliases(user)), None)

    def every(self) -> list[Json]:
        """Return all accounts that are not deleted, by address."""
        return [user for _, user in self._state.every(USER)]

    def deleted(self) -> list[Json]:
        """Return the accounts that can still be given back, by id."""
        oldest = at(self._clock.now() - KEPT)
        return [user for _, user in self._state.every(DELETED) if user["deletionTime"] > oldest]

    def put(self, user: Json) -> None:
        """Keep an account."""
        self._accounts.put_user(user)

    def suspend(self, user: Json, *, reason: str = "ADMIN") -> Json:
        """Suspend an account, and return it."""
        if user.get("suspended"):
            return user
        changed = {**user, "suspended": True, "suspensionReason": reason, "suspensionTime": at(self._clock.now())}
        self.put(changed)
        return changed

    def reactivate(self, user: Json) -> Json:
        """End a suspension, and return the account."""
        gone = {"suspensionReason", "suspensionTime"}
        changed = {**{name: value for name, value in user.items() if name not in gone}, "suspended": False}
        self.put(changed)
        return changed

    def delete(self, user: Json) -> Json:
        """Delete an account, and return it as it is listed from now on."""
        self._state.remove(USER, user["primaryEmail"].lower())
        changed = {**user, "deletionTime": at(self._clock.now())}
        self._state.put(DELETED, user["id"], changed)
        return changed

    def undelete(self, identifier: str, *, org_unit: str = "/") -> Json | None:
        """Give a deleted account back by its id, and return it."""
        found = next((user for user in self.deleted() if user["id"] == identifier), None)
        if found is None:
            return None
        self._state.remove(DELETED, identifier)
        changed = {**{name: value for name, value in found.items() if name != "deletionTime"}, "orgUnitPath": org_unit}
        self.put(changed)
        return changed


def aliases(user: Json) -> list[str]:
    """Return the other addresses of an account, in lower case."""
    return [one.lower() for one in (*user.get("aliases", ()), *user.get("nonEditableAliases", ()))]
