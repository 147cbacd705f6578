"""What came of one account's mirror in a round of many."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from copias.errors import BackupError, CopyFailed, Unavailable
from copias.google.errors import QuotaExhausted

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from copias.mailbox.comparing import Comparison
    from copias.mailbox.permission import Leave
    from copias.mailbox.sync import SyncReport

NAMED: t.Final = 20
"""Ids that an error's sentence names."""


class Postponed(Unavailable):
    """A mirror that is due was not begun, or not ended, for want of time or quota; the next night comes to it first."""


@dataclass(frozen=True)
class Outcome:
    """What came of one account's mirror.

    Args:
        account: whose.
        changed: the mirror is another than before; of one that was only looked at, the mailbox is.
        full: the mailbox was listed in full.
        fetched: messages read and added.
        bytes: of these.
        relabelled: messages whose labels changed.
        deleted: messages that the mailbox no longer has; the mirror keeps them.
        refused: messages that Google does not give.
        seconds: of the whole round.
        before: where the history of the mirror stood; ``None`` without a complete first copy.
        after: where it stands, or stood in the mailbox that was only looked at.
        leave: by whose leave.
        comparison: with the mailbox, when it was asked for.
        error: why the mirror is not up to date; what was read is kept.
    """

    account: str
    changed: bool = False
    full: bool = False
    fetched: int = 0
    bytes: int = 0
    relabelled: int = 0
    deleted: int = 0
    refused: int = 0
    seconds: float = 0.0
    before: int | None = None
    after: int | None = None
    leave: Leave | None = None
    comparison: Comparison | None = None
    error: BackupError | None = None

    @property
    def postponed(self) -> bool:
        """Tell whether nothing is wrong with the account: time or quota was wanting."""
        return isinstance(self.error, Postponed | QuotaExhausted)

    @property
    def is_news(self) -> bool:
        """Tell whether anything came of it: the mirror is another than before, or it is not up to date."""
        return self.changed or self.error is not None

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data, without anything of any message but ids."""
        return {
            **self.counts(),
            "postponed": self.postponed,
            "leave": self.leave.to_dict() if self.leave else None,
            "reconciliation": self.comparison.to_dict() if self.comparison else None,
            "error": self.error.facts() if self.error else None,
        }

    def counts(self) -> dict[str, t.Any]:
        """Return what changed, in numbers."""
        return {
            "changed": self.changed,
            "full": self.full,
            "fetched": self.fetched,
            "bytes": self.bytes,
            "relabelled": self.relabelled,
            "deleted": self.deleted,
            "refused": self.refused,
            "seconds": round(self.seconds, 1),
        }


def require_whole(account: str, report: SyncReport) -> None:
    """Refuse a round that left a message behind.

    Raises:
        CopyFailed: naming the ids, or how many a list left out.
    """
    if not report.failed and not report.unlisted:
        return
    keys = sorted(report.failed)
    reasons = [f"ids {', '.join(keys[:NAMED])}{' …' if len(keys) > NAMED else ''}"] if keys else []
    reasons += sorted(set(report.failed.values()))[:3]
    if report.unlisted:
        reasons.append(f"Gmail dice que tiene {report.unlisted} mensajes más de los que lista")
    raise CopyFailed(
        f"al espejo le faltan {len(keys) + report.unlisted} mensajes del buzón",
        whose=account,
        why="; ".join(reasons),
        repair="ejecute otra vez: lo que ya se copió no se vuelve a leer",
    )


def show_difference(outcomes: Iterable[Outcome]) -> dict[str, dict[str, int | None]]:
    """Return where the history of each changed mirror stood and stands, as a module's diff."""
    changed = [outcome for outcome in outcomes if outcome.changed]
    return {
        "before": {outcome.account: outcome.before for outcome in changed},
        "after": {outcome.account: outcome.after for outcome in changed},
    }
