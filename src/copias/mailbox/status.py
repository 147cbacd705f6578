"""Where the mirrors are, and what each of them holds."""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from copias.errors import BackupError, BadInput
from copias.mailbox.mirror import MirrorReader
from copias.store import safe_part

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.config import Deployment


@dataclass(frozen=True)
class MirrorStatus:
    """What a mirror holds.

    Args:
        account: whose it is.
        messages: all that are kept, those deleted at the source too.
        deleted: of these, those that the mailbox no longer has.
        bytes: of all contents.
        packed: bytes that they take on the disk.
        first: date of the oldest message, milliseconds since 1970; 0 without messages.
        last: date of the newest.
        labels: of the mailbox.
        history_id: where the next round of the history feed starts; ``None`` before the first copy is complete.
        synced_at: when the last round ended, seconds since 1970.
        listed_at: when the mailbox was last listed in full.
    """

    account: str
    messages: int
    deleted: int
    bytes: int
    packed: int
    first: int
    last: int
    labels: int
    history_id: int | None
    synced_at: float | None
    listed_at: float | None

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data, with moments in ISO 8601, UTC."""
        moments = {
            "first": _say_moment(self.first / 1000 if self.messages else None),
            "last": _say_moment(self.last / 1000 if self.messages else None),
            "synced_at": _say_moment(self.synced_at),
            "listed_at": _say_moment(self.listed_at),
        }
        return {**asdict(self), **moments}


@dataclass(frozen=True)
class MirrorTrouble:
    """A mirror of which nothing can be said: the folder's name, and why."""

    folder: str
    error: BackupError


def mirrors_folder(deployment: Deployment) -> Path:
    """Return the folder with one folder for each account."""
    return deployment.state / "mirrors"


def mirror_folder(deployment: Deployment, account: str) -> Path:
    """Return the folder of an account's mirror.

    Raises:
        BadInput: it is no account of this deployment, so nothing is looked for under its name.
    """
    settings = deployment.mailboxes
    if settings is None or not settings.is_account(account):
        domains = ", ".join(settings.domains) if settings else "ninguno"
        raise BadInput(
            "no es una cuenta de la organización",
            whose=ascii(account[:80]),
            why=f"los dominios son: {domains}",
            repair="escriba la dirección principal completa, en minúsculas",
        )
    return mirrors_folder(deployment) / safe_part(account)


def describe_mirror(folder: Path) -> MirrorStatus:
    """Return what a mirror holds.

    Raises:
        NotReady: there is none in the folder.
        Altered: its index is damaged.
    """
    with MirrorReader.open(folder) as mirror:
        state = mirror.state
        return MirrorStatus(
            account=mirror.account,
            labels=len(mirror.labels()),
            history_id=state.history_id,
            synced_at=state.synced_at,
            listed_at=state.listed_at,
            **mirror.totals(),
        )


def describe_mirrors(deployment: Deployment) -> tuple[list[MirrorStatus], list[MirrorTrouble]]:
    """Return what all mirrors hold, by account, and those of which nothing can be said."""
    found, troubles = list[MirrorStatus](), list[MirrorTrouble]()
    root = mirrors_folder(deployment)
    for folder in sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else ():
        try:
            found.append(describe_mirror(folder))
        except BackupError as error:
            troubles.append(MirrorTrouble(folder.name, error))
    return sorted(found, key=lambda status: status.account), troubles


def _say_moment(seconds: float | None) -> str | None:
    """Return a moment, ``None`` when there is none that a calendar knows: dates of mail may be anything."""
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):
        return None
