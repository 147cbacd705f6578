"""Google's discovery documents as a router: from a verb and a raw path to a method.

The documents are the static ones that google-api-python-client ships; each is read when its host is first asked for.
"""

from __future__ import annotations

import enum
import importlib.util
import re
import typing as t
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

import orjson

from copias_sandbox.core.errors import Json

_VARIABLE = re.compile(r"\{(\+?)(\w+)\}")


class Way(enum.StrEnum):
    """Which of a method's paths a request came by; content travels on paths of its own."""

    PLAIN = ""
    UPLOAD = "/upload"
    RESUMABLE = "/resumable/upload"
    DOWNLOAD = "/download"


@dataclass(frozen=True)
class MediaRules:
    """What a method takes as content: patterns of media types, and the most bytes."""

    accept: tuple[str, ...] = ("*/*",)
    most: int = 2**63


@dataclass(frozen=True)
class Method:
    """One method of an API by one of its paths, as its discovery document describes it."""

    id: str
    verb: str
    path: str
    pattern: re.Pattern[str]
    parameters: Json
    scopes: frozenset[str]
    request: str | None
    response: str | None
    variables: int
    way: Way = Way.PLAIN
    media: MediaRules | None = None


@dataclass(frozen=True)
class Api:
    """One discovery document, compiled."""

    name: str
    host: str
    document: Json
    methods: tuple[Method, ...]

    @property
    def schemas(self) -> Json:
        """The named schemas, which ``$ref`` points to."""
        schemas: Json = self.document["schemas"]
        return schemas

    def match(self, verb: str, raw_path: str, *, chunk: bool = False) -> tuple[Method, dict[str, str]] | None:
        """Find the method for a still-encoded path; ranges carry ``!``, ``:`` and quotes, so decoding comes after.

        A ``chunk`` goes to the path of its upload, with whatever verb: some clients PUT it, some POST it.
        """
        for method in self.methods:
            wanted = method.way in (Way.UPLOAD, Way.RESUMABLE) if chunk else method.verb == verb
            found = method.pattern.fullmatch(raw_path) if wanted else None
            if found:
                return method, {name: unquote(value) for name, value in found.groupdict().items()}
        return None


def page_method(identifier: str, path: str, *, parameters: t.Collection[str], scopes: t.Collection[str]) -> Method:
    """Return an address that is asked like a method but stands in no document."""
    return Method(
        id=identifier,
        verb="GET",
        path=path,
        pattern=re.compile(re.escape(path)),
        parameters={name: {"type": "string", "location": "query"} for name in parameters},
        scopes=frozenset(scopes),
        request=None,
        response=None,
        variables=0,
    )


def documents_folder() -> Path:
    """Return where google-api-python-client keeps its documents, without importing it (that is slow)."""
    spec = importlib.util.find_spec("googleapiclient")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("googleapiclient")
    return Path(spec.submodule_search_locations[0]) / "discovery_cache" / "documents"


def load_api(name: str) -> Api:
    """Read and compile one document, such as ``sheets.v4``."""
    document: Json = orjson.loads((documents_folder() / f"{name}.json").read_bytes())
    base = "/" + document["servicePath"]
    methods = [method for raw in _raw_methods(document) for method in _compile(base, raw, document["parameters"])]
    # The fewest variables first: `values:batchGet` must win over `values/{range}`.
    methods.sort(key=lambda method: (method.variables, -len(method.path)))
    host = document["rootUrl"].removeprefix("https://").rstrip("/")
    return Api(name, host, document, tuple(methods))


def _raw_methods(resource: Json) -> t.Iterator[Json]:
    yield from resource.get("methods", {}).values()
    for inner in resource.get("resources", {}).values():
        yield from _raw_methods(inner)


def _compile(base: str, raw: Json, common: Json) -> t.Iterator[Method]:
    """Yield a method once for each of its paths."""
    rules = _media_rules(raw.get("mediaUpload"))
    plain = Method(
        id=raw["id"],
        verb=raw["httpMethod"],
        path=base + raw["path"],
        pattern=_path_pattern(base + raw["path"], raw.get("parameters", {})),
        parameters={**common, **raw.get("parameters", {})},
        scopes=frozenset(raw.get("scopes", ())),
        request=raw.get("request", {}).get("$ref"),
        response=raw.get("response", {}).get("$ref"),
        variables=len(_VARIABLE.findall(base + raw["path"])),
        media=rules,
    )
    ways = [Way.UPLOAD, Way.RESUMABLE] if rules else []
    ways += [Way.DOWNLOAD] if raw.get("useMediaDownloadService") else []
    yield plain
    for way in ways:
        # Google's upload and download paths are the method's own with a word before it, in all six documents.
        pattern = _path_pattern(way + plain.path, raw.get("parameters", {}))
        yield replace(plain, path=way + plain.path, pattern=pattern, way=way)


def _media_rules(raw: Json | None) -> MediaRules | None:
    return MediaRules(tuple(raw["accept"]), int(raw.get("maxSize", 2**63))) if raw else None


def _path_pattern(path: str, parameters: Json) -> re.Pattern[str]:
    """Turn ``/a/{x}:do/{+y}`` into a regular expression; ``{+y}`` may hold slashes, in the form that it documents."""
    parts: list[str] = []
    position = 0
    for variable in _VARIABLE.finditer(path):
        parts.append(re.escape(path[position : variable.start()]))
        form = parameters.get(variable[2], {}).get("pattern", ".+").strip("^$") if variable[1] else "[^/]+?"
        parts.append(f"(?P<{variable[2]}>{form})")
        position = variable.end()
    parts.append(re.escape(path[position:]))
    return re.compile("".join(parts))
