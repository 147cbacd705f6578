"""A person's own consent: asked for by a program, given or denied, kept as a refresh token, taken back."""

from __future__ import annotations

import base64
import hashlib
import secrets
import typing as t
from dataclasses import dataclass
from urllib.parse import urlencode

from copias_sandbox.clock import Clock
from copias_sandbox.core.errors import Json
from copias_sandbox.core.room import Principal
from copias_sandbox.oauth.accounts import Accounts
from copias_sandbox.oauth.clients import OAuthClient, OAuthClients, is_loopback
from copias_sandbox.oauth.refused import Refused
from copias_sandbox.oauth.tokens import digest
from copias_sandbox.state import State

REQUEST: t.Final = "consent_request"
CODE: t.Final = "consent_code"
REFRESH: t.Final = "refresh_token"
CODE_LIFE: t.Final = 600
"""Seconds in which a code must be exchanged."""


@dataclass(frozen=True)
class Granted:
    """Who consented to what; ``refresh`` is the new refresh token, if there is one, ``key`` its hash."""

    principal: Principal
    key: str = ""
    refresh: str = ""


class Consents:
    """The life of consents.

    Args:
        state: where they are kept, tokens and codes as hashes only.
        clock: says what is expired.
    """

    def __init__(self, state: State, clock: Clock) -> None:
        self._state = state
        self._clock = clock
        self._clients = OAuthClients(state)
        self._accounts = Accounts(state)

    def ask(self, query: t.Mapping[str, str]) -> str:
        """Keep what a browser was sent to Google with; return its id, by which it is approved.

        Raises:
            Refused: Google would show an error page and send the browser nowhere.
        """
        if self._clients.find(query.get("client_id", "")) is None:
            raise Refused(401, "invalid_client", "The OAuth client was not found.")
        address = query.get("redirect_uri", "")
        if address.startswith("urn:ietf:wg:oauth:2.0:oob"):
            raise Refused(400, "invalid_request", "The out-of-band (OOB) flow has been blocked.")
        if not is_loopback(address):
            raise Refused(400, "redirect_uri_mismatch", "The redirect URI in the request does not match.")
        if query.get("response_type") != "code" or not query.get("scope"):
            raise Refused(400, "invalid_request", "Required parameter is missing: response_type or scope")
        identifier = secrets.token_hex(8)
        self._state.put(REQUEST, identifier, {**query, "at": self._clock.now()})
        return identifier

    def pending(self) -> list[Json]:
        """Return what waits for a person, oldest first: ``id``, ``client_id``, ``scope``, ``login_hint``."""
        found = sorted(self._state.every(REQUEST), key=lambda pair: float(pair[1]["at"]))
        return [{"id": key, **{name: body[name] for name in _SHOWN if name in body}} for key, body in found]

    def approve(self, identifier: str, email: str, *, scopes: t.Collection[str] | None = None) -> str:
        """Consent as ``email``, to all or to some scopes; return the address that the browser is sent to.

        Raises:
            ValueError: nothing waits by that id, or there is no such account.
        """
        if self._accounts.user(email) is None:
            raise ValueError(f"there is no account {email!r}")
        request = self._take(identifier)
        code = "4/0" + secrets.token_urlsafe(40)
        given = sorted(set(request["scope"].split()) if scopes is None else scopes)
        kept = {**request, "email": email.lower(), "given": given, "at": self._clock.now()}
        self._state.put(CODE, digest(code), kept)
        return _sent_back(request, {"code": code, "scope": " ".join(given)})

    def deny(self, identifier: str) -> str:
        """Refuse; return the address that the browser is sent to."""
        return _sent_back(self._take(identifier), {"error": "access_denied"})

    def _take(self, identifier: str) -> Json:
        request = self._state.get(REQUEST, identifier)
        if request is None:
            raise ValueError(f"no consent waits by the id {identifier!r}")
        self._state.remove(REQUEST, identifier)
        return request

    def exchange(self, form: t.Mapping[str, str]) -> Granted:
        """Turn a code, once, into a consent.

        Raises:
            Refused: client, code, address or verifier are not those of the request.
        """
        client = self._clients.authenticate(form)
        key = digest(form.get("code", ""))
        kept = self._state.get(CODE, key)
        if kept is None or kept["client_id"] != client.client_id or kept["at"] + CODE_LIFE <= self._clock.now():
            raise Refused(400, "invalid_grant", "Malformed auth code." if kept is None else "Bad Request")
        self._state.remove(CODE, key)
        if form.get("redirect_uri") != kept["redirect_uri"]:
            raise Refused(400, "redirect_uri_mismatch", "Bad Request")
        _check_verifier(kept, form.get("code_verifier", ""))
        self._check_alive(kept["email"])
        principal = Principal(kept["email"], client.client_id, frozenset(kept["given"]))
        if kept.get("access_type") != "offline":
            return Granted(principal)
        token = "1//0" + secrets.token_urlsafe(48)
        body = {"email": principal.email, "client": client.client_id, "scopes": kept["given"], "revoked": False}
        self._state.put(REFRESH, digest(token), body)
        return Granted(principal, digest(token), token)

    def refresh(self, form: t.Mapping[str, str]) -> Granted:
        """Return what a refresh token stands for.

        Raises:
            Refused: it was revoked, never given to that client, or the account does not work.
        """
        client = self._clients.authenticate(form)
        kept = self._refreshable(form.get("refresh_token", ""), client)
        self._check_alive(kept["email"])
        wanted = frozenset(form.get("scope", "").split()) or frozenset(kept["scopes"])
        if not wanted <= frozenset(kept["scopes"]):
            raise Refused(400, "invalid_scope", "Some requested scopes were invalid.")
        return Granted(Principal(kept["email"], client.client_id, wanted), digest(form["refresh_token"]))

    def _refreshable(self, token: str, client: OAuthClient) -> Json:
        kept = self._state.get(REFRESH, digest(token))
        if kept is None or kept["client"] != client.client_id:
            raise Refused(400, "invalid_grant", "Bad Request")
        if kept["revoked"]:
            raise Refused(400, "invalid_grant", "Token has been expired or revoked.")
        return kept

    def _check_alive(self, email: str) -> None:
        user = self._accounts.user(email)
        if user is None:
            raise Refused(400, "invalid_grant", "Account has been deleted")
        if user.get("suspended"):
            raise Refused(400, "invalid_grant", "Account has been disabled")

    def revoke(self, key: str) -> bool:
        """Take a consent back by the hash of its refresh token; tell whether it was in force."""
        kept = self._state.get(REFRESH, key)
        if kept is None or kept["revoked"]:
            return False
        self._state.put(REFRESH, key, {**kept, "revoked": True})
        return True

    def revoke_of(self, email: str) -> list[str]:
        """Take back all that a person consented to; return the hashes."""
        keys = [key for key, kept in self._state.every(REFRESH) if kept["email"] == email.lower()]
        return [key for key in keys if self.revoke(key)]


_SHOWN: t.Final = ("client_id", "scope", "login_hint", "redirect_uri")


def _sent_back(request: Json, answer: dict[str, str]) -> str:
    state = {"state": request["state"]} if "state" in request else {}
    return f"{request['redirect_uri']}?{urlencode({**state, **answer})}"


def _check_verifier(kept: Json, verifier: str) -> None:
    challenge = kept.get("code_challenge")
    if not challenge:
        return
    if not verifier:
        raise Refused(400, "invalid_grant", "Missing code verifier.")
    if kept.get("code_challenge_method", "plain") == "S256":
        hashed = hashlib.sha256(verifier.encode()).digest()
        verifier = base64.urlsafe_b64encode(hashed).decode().rstrip("=")
    if not secrets.compare_digest(verifier.encode(), str(challenge).encode()):
        raise Refused(400, "invalid_grant", "Invalid code verifier.")
