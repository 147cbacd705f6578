"""The ``fields`` parameter: a mask such as ``nextPageToken,files(id,owners/me)``, and what it leaves of an answer."""

from __future__ import annotations

import re
import typing as t

from copias_sandbox.core.discovery import Api
from copias_sandbox.core.errors import GoogleError, Json, invalid_field

Mask: t.TypeAlias = dict[str, "Mask"]
"""What is wanted; an empty mask means all that lies below. ``*`` stands for every name."""

_TOKEN = re.compile(r"\s*([(),/.]|[^(),/.\s]+)\s*")


def parse_fields(text: str) -> Mask:
    """Parse a mask.

    Raises:
        GoogleError: brackets that do not close, a name missing.
    """
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != re.sub(r"\s", "", text) or not tokens:
        raise _bad(text)
    mask, rest = _parse_list(tokens, text)
    if rest:
        raise _bad(text)
    return mask


def _bad(text: str) -> GoogleError:
    return invalid_field("fields", f"Invalid field selection {text}")


def _parse_list(tokens: list[str], text: str) -> tuple[Mask, list[str]]:
    mask: Mask = {}
    while True:
        tokens = _parse_path(mask, tokens, text)
        if not tokens or tokens[0] != ",":
            return mask, tokens
        tokens = tokens[1:]


def _parse_path(mask: Mask, tokens: list[str], text: str) -> list[str]:
    while True:
        if not tokens or tokens[0] in "(),/.":
            raise _bad(text)
        known = tokens[0] in mask
        inner = mask.setdefault(tokens[0], {})
        tokens = tokens[1:]
        if not tokens or tokens[0] not in "(/.":
            inner.clear()
            return tokens
        if known and not inner:
            inner = {}  # `a,a/b`: all of `a` was already asked for
        if tokens[0] == "(":
            found, tokens = _parse_list(tokens[1:], text)
            if not tokens or tokens[0] != ")":
                raise _bad(text)
            merge(inner, found)
            return tokens[1:]
        mask, tokens = inner, tokens[1:]


def merge(into: Mask, other: Mask) -> None:
    """Add one mask to another."""
    for name, inner in other.items():
        if name in into and (not into[name] or not inner):
            into[name].clear()
        else:
            merge(into.setdefault(name, {}), inner)


def check_fields(api: Api, schema_name: str | None, mask: Mask) -> None:
    """Refuse a mask that names what the answer can never hold.

    Raises:
        GoogleError: with the path that is not there.
    """
    if schema_name is not None:
        _check(api, {"$ref": schema_name}, mask, "")


def _check(api: Api, schema: Json, mask: Mask, path: str) -> None:
    while "$ref" in schema or schema.get("type") == "array":
        schema = api.schemas[schema["$ref"]] if "$ref" in schema else schema["items"]
    if schema.get("type") == "any" or "additionalProperties" in schema:
        return
    properties = schema.get("properties", {})
    for name, inner in mask.items():
        where = f"{path}.{name}" if path else name
        if name == "*":
            continue
        if name not in properties:
            text = f"Error expanding 'fields' parameter. Cannot find matching fields for path '{where}'."
            raise GoogleError(400, "Request contains an invalid argument.", details=invalid_field(where, text).details)
        _check(api, properties[name], inner, where)


def project(value: t.Any, mask: Mask) -> t.Any:
    """Return what ``mask`` leaves of ``value``; lists are passed through."""
    if not mask:
        return value
    if isinstance(value, list):
        return [project(item, mask) for item in value]
    if not isinstance(value, dict):
        return value
    every = mask.get("*")
    kept: Json = {}
    for name, inner in value.items():
        if name in mask:
            kept[name] = project(inner, mask[name])
        elif every is not None:
            kept[name] = project(inner, every)
    return kept


def mentions(mask: Mask, *path: str) -> bool:
    """Tell whether a mask asks for something at ``path`` or below it."""
    for name in path:
        if not mask:
            return True
        if name not in mask and "*" not in mask:
            return False
        mask = mask.get(name, mask.get("*", {}))
    return True
