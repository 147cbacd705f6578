"""What the help desk's sheets say, as plain values; what is written to them is in :mod:`copias.helpdesk.outgoing`."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from enum import StrEnum

if t.TYPE_CHECKING:
    from datetime import datetime


class SheetStatus(StrEnum):
    """A status as the sheet knows it; the product's own is the ledger's."""

    REGISTERED = "registered"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    ON_HOLD = "on_hold"
    REASSIGNED = "reassigned"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"


FINISHED: t.Final = frozenset({SheetStatus.RESOLVED, SheetStatus.CLOSED, SheetStatus.CANCELLED})


class Kind(StrEnum):
    """What is to be copied, or given back."""

    MAILBOX = "mailbox"
    DRIVE = "drive"
    SINFA = "sinfa"
    MANUAL = "manual"
    RECOVERY = "recovery"


class Mode(StrEnum):
    """Where the copy is made: from the contracted service, or here."""

    REMOTE = "remote"
    ON_SITE = "on_site"


class ProblemCode(StrEnum):
    """What is wrong with a row."""

    MISSING_NUMBER = "missing_number"
    BAD_NUMBER = "bad_number"
    DOUBLED_NUMBER = "doubled_number"
    UNKNOWN_STATUS = "unknown_status"
    UNKNOWN_KIND = "unknown_kind"
    UNKNOWN_DEPARTMENT = "unknown_department"
    BAD_DATE = "bad_date"
    BAD_RESPONSE_NUMBER = "bad_response_number"
    DOUBLED_RESPONSE = "doubled_response"
    COPIED_KEY = "copied_key"
    ORPHAN_RESPONSE = "orphan_response"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the sheet that a person has to put right.

    Args:
        code: what it is.
        number: the case, when it is known.
        row: row of the tab, counted from 1.
        tab: its tab.
        text: what is wrong, in Spanish.
        repair: what to do, in Spanish.
    """

    code: ProblemCode
    number: str | None
    row: int
    tab: str
    text: str
    repair: str


@dataclass(frozen=True, slots=True)
class ResponseRow:
    """One row of the response form, ours or a person's.

    Args:
        number: the case.
        status: its word's meaning; ``None`` for an unknown word or an empty cell.
        status_text: the word.
        agent: who answered.
        done: what was done.
        evidence: without the event key.
        responded_at: Bogotá time, ``None`` when absent or unreadable.
        key: the event key; that it *reads* like ours proves nothing, the ledger does.
        row: row of the tab, counted from 1.
    """

    number: str
    status: SheetStatus | None
    status_text: str
    agent: str
    done: str
    evidence: str
    responded_at: datetime | None
    key: str | None
    row: int


@dataclass(frozen=True, slots=True)
class Guess:
    """What configured words say of a request; ``None`` where they say nothing or contradict each other."""

    is_case: bool
    kind: Kind | None
    mode: Mode | None
    system: str | None


@dataclass(frozen=True, slots=True)
class HelpDeskCase:
    """One request for a copy, with its responses.

    Args:
        number: 1 to 10 digits without leading zeros.
        requester_name: as typed, spaces put right.
        requester_email: in lower case; not checked.
        department: the configured spelling when it is known, else as typed.
        site: where the requester sits.
        service: the form's choice.
        description: free text with line breaks; hostile.
        agent: of the request's row.
        requested_at: Bogotá time; ``None`` when absent or unreadable.
        status: the newest of request cell and responses; ``None`` when its word is unknown.
        visible_status_text: what people see in the request's status cell.
        status_source: which of the two gave ``status``.
        row: row of the requests' tab, counted from 1.
        guess: kind, mode and system by configured words; what is ``None`` needs ``copias classify``.
        responses: in the order in which they were given, each event key once.
        problems: those of this case.
    """

    number: str
    requester_name: str
    requester_email: str
    department: str
    site: str
    service: str
    description: str
    agent: str
    requested_at: datetime | None
    status: SheetStatus | None
    visible_status_text: str
    status_source: t.Literal["request", "response"]
    row: int
    guess: Guess
    responses: tuple[ResponseRow, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def kind(self) -> Kind | None:
        """Return the kind by words."""
        return self.guess.kind

    @property
    def mode(self) -> Mode | None:
        """Return remote or on site, by words."""
        return self.guess.mode

    @property
    def system(self) -> str | None:
        """Return the inventory's database, by words."""
        return self.guess.system

    @property
    def finished(self) -> bool:
        """Tell whether the sheet counts the case as resolved, closed or cancelled."""
        return self.status in FINISHED

    def with_problems(self, problems: tuple[Problem, ...]) -> HelpDeskCase:
        """Return the case with other problems."""
        return replace(self, problems=problems)


@dataclass(frozen=True, slots=True)
class CaseList:
    """Everything of one reading.

    Args:
        cases: those that can be worked with, in the sheet's order.
        problems: what people have to put right; rows of these that are no ``cases`` cannot be run.
        others: requests that are no copies, passed over in silence.
        stray_responses: responses to requests that are no ``cases``.
    """

    cases: tuple[HelpDeskCase, ...]
    problems: tuple[Problem, ...]
    others: int
    stray_responses: int = 0

    def case(self, number: str) -> HelpDeskCase | None:
        """Return a case by its number."""
        return next((case for case in self.cases if case.number == number), None)
