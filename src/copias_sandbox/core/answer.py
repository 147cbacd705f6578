"""What goes back to a client, and what is to go wrong on the way."""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass
from pathlib import Path

import orjson

from copias_sandbox.core.contents import pieces
from copias_sandbox.core.errors import GoogleError


class Delivery(enum.StrEnum):
    """What the transport does with an answer."""

    WHOLE = "whole"
    LOST = "lost"
    """The connection is closed without a byte: the work is done, the client does not know."""
    RESET = "reset"
    """The connection is reset in the middle of the body."""
    TRUNCATED = "truncated"
    """Half of the JSON arrives, with a length that says it is all."""


@dataclass(frozen=True)
class Slice:
    """A part of a file that is sent as a body, so that a large one is never in memory."""

    path: Path
    start: int
    length: int


@dataclass(frozen=True)
class Answer:
    """Status, headers, body; and seconds to wait before it is sent. With ``file``, that is the body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    delivery: Delivery = Delivery.WHOLE
    delay: float = 0.0
    file: Slice | None = None

    @property
    def length(self) -> int:
        """Return the bytes of the whole body."""
        return self.file.length if self.file else len(self.body)

    def pieces(self, length: int) -> t.Iterator[bytes]:
        """Yield the first ``length`` bytes of the body."""
        if self.file is None:
            yield self.body[:length]
        else:
            yield from pieces(self.file.path, self.file.start, min(length, self.file.length))

    def header(self, name: str) -> str:
        """Return a header, or nothing."""
        return next((value for one, value in self.headers if one.lower() == name.lower()), "")


def json_answer(body: t.Any, status: int = 200, *, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """Return an answer with a JSON body."""
    common = (("Content-Type", "application/json; charset=UTF-8"), ("Cache-Control", "private"))
    return Answer(status, (*common, *headers), orjson.dumps(body, option=orjson.OPT_INDENT_2))


def refusal(error: GoogleError, *, legacy: bool, mixed: bool = False) -> Answer:
    """Return the answer of an error."""
    return json_answer(error.body(legacy=legacy, mixed=mixed), error.code, headers=error.headers)
