"""Reconciliation: what the mailbox listed, at the start and at the end, against what the mirror holds.

Every difference has an explanation, or the copy fails and names it::

    listed at both ends, held       in the copy
    listed at the start only, held  deleted at the source meanwhile; in the copy
    listed at the end only, held    arrived meanwhile; in the copy
    listed, not held                refused by the API, with its reason, or seen to be deleted before it could be read;
                                    else MISSING: the copy fails
    held, listed nowhere            not of the mailbox any more: not in the copy

That a list has not a message explains nothing: a list may pass over one. And a list that is shorter than the mailbox
says it is makes the copy fail, though no id can be named.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from copias.errors import CopyFailed

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

NAMED: t.Final = 20
"""Ids that an error's sentence names; all of them are in the record of the copy."""


@dataclass(frozen=True)
class Reconciliation:
    """How a mailbox and its mirror compare. All ids are Gmail's, sorted.

    Args:
        listed_start: messages listed before the first was read.
        listed_end: messages listed after the last was read.
        copied: what the copy is to hold.
        deleted_meanwhile: of these, those that the mailbox no longer has.
        vanished: deleted before they could be read.
        arrived: of the copied, those that came after the first listing.
        refused: what the API will not give, with its reason.
        failed: what could not be read now, with the reason; another try may.
        missing: what the mailbox lists and the copy has not, without any explanation.
        unlisted: messages that the mailbox says it has, beyond those listed at the end.
    """

    listed_start: int
    listed_end: int
    copied: tuple[str, ...]
    deleted_meanwhile: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()
    arrived: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    unlisted: int = 0

    @property
    def complete(self) -> bool:
        """Tell whether each difference has an explanation."""
        return not self.missing and not self.failed and not self.unlisted

    def require_complete(self, account: str) -> None:
        """Refuse a copy with a message short.

        Raises:
            CopyFailed: naming the ids.
        """
        if self.complete:
            return
        raise CopyFailed(
            f"a la copia le faltan {len(self._short) + self.unlisted} mensajes del buzón",
            whose=account,
            why="; ".join(self._find_faults()),
            repair="ejecute el caso otra vez: lo que ya se copió no se vuelve a leer",
        )

    @property
    def _short(self) -> list[str]:
        return sorted({*self.missing, *self.failed})

    def _find_faults(self) -> Iterator[str]:
        short = self._short
        if short:
            yield f"ids {', '.join(short[:NAMED])}{' …' if len(short) > NAMED else ''}"
            yield from sorted(set(self.failed.values()))[:3]
        if self.unlisted:
            yield f"Gmail dice que tiene {self.listed_end + self.unlisted} mensajes y lista {self.listed_end}"

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data, without the ids that are in the copy: those are in its index."""
        return {
            "listed_start": self.listed_start,
            "listed_end": self.listed_end,
            "copied": len(self.copied),
            "deleted_meanwhile": list(self.deleted_meanwhile),
            "vanished": list(self.vanished),
            "arrived": list(self.arrived),
            "refused": dict(self.refused),
            "failed": dict(self.failed),
            "missing": list(self.missing),
            "unlisted": self.unlisted,
        }


def reconcile(
    start: Collection[str],
    end: Collection[str],
    held: Collection[str],
    *,
    refused: Mapping[str, str],
    failed: Mapping[str, str],
    gone: Collection[str] = (),
    unlisted: int = 0,
) -> Reconciliation:
    """Compare the two listings with what is held.

    Args:
        start: ids listed at the start; sets are quickest.
        end: ids listed at the end.
        held: ids of the mirror.
        refused: what the API will not give, with its reason.
        failed: what could not be read, with its reason.
        gone: what is known to be deleted before it could be read.
        unlisted: how many messages more than ``end`` the mailbox says it has.
    """
    first, last, kept = frozenset(start), frozenset(end), frozenset(held)
    # Sets of all messages are what a copy of many holds in memory: no further one is made of them.
    unheld = frozenset(key for listed in (first, last) for key in listed if key not in kept)
    vanished = unheld & frozenset(gone)
    absent = unheld - vanished
    return Reconciliation(
        listed_start=len(first),
        listed_end=len(last),
        copied=tuple(sorted(key for key in kept if key in first or key in last)),
        deleted_meanwhile=tuple(sorted((first - last) & kept)),
        vanished=tuple(sorted(vanished)),
        arrived=tuple(sorted((last - first) & kept)),
        refused={key: refused[key] for key in sorted(absent & refused.keys())},
        failed={key: failed[key] for key in sorted((absent & failed.keys()) - refused.keys())},
        missing=tuple(sorted(absent - refused.keys() - failed.keys())),
        unlisted=unlisted,
    )
