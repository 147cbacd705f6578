"""Google's discovery documents, served: some clients do not carry their own."""

from __future__ import annotations

import re
import typing as t
from urllib.parse import parse_qs, urlsplit

import orjson

from copias_sandbox.core.answer import Answer, json_answer
from copias_sandbox.core.discovery import documents_folder
from copias_sandbox.core.errors import GoogleError, Json

_BY_PATH: t.Final = re.compile(r"/discovery/v1/apis/([a-z0-9]+)/([a-z0-9_]+)/rest", re.IGNORECASE)
_BY_HOST: t.Final = re.compile(r"([a-z0-9]+)\.googleapis\.com")
_VERSION: t.Final = re.compile(r"[a-z0-9_]+")


def is_document(path: str) -> bool:
    """Tell whether a path asks for a document."""
    return path == "/$discovery/rest" or _BY_PATH.fullmatch(path) is not None


def answer_document(host: str, target: str, origin: str) -> Answer:
    """Return a document; on loopback with its addresses replaced, so that its client comes back here.

    Args:
        host: that was asked.
        target: path and query.
        origin: ``http://127.0.0.1:1234``, how the client reaches this server.
    """
    document = _find(host, target)
    if document is None:
        error = GoogleError(404, "Requested entity was not found.", reason="notFound")
        return json_answer(error.body(legacy=False, mixed=True), 404)
    return json_answer(document if _BY_HOST.fullmatch(host) else _moved(document, f"{origin}/"))


def _find(host: str, target: str) -> Json | None:
    parts = urlsplit(target)
    by_path, by_host = _BY_PATH.fullmatch(parts.path), _BY_HOST.fullmatch(host)
    if by_path:
        name, version = by_path.groups()
    else:
        name = by_host[1] if by_host else ""
        version = parse_qs(parts.query).get("version", ["v1"])[0]
    if not name or not _VERSION.fullmatch(version):
        return None
    path = documents_folder() / f"{name.lower()}.{version}.json"
    return t.cast("Json", orjson.loads(path.read_bytes())) if path.is_file() else None


def _moved(document: Json, root: str) -> Json:
    moved = {name: value for name, value in document.items() if name != "mtlsRootUrl"}
    return {**moved, "rootUrl": root, "baseUrl": root + document["servicePath"]}
