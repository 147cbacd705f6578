"""What goes back to a client, and what is to go wrong on the way."""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass

import orjson

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
class Answer:
    """Status, headers, body; and seconds to wait before it is sent."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    delivery: Delivery = Delivery.WHOLE
    delay: float = 0.0


def json_answer(body: t.Any, status: int = 200, *, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """Return an answer with a JSON body."""
    common = (("Content-Type", "application/json; charset=UTF-8"), ("Cache-Control", "private"))
    return Answer(status, (*common, *headers), orjson.dumps(body, option=orjson.OPT_INDENT_2))


def refusal(error: GoogleError, *, legacy: bool) -> Answer:
    """Return the answer of an error."""
    return json_answer(error.body(legacy=legacy), error.code, headers=error.headers)
