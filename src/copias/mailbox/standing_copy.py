"""What a mirror says of itself to who plans the next round: how old its copy is, and how much comes in a day."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from copias.errors import BackupError
from copias.mailbox.mirror import MirrorReader
from copias.mailbox.mirror.layout import INDEX
from copias.night.catalogue import CLOCKS

if t.TYPE_CHECKING:
    from pathlib import Path

MONTH: t.Final = timedelta(days=30)


@dataclass(frozen=True)
class StandingCopy:
    """The copy that a mirror is.

    Args:
        last_good: when it was last found up to date, UTC; ``None`` without a complete first copy.
        messages: that it holds of what the mailbox still has; only asked for while the first copy is not complete.
        messages_a_day: that came in during the last month.
        owner: Google's id of the account that it is of; empty while it is not known.
    """

    last_good: datetime | None = None
    messages: int = 0
    messages_a_day: float = 0.0
    owner: str = ""


def read_copy(folder: Path, now: datetime) -> StandingCopy:
    """Return what a mirror says; one that is not there, is damaged, or is from the future, says nothing good."""
    if not (folder / INDEX).is_file():
        return StandingCopy()
    try:
        with MirrorReader.open(folder) as mirror:
            state = mirror.state
            if state.history_id is None or state.synced_at is None:
                return StandingCopy(messages=mirror.live().messages)
            last = datetime.fromtimestamp(state.synced_at, UTC)
            owner = mirror.owner
            recent = mirror.came_since(int((now - MONTH).timestamp() * 1000))
    except BackupError:
        return StandingCopy()  # its round will say what is wrong with it
    return StandingCopy(last if last <= now + CLOCKS else None, messages_a_day=recent / MONTH.days, owner=owner)
