"""One function for all of Google: ``dispatch(request) -> Answer``; HTTP, TLS and tests only carry it."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlsplit

import orjson

from copias_sandbox.clock import Clock
from copias_sandbox.core.answer import Answer, Delivery, json_answer, refusal
from copias_sandbox.core.calls import LONGEST_BODY, CallLog, LoggedCall
from copias_sandbox.core.discovery import Api, Method, load_api
from copias_sandbox.core.errors import GoogleError, Json, missing_scope
from copias_sandbox.core.faults import FaultPlan, Strike
from copias_sandbox.core.fields import check_fields, parse_fields, project
from copias_sandbox.core.quota import Quota
from copias_sandbox.core.room import Call, Principal, Room
from copias_sandbox.core.validation import check_path, check_query, check_request, check_response
from copias_sandbox.oauth.endpoint import TokenEndpoint
from copias_sandbox.oauth.tokens import Tokens
from copias_sandbox.state import State

TOKEN_PATHS: t.Final = frozenset({"/token", "/oauth2/v4/token"})
ANY_SCOPE: t.Final = "*"


@dataclass(frozen=True)
class Request:
    """One HTTP request; header names in lower case, ``target`` still encoded."""

    host: str
    verb: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    scheme: str = "http"


@dataclass
class Google:
    """The whole of the sandbox's Google, without a socket.

    ``strict`` checks each of our own answers against Google's schema; a violation is a 500 and stands in the log.
    """

    state: State
    rooms: tuple[Room, ...]
    clock: Clock = field(default_factory=Clock)
    strict: bool = False
    quota: Quota = field(default_factory=Quota)
    faults: FaultPlan = field(default_factory=FaultPlan)
    log: CallLog = field(default_factory=CallLog)

    def __post_init__(self) -> None:
        """Prepare what the rooms keep in memory; documents are read when first asked for."""
        self.tokens = Tokens(self.state, self.clock)
        self._endpoint = TokenEndpoint(self.state, self.clock)
        self._apis: dict[str, Api] = {}
        self.services = {name: made for room in self.rooms for name, made in room.services(self.state).items()}

    def dispatch(self, request: Request) -> Answer:
        """Answer one request."""
        call = self.log.open(time=self.clock.now(), host=request.host, verb=request.verb, target=request.target)
        path = urlsplit(request.target).path
        if path in TOKEN_PATHS and request.verb == "POST":
            answer = self._token(request, call)
        elif path.endswith("/allowedLocations"):
            call.method = "iamcredentials.allowedLocations"
            answer = json_answer({"locations": [], "encodedLocations": "0x0"})
        else:
            answer = self._api_call(request, call, path)
        call.status = answer.status
        return answer

    def _token(self, request: Request, call: LoggedCall) -> Answer:
        call.method = "oauth.token"
        strike = self.faults.strike(call.method, self.clock.now())
        call.fault = strike.name
        if strike.error:
            text = {"error": "temporarily_unavailable", "error_description": strike.error.message}
            return _struck(json_answer(text, strike.error.code), strike)
        with self.state.transaction():
            answer, call.user = self._endpoint.answer(request.body, f"{request.scheme}://{request.headers['host']}")
        return _struck(answer, strike)

    def _api_call(self, request: Request, call: LoggedCall, path: str) -> Answer:
        room = self._room(request.host, path)
        found = self._api(room).match(request.verb, path) if room else None
        if room is None or found is None:
            text = "<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>"
            return Answer(404, (("Content-Type", "text/html; charset=UTF-8"),), text.encode())
        method, variables = found
        call.method = method.id
        strike = self.faults.strike(method.id, self.clock.now())
        call.fault = strike.name
        try:
            if strike.error:
                raise strike.error
            answer = self._work(room, method, variables, request, call)
        except GoogleError as error:
            call.error = str(error)
            answer = refusal(error, legacy=room.legacy)
        return _struck(answer, strike)

    def _room(self, host: str, path: str) -> Room | None:
        for room in self.rooms:
            if path.startswith(room.prefix) and (not room.hosts or host in room.hosts or _is_loopback(host)):
                return room
        return None

    def _api(self, room: Room) -> Api:
        if room.document not in self._apis:
            self._apis[room.document] = load_api(room.document)
        return self._apis[room.document]

    def _work(
        self, room: Room, method: Method, variables: Mapping[str, str], request: Request, call: LoggedCall
    ) -> Answer:
        api = self._api(room)
        principal = self.tokens.check(request.headers, api.host)
        call.user = principal.email
        _check_scopes(method, principal, api.host)
        writes = method.verb != "GET" and method.id not in room.reads
        self.quota.charge(api.name.split(".")[0], write=writes, user=principal.email, now=self.clock.now())
        checked = self._checked(room, method, variables, request, principal)
        size = len(request.body)
        call.body = {"bytes": size} if size > LONGEST_BODY else checked.body or None
        handler = room.handlers.get(method.id)
        if handler is None:
            raise GoogleError(501, f"The sandbox does not do {method.id} yet.", reason="notImplemented")
        with self.state.transaction():
            body = handler(checked)
        call.violations = check_response(api, method, body) if self.strict else ()
        if call.violations:
            raise GoogleError(500, "The sandbox answered against Google's schema: " + "; ".join(call.violations))
        return json_answer(project(body, checked.mask)) if method.response else Answer(204, (), b"")

    def _checked(
        self, room: Room, method: Method, variables: Mapping[str, str], request: Request, principal: Principal
    ) -> Call:
        api = self._api(room)
        query = check_query(method, parse_qsl(urlsplit(request.target).query, keep_blank_values=True))
        check_path(method, variables)
        body = _json_body(method, request.body)
        if not room.legacy:
            check_request(api, method, body)
        mask = parse_fields(query["fields"]) if query.get("fields") else {}
        check_fields(api, method.response, mask)
        return Call(self.state, self.clock, principal, variables, query, body, mask, services=self.services)


def _json_body(method: Method, raw: bytes) -> Json:
    if method.request is None or not raw.strip():
        return {}
    try:
        return t.cast("Json", orjson.loads(raw))
    except orjson.JSONDecodeError:
        raise GoogleError(400, "Invalid JSON payload received. Unexpected token.", reason="parseError") from None


def _check_scopes(method: Method, principal: Principal, host: str) -> None:
    if method.scopes and not method.scopes & principal.scopes and ANY_SCOPE not in principal.scopes:
        raise missing_scope(method.id, host)


def _is_loopback(host: str) -> bool:
    return host in {"127.0.0.1", "localhost", "::1"}


def _struck(answer: Answer, strike: Strike) -> Answer:
    if strike.delivery is Delivery.WHOLE and not strike.delay:
        return answer
    return replace(answer, delivery=strike.delivery, delay=strike.delay)
