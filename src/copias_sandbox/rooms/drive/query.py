"""Drive's search language, as far as files of the sandbox have what it asks for.

::

    name = 'Mesa de Ayuda' and mimeType != "application/pdf" and not trashed
    ('root' in parents or name contains 'copia') and modifiedTime > '2026-01-01T00:00:00'
    'ana@x.example' in writers and properties has {key='caso' and value='1234'}
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from copias_sandbox.core.errors import GoogleError, Json

Test: t.TypeAlias = Callable[[Json], bool]

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<word>[A-Za-z_.]+|\d+)|(?P<sign>!=|<=|>=|[=<>(){}]))"""
)
_COMPARISONS: t.Final[dict[str, Callable[[t.Any, t.Any], bool]]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
_TEXTS: t.Final = frozenset({"name", "title", "mimeType", "fullText", "visibility", "shortcutDetails.targetId"})
_TIMES: t.Final = frozenset({"modifiedTime", "createdTime", "viewedByMeTime", "sharedWithMeTime"})
_NUMBERS: t.Final = frozenset({"memberCount", "organizerCount"})
_FLAGS: t.Final = frozenset({"trashed", "starred", "sharedWithMe", "hidden"})
_ROLES: t.Final = {
    "owners": {"owner"},
    "writers": {"owner", "organizer", "fileOrganizer", "writer"},
    "readers": {"owner", "organizer", "fileOrganizer", "writer", "commenter", "reader"},
}


@dataclass(frozen=True)
class Query:
    """A test of a file as :mod:`copias_sandbox.rooms.drive.listing` describes it.

    ``within`` are the only folders in which a file that passes can lie, when the query says so.
    """

    test: Test
    within: frozenset[str] | None = None


def _bad(detail: str) -> GoogleError:
    return GoogleError(400, f"Invalid Value: {detail}", reason="invalid")


def compile_query(text: str, *, me: str, root: str = "root") -> Query:
    """Turn a query into a test of a file.

    Args:
        text: the query.
        me: who asks; ``me`` stands for it.
        root: the id that ``root`` stands for.

    Raises:
        GoogleError: it is not of the language, or asks for what the sandbox does not keep.
    """
    if not text.strip():
        return Query(lambda _: True)
    parser = _Parser(_tokens(text), me, root)
    query = parser.either()
    if parser.rest:
        raise _bad(f"unexpected {parser.rest[0]}")
    return query


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


def _text(token: str) -> str:
    """Return what stands between quotes, single or double, with a backslash before a quote or a backslash."""
    if token[:1] not in {"'", '"'}:
        raise _bad(f"{token} where a text is wanted")
    return re.sub(r"\\(.)", r"\1", token[1:-1])


def _moment(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _bad(text) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _word_begins(text: str, beginning: str) -> bool:
    """Tell whether a word of a name begins so: Drive does not find what stands in the middle of one."""
    text, beginning = text.casefold(), beginning.casefold()
    places = (place for place in range(len(text)) if place == 0 or not text[place - 1].isalnum())
    return any(text[place:].startswith(beginning) for place in places)


class _Parser:
    def __init__(self, tokens: list[str], me: str, root: str) -> None:
        self.rest = tokens
        self._me = me
        self._root = root

    def either(self) -> Query:
        queries = [self._all()]
        while self._took("or"):
            queries.append(self._all())
        if len(queries) == 1:
            return queries[0]
        places = [query.within for query in queries if query.within is not None]
        within = frozenset[str]().union(*places) if len(places) == len(queries) else None
        return Query(lambda file: any(query.test(file) for query in queries), within)

    def _all(self) -> Query:
        queries = [self._one()]
        while self._took("and"):
            queries.append(self._one())
        if len(queries) == 1:
            return queries[0]
        within = next((query.within for query in queries if query.within is not None), None)
        return Query(lambda file: all(query.test(file) for query in queries), within)

    def _one(self) -> Query:
        if self._took("not"):
            inner = self._one()
            return Query(lambda file: not inner.test(file))
        if self._took("("):
            inside = self.either()
            if not self._took(")"):
                raise _bad("a bracket is not closed")
            return inside
        first = self._next()
        if first[0] in "'\"":
            return self._membership(_text(first))
        return Query(self._has(first) if first in {"properties", "appProperties"} else self._comparison(first))

    def _membership(self, value: str) -> Query:
        if not self._took("in"):
            raise _bad("expected 'in'")
        where = self._next()
        if where == "parents":
            parent = self._root if value == "root" else value
            return Query(lambda file: parent in file["parents"], frozenset({parent}))
        if where not in _ROLES:
            raise _bad(where)
        email = (self._me if value == "me" else value).lower()
        return Query(lambda file: file["roles"].get(email) in _ROLES[where])

    def _has(self, name: str) -> Test:
        words = [self._next() for _ in range(9)]
        if [words[place] for place in (0, 1, 2, 3, 5, 6, 7)] != ["has", "{", "key", "=", "and", "value", "="]:
            raise _bad(f"{name} has {{key='k' and value='v'}}")
        key, value = _text(words[4]), _text(words[8])
        if not self._took("}"):
            raise _bad("a brace is not closed")
        return lambda file: file.get(name, {}).get(key) == value

    def _comparison(self, name: str) -> Test:
        if name in _FLAGS:
            return self._flag(name)
        operator = self._next()
        if name in _NUMBERS and operator in _COMPARISONS:
            number = self._next()
            return lambda file: _COMPARISONS[operator](file.get(name, 0), int(number))
        value = _text(self._next())
        if name in _TIMES and operator in _COMPARISONS:
            wanted = _moment(value)
            return lambda file: name in file and _COMPARISONS[operator](_moment(file[name]), wanted)
        if name in _TEXTS:
            return _text_test(name, operator, value)
        raise _bad(f"{name} {operator}")

    def _flag(self, name: str) -> Test:
        wanted = True
        if self.rest and self.rest[0] in {"=", "!="}:
            same = self._next() == "="
            wanted = (self._next().lower() == "true") is same
        return lambda file: bool(file.get(name)) is wanted

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


def _text_test(name: str, operator: str, value: str) -> Test:
    if operator == "contains" and name == "mimeType":
        return lambda file: str(file["mimeType"]).startswith(value)
    if operator == "contains" and name == "fullText":
        return lambda file: _word_begins(str(file["fullText"]), value.strip('"'))
    if operator == "contains" and name in {"name", "title"}:
        return lambda file: _word_begins(str(file["name"]), value)
    if operator not in {"=", "!="} or name == "fullText":
        raise _bad(f"{name} {operator}")
    field = "name" if name == "title" else name
    return lambda file: (str(file.get(field, "")).casefold() == value.casefold()) is (operator == "=")
