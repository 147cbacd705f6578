"""What Google answers beside its APIs' methods: tokens, consent, discovery, and what clients ask along the way."""

from __future__ import annotations

import html
import re
import typing as t
from dataclasses import dataclass
from email.utils import formatdate
from urllib.parse import parse_qsl, urlsplit

from copias_sandbox.clock import Clock
from copias_sandbox.core.answer import Answer, json_answer, refusal
from copias_sandbox.core.contents import read_all
from copias_sandbox.core.documents import answer_document, is_document
from copias_sandbox.core.errors import GoogleError, Json
from copias_sandbox.oauth.accounts import Accounts
from copias_sandbox.oauth.consents import Consents
from copias_sandbox.oauth.endpoint import TokenEndpoint
from copias_sandbox.oauth.identity import Identity, Told
from copias_sandbox.oauth.refused import Refused
from copias_sandbox.oauth.tokens import Tokens
from copias_sandbox.state import State

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from copias_sandbox.core.dispatch import Request

AUTO: t.Final = "consent_auto"
"""Kind of the document that says who consents at once, without the admin port."""
_TOKEN: t.Final = frozenset({"/token", "/oauth2/v4/token", "/oauth2/v3/token"})
_AUTHORISATION: t.Final = frozenset({"/o/oauth2/v2/auth", "/o/oauth2/auth"})
_REVOKE: t.Final = frozenset({"/revoke", "/o/oauth2/revoke"})
_TOKEN_INFO: t.Final = re.compile(r"/oauth2/v([123])/tokeninfo|/tokeninfo")
_USER_INFO: t.Final = re.compile(r"/oauth2/v([123])/userinfo(?:/v2/me)?|/userinfo/v2/me|/v1/userinfo")
_KEY: t.Final = re.compile(r"/v1/projects/[^/]+/serviceAccounts/([^/]+)/keys/([^/]+)")


@dataclass(frozen=True)
class Errand:
    """Something that is no API method: its name in the log and in fault plans, and the work."""

    name: str
    work: Callable[[], Told]


class FrontDesk:
    """Knows what is no API method, and answers it.

    Args:
        state: the sandbox's.
        clock: the sandbox's.
    """

    def __init__(self, state: State, clock: Clock) -> None:
        self._state = state
        self._clock = clock
        self._endpoint = TokenEndpoint(state, clock)
        self._identity = Identity(state, clock)
        self._consents = Consents(state, clock)
        self._tokens = Tokens(state, clock)

    def find(self, request: Request) -> Errand | None:
        """Return what a request asks for, if it is no API method."""
        path, verb = urlsplit(request.target).path, request.verb
        if path in _TOKEN and verb == "POST":
            return Errand("oauth.token", lambda: self._give_token(request))
        if path in _AUTHORISATION and verb == "GET":
            return Errand("oauth.auth", lambda: self._authorise(request))
        if path in _REVOKE:
            return Errand("oauth.revoke", lambda: self._identity.revoke(_fields(request).get("token", "")))
        if found := _TOKEN_INFO.fullmatch(path):
            token, newer = _fields(request).get("access_token", ""), found[1] in (None, "3")
            return Errand("oauth2.tokeninfo", lambda: self._identity.token_info(token, newer=newer))
        if (found := _USER_INFO.fullmatch(path)) and verb == "GET":
            newer = found[1] == "3" or path == "/v1/userinfo"
            return Errand("oauth2.userinfo.get", lambda: self._user_info(request, newer=newer))
        return self._find_along_the_way(request, path)

    def _find_along_the_way(self, request: Request, path: str) -> Errand | None:
        verb = request.verb
        if is_document(path) and verb == "GET":
            return Errand("discovery", lambda: (answer_document(request.host, request.target, origin_of(request)), ""))
        if path.endswith("/allowedLocations"):
            body = {"locations": [], "encodedLocations": "0x0"}
            return Errand("iamcredentials.allowedLocations", lambda: (json_answer(body), ""))
        if (key := _KEY.fullmatch(path)) and verb == "GET":
            return Errand("iam.projects.serviceAccounts.keys.get", lambda: (self._key(path, key[1], key[2]), ""))
        if path == "/" and verb in {"HEAD", "GET"}:
            date = ("Date", formatdate(self._clock.now(), usegmt=True))
            return Errand("clock", lambda: (Answer(404, (date, ("Content-Type", "text/html")), b""), ""))
        return None

    def _give_token(self, request: Request) -> Told:
        basic = request.headers.get("authorization", "")
        return self._endpoint.answer(read_all(request.body), origin_of(request), basic=basic)

    def _authorise(self, request: Request) -> Told:
        """Answer a browser: sent back at once when somebody consents by plan, else a page that waits."""
        try:
            identifier = self._consents.ask(_fields(request))
        except Refused as refused:
            return _page(refused.status, f"Error {refused.status}: {refused.error}. {refused.description}"), ""
        plan = self._state.get(AUTO, "default")
        if plan is None:
            return _page(200, f"Consentimiento {identifier}: lo responde el puerto de administración."), ""
        try:
            location = self._consents.approve(identifier, plan["email"], scopes=plan.get("scopes"))
        except ValueError as error:
            return _page(400, f"Error 400: {error}"), ""
        return Answer(302, (("Location", location), ("Content-Length", "0")), b""), str(plan["email"])

    def _user_info(self, request: Request, *, newer: bool) -> Told:
        try:
            return self._identity.user_info(self._tokens.check(request.headers, request.host), newer=newer)
        except GoogleError as error:
            return refusal(error, legacy=False), ""

    def _key(self, path: str, email: str, key_id: str) -> Answer:
        found = Accounts(self._state).service_account(email.replace("%40", "@"))
        if found is None or found.key_id != key_id:
            return refusal(GoogleError(404, "Unknown service account key"), legacy=False)
        kinds: Json = {"keyAlgorithm": "KEY_ALG_RSA_2048", "keyOrigin": "GOOGLE_PROVIDED", "keyType": "USER_MANAGED"}
        times = {"validAfterTime": "2026-01-01T00:00:00Z", "validBeforeTime": "9999-12-31T23:59:59Z"}
        return json_answer({"name": path.removeprefix("/v1/"), **times, **kinds})


def origin_of(request: Request) -> str:
    """Return how the client reaches this server, ``http://127.0.0.1:1234``."""
    return f"{request.scheme}://{request.headers.get('host', request.host)}"


def _fields(request: Request) -> dict[str, str]:
    """Return a query's fields, and those of a posted form."""
    form = read_all(request.body).decode("utf-8", "replace") if request.verb == "POST" else ""
    return dict(parse_qsl(urlsplit(request.target).query) + parse_qsl(form))


def _page(status: int, text: str) -> Answer:
    content = f"<!DOCTYPE html><title>Google</title><p>{html.escape(text)}</p>"
    return Answer(status, (("Content-Type", "text/html; charset=UTF-8"),), content.encode())
