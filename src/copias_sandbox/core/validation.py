"""Checks requests and answers against the schemas of a discovery document.

A request that does not fit gets Google's own sentence; an answer that does not fit is a bug of the sandbox.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterator

import orjson

from copias_sandbox.core.discovery import Api, Method
from copias_sandbox.core.errors import GoogleError, Json, invalid, invalid_field

_PROTO_TYPES: t.Final = {
    "string": "TYPE_STRING",
    "boolean": "TYPE_BOOL",
    "integer": "TYPE_INT32",
    "number": "TYPE_DOUBLE",
}
_TRUE: t.Final = frozenset({"true", "1"})
_FALSE: t.Final = frozenset({"false", "0"})


def check_query(method: Method, pairs: list[tuple[str, str]]) -> Json:
    """Turn query pairs into typed values, defaults filled in.

    Raises:
        GoogleError: an unknown name, a wrong type, an unknown enum word, a pattern not matched, one missing.
    """
    found: Json = {}
    for name, text in pairs:
        specification = method.parameters.get(name)
        if specification is None or specification.get("location") == "path":
            message = f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter.'
            raise invalid_field("", f"{message} Field '{name}' could not be found in request message.")
        value = _query_value(name, text, specification)
        if specification.get("repeated"):
            found.setdefault(name, []).append(value)
        else:
            found[name] = value
    for name, specification in method.parameters.items():
        if specification.get("location") == "query" and name not in found:
            _fill_in(found, name, specification)
    return found


def check_path(method: Method, path: t.Mapping[str, str]) -> None:
    """Check the variables of a path.

    Raises:
        GoogleError: one has another type or form than the document says.
    """
    for name, value in path.items():
        _query_value(name, value, method.parameters.get(name, {"type": "string"}))


def _fill_in(found: Json, name: str, specification: Json) -> None:
    if specification.get("required"):
        raise GoogleError(400, f"Required parameter: {name}", reason="required")
    if "default" in specification:
        found[name] = _query_value(name, specification["default"], specification)


def _query_value(name: str, text: str, specification: Json) -> t.Any:
    kind = specification.get("type", "string")
    value: t.Any = text
    if kind == "boolean":
        # gspread sends Python's `True`: Google takes any case.
        if text.lower() not in _TRUE | _FALSE:
            raise _wrong_value(name, "TYPE_BOOL", text)
        value = text.lower() in _TRUE
    elif kind == "integer":
        value = _query_integer(name, text, specification)
    elif "enum" in specification and text not in specification["enum"]:
        raise _wrong_value(_snake(name), f"type.googleapis.com/{name[:1].upper()}{name[1:]}", text)
    elif "pattern" in specification and not re.fullmatch(specification["pattern"], text):
        raise invalid(f"Invalid value for {name}: {text}")
    return value


def _query_integer(name: str, text: str, specification: Json) -> int:
    try:
        number = int(text)
    except ValueError:
        raise _wrong_value(name, "TYPE_INT32", text) from None
    lowest, highest = specification.get("minimum"), specification.get("maximum")
    if (lowest is not None and number < int(lowest)) or (highest is not None and number > int(highest)):
        raise invalid(f"Invalid value '{number}'. Values must be within the range: [{lowest}, {highest}]")
    return number


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def _wrong_value(field: str, kind: str, value: t.Any) -> GoogleError:
    shown = orjson.dumps(value).decode()
    return invalid_field(field, f"Invalid value at '{field}' ({kind}), {shown}")


def check_request(api: Api, method: Method, body: t.Any, *, lenient: bool = False) -> None:
    """Check a request's body; the older APIs are ``lenient``: they do not mind unknown fields.

    Raises:
        GoogleError: the first field that Google would refuse.
    """
    if method.request is None:
        return
    if not isinstance(body, dict):
        raise invalid("Invalid JSON payload received. Unexpected token.")
    for path, problem, kind, value in problems(api, {"$ref": method.request}, body):
        if problem == "unknown" and lenient:
            continue
        if problem == "unknown":
            parent, _, name = path.rpartition(".")
            where = f" at '{parent}'" if parent else ""
            message = f'Invalid JSON payload received. Unknown name "{name}"{where}: Cannot find field.'
            raise invalid_field(parent, message)
        raise _wrong_value(path, kind, value)


def check_response(api: Api, method: Method, body: t.Any) -> tuple[str, ...]:
    """Return what in our own answer the document does not allow, one sentence each."""
    if method.response is None:
        return () if body in (None, {}) else ("the method has no answer",)
    found = problems(api, {"$ref": method.response}, body)
    return tuple(f"{path or 'answer'}: {problem} ({kind}), {value!r}" for path, problem, kind, value in found)


Problem: t.TypeAlias = tuple[str, str, str, t.Any]
"""Path, ``unknown`` or ``wrong``, the type that was expected, the value."""


def problems(api: Api, schema: Json, value: t.Any, path: str = "") -> Iterator[Problem]:
    """Yield each place where ``value`` does not fit ``schema``."""
    while "$ref" in schema:
        schema = api.schemas[schema["$ref"]]
    if isinstance(value, orjson.Fragment):
        value = orjson.loads(orjson.dumps(value))  # written ahead, as a message's bytes are; it is checked all the same
    kind = schema.get("type", "any")
    if value is None or kind == "any":
        return  # a null is an absent field in Google's JSON
    if kind == "object":
        yield from _object_problems(api, schema, value, path)
    elif kind == "array":
        if not isinstance(value, list):
            yield path, "wrong", "array", value
            return
        for index, item in enumerate(value):
            yield from problems(api, schema["items"], item, f"{path}[{index}]")
    elif not _fits(schema, kind, value):
        yield path, "wrong", _expected(schema, kind), value


def _object_problems(api: Api, schema: Json, value: t.Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield path, "wrong", schema.get("id", "object"), value
        return
    properties = schema.get("properties", {})
    others = schema.get("additionalProperties")
    for name, item in value.items():
        inner = f"{path}.{name}" if path else name
        if name in properties:
            yield from problems(api, properties[name], item, inner)
        elif others is not None:
            yield from problems(api, others, item, inner)
        else:
            yield inner, "unknown", "", item


def _expected(schema: Json, kind: str) -> str:
    return "enum" if "enum" in schema else _PROTO_TYPES.get(kind, kind)


def _fits(schema: Json, kind: str, value: t.Any) -> bool:
    if "enum" in schema:
        return isinstance(value, str) and value in schema["enum"]
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if schema.get("format") in {"int64", "uint64"}:
        return isinstance(value, str) and re.fullmatch(r"-?\d+", value) is not None
    return isinstance(value, str)
