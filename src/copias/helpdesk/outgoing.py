"""What is written to the help desk's sheets, and what came of it, as plain values."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from enum import StrEnum

if t.TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Response:
    """A row to be appended as the response form would.

    Args:
        number: the case.
        status: the word for people, one of the configured.
        agent: who works on it.
        done: what was done.
        evidence: what proves it.
        key: identifies the event for ever; fixed before the first attempt.
        moment: when it happened; ``None`` leaves the date's cell empty.
    """

    number: str
    status: str
    agent: str
    done: str
    evidence: str
    key: str
    moment: datetime | None = None


@dataclass(frozen=True, slots=True)
class ControlRow:
    """A row of the sheet *Control Copias de Seguridad por dependencias*: one for each copy.

    Args:
        key: as in :class:`Response`.
        made_at: when the copy was made.
        department: whose copy it is.
        number: the case.
        requester: who asked.
        kind: word for people, such as ``SINFA (en sitio)``.
        subject: database or account.
        agent: who made it.
        place: logical name of the store.
        package: name of the file there.
        size: bytes.
        sha256: of the package, hex.
        proof: the words of its level, *probada por restauración* or how much less.
        record_series: of the retention schedule.
        ledger_count: events in the ledger at that moment: a witness against a cut tail.
        ledger_hash: hash of the last of them.
        notes: anything else.
    """

    key: str
    made_at: datetime
    department: str
    number: str
    requester: str
    kind: str
    subject: str
    agent: str
    place: str
    package: str
    size: int
    sha256: str
    proof: str
    record_series: str = ""
    ledger_count: int | None = None
    ledger_hash: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True)
class HeartbeatRow:
    """A row of the tab whose newest row says that a night came to its end.

    Args:
        tab: title of the tab.
        key: name of the night's run, by which the row is there once.
        finished: when the night ended.
        result: how, in Spanish.
        good: things that went well.
        failed: things that did not.
        postponed: things that were not begun.
        ledger_count: events in the ledger at that moment.
        ledger_hash: hash of the last of them.
    """

    tab: str
    key: str
    finished: datetime
    result: str
    good: int
    failed: int
    postponed: int
    ledger_count: int
    ledger_hash: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """A row that is in the sheet, read back.

    Args:
        range: where, in A1 notation, at the time of reading.
        key: its event key.
        found: it was there already; nothing was appended.
        visible: whether the case's visible status shows it; ``None`` when the sheet has none to show.
        visible_text: what it shows instead: *estado sin reflejar*.
        differs: fields that no longer read as written: somebody edited them, and was not overwritten.
        moved: cells had to be put under their headers because a column was inserted in that moment.
    """

    range: str
    key: str
    found: bool = False
    visible: bool | None = None
    visible_text: str = ""
    differs: tuple[str, ...] = ()
    moved: bool = False


class Change(StrEnum):
    """What came of changing a request's status cell."""

    CHANGED = "changed"
    ALREADY = "already"
    EDITED = "edited"


@dataclass(frozen=True, slots=True)
class StatusChange:
    """The outcome for a request's status cell.

    Args:
        outcome: ``edited`` means that it held neither the expected nor the new text, and was left alone.
        text: what the cell holds now.
        row: row of the requests' tab, counted from 1.
        repaired: cells of other rows that were hit because rows moved in that moment, and were given back.
    """

    outcome: Change
    text: str
    row: int
    repaired: tuple[str, ...] = ()
