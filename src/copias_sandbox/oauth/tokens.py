"""Opaque access tokens: given, looked up, expired, revoked."""

from __future__ import annotations

import hashlib
import secrets
import typing as t
from collections.abc import Mapping

from copias_sandbox.clock import Clock
from copias_sandbox.core.errors import Json, unauthenticated
from copias_sandbox.core.room import Principal
from copias_sandbox.oauth.accounts import Accounts
from copias_sandbox.oauth.jwt import BadToken, verify
from copias_sandbox.state import State

TOKEN: t.Final = "access_token"  # noqa: S105 -- a kind of document
_OTHER_AUDIENCES: t.Final = {"www.googleapis.com": ("https://drive.googleapis.com/",)}
"""By an API's host, what else clients call it."""
LIFE: t.Final = 3599
"""Seconds; what Google answers as ``expires_in``."""


class Tokens:
    """Gives tokens and knows them again; the state holds only their hashes."""

    def __init__(self, state: State, clock: Clock) -> None:
        self._state = state
        self._clock = clock
        self._accounts = Accounts(state)

    def give(self, principal: Principal, *, consent: str = "") -> str:
        """Return a new token; ``consent`` is the hash of the refresh token behind it, and ends it when it ends."""
        token = "ya29.c." + secrets.token_urlsafe(48)
        body = {
            "email": principal.email,
            "client": principal.client,
            "scopes": sorted(principal.scopes),
            "expires": self._clock.now() + LIFE,
            "consent": consent,
        }
        self._state.put(TOKEN, digest(token), body)
        return token

    def revoke_all(self) -> int:
        """Make every token given so far invalid; return how many there were."""
        keys = [key for key, _ in self._state.every(TOKEN)]
        for key in keys:
            self._state.remove(TOKEN, key)
        return len(keys)

    def find(self, token: str) -> Json | None:
        """Return what is known of a token that is in force: ``email``, ``client``, ``scopes``, ``expires``."""
        found = self._state.get(TOKEN, digest(token))
        return found if found and found["expires"] > self._clock.now() else None

    def revoke(self, token: str) -> None:
        """Make one token invalid."""
        self._state.remove(TOKEN, digest(token))

    def revoke_consent(self, consent: str) -> None:
        """Make every token of a consent invalid."""
        for key in [key for key, body in self._state.every(TOKEN) if body.get("consent") == consent]:
            self._state.remove(TOKEN, key)

    def check(self, headers: Mapping[str, str], host: str) -> Principal:
        """Return who asks.

        Raises:
            GoogleError: 401, no token or none that is valid.
        """
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise unauthenticated("CREDENTIALS_MISSING", host)
        found = self._state.get(TOKEN, digest(token.strip()))
        if found is None:
            return self._self_signed(token.strip(), host)
        if found["expires"] <= self._clock.now():
            raise unauthenticated("ACCESS_TOKEN_EXPIRED", host)
        if (self._accounts.user(found["email"]) or {}).get("suspended"):
            raise unauthenticated("ACCOUNT_STATE_INVALID", host)
        return Principal(found["email"], found["client"], frozenset(found["scopes"]))

    def _self_signed(self, token: str, host: str) -> Principal:
        """Accept a service account's own signed token for one API: some clients never ask for an opaque one."""
        try:
            account, claims = verify(token, self._accounts, self._clock.now())
        except BadToken:
            raise unauthenticated("ACCESS_TOKEN_TYPE_UNSUPPORTED", host) from None
        scopes = frozenset(str(claims.get("scope", "")).split())
        if not scopes and str(claims.get("aud")) not in {f"https://{host}/", *_OTHER_AUDIENCES.get(host, ())}:
            raise unauthenticated("ACCESS_TOKEN_TYPE_UNSUPPORTED", host)
        return Principal(account.email, account.client_id, scopes or frozenset({"*"}))


def digest(token: str) -> str:
    """Return the hash by which a token, or a code, is kept."""
    return hashlib.sha256(token.encode()).hexdigest()
