"""Gmail's search language, as far as clients that copy mail use it.

::

    -is:chat in:anywhere label:contratos-2025 from:ana "acta final" after:2026/01/01 -has:attachment rfc822msgid:<a@b>

What can be asked of the rows becomes SQL; the rest is tested message by message. Terms stand beside each other (all
must hold) and ``-`` turns one around. ``OR``, braces, brackets and operators that are not here are refused with a 400:
a search that silently finds something else would be worse.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

import orjson

from copias_sandbox.core.errors import invalid
from copias_sandbox.rooms.gmail.labels import SYSTEM
from copias_sandbox.rooms.gmail.mailbox import Mailbox
from copias_sandbox.rooms.gmail.mime import header, headers, parts
from copias_sandbox.rooms.gmail.tables import Mail, packed

Test: t.TypeAlias = Callable[[bytes], bool]
Condition: t.TypeAlias = tuple[str, tuple[t.Any, ...]]

PACIFIC: t.Final = timezone(timedelta(hours=-8))
"""Where the days of a search begin, as Google documents it; without daylight saving time here."""
_TERM = re.compile(r'(?P<not>-?)(?:(?P<operator>[A-Za-z0-9_]+):)?(?:"(?P<quoted>[^"]*)"|(?P<plain>[^\s"]+))(?=\s|\Z)')
_DAY = re.compile(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})")
_IS: t.Final = {"chat": "CHAT", "unread": "UNREAD", "starred": "STARRED", "important": "IMPORTANT", "sent": "SENT"}
_IN: t.Final = {
    **{name.lower(): name for name in ("INBOX", "SENT", "SPAM", "TRASH", "DRAFT", "UNREAD", "STARRED", "IMPORTANT")},
    "drafts": "DRAFT",
    "chats": "CHAT",
    "chat": "CHAT",
}
EVERYWHERE: t.Final = frozenset({"SPAM", "TRASH"})
"""Labels that a search must name for their messages to be found without ``includeSpamTrash``."""


@dataclass
class Search:
    """What a query asks: conditions of SQL with their arguments, and tests of a message's bytes."""

    conditions: list[str] = field(default_factory=list)
    arguments: list[t.Any] = field(default_factory=list)
    tests: list[Test] = field(default_factory=list)
    everywhere: bool = False

    def accepts(self, box: Mailbox, mail: Mail) -> bool:
        """Test the bytes of a message whose row was selected."""
        if not self.tests:
            return True
        content = box.content(mail)
        return all(test(content) for test in self.tests)


def parse_search(query: str, box: Mailbox) -> Search:
    """Read a query.

    Raises:
        GoogleError: 400, it is not of what the sandbox knows.
    """
    search, rest = Search(), query.strip()
    while rest:
        term = _TERM.match(rest)
        if term is None or rest[0] in "({" or term["plain"] in {"OR", "AND", "|"}:
            raise _unknown(rest)
        _add(search, term, box)
        rest = rest[term.end() :].lstrip()
    return search


def _unknown(text: str) -> Exception:
    return invalid(f"Invalid query: the sandbox does not search by {text}")


def _add(search: Search, term: re.Match[str], box: Mailbox) -> None:
    operator = (term["operator"] or "").lower()
    value = term["quoted"] if term["quoted"] is not None else term["plain"]
    negative = bool(term["not"])
    if operator == "in" and value.lower() == "anywhere":
        search.everywhere = True
    elif operator in _CONDITIONS:
        sql, arguments = _CONDITIONS[operator](value, box)
        search.conditions.append(f"NOT ({sql})" if negative else sql)
        search.arguments += arguments
        search.everywhere |= not negative and any(packed([name]) in arguments for name in EVERYWHERE)
    else:
        test = _test(operator, value)
        search.tests.append((lambda content: not test(content)) if negative else test)


def _labelled(label: str) -> Condition:
    return "instr(labels, ?)", (packed([label]),)


def _is(value: str, _: Mailbox) -> Condition:
    if value.lower() == "read":
        return "NOT instr(labels, ' UNREAD ')", ()
    if value.lower() not in _IS:
        raise _unknown(f"is:{value}")
    return _labelled(_IS[value.lower()])


def _in(value: str, box: Mailbox) -> Condition:
    return _labelled(_IN[value.lower()]) if value.lower() in _IN else _label(value, box)


def _label(value: str, box: Mailbox) -> Condition:
    """Find a label by its id or name; spaces and slashes of a name may be written as hyphens."""
    if value.upper() in SYSTEM:
        return _labelled(value.upper())
    for (body,) in box.connection.execute("SELECT body FROM mail_label WHERE mailbox = ?", (box.number,)):
        label = orjson.loads(body)
        if value == label["id"] or _plain(value) == _plain(label["name"]):
            return _labelled(label["id"])
    return "0", ()  # Gmail finds nothing, and does not complain


def _plain(name: str) -> str:
    return re.sub(r"[\s/]", "-", name.casefold())


def _moment(value: str) -> int:
    day = _DAY.fullmatch(value)
    try:
        if day:
            return int(datetime(int(day[1]), int(day[2]), int(day[3]), tzinfo=PACIFIC).timestamp() * 1000)
        return int(value) * 1000
    except (ValueError, OverflowError):
        raise _unknown(f"date {value}") from None


def _message_id(value: str, _: Mailbox) -> Condition:
    return "header_id = ?", (f"<{value.strip('<>')}>",)


_CONDITIONS: t.Final[dict[str, Callable[[str, Mailbox], Condition]]] = {
    "is": _is,
    "in": _in,
    "label": _label,
    "after": lambda value, _: ("date >= ?", (_moment(value),)),
    "newer": lambda value, _: ("date >= ?", (_moment(value),)),
    "before": lambda value, _: ("date < ?", (_moment(value),)),
    "older": lambda value, _: ("date < ?", (_moment(value),)),
    "rfc822msgid": _message_id,
}


def _test(operator: str, value: str) -> Test:
    wanted = value.casefold()
    if operator in {"from", "to", "cc", "subject"}:
        return lambda content: wanted in header(content, operator).casefold()
    if operator == "has" and wanted == "attachment":
        return lambda content: any(part.get_filename() for _, part in parts(content))
    if operator:
        raise _unknown(f"{operator}:{value}")
    return lambda content: _says(content, wanted)


def _says(content: bytes, wanted: str) -> bool:
    """Look for words in headers and in text as it stands; encoded text is not looked into."""
    found = any(wanted in value.casefold() for _, value in headers(content))
    return found or wanted in content.decode("utf-8", "replace").casefold()
