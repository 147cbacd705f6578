"""What tests and the demo do to accounts, consents, delegation and sharing."""

from __future__ import annotations

import typing as t
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from copias_sandbox.core.dispatch import Google
from copias_sandbox.core.errors import Json
from copias_sandbox.core.front import AUTO
from copias_sandbox.oauth.accounts import Accounts, ServiceAccount
from copias_sandbox.oauth.clients import DEMO_CLIENT, OAuthClients
from copias_sandbox.oauth.consents import Consents
from copias_sandbox.rooms.directory.people import People

Handler: t.TypeAlias = Callable[[Json], Awaitable[Json]]


class AccountAdmin:
    """The admin port's part for who may do what.

    Args:
        google: the sandbox.
    """

    def __init__(self, google: Google) -> None:
        self._google = google
        self._accounts = Accounts(google.state)
        self._people = People(google.state, google.clock)
        self._consents = Consents(google.state, google.clock)

    def routes(self) -> dict[tuple[str, str], Handler]:
        """Return what to listen for."""
        return {
            ("POST", "/delegation"): self._delegation,
            ("POST", "/account"): self._account,
            ("POST", "/user"): self._user,
            ("POST", "/user/suspend"): self._suspend,
            ("POST", "/user/reactivate"): self._reactivate,
            ("POST", "/user/delete"): self._delete,
            ("POST", "/user/undelete"): self._undelete,
            ("POST", "/oauth-client"): self._oauth_client,
            ("GET", "/consents"): self._pending,
            ("POST", "/consents/approve"): self._approve,
            ("POST", "/consents/deny"): self._deny,
            ("POST", "/consents/auto"): self._auto,
            ("POST", "/consents/revoke"): self._revoke,
        }

    async def _delegation(self, body: Json) -> Json:
        self._accounts.delegate(str(body["client_id"]), body["scopes"])
        return {}

    async def _account(self, body: Json) -> Json:
        self._accounts.register(ServiceAccount(**body))
        return {}

    async def _user(self, body: Json) -> Json:
        """Add or change a person of the Directory."""
        self._accounts.put_user({**(self._accounts.user(body["primaryEmail"]) or {}), **body})
        return {}

    def _found(self, body: Json) -> Json:
        user = self._people.find(str(body["email"]))
        if user is None:
            raise ValueError(f"there is no account {body['email']!r}")
        return user

    async def _suspend(self, body: Json) -> Json:
        return self._people.suspend(self._found(body), reason=str(body.get("reason", "ADMIN")))

    async def _reactivate(self, body: Json) -> Json:
        return self._people.reactivate(self._found(body))

    async def _delete(self, body: Json) -> Json:
        return self._people.delete(self._found(body))

    async def _undelete(self, body: Json) -> Json:
        """Give the account back that had the address ``email`` last, to the unit where it was."""
        email = str(body["email"]).lower()
        gone = [user for user in self._people.deleted() if user["primaryEmail"].lower() == email]
        for user in sorted(gone, key=lambda one: str(one["deletionTime"]))[-1:]:
            return self._people.undelete(user["id"], org_unit=user["orgUnitPath"]) or {}
        raise ValueError(f"there is no deleted account {email!r}")

    async def _oauth_client(self, body: Json) -> Json:
        return asdict(OAuthClients(self._google.state).ensure(str(body.get("client_id", DEMO_CLIENT))))

    async def _pending(self, _: Json) -> Json:
        return {"pending": self._consents.pending()}

    async def _approve(self, body: Json) -> Json:
        with self._google.state.transaction():
            location = self._consents.approve(str(body["id"]), str(body["email"]), scopes=body.get("scopes"))
        return {"location": location}

    async def _deny(self, body: Json) -> Json:
        with self._google.state.transaction():
            return {"location": self._consents.deny(str(body["id"]))}

    async def _auto(self, body: Json) -> Json:
        """Let ``email`` consent to all, or to ``scopes``, whenever a browser asks; without ``email`` nobody does."""
        if body.get("email"):
            self._google.state.put(AUTO, "default", {"email": body["email"], "scopes": body.get("scopes")})
        else:
            self._google.state.remove(AUTO, "default")
        return {}

    async def _revoke(self, body: Json) -> Json:
        """Take back, as ``email`` would in the browser, all that was consented to."""
        with self._google.state.transaction():
            keys = self._consents.revoke_of(str(body["email"]))
            for key in keys:
                self._google.tokens.revoke_consent(key)
        return {"revoked": len(keys)}
