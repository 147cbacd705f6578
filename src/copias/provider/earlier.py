"""What a case took in from its provider before it was reopened: whoever reopens it awaits another delivery.

The file of the earlier copy lies where it was put, for this product only reads there. Taken once more it would answer
the new request at once, be proven, and resolve the case with the very copy that it was reopened over.
"""

from __future__ import annotations

import typing as t

from copias.provider.request import ARRIVED
from copias.sinfa.believing import DOUBTED

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.case.story import CopyRecord, Story
    from copias.ledger import Event

_GOOD: t.Final = frozenset({"verified", "removed"})


def list_replaced(story: Story) -> tuple[CopyRecord, ...]:
    """Return the delivered copies of earlier generations in whose place the case was reopened to have another.

    A spoilt or void one is none, nor one that nobody proved or doubted: what was delivered may well be good, and makes
    it anew.
    """
    doubted = {event.data["copy"] for event in story.events if event.event == DOUBTED}
    return tuple(
        copy
        for copy in story.copies
        if copy.data.get("generation", 1) < story.generation
        and "delivered_by" in copy.data
        and (copy.status in _GOOD or (copy.copy_id in doubted and copy.status in {"made", "stored"}))
    )


def list_taken(story: Story) -> frozenset[str]:
    """Return the identities, see :func:`copias.provider.arrival.identify`, of the files that they were made of."""
    replaced = {str(copy.data["delivered_sha256"]) for copy in list_replaced(story)}
    found = (event.data for event in _before_reopening(story) if event.event == ARRIVED)
    return frozenset(key for data in found if data["sha256"] in replaced for key in data.get("keys", ()))


def _before_reopening(story: Story) -> Iterator[Event]:
    reopened = max((event.n for event in story.events if event.event == "case.reopened"), default=0)
    return (event for event in story.events if event.n < reopened)
