"""One call of a method: who asks, whether they may, what the handler is given, and its answer; uploads too."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlsplit

import orjson

from copias_sandbox.core.answer import Answer, json_answer
from copias_sandbox.core.calls import LONGEST_BODY, LoggedCall
from copias_sandbox.core.contents import read_all
from copias_sandbox.core.discovery import Api, Method, Way
from copias_sandbox.core.downloads import Download, deliver
from copias_sandbox.core.errors import GoogleError, Json, missing_scope
from copias_sandbox.core.fields import check_fields, parse_fields, project
from copias_sandbox.core.room import Call, Media, Principal, Room
from copias_sandbox.core.uploads import (
    Uploads,
    UploadSession,
    begun,
    incomplete,
    is_resumable,
    json_of,
    read_at_once,
)
from copias_sandbox.core.validation import check_path, check_query, check_request, check_response

if t.TYPE_CHECKING:
    from copias_sandbox.core.dispatch import Google, Request

ANY_SCOPE: t.Final = "*"


@dataclass(frozen=True)
class Asked:
    """What a request asks for: a method of a room, by one of its paths."""

    room: Room
    api: Api
    method: Method
    variables: Mapping[str, str]
    request: Request
    call: LoggedCall
    effects: frozenset[str]


class MethodCalls:
    """Does what requests ask for.

    Args:
        google: the sandbox: its state, clock, tokens and quota.
    """

    def __init__(self, google: Google) -> None:
        self._google = google
        self._uploads = Uploads(google.state, google.clock)

    def answer(self, asked: Asked) -> Answer:
        """Answer a request.

        Raises:
            GoogleError: the refusal.
        """
        room, method, request = asked.room, asked.method, asked.request
        if "revoked" in asked.effects:
            self._google.tokens.revoke(request.headers.get("authorization", "").partition(" ")[2].strip())
        principal = self._google.tokens.check(request.headers, asked.api.host)
        asked.call.user = principal.email
        _check_scopes(method, principal, asked.api.host)
        writes = method.verb != "GET" and method.id not in room.reads
        api, now = asked.api.name.partition(".")[0], self._google.clock.quota_now()
        self._google.quota.charge(api, write=writes, user=principal.email, now=now, method=_priced_as(asked))
        if request.broken:
            raise GoogleError(400, "The request's body ends too early.", reason="badRequest")  # nobody hears it
        if is_resumable(method, request.target):
            return self._begin_upload(asked, principal)
        raw, media = read_all(request.body), None
        if method.way in (Way.UPLOAD, Way.RESUMABLE):
            raw, media = read_at_once(method, request.target, request.headers.get("content-type", ""), request.body)
        checked = self._checked(asked, principal, raw, media)
        asked.call.body = {"bytes": asked.call.bytes} if asked.call.bytes > LONGEST_BODY else checked.body or None
        return self._run(asked, checked)

    def _begin_upload(self, asked: Asked, principal: Principal) -> Answer:
        request, raw = asked.request, read_all(asked.request.body)
        checked = self._checked(asked, principal, raw)
        asked.call.body = checked.body or None
        with self._google.state.transaction():
            if check := asked.room.before_upload.get(asked.method.id):
                check(checked)
            session = self._uploads.begin(
                asked.method, principal, host=request.host, target=request.target, body=raw, headers=request.headers
            )
        return begun(session, scheme=request.scheme, authority=request.headers["host"])

    def take_chunk(self, asked: Asked) -> Answer:
        """Take a part of an upload; its address is all the proof that Google wants of who sends it.

        Raises:
            GoogleError: the refusal.
        """
        request, session = asked.request, self._uploads.find(asked.request.target)
        asked.call.user = session.principal.email
        if "forgotten" in asked.effects:
            self._uploads.forget(session)
            session = self._uploads.find(request.target)
        if session.answer:
            return json_answer(orjson.loads(session.answer))
        span, short = request.headers.get("content-range", ""), "short" in asked.effects
        session = self._uploads.take(session, span, request.body, short=short, broken=request.broken)
        asked.call.body = json_of(session)
        if request.broken or not session.complete:
            self._uploads.save(session)
            return incomplete(session)
        begun_by = replace(asked, request=replace(request, target=session.target))
        raw, media = session.body.encode(), self._uploads.media(session)
        answer = self._run(asked, self._checked(begun_by, session.principal, raw, media), session)
        self._uploads.drop_bytes(session)
        return answer

    def _run(self, asked: Asked, checked: Call, session: UploadSession | None = None) -> Answer:
        """Run the handler, and in the same transaction end the upload ``session`` that it belongs to."""
        method, handler = asked.method, asked.room.handlers.get(asked.method.id)
        if handler is None:
            raise GoogleError(501, f"The sandbox does not do {method.id} yet.", reason="notImplemented")
        for kind in asked.effects & asked.room.effects.keys():
            with self._google.state.transaction():
                asked.room.effects[kind](checked)
        with self._google.state.transaction():
            body = handler(checked)
            if session is not None:
                self._uploads.save(replace(session, answer=orjson.dumps(project(body, checked.mask)).decode()))
        if isinstance(body, Download):
            return deliver(body, asked.request.headers)
        asked.call.violations = check_response(asked.api, method, body) if self._google.strict else ()
        if asked.call.violations:
            text = "; ".join(asked.call.violations)
            raise GoogleError(500, f"The sandbox answered against Google's schema: {text}")
        return json_answer(project(body, checked.mask)) if method.response else Answer(204, (), b"")

    def _checked(self, asked: Asked, principal: Principal, raw: bytes, media: Media | None = None) -> Call:
        api, method = asked.api, asked.method
        query = check_query(method, parse_qsl(urlsplit(asked.request.target).query, keep_blank_values=True))
        check_path(method, asked.variables)
        body = _json_body(method, raw)
        check_request(api, method, body, lenient=asked.room.legacy)
        mask = parse_fields(query["fields"]) if query.get("fields") else {}
        check_fields(api, method.response, mask)
        return Call(
            self._google.state,
            self._google.clock,
            principal,
            asked.variables,
            query,
            body,
            mask,
            services=self._google.services,
            media=media,
            effects=asked.effects,
        )


def _json_body(method: Method, raw: bytes) -> Json:
    if method.request is None or not raw.strip():
        return {}
    try:
        return t.cast("Json", orjson.loads(raw))
    except orjson.JSONDecodeError:
        raise GoogleError(400, "Invalid JSON payload received. Unexpected token.", reason="parseError") from None


def _priced_as(asked: Asked) -> str:
    """Return by which method a call is paid: content costs more than what is told of it."""
    query = dict(parse_qsl(urlsplit(asked.request.target).query))
    content = asked.method.id == "drive.files.get" and query.get("alt") == "media"
    return "drive.download" if content or asked.method.way is Way.DOWNLOAD else asked.method.id


def _check_scopes(method: Method, principal: Principal, host: str) -> None:
    if method.scopes and not method.scopes & principal.scopes and ANY_SCOPE not in principal.scopes:
        raise missing_scope(method.id, host)
