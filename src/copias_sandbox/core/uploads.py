"""Content that comes from a client: at once, with a JSON body, or in chunks that survive a broken line.

A resumable upload is a session: begun by a request without content, filled by chunks, ended by the last of them, which
runs the method. Google's own words and numbers; what it does not document is said where it is decided.
"""

from __future__ import annotations

import fnmatch
import secrets
import shutil
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from copias.files import make_private_directory
from copias_sandbox.clock import Clock
from copias_sandbox.core.answer import Answer
from copias_sandbox.core.chunks import UNIT, checked_size, read_range, wrong_range
from copias_sandbox.core.contents import pieces
from copias_sandbox.core.discovery import Method, Way
from copias_sandbox.core.errors import GoogleError, Json
from copias_sandbox.core.multipart import split_related
from copias_sandbox.core.room import Media, Principal
from copias_sandbox.state import State

SESSION: t.Final = "upload"
LIFE: t.Final = 7 * 24 * 3600
"""Seconds after which a session is forgotten: a week, as Google says."""


@dataclass(frozen=True)
class UploadSession:
    """A resumable upload: what it was begun with, and how far it is. ``answer`` is the method's, once it ran."""

    id: str
    method: str
    target: str
    host: str
    principal: Principal
    body: str
    content_type: str
    began: float
    total: int | None = None
    received: int = 0
    answer: str = ""

    @property
    def complete(self) -> bool:
        """Tell whether every byte is here."""
        return self.total == self.received


def is_chunk(target: str) -> bool:
    """Tell whether a request belongs to a session, by its address."""
    parts = urlsplit(target)
    uploads = parts.path.startswith((f"{Way.UPLOAD}/", f"{Way.RESUMABLE}/"))
    return uploads and "upload_id" in dict(parse_qsl(parts.query))


def is_resumable(method: Method, target: str) -> bool:
    """Tell whether a request begins a session."""
    named = dict(parse_qsl(urlsplit(target).query)).get("uploadType", "")
    if method.way not in (Way.UPLOAD, Way.RESUMABLE):
        return False
    if named not in {"", "media", "multipart", "resumable"}:
        raise GoogleError(400, f"Invalid upload type: {named}", reason="badRequest")
    return named == "resumable" or (method.way is Way.RESUMABLE and not named)


def read_at_once(method: Method, target: str, content_type: str, body: bytes | Path) -> tuple[bytes, Media]:
    """Return the JSON body and the content of a simple or multipart upload.

    Raises:
        GoogleError: 400 or 413, the content is not what the method takes.
    """
    named = dict(parse_qsl(urlsplit(target).query)).get("uploadType", "")
    related = content_type.lower().startswith("multipart/related")
    if named == "multipart" or (not named and related):
        json, media = split_related(content_type, body.read_bytes() if isinstance(body, Path) else body)
    else:
        json, media = b"", Media(content_type or "application/octet-stream", body)
    size = media.content.stat().st_size if isinstance(media.content, Path) else len(media.content)
    check_media(method, media.content_type, size)
    return json, media


def check_media(method: Method, content_type: str, size: int) -> None:
    """Refuse content of a kind or size that the method does not take.

    Raises:
        GoogleError: 400 or 413.
    """
    rules = method.media
    plain = content_type.partition(";")[0].strip().lower()
    if rules and not any(fnmatch.fnmatchcase(plain, pattern) for pattern in rules.accept):
        text = f"Media type '{plain}' is not supported. Valid media types: [{', '.join(rules.accept)}]"
        raise GoogleError(400, text, reason="badContent")
    if rules and size > rules.most:
        raise GoogleError(413, "Request is too large.", reason="uploadTooLarge")


