"""Who may get a token: service accounts with their public keys, people, and what was delegated to whom."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from copias_sandbox.core.errors import Json
from copias_sandbox.state import State

ACCOUNT: t.Final = "service_account"
DELEGATION: t.Final = "delegation"
USER: t.Final = "user"


@dataclass(frozen=True)
class ServiceAccount:
    """A client, as Google knows it: only the public half of its key."""

    email: str
    client_id: str
    key_id: str
    public_key: str


class Accounts:
    """Reads and changes the accounts in the state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def register(self, account: ServiceAccount) -> None:
        """Make a service account known."""
        self._state.put(ACCOUNT, account.email, vars(account))

    def service_account(self, email: str) -> ServiceAccount | None:
        """Return a service account."""
        found = self._state.get(ACCOUNT, email)
        return ServiceAccount(**found) if found else None

    def delegate(self, client_id: str, scopes: t.Collection[str]) -> None:
        """Set the scopes with which a client may act as anybody of the domain; none takes the delegation away."""
        self._state.put(DELEGATION, client_id, {"scopes": sorted(scopes)})

    def delegated(self, client_id: str) -> frozenset[str]:
        """Return the scopes delegated to a client."""
        found = self._state.get(DELEGATION, client_id)
        return frozenset(found["scopes"]) if found else frozenset()

    def user(self, email: str) -> Json | None:
        """Return a person's Directory entry."""
        return self._state.get(USER, email.lower())

    def put_user(self, user: Json) -> None:
        """Keep a person's Directory entry."""
        self._state.put(USER, user["primaryEmail"].lower(), user)
