"""What the history feed says, folded: which messages came, went, or changed labels since the last round."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from copias.google.gmail import Gmail, HistoryPage, Profile


@dataclass
class LabelChange:
    """The labels that a message got and lost, the last word on each counting."""

    added: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)

    def add(self, labels: Iterable[str]) -> None:
        """Note labels that were put on."""
        self.added.update(labels)
        self.removed.difference_update(labels)

    def remove(self, labels: Iterable[str]) -> None:
        """Note labels that were taken off."""
        self.removed.update(labels)
        self.added.difference_update(labels)

    def apply(self, labels: Iterable[str]) -> frozenset[str]:
        """Return the labels after the change."""
        return (frozenset(labels) | self.added) - self.removed


@dataclass
class Changes:
    """Everything between two points of the history.

    Args:
        profile: what the mailbox said of itself just before the feed was read.
        history_id: where the feed ends: at the profile's point, or after it.
        relabelled: id → its labels' change.
        before: id → whether the message was there before the first thing that the feed says of it.
        after: id → whether it was there after the last.
    """

    profile: Profile
    history_id: int = 0
    relabelled: dict[str, LabelChange] = field(default_factory=dict)
    before: dict[str, bool] = field(default_factory=dict)
    after: dict[str, bool] = field(default_factory=dict)

    @property
    def added(self) -> set[str]:
        """Return the ids that came and are still there."""
        return {key for key, here in self.after.items() if here}

    @property
    def deleted(self) -> set[str]:
        """Return the ids that went for good, those that came only now too."""
        return {key for key, here in self.after.items() if not here}

    def take(self, page: HistoryPage) -> None:
        """Add one page of the feed, in its order."""
        for key, came in page.moves:
            self.before.setdefault(key, not came)
            self.after[key] = came
        for key, labels in page.labels_added:
            self.relabelled.setdefault(key, LabelChange()).add(labels)
        for key, labels in page.labels_removed:
            self.relabelled.setdefault(key, LabelChange()).remove(labels)
        self.history_id = max(self.history_id, page.history_id)

    def accounts_for(self, total_before: int) -> bool:
        """Tell whether additions less deletions explain the change of the mailbox's message count."""
        return self.profile.messages_total - total_before == sum(self.after.values()) - sum(self.before.values())


async def collect_changes(gmail: Gmail, profile: Profile, *, since: int) -> Changes:
    """Read the feed from a point to its end.

    Raises:
        HistoryExpired: Gmail does not go back so far.
    """
    changes = Changes(profile)
    async for page in gmail.history(since):
        changes.take(page)
    return changes
