"""Drive's search language, as far as files of the sandbox have what it asks for.

::

    name = 'Mesa de Ayuda' and mimeType != "application/pdf" and not trashed
    ('root' in parents or name contains 'copia') and modifiedTime > '2026-01-01T00:00:00'
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Callable

from copias_sandbox.core.errors import GoogleError, Json

Test: t.TypeAlias = Callable[[Json], bool]

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<word>[A-Za-z]+)|(?P<sign>!=|<=|>=|[=<>()]))"""
)
_COMPARISONS: t.Final[dict[str, Callable[[str, str], bool]]] = {
    "=": lambda left, right: left.casefold() == right.casefold(),
    "!=": lambda left, right: left.casefold() != right.casefold(),
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    # Drive matches the beginnings of words in names, not any part of them.
    "contains": lambda left, right: any(
        left.casefold()[place:].startswith(right.casefold())
        for place in range(len(left))
        if place == 0 or not left[place - 1].isalnum()
    ),
}
_FIELDS: t.Final = frozenset({"name", "mimeType", "modifiedTime", "createdTime", "fullText"})
_ROLES: t.Final = {"owners": {"owner"}, "writers": {"owner", "writer"}, "readers": {"owner", "writer", "reader"}}


def _bad(detail: str) -> GoogleError:
    return GoogleError(400, f"Invalid Value: {detail}", reason="invalid")


def compile_query(text: str, *, me: str) -> Test:
    """Turn a query into a test of a file; ``me`` is who asks.

    Raises:
        GoogleError: it is not of the language, or asks for what the sandbox does not keep.
    """
    if not text.strip():
        return lambda _: True
    parser = _Parser(_tokens(text), me)
    test = parser.either()
    if parser.rest:
        raise _bad(f"unexpected {parser.rest[0]}")
    return test


def _tokens(text: str) -> list[str]:
    found, position = [], 0
    text = text.rstrip()
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            raise _bad(text[position:])
        found.append(token[0].strip())
        position = token.end()
    return found


def _unquoted(token: str) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1])


class _Parser:
    def __init__(self, tokens: list[str], me: str) -> None:
        self.rest = tokens
        self._me = me

    def either(self) -> Test:
        tests = [self._all()]
        while self._took("or"):
            tests.append(self._all())
        return lambda file: any(test(file) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._took("and"):
            tests.append(self._one())
        return lambda file: all(test(file) for test in tests)

    def _one(self) -> Test:
        if self._took("not"):
            inner = self._one()
            return lambda file: not inner(file)
        if self._took("("):
            inner = self.either()
            if not self._took(")"):
                raise _bad("a bracket is not closed")
            return inner
        first = self._next()
        return self._membership(_unquoted(first)) if first[0] in "'\"" else self._comparison(first)

    def _membership(self, value: str) -> Test:
        if not self._took("in"):
            raise _bad("expected 'in'")
        where = self._next()
        if where == "parents":
            return lambda file: value in file.get("parents", [])
        if where not in _ROLES:
            raise _bad(where)
        email = self._me if value == "me" else value
        return lambda file: any(
            entry.get("emailAddress") == email and entry["role"] in _ROLES[where] for entry in file["permissions"]
        )

    def _comparison(self, name: str) -> Test:
        if name in {"trashed", "starred", "sharedWithMe"}:
            wanted = self._next().lower() == "true" if self._took("=") else True
            return lambda file: bool(file.get(name)) is wanted
        operator = self._next()
        if name not in _FIELDS or operator not in _COMPARISONS:
            raise _bad(f"{name} {operator}")
        compare, value = _COMPARISONS[operator], _unquoted(self._next())
        field = "name" if name == "fullText" else name
        return lambda file: compare(str(file[field]), value)

    def _took(self, token: str) -> bool:
        if self.rest and self.rest[0].lower() == token:
            self.rest = self.rest[1:]
            return True
        return False

    def _next(self) -> str:
        if not self.rest:
            raise _bad("the query ends too early")
        token, self.rest = self.rest[0], self.rest[1:]
        return token
