"""Listing a mailbox in full, and not believing a list that is shorter than the mailbox."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from itertools import chain

from copias.google.errors import GoogleMissing, HistoryExpired
from copias.mailbox.changes import collect_changes

if t.TYPE_CHECKING:
    from collections.abc import Collection

    from copias.google.gmail import Gmail, Profile

ROUNDS: t.Final = 3
"""Times that a mailbox is listed when its list holds fewer messages than the mailbox says it has."""


@dataclass(frozen=True)
class Listing:
    """A full list of a mailbox.

    Args:
        ids: of all messages, spam and trash too; one that was listed twice counts once.
        profile: what the mailbox said of itself just before it was listed.
        short: how many messages more the mailbox says it has than any list gave; 0 for a list to be believed.
    """

    ids: frozenset[str]
    profile: Profile
    short: int = 0


async def list_mailbox(gmail: Gmail, profile: Profile | None = None) -> Listing:
    """List every message; again when the list is shorter than the mailbox.

    Pages are no snapshot: a list may pass over a message, or end before its end. Only the mailbox's own count tells,
    less what its history says came and went while the list was made.

    Args:
        gmail: the mailbox.
        profile: asked just before, when it was.
    """
    begun = before = profile or await gmail.profile()
    found: set[str] = set()
    short = 0
    for _ in range(ROUNDS):
        listed = await _list_once(gmail)
        after = await gmail.profile()
        short = await _count_short(gmail, listed, before, after)
        if not short:
            return Listing(listed, begun)
        found |= listed
        before = after
    return Listing(frozenset(found), begun, short)


async def _count_short(gmail: Gmail, listed: frozenset[str], before: Profile, after: Profile) -> int:
    """Return how many messages a list lacks of those that were there all the while it was made."""
    came: set[str] = set()
    went: set[str] = set()
    if before.history_id != after.history_id:
        try:
            changes = await collect_changes(gmail, after, since=before.history_id)
        except HistoryExpired:
            return max(0, after.messages_total - len(listed))
        came = {key for key, here in changes.before.items() if not here}
        went = changes.deleted - came
    stayed = len(listed) - len(listed & (came | went))  # a copy of a list of 200,000 ids takes 8 MB
    return max(0, before.messages_total - len(went) - stayed)


async def _list_once(gmail: Gmail, label: str = "") -> frozenset[str]:
    # Made at once from the pages: a set that grew and was copied leaves holes in the memory for all that follows.
    pages = [page async for page in gmail.list_ids(include_spam_trash=True, label=label)]
    return frozenset(chain.from_iterable(pages))


async def read_labels(
    gmail: Gmail, labels: Collection[str], known: dict[str, frozenset[str]]
) -> dict[str, frozenset[str]]:
    """Return the labels of messages that have others now than they had.

    A list for each label costs a call for 500 messages, not one for each.

    Where a label's list is not as long as the label says, each message that would lose it is asked for by itself.

    Args:
        gmail: the mailbox.
        labels: ids of all its labels.
        known: id of a message → the labels that it had.
    """
    now: dict[str, set[str]] = {key: set() for key in known}
    doubtful: set[str] = set()
    for label in labels:
        listed = await _list_once(gmail, label)
        for key in listed & now.keys():
            now[key].add(label)
        lost = {key for key, had in known.items() if label in had and key not in listed}
        if lost and await _count(gmail, label) != len(listed):
            doubtful |= lost
    for key in sorted(doubtful):
        try:
            now[key] = set((await gmail.minimal(key)).labels)
        except GoogleMissing:
            del now[key]  # deleted meanwhile: its labels are what they were
    return {key: frozenset(names) for key, names in now.items() if names != known[key]}


async def _count(gmail: Gmail, label: str) -> int:
    try:
        return await gmail.count_label(label)
    except GoogleMissing:
        return 0  # the label itself was deleted meanwhile
