"""What Google tells of a token and of whose it is, and how a token is taken back."""

from __future__ import annotations

import typing as t

from copias_sandbox.clock import Clock
from copias_sandbox.core.answer import Answer, json_answer
from copias_sandbox.core.errors import Json, unauthenticated
from copias_sandbox.core.room import Principal
from copias_sandbox.oauth.accounts import Accounts
from copias_sandbox.oauth.consents import Consents
from copias_sandbox.oauth.tokens import Tokens, digest
from copias_sandbox.state import State

SCOPE: t.Final = "https://www.googleapis.com/auth/userinfo."
EMAIL_SCOPES: t.Final = frozenset({"email", f"{SCOPE}email"})
PROFILE_SCOPES: t.Final = frozenset({"profile", f"{SCOPE}profile"})
Told: t.TypeAlias = tuple[Answer, str]
"""An answer, and the account that it is about."""


class Identity:
    """Answers about tokens.

    Args:
        state: where tokens and accounts are.
        clock: says what is expired.
    """

    def __init__(self, state: State, clock: Clock) -> None:
        self._clock = clock
        self._tokens = Tokens(state, clock)
        self._consents = Consents(state, clock)
        self._accounts = Accounts(state)

    def token_info(self, token: str, *, newer: bool) -> Told:
        """Describe an access token, in the words of version 2, or in the ``newer`` ones of version 3."""
        found = self._tokens.find(token)
        if found is None:
            return json_answer({"error": "invalid_token", "error_description": "Invalid Value"}, 400), ""
        left = int(found["expires"] - self._clock.now())
        shown = {"email": found["email"]} if EMAIL_SCOPES & set(found["scopes"]) else {}
        scope, client, number = " ".join(found["scopes"]), found["client"], self._number(found["email"])
        if newer:
            body: Json = {"azp": client, "aud": client, "sub": number, "scope": scope, "expires_in": str(left)}
            body |= {"exp": str(int(found["expires"])), **shown, **({"email_verified": "true"} if shown else {})}
        else:
            body = {"issued_to": client, "audience": client, "user_id": number, "scope": scope, "expires_in": left}
            body |= {**shown, **({"verified_email": True} if shown else {})}
        return json_answer({**body, "access_type": "offline"}), str(found["email"])

    def user_info(self, principal: Principal, *, newer: bool) -> Told:
        """Describe whose a token is, as far as its scopes reach.

        Raises:
            GoogleError: 401, they do not reach so far.
        """
        if not (EMAIL_SCOPES | PROFILE_SCOPES | {"openid"}) & principal.scopes:
            raise unauthenticated("ACCESS_TOKEN_SCOPE_INSUFFICIENT", "oauth2.googleapis.com")
        body: Json = {"sub" if newer else "id": self._number(principal.email)}
        if EMAIL_SCOPES & principal.scopes:
            body |= {"email": principal.email, "email_verified" if newer else "verified_email": True}
            body["hd"] = principal.email.partition("@")[2]
        if PROFILE_SCOPES & principal.scopes:
            name = (self._accounts.user(principal.email) or {}).get("name", {})
            words = {"name": "fullName", "given_name": "givenName", "family_name": "familyName"}
            body |= {word: name[field] for word, field in words.items() if field in name}
        return json_answer(body), principal.email

    def revoke(self, token: str) -> Told:
        """Take back a refresh token or an access token, and with either the whole consent."""
        found = self._tokens.find(token)
        consent = str(found["consent"]) if found else digest(token)
        ended = self._consents.revoke(consent)
        if not found and not ended:
            body = {"error": "invalid_token", "error_description": "Token expired or revoked"}
            return json_answer(body, 400), ""
        self._tokens.revoke(token)
        if ended:
            self._tokens.revoke_consent(consent)
        return json_answer({}), str(found["email"]) if found else ""

    def _number(self, email: str) -> str:
        return str((self._accounts.user(email) or {}).get("id", "0"))
