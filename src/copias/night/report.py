"""The report of one night: what came of each thing, red or green. A file of its own, whose hash is in the ledger.

Events, both of the installation: ``night.started`` (``run``, ``only``) and ``night.finished`` (``run``, ``ended``,
``counts`` by outcome, ``failed``: the first names, ``report``: SHA-256 of the report's file). The ledger does not
repeat five thousand accounts each night; the file does, and the ledger vouches for it.
"""

from __future__ import annotations

import hashlib
import typing as t
from collections import Counter
from dataclasses import asdict, dataclass

import orjson

from copias.errors import LedgerBroken
from copias.files import make_private_directory, write_atomically

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.config import Deployment

STARTED: t.Final = "night.started"
FINISHED: t.Final = "night.finished"

Kind: t.TypeAlias = t.Literal["database", "mailbox", "step", "store"]
"""A step is of the whole night or of one repository: ``principal-check``, ``retention``, ``outbox``."""
Outcome: t.TypeAlias = t.Literal["done", "unchanged", "failed", "postponed"]
"""``unchanged``: looked at, nothing was left to copy. ``postponed``: due, and not begun for want of time or quota."""
Ended: t.TypeAlias = t.Literal["finished", "stopped", "late", "broken"]
"""Stopped by a person or a signal, ended by the time limit, or broken by a death of which nobody wrote."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """What came of one thing.

    Args:
        kind: what it is.
        name: host of the inventory (a mailbox: the account's address), or name of the step.
        outcome: what came of it.
        last_good: moment of its newest good copy, ISO 8601 UTC; empty when it has none, or is no copy.
        copy: id of that copy, where copies have one.
        bytes: that were copied.
        seconds: that it took.
        error: the facts of the error (:meth:`copias.errors.BackupError.facts`), else ``None``.
    """

    kind: Kind
    name: str
    outcome: Outcome
    last_good: str = ""
    copy: str = ""
    bytes: int = 0
    seconds: float = 0.0
    error: dict[str, t.Any] | None = None

    @property
    def good(self) -> bool:
        """Tell whether nothing is wanting."""
        return self.outcome in {"done", "unchanged"}


@dataclass(frozen=True, kw_only=True)
class NightReport:
    """One night.

    Args:
        run: name of the run's folder.
        started: ISO 8601, UTC.
        finished: ISO 8601, UTC.
        ended: how it ended.
        only: hosts that it was limited to; empty for a night of everything.
        items: what came of each thing.
    """

    run: str
    started: str
    finished: str
    ended: Ended
    only: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Return how many things came to each outcome."""
        return dict(Counter(item.outcome for item in self.items))

    @property
    def good(self) -> bool:
        """Tell whether the night came to its end and nothing is wanting."""
        return self.ended == "finished" and all(item.good for item in self.items)

    def to_bytes(self) -> bytes:
        """Return the file's content; the same report is the same bytes."""
        return orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS)

    @classmethod
    def from_bytes(cls, content: bytes) -> NightReport:
        """Return the report of a file's content."""
        data = orjson.loads(content)
        return cls(**{**data, "only": tuple(data["only"]), "items": tuple(Item(**item) for item in data["items"])})


def keep_report(deployment: Deployment, report: NightReport) -> str:
    """Write the report's file and return its SHA-256, for the ledger; the same report may be kept again."""
    content = report.to_bytes()
    make_private_directory(deployment.reports)
    write_atomically(report_file(deployment, report.run), content)
    return hashlib.sha256(content).hexdigest()


def read_report(deployment: Deployment, run: str, sha256: str) -> NightReport:
    """Return a report that the ledger vouches for.

    Raises:
        LedgerBroken: its file is not there, or is not what the ledger says.
    """
    path = report_file(deployment, run)
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != sha256:
        raise LedgerBroken(
            "el informe de una noche no es el que la bitácora dice",
            whose=run,
            why="su archivo falta o fue cambiado" if content else "su archivo no está",
            repair=f"recupérelo de la copia del estado en la NAS, a {path}",
        )
    return NightReport.from_bytes(content)


def report_file(deployment: Deployment, run: str) -> Path:
    """Return where a night's report is."""
    return deployment.reports / f"{run}.json"
