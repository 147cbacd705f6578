"""What a status word means, and which of several is the newest.

The request's cell has no date of its own, so *newest* is decided so: among the responses the last by date counts (one
without a readable date is as old as the one above it in the sheet; equal dates go by row). The cell is newer than
that response when its status is **farther along** (registered → assigned, reassigned → in progress → on hold →
resolved → closed, cancelled) and no response of the case ever gave that status: else the cell only still shows an
earlier response, for instance after a case was reopened. An empty cell of a request is a new request.
"""

from __future__ import annotations

import typing as t

from copias.helpdesk.model import ResponseRow, SheetStatus
from copias.helpdesk.words import plain

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ALONG: t.Final = {
    SheetStatus.REGISTERED: 0,
    SheetStatus.ASSIGNED: 1,
    SheetStatus.REASSIGNED: 1,
    SheetStatus.IN_PROGRESS: 2,
    SheetStatus.ON_HOLD: 3,
    SheetStatus.RESOLVED: 4,
    SheetStatus.CLOSED: 5,
    SheetStatus.CANCELLED: 6,
}

Source: t.TypeAlias = t.Literal["request", "response"]


class StatusWords:
    """The configured words for statuses."""

    def __init__(self, words: Mapping[str, SheetStatus]) -> None:
        self._meaning = {plain(word): status for word, status in words.items()}
        self.shown = tuple(words)

    def read(self, text: str) -> SheetStatus | None:
        """Return what a word means, ``None`` for one that is not configured."""
        return self._meaning.get(plain(text))


def in_order(responses: Sequence[ResponseRow]) -> tuple[ResponseRow, ...]:
    """Return a case's responses, given in the sheet's order, in the order in which they were made."""
    dated: list[tuple[float, int, ResponseRow]] = []
    moment = float("-inf")
    for response in sorted(responses, key=lambda response: response.row):
        if response.responded_at is not None:
            moment = response.responded_at.timestamp()
        dated.append((moment, response.row, response))
    return tuple(response for _, _, response in sorted(dated, key=lambda item: item[:2]))


def newest(
    cell: SheetStatus | None, cell_text: str, responses: Sequence[ResponseRow]
) -> tuple[SheetStatus | None, Source]:
    """Return the status that counts and where it comes from.

    Args:
        cell: what the request's cell means.
        cell_text: what it says; empty counts as registered.
        responses: those of the case, from :func:`in_order`.
    """
    if not cell_text:
        cell = SheetStatus.REGISTERED
    answered = [response.status for response in responses if response.status is not None]
    if not answered:
        return cell, "request"
    last = answered[-1]
    if cell is not None and _ALONG[cell] > _ALONG[last] and cell not in answered:
        return cell, "request"
    return last, "response"
