"""What File Station answers: objects with a status, pages in their place, files; all of it may be hostile."""

from __future__ import annotations

import http.client
import re
import typing as t

import orjson

from copias.store.file_station_faults import LOGGED_OUT, OK, Refused, Unreadable

Answer: t.TypeAlias = "dict[str, t.Any]"

ANSWER_LIMIT = 64 << 20
"""Bytes of an answer that are read: a page of a list has some hundred rows."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ENDED = frozenset({2, LOGGED_OUT})
_ANSWER_KINDS = frozenset({"application/json", "text/html", "text/xml", "application/xml", "text/plain", "text/json"})


class LoggedOut(Exception):
    """The answer is what a NAS says to a session that it does not know."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def read_element(document: str, name: str) -> str:
    """Return the text of an element, empty when it is not there.

    An XML parser would follow what a hostile answer declares; all that is wanted is a flat element.
    """
    found = re.search(rf"<{name}>\s*(?:<!\[CDATA\[(.*?)\]\]>|([^<]*))\s*</{name}>", document, re.DOTALL)
    return (found[1] if found[1] is not None else found[2]).strip() if found else ""


def read_answer(response: http.client.HTTPResponse, good: t.Container[int]) -> Answer:
    """Return the object of an answer.

    Raises:
        LoggedOut: it is a page, or the status of an ended session.
        Unreadable: it is nothing known.
    """
    content = response.read(ANSWER_LIMIT)
    if response.status in REDIRECTS or content.lstrip()[:1] == b"<":
        raise LoggedOut(LOGGED_OUT)
    if response.status != http.client.OK:
        raise Unreadable(f"la NAS respondió HTTP {response.status}")
    return parse_answer(content, good)


def parse_answer(content: bytes, good: t.Container[int] = (OK,)) -> Answer:
    """Return the object that File Station answered, with ``status`` as a number.

    Raises:
        LoggedOut: its status is that of an ended session.
        Unreadable: it is no object.
    """
    try:
        answer = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise Unreadable("la respuesta no es JSON") from None
    if not isinstance(answer, dict):
        raise Unreadable("la respuesta no es un objeto")
    status = number(answer.get("status", OK))
    if status in _ENDED and status not in good:
        raise LoggedOut(status)
    return {**answer, "status": status}


def number(value: object) -> int:
    """Return a number of an answer, where numbers come as text too; nothing is 0.

    Raises:
        Unreadable: it is none.
    """
    if value is None or value == "":
        return 0
    if isinstance(value, bool) or not re.fullmatch(r"-?[0-9]{1,18}", str(value), re.ASCII):
        raise Unreadable("la respuesta trae algo que no es un número")
    return int(str(value))


def rows(answer: Answer) -> list[Answer]:
    """Return the rows of an answer.

    Raises:
        Unreadable: there is something else in their place.
    """
    found = answer.get("datas") or []
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise Unreadable("la respuesta no trae filas")
    return found


def check_status(answer: Answer) -> None:
    """Raise :class:`Refused` when an answer is no success."""
    if answer["status"] != OK:
        raise Refused(answer["status"])


def is_file(response: http.client.HTTPResponse) -> bool:
    """Tell a file from an answer: a file comes as an attachment, or as no kind of text that answers have."""
    if response.status == http.client.PARTIAL_CONTENT:
        return True
    if response.status != http.client.OK:
        return False
    kind = (response.getheader("Content-Type") or "").partition(";")[0].strip().lower()
    attached = (response.getheader("Content-Disposition") or "").lower().startswith("attachment")
    return attached or kind not in _ANSWER_KINDS
