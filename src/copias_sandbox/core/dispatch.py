"""One function for all of Google: ``dispatch(request) -> Answer``; HTTP, TLS and tests only carry it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from copias_sandbox.clock import Clock
from copias_sandbox.core.answer import Answer, Delivery, json_answer, refusal
from copias_sandbox.core.batch import Part, answer_batch, is_batch
from copias_sandbox.core.calls import CallLog, LoggedCall
from copias_sandbox.core.contents import first_half, read_all, size_of
from copias_sandbox.core.discovery import Api, Way, load_api
from copias_sandbox.core.errors import GoogleError
from copias_sandbox.core.faults import BATCH, FaultPlan, Strike
from copias_sandbox.core.front import Errand, FrontDesk
from copias_sandbox.core.method_calls import Asked, MethodCalls
from copias_sandbox.core.quota import Quota
from copias_sandbox.core.room import Room
from copias_sandbox.core.uploads import is_chunk
from copias_sandbox.oauth.tokens import Tokens
from copias_sandbox.state import State


@dataclass(frozen=True)
class Request:
    """One HTTP request; header names in lower case, ``target`` still encoded.

    A large body is a file, which the transport removes. ``broken``: the line broke before the end of the body.
    """

    host: str
    verb: str
    target: str
    headers: Mapping[str, str]
    body: bytes | Path = b""
    scheme: str = "http"
    broken: bool = False


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
        self._front = FrontDesk(self.state, self.clock)
        self._apis: dict[str, Api] = {}
        self._work = MethodCalls(self)
        self.services = {name: made for room in self.rooms for name, made in room.services(self.state).items()}

    def dispatch(self, request: Request) -> Answer:
        """Answer one request."""
        call = self.log.open(time=self.clock.now(), host=request.host, verb=request.verb, target=request.target)
        call.bytes = size_of(request.body)
        path = urlsplit(request.target).path
        if errand := self._front.find(request):
            answer = self._run(errand, call)
        elif is_batch(request.verb, path):
            answer = self._batch(request, call)
        else:
            answer = self._api_call(request, call, path)
        call.status = answer.status
        return answer

    def _run(self, errand: Errand, call: LoggedCall) -> Answer:
        call.method = errand.name
        strike = self.faults.strike(call.method, self.clock.now())
        call.fault = strike.name
        if strike.error:
            text = {"error": "temporarily_unavailable", "error_description": strike.error.message}
            return _struck(json_answer(text, strike.error.code), strike)
        with self.state.transaction():
            answer, call.user = errand.work()
        return _struck(answer, strike)

    def _batch(self, request: Request, call: LoggedCall) -> Answer:
        call.method = BATCH
        strike = self.faults.strike(BATCH, self.clock.now())
        call.fault = strike.name

        def send(part: Part) -> Answer:
            headers = {name: request.headers[name] for name in ("host", "authorization") if name in request.headers}
            headers |= part.headers
            path = "/batch-in-a-batch" if is_batch(part.verb, urlsplit(part.target).path) else part.target
            return self.dispatch(replace(request, verb=part.verb, target=path, headers=headers, body=part.body))

        try:
            if strike.error:
                raise strike.error
            answer = answer_batch(request.headers.get("content-type", ""), read_all(request.body), send)
        except GoogleError as error:
            call.error = str(error)
            answer = refusal(error, legacy=True)
        return _struck(answer, strike)

    def _api_call(self, request: Request, call: LoggedCall, path: str) -> Answer:
        room, chunk = self._room(request.host, path), is_chunk(request.target)
        found = self._api(room).match(request.verb, path, chunk=chunk) if room else None
        if room is None or found is None:
            text = "<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>"
            return Answer(404, (("Content-Type", "text/html; charset=UTF-8"),), text.encode())
        method, variables = found
        call.method = method.id
        strike = self.faults.strike(method.id, self.clock.now(), request.target)
        call.fault = strike.name
        if request.broken or "broken" in strike.effects:
            request = replace(request, broken=True, body=request.body if request.broken else first_half(request.body))
            call.bytes = size_of(request.body)
        asked = Asked(room, self._api(room), method, variables, request, call, strike.effects)
        try:
            if strike.error:
                raise strike.error
            answer = self._work.take_chunk(asked) if chunk else self._work.answer(asked)
        except GoogleError as error:
            call.error = str(error)
            answer = refusal(error, legacy=room.legacy, mixed=room.mixed_errors)
        return _struck(replace(answer, delivery=Delivery.LOST) if request.broken else answer, strike)

    def _room(self, host: str, path: str) -> Room | None:
        for way in (Way.RESUMABLE, Way.UPLOAD, Way.DOWNLOAD):
            path = path.removeprefix(way)
        for room in self.rooms:
            page = any(page.path == path for page in room.pages)
            hosts = room.page_hosts if page else room.hosts
            if (page or path.startswith(room.prefix)) and (not hosts or host in hosts or _is_loopback(host)):
                return room
        return None

    def _api(self, room: Room) -> Api:
        if room.document not in self._apis:
            api = load_api(room.document)
            self._apis[room.document] = replace(api, methods=(*room.pages, *api.methods))
        return self._apis[room.document]


def _is_loopback(host: str) -> bool:
    return host in {"127.0.0.1", "localhost", "::1"}


def _struck(answer: Answer, strike: Strike) -> Answer:
    if strike.delivery is Delivery.WHOLE and not strike.delay:
        return answer
    delivery = answer.delivery if strike.delivery is Delivery.WHOLE else strike.delivery
    return replace(answer, delivery=delivery, delay=strike.delay)
