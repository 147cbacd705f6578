"""``POST /token``: a signed grant, a code or a refresh token becomes an access token."""

from __future__ import annotations

import typing as t
from urllib.parse import parse_qsl

from copias_sandbox.clock import Clock
from copias_sandbox.core.answer import Answer, json_answer
from copias_sandbox.core.errors import Json
from copias_sandbox.core.room import Principal
from copias_sandbox.oauth.accounts import Accounts, ServiceAccount
from copias_sandbox.oauth.clients import client_of
from copias_sandbox.oauth.consents import Consents, Granted
from copias_sandbox.oauth.jwt import BadToken, verify
from copias_sandbox.oauth.refused import Refused
from copias_sandbox.oauth.tokens import LIFE, Tokens
from copias_sandbox.state import State

GRANT: t.Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
GOOGLE_AUDIENCE: t.Final = frozenset(
    {"https://oauth2.googleapis.com/token", "https://www.googleapis.com/oauth2/v4/token"}
)


class TokenEndpoint:
    """Gives tokens for grants that hold.

    Args:
        state: where accounts and tokens are.
        clock: says what is expired.
    """

    def __init__(self, state: State, clock: Clock) -> None:
        self._accounts = Accounts(state)
        self._tokens = Tokens(state, clock)
        self._consents = Consents(state, clock)
        self._clock = clock

    def answer(self, body: bytes, origin: str, *, basic: str = "") -> tuple[Answer, str]:
        """Return the answer and the account that the token is for, or the error's word.

        Args:
            body: the form that was posted.
            origin: ``http://127.0.0.1:1234``, how the client reaches this server: an audience to accept.
            basic: the ``Authorization`` header, by which some clients say who they are instead of in the form.
        """
        form = {**client_of(basic), **dict(parse_qsl(body.decode("utf-8", "replace")))}
        try:
            granted = self._grant(form, f"{origin}/token")
        except Refused as refused:
            return refused_answer(refused), refused.error
        principal = granted.principal
        token = self._tokens.give(principal, consent=granted.key)
        given: Json = {"access_token": token, "expires_in": LIFE, "token_type": "Bearer"}
        if form["grant_type"] != GRANT:
            given["scope"] = " ".join(sorted(principal.scopes))
        if granted.refresh:
            given["refresh_token"] = granted.refresh
        return json_answer(given), principal.email

    def _grant(self, form: dict[str, str], audience: str) -> Granted:
        kind = form.get("grant_type", "")
        if kind == "authorization_code":
            return self._consents.exchange(form)
        if kind == "refresh_token":
            return self._consents.refresh(form)
        if kind != GRANT:
            raise Refused(400, "unsupported_grant_type", f"Invalid grant_type: {kind}")
        return Granted(self._principal(form, audience))

    def _principal(self, form: dict[str, str], audience: str) -> Principal:
        try:
            account, claims = verify(form.get("assertion", ""), self._accounts, self._clock.now())
        except BadToken as error:
            raise Refused(400, "invalid_grant", str(error)) from None
        if str(claims.get("aud")) not in GOOGLE_AUDIENCE | {audience}:
            raise Refused(400, "invalid_grant", f"Invalid JWT: audience {claims.get('aud')} is not this endpoint.")
        scopes = _scopes(claims)
        subject = claims.get("sub")
        if not subject or subject == account.email:
            return Principal(account.email, account.client_id, scopes)
        self._check_delegation(account, str(subject), scopes)
        return Principal(str(subject).lower(), account.client_id, scopes)

    def _check_delegation(self, account: ServiceAccount, subject: str, scopes: frozenset[str]) -> None:
        user = self._accounts.user(subject)
        if user is None:
            raise Refused(400, "invalid_grant", "Invalid email or User ID")
        if not scopes <= self._accounts.delegated(account.client_id):
            raise Refused(
                401,
                "unauthorized_client",
                "Client is unauthorized to retrieve access tokens using this method, or client not authorized for "
                "any of the scopes requested.",
            )
        if user.get("suspended"):
            raise Refused(400, "invalid_grant", "Account has been disabled")


def refused_answer(refused: Refused) -> Answer:
    """Return a refusal as the client gets it."""
    return json_answer({"error": refused.error, "error_description": refused.description}, refused.status)


def _scopes(claims: Json) -> frozenset[str]:
    scopes = frozenset(str(claims.get("scope", "")).split())
    if not scopes or not all(scope.startswith(("https://", "openid", "email", "profile")) for scope in scopes):
        raise Refused(400, "invalid_scope", "Invalid OAuth scope or ID token audience provided.")
    return scopes
