"""The mailboxes of a night, as they are planned."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

if t.TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from copias.errors import BackupError
    from copias.mailbox.permission import Leave


@dataclass(frozen=True, kw_only=True)
class DueMailbox:
    """One mailbox that the night is to mirror.

    Args:
        account: its address.
        policy: name of its policy; empty for the default one.
        leave: by whose leave.
        last_good: when its mirror was last found up to date, UTC; ``None`` without a complete first copy.
        overdue: seconds by which that is older than its policy allows; negative while it is not.
        messages: that are to be read, as far as can be foreseen.
        units: of Google's quota, likewise.
        seconds: that its round takes, likewise.
    """

    account: str
    policy: str
    leave: Leave
    last_good: datetime | None
    overdue: float
    messages: int
    units: int
    seconds: float

    @property
    def is_first(self) -> bool:
        """Tell whether its first copy is still to be made, or to be finished."""
        return self.last_good is None

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data, for ``--json``."""
        return {
            "account": self.account,
            "policy": self.policy,
            "leave": self.leave.to_dict(),
            "last_good": self.last_good.isoformat(timespec="seconds") if self.last_good else "",
            "first": self.is_first,
            "messages": self.messages,
            "units": self.units,
            "seconds": round(self.seconds, 1),
        }


@dataclass(frozen=True, kw_only=True)
class MailboxNight:
    """The mailboxes of a night.

    Args:
        due: in the order in which they are begun.
        postponed: due, and not to be begun tonight, each with why.
        not_due: whose copy is young enough by their policy until the next night.
        refused: that somebody's leave covers and that cannot be mirrored, each with why: told once.
        not_allowed: of the inventory, and covered by nobody's leave: not of the night, and no failure of it.
        directory: why the Directory did not say whose mailboxes the standing authorisation covers.
        owners: Google's ids of all accounts by address; ``None`` when the Directory was not asked.
        units: of Google's quota that the due ones will take.
        seconds: after which the last of them will have ended, as far as can be foreseen.
    """

    due: tuple[DueMailbox, ...] = ()
    postponed: tuple[tuple[DueMailbox, BackupError], ...] = ()
    not_due: tuple[str, ...] = ()
    refused: Mapping[str, BackupError] = field(default_factory=dict)
    not_allowed: tuple[str, ...] = ()
    directory: BackupError | None = None
    owners: Mapping[str, str] | None = None
    units: int = 0
    seconds: float = 0.0

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data, for ``--json``."""
        return {
            "due": [one.to_dict() for one in self.due],
            "postponed": [{**one.to_dict(), "error": error.facts()} for one, error in self.postponed],
            "not_due": list(self.not_due),
            "refused": {account: error.facts() for account, error in self.refused.items()},
            "not_allowed": list(self.not_allowed),
            "directory": self.directory.facts() if self.directory else None,
            "units": self.units,
            "seconds": round(self.seconds, 1),
        }