class Uploads:
    """The resumable uploads: sessions in the state, bytes in its folder, so both survive a restart.

    Args:
        state: where they are.
        clock: says what is expired.
    """

    def __init__(self, state: State, clock: Clock) -> None:
        self._state = state
        self._clock = clock
        self._folder = state.folder / "uploads"

    def begin(
        self, method: Method, principal: Principal, *, host: str, target: str, body: bytes, headers: Mapping[str, str]
    ) -> UploadSession:
        """Make a session for a request without content.

        Raises:
            GoogleError: 400 or 413, the content that it announces is not what the method takes.
        """
        announced = headers.get("x-upload-content-length", "")
        total = int(announced) if announced.isdigit() else None
        content_type = headers.get("x-upload-content-type", "") or _accepted(method)
        check_media(method, content_type, total or 0)
        session = UploadSession(
            id="AHVrFx" + secrets.token_urlsafe(60),
            method=method.id,
            target=target,
            host=host,
            principal=principal,
            body=body.decode("utf-8", "replace"),
            content_type=content_type,
            began=self._clock.now(),
            total=total,
        )
        self.save(session)
        return session

    def save(self, session: UploadSession) -> None:
        """Keep what a session has become."""
        principal = {**vars(session.principal), "scopes": sorted(session.principal.scopes)}
        self._state.put(SESSION, session.id, {**vars(session), "principal": principal})

    def find(self, target: str) -> UploadSession:
        """Return the session of a chunk.

        Raises:
            GoogleError: 404, it is unknown; 410, it is too old.
        """
        identifier = dict(parse_qsl(urlsplit(target).query))["upload_id"]
        raw = self._state.get(SESSION, identifier)
        if raw is None:
            raise GoogleError(404, "Upload session not found.", reason="notFound")
        if raw["began"] + LIFE <= self._clock.now():
            raise GoogleError(410, "Upload session expired.", reason="gone")
        principal = raw["principal"]
        made = Principal(principal["email"], principal["client"], frozenset(principal["scopes"]))
        return UploadSession(**{**raw, "principal": made})

    def forget(self, session: UploadSession) -> None:
        """Drop a session and its bytes."""
        self._state.remove(SESSION, session.id)
        self.drop_bytes(session)

    def drop_bytes(self, session: UploadSession) -> None:
        """Remove the bytes of a session."""
        self.path(session).unlink(missing_ok=True)

    def path(self, session: UploadSession) -> Path:
        """Return the file that holds what came so far."""
        return self._folder / f"{session.id}.part"

    def take(
        self,
        session: UploadSession,
        content_range: str,
        body: bytes | Path,
        *,
        short: bool = False,
        broken: bool = False,
    ) -> UploadSession:
        """Keep a chunk and return what the session has become; a question (``bytes */N``) changes nothing.

        Args:
            session: as it was.
            content_range: the header; without it the body is all of the content.
            body: the bytes that came.
            short: keep about half of them, as Google may.
            broken: the line broke before the end of the body: what came is kept, down to a full unit.

        Raises:
            GoogleError: 400, the bytes are not those that the header says, or do not follow those that are here.
        """
        size = body.stat().st_size if isinstance(body, Path) else len(body)
        span = read_range(content_range, size, received=session.received)
        if session.total is not None and span.total not in (None, session.total):
            raise wrong_range(f"The total is {session.total} bytes, not {span.total}.")
        session = replace(session, total=session.total if span.total is None else span.total)
        if not span.length:
            return session
        known = session.received - span.start
        arrived = checked_size(span, size, received=session.received, total=session.total, broken=broken)
        kept = arrived // 2 // UNIT * UNIT if short else arrived
        # Bytes that are here already are not taken twice; Google does the same when a client repeats a chunk.
        self._append(session, body, known, max(0, kept - known))
        return replace(session, received=max(session.received, span.start + kept))

    def _append(self, session: UploadSession, body: bytes | Path, start: int, length: int) -> None:
        make_private_directory(self._folder)
        place = self.path(session)
        if place.exists() and place.stat().st_nlink > 1:
            # A file was made of it, and undone: what is kept is the same file, and must stay as it is.
            copied = place.with_suffix(".again")
            shutil.copyfile(place, copied)
            copied.replace(place)
        with place.open("r+b" if place.exists() else "w+b") as file:
            # What lies beyond was written by a chunk that the database never heard of.
            file.truncate(session.received)
            file.seek(session.received)
            for piece in pieces(body, start, length):
                file.write(piece)

    def media(self, session: UploadSession) -> Media:
        """Return the content of a complete session."""
        place = self.path(session)
        return Media(session.content_type, place if place.exists() else b"")


def location(session: UploadSession, *, scheme: str, authority: str) -> str:
    """Return the address of a session: that of the request that began it, with the session's id."""
    parts = urlsplit(session.target)
    pairs = [*parse_qsl(parts.query, keep_blank_values=True), ("upload_id", session.id)]
    return f"{scheme}://{authority}{parts.path}?{urlencode(pairs)}"


def begun(session: UploadSession, *, scheme: str, authority: str) -> Answer:
    """Return the answer to the request that began a session."""
    where = location(session, scheme=scheme, authority=authority)
    return Answer(200, (("Location", where), ("X-GUploader-UploadID", session.id)), b"")


def incomplete(session: UploadSession) -> Answer:
    """Return how far a session is: 308, with ``Range`` unless nothing is here yet."""
    headers = (("Range", f"bytes=0-{session.received - 1}"),) if session.received else ()
    return Answer(308, (*headers, ("X-GUploader-UploadID", session.id)), b"")


def _accepted(method: Method) -> str:
    accepted = method.media.accept[0] if method.media else "*/*"
    return "message/rfc822" if accepted == "message/*" else "application/octet-stream"


def json_of(session: UploadSession) -> Json:
    """Return a session as the log shows it."""
    return {"upload": session.id, "received": session.received, "total": session.total}
