"""The Directory's search language: ``field:value`` and ``field=value``, joined by spaces, all of which must hold."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from copias_sandbox.core.errors import GoogleError, Json
from copias_sandbox.rooms.directory.people import aliases

_QUOTED: t.Final = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
_TERM: t.Final = re.compile(
    rf"""\s*(?:(?P<field>[A-Za-z]\w*)(?P<sign>[:=])(?P<value>{_QUOTED}|[^\s'"]+)|(?P<word>{_QUOTED}|[^\s'":=]+))(?=\s|$)"""
)
_FLAGS: t.Final = {
    "isAdmin": "isAdmin",
    "isDelegatedAdmin": "isDelegatedAdmin",
    "isSuspended": "suspended",
    "isArchived": "archived",
    "isEnrolledIn2Sv": "isEnrolledIn2Sv",
    "isEnforcedIn2Sv": "isEnforcedIn2Sv",
}
_TEXTS: t.Final[dict[str, t.Callable[[Json], list[str]]]] = {
    "": lambda user: [user["primaryEmail"], *aliases(user), *_names(user, "givenName", "familyName", "fullName")],
    "name": lambda user: _names(user, "givenName", "familyName", "fullName"),
    "givenName": lambda user: _names(user, "givenName"),
    "familyName": lambda user: _names(user, "familyName"),
    "email": lambda user: [user["primaryEmail"], *aliases(user)],
    "orgDepartment": lambda user: [str(one.get("department", "")) for one in user.get("organizations", ())],
    "orgTitle": lambda user: [str(one.get("title", "")) for one in user.get("organizations", ())],
}


@dataclass(frozen=True)
class Term:
    """One condition; without a field it is about name and address."""

    field: str
    sign: str
    value: str

    def holds(self, user: Json) -> bool:
        """Tell whether an account fulfils it."""
        if self.field in _FLAGS:
            return bool(user.get(_FLAGS[self.field])) is (self.value.lower() == "true")
        if self.field == "orgUnitPath":
            path, unit = self.value.rstrip("/").lower(), str(user.get("orgUnitPath", "/")).lower()
            return unit == path or unit.startswith(f"{path}/")
        return any(self._matches(text.lower()) for text in _TEXTS[self.field](user))

    def _matches(self, text: str) -> bool:
        wanted = self.value.lower()
        if self.sign == "=":
            return text == wanted
        if wanted.endswith("*"):
            return text.startswith(wanted[:-1])
        return re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", text) is not None


def parse_query(text: str) -> tuple[Term, ...]:
    """Return the conditions of a search.

    Raises:
        GoogleError: 400, it is not of the language, or names a field that cannot be searched.
    """
    terms, position = [], 0
    while position < len(text.rstrip()):
        found = _TERM.match(text, position)
        if found is None:
            raise _bad(text)
        terms.append(_term(found, text))
        position = found.end()
    return tuple(terms)


def _term(found: re.Match[str], text: str) -> Term:
    field, value = found["field"] or "", found["value"] or found["word"]
    if value[0] in "'\"":
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    flag = field in _FLAGS
    if not (flag or field in _TEXTS or field == "orgUnitPath") or (flag and value.lower() not in {"true", "false"}):
        raise _bad(text)
    return Term(field, found["sign"] or ":", value)


def _bad(text: str) -> GoogleError:
    return GoogleError(400, f"Invalid Input: {text}", reason="invalid")


def _names(user: Json, *fields: str) -> list[str]:
    return [str(user.get("name", {}).get(field, "")) for field in fields]
