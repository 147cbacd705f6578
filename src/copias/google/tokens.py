"""Access tokens: one for each account and set of scopes, fetched once however many calls wait for it."""

from __future__ import annotations

import asyncio
import time
import typing as t
from dataclasses import dataclass

import orjson

from copias.google.retry import Sort, Trouble

if t.TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from copias.google.consent_file import Consent, OAuthClient
    from copias.google.credentials import Signer

EARLY: t.Final = 300.0
"""Seconds before its end at which a token is no longer used."""
JWT_GRANT: t.Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIFE: t.Final = 3600
_SKEW: t.Final = 10
"""Seconds by which this machine's clock may be ahead of Google's."""
_AWAY: t.Final = frozenset({"internal_failure", "server_error", "temporarily_unavailable"})
_AWAY_STATUS: t.Final = frozenset({408, 429})


class Post(t.Protocol):
    """Sends a form and returns status and body, once."""

    async def __call__(self, url: str, form: Mapping[str, str]) -> tuple[int, bytes]:
        """Send it.

        Raises:
            Trouble: no whole answer.
        """


@dataclass(frozen=True)
class Token:
    """An access token; ``expires`` is in seconds of the monotonic clock."""

    value: str
    expires: float


class Grant(t.Protocol):
    """A way to a token for one account."""

    consent: bool
    """The account's own consent, not delegation."""

    async def fetch(self, scopes: Sequence[str]) -> Token:
        """Ask Google for a token.

        Raises:
            Trouble: none is given.
        """


class DelegatedGrant:
    """A service account's signed grant, for itself or on behalf of an account.

    Args:
        key: the content of its key file.
        signer: made of that key.
        account: whom to act for; ``None`` is the service account.
        post: how the form travels.
    """

    consent = False

    def __init__(self, key: Mapping[str, t.Any], signer: Signer, account: str | None, post: Post) -> None:
        self._key = key
        self._signer = signer
        self._account = account
        self._post = post

    async def fetch(self, scopes: Sequence[str]) -> Token:
        """Ask Google for a token; of several scopes the trouble names those that are not delegated."""
        try:
            return await self._fetch(scopes)
        except Trouble as trouble:
            if trouble.reason != "unauthorized_client" or len(scopes) < 2:
                raise
        missing = [scope for scope in scopes if not await self._delegated(scope)]
        raise MissingScopes(missing or list(scopes))

    async def _delegated(self, scope: str) -> bool:
        try:
            await self._fetch([scope])
        except Trouble as trouble:
            if trouble.reason != "unauthorized_client":
                raise
            return False
        return True

    async def _fetch(self, scopes: Sequence[str]) -> Token:
        form = {"grant_type": JWT_GRANT, "assertion": self._sign(scopes)}
        return read_token(*await self._post(str(self._key["token_uri"]), form))

    def _sign(self, scopes: Sequence[str]) -> str:
        from google.auth import jwt

        now = int(time.time())
        claims = {
            "iss": self._key["client_email"],
            "aud": self._key["token_uri"],
            "scope": " ".join(scopes),
            "iat": now - _SKEW,
            "exp": now - _SKEW + _LIFE,
        }
        if self._account:
            claims["sub"] = self._account
        encode: t.Any = jwt.encode
        return t.cast("bytes", encode(self._signer, claims)).decode()


class ConsentGrant:
    """A user's own consent.

    Args:
        consent: what the user allowed.
        client: the OAuth client that it was given to.
        post: how the form travels.
    """

    consent = True

    def __init__(self, consent: Consent, client: OAuthClient, post: Post) -> None:
        self._consent = consent
        self._client = client
        self._post = post

    async def fetch(self, scopes: Sequence[str]) -> Token:
        """Ask Google for a token; it covers all that the user allowed, whatever is asked for."""
        del scopes
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self._consent.refresh_token,
            "client_id": self._client.client_id,
            "client_secret": self._client.client_secret,
        }
        return read_token(*await self._post(self._client.token_uri, form))


class MissingScopes(Trouble):
    """Delegation is there, but not of these scopes."""

    def __init__(self, scopes: Sequence[str]) -> None:
        super().__init__(Sort.REFUSED, "unauthorized_client", f"sin delegar: {' '.join(scopes)}")
        self.scopes = tuple(scopes)


def read_token(status: int, body: bytes) -> Token:
    """Return the token of a token endpoint's answer.

    Raises:
        Trouble: there is none; the call that needed it was not sent.
    """
    try:
        answer = orjson.loads(body)
        answer = answer if isinstance(answer, dict) else {}
    except ValueError:
        answer = {}
    if status == 200 and answer.get("access_token"):
        return Token(str(answer["access_token"]), time.monotonic() + float(answer.get("expires_in", _LIFE)))
    reason = str(answer.get("error") or status)
    message = str(answer.get("error_description") or f"HTTP {status}")
    away = status >= 500 or status in _AWAY_STATUS or status == 200 or _AWAY & {reason, message}
    raise Trouble(Sort.TRANSIENT if away else Sort.REFUSED, reason, message)


_Key: t.TypeAlias = "tuple[str, tuple[str, ...]]"


class Tokens:
    """The tokens of one session.

    Args:
        grant_for: returns the way to a token for an account and scopes.
    """

    def __init__(self, grant_for: Callable[[str, tuple[str, ...]], Grant]) -> None:
        self._grant_for = grant_for
        self._grants: dict[_Key, Grant] = {}
        self._tokens: dict[_Key, Token] = {}
        self._fetching: dict[_Key, asyncio.Task[Token]] = {}

    def grant(self, account: str, scopes: tuple[str, ...]) -> Grant:
        """Return the way to an account's tokens, made at its first use."""
        if (account, scopes) not in self._grants:
            self._grants[account, scopes] = self._grant_for(account, scopes)
        return self._grants[account, scopes]

    async def get(self, account: str, scopes: tuple[str, ...]) -> str:
        """Return a token that is good for some minutes.

        Raises:
            Trouble: none is given.
        """
        held = self._tokens.get((account, scopes))
        if held is not None and time.monotonic() < held.expires - EARLY:
            return held.value
        return (await self._fetch_once((account, scopes))).value

    def drop(self, account: str, scopes: tuple[str, ...], value: str) -> None:
        """Forget a token that Google refused, unless a newer one took its place."""
        held = self._tokens.get((account, scopes))
        if held is not None and held.value == value:
            del self._tokens[account, scopes]

    def _fetch_once(self, key: _Key) -> Awaitable[Token]:
        """Join the fetch that is going on, or begin one; a caller that gives up does not end it for the others."""
        task = self._fetching.get(key)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._fetch(key))
            self._fetching[key] = task
            task.add_done_callback(lambda done: self._keep(key, done))
        return asyncio.shield(task)

    async def _fetch(self, key: _Key) -> Token:
        account, scopes = key
        return await self.grant(account, scopes).fetch(scopes)

    def _keep(self, key: _Key, done: asyncio.Task[Token]) -> None:
        del self._fetching[key]
        if not done.cancelled() and done.exception() is None:
            self._tokens[key] = done.result()

    async def close(self) -> None:
        """End what is going on."""
        tasks = list(self._fetching.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
