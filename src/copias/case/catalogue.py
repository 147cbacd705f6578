"""The catalogue of copies: derived from the ledger whenever it is asked for, so it never differs from it."""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass

from copias.night.catalogue import NightCopy, list_night_copies

if t.TYPE_CHECKING:
    from copias.case.story import CopyRecord
    from copias.office import Office


@dataclass(frozen=True)
class CataloguedCopy:
    """One copy that was made and not voided.

    Args:
        case: number of its case; empty of a night's.
        copy_id: its own name.
        kind: ``mailbox``, ``sinfa`` and so on; ``night`` of a database's nightly copy.
        subject: account or system.
        made_at: ISO 8601, UTC.
        status: ``made``, ``stored`` or ``verified``; ``spoilt`` since, or ``removed`` by retention.
            Of a night ``made``, ``read`` back or ``restored``; ``void`` or ``removed``.
        messages: of a mailbox, else ``None``.
        bytes: size of the package's first file, or of a night's dump.
        sha256: of the same.
        store: logical name of the store, or of the repository.
        package: its name there, or the path in the night's snapshot.
        owner: Google's id of the account of a mailbox; empty where nobody told it.
    """

    case: str
    copy_id: str
    kind: str
    subject: str
    made_at: str
    status: str
    messages: int | None
    bytes: int
    sha256: str
    store: str
    package: str
    owner: str = ""

    @property
    def proven(self) -> bool:
        """Tell whether it was given back and compared."""
        return self.status in {"verified", "restored"}

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        return {**asdict(self), "proven": self.proven}


def list_copies(office: Office, *, subject: str | None = None, removed: bool = False) -> list[CataloguedCopy]:
    """Return the copies, the oldest first.

    Args:
        office: of this installation.
        subject: of this account or system only.
        removed: also those that retention removed.
    """
    left_out = {"void"} if removed else {"void", "removed"}
    found = [
        _describe(number, copy)
        for number, story in office.book.keepers().items()
        for copy in story.copies
        if copy.status not in left_out
    ]
    return sorted((copy for copy in found if subject in {None, copy.subject}), key=lambda copy: copy.made_at)


def list_nights(office: Office, *, subject: str | None = None, removed: bool = False) -> list[CataloguedCopy]:
    """Return the nightly copies, the oldest first; those that are void or were removed only if asked so."""
    nights = list_night_copies(office.book.ledger.events(), database=subject, removed=removed)
    return [_describe_night(night) for night in nights]


def _describe_night(night: NightCopy) -> CataloguedCopy:
    return CataloguedCopy(
        case="",
        copy_id=night.copy,
        kind="night",
        subject=night.database,
        made_at=night.finished,
        status=night.status,
        messages=None,
        bytes=night.bytes,
        sha256=night.sha256,
        store=night.repository,
        package=night.path,
    )


def _describe(number: str, copy: CopyRecord) -> CataloguedCopy:
    messages = copy.data.get("messages")
    return CataloguedCopy(
        case=number,
        copy_id=copy.copy_id,
        kind=str(copy.data["kind"]),
        subject=str(copy.data["subject"]),
        made_at=str(copy.data["finished"]),
        status=copy.status,
        messages=int(messages) if messages is not None else None,
        bytes=copy.bytes,
        sha256=copy.sha256,
        store=copy.store,
        package=copy.package,
        owner=str(copy.data.get("owner") or ""),
    )
