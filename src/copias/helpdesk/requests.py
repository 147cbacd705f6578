"""Reading one request's row."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from copias.helpdesk.cells import line_of, text_of
from copias.helpdesk.dates import read_moment
from copias.helpdesk.model import Guess, HelpDeskCase, Problem, ResponseRow
from copias.helpdesk.numbers import read_number
from copias.helpdesk.problems import Reporter
from copias.helpdesk.status import StatusWords, in_order, newest
from copias.helpdesk.words import plain

if t.TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from copias.helpdesk.headers import Header
    from copias.helpdesk.kinds import Classifier

Cells: t.TypeAlias = "Sequence[t.Any]"

ASKED: t.Final = ("requester_name", "requester_email", "department", "site", "service", "description")
"""Fields that only a request has."""


@dataclass(frozen=True)
class Known:
    """What the caller knows beyond the sheet.

    Args:
        classified: cases whose kind the agent has settled: listed whatever their words say, and not asked again.
        departments: the deployment's, in their right spelling; empty accepts any.
    """

    classified: Collection[str] = ()
    departments: Collection[str] = ()


@dataclass(frozen=True)
class RequestRow:
    """A request's row before it is read in full.

    Args:
        index: row of the tab, counted from 1.
        cells: the row.
        number: the case; ``None`` when there is none that can be read.
        fault: why ``number`` cannot be read.
        guess: what configured words say.
    """

    index: int
    cells: Cells
    number: str | None
    fault: Problem | None
    guess: Guess


def is_filled(cells: Cells) -> bool:
    """Tell whether a row says anything; unticked boxes do not."""
    return any(cell is not None and cell is not False and str(cell).strip() for cell in cells)


def is_request(header: Header, cells: Cells) -> bool:
    """Tell the two kinds of rows of one tab apart: a response names nobody who asked and nothing asked for."""
    return any(line_of(header.get(cells, field)) for field in ASKED)


class RequestReader:
    """Reads the requests of one tab."""

    def __init__(self, header: Header, words: StatusWords, classifier: Classifier, *, known: Known) -> None:
        self._header = header
        self._words = words
        self._classifier = classifier
        self._departments = {plain(name): name for name in known.departments}
        self._classified = frozenset(known.classified)
        self._report = Reporter(header.tab)

    def look(self, index: int, cells: Cells) -> RequestRow:
        """Read what tells whether the row is a case at all."""
        value = self._header.get(cells, "number")
        number, fault = None, None
        try:
            number = read_number(value)
        except ValueError:
            fault = self._report.bad_number(index, value)
        else:
            fault = self._report.missing_number(index) if number is None else None
        service, description = self._header.get(cells, "service"), self._header.get(cells, "description")
        return RequestRow(index, cells, number, fault, self._classifier.guess(line_of(service), text_of(description)))

    def is_wanted(self, row: RequestRow) -> bool:
        """Tell whether a row is for us: a copy by its words, or by the agent."""
        return row.guess.is_case or row.number in self._classified

    def read(self, row: RequestRow, number: str, responses: Mapping[str, list[ResponseRow]]) -> HelpDeskCase:
        """Read a row in full, with the responses to it; whatever cannot be read is among its problems."""
        get = self._header.get
        given = {field: line_of(get(row.cells, field)) for field in (*ASKED[:-1], "agent", "status")}
        answered = in_order(responses.get(number, ()))
        status, source = newest(self._words.read(given["status"]), given["status"], answered)
        moment, date_fault = self._moment(row, number)
        case = HelpDeskCase(
            number=number,
            requester_name=given["requester_name"],
            requester_email=given["requester_email"].lower(),
            department=self._departments.get(plain(given["department"]), given["department"]),
            site=given["site"],
            service=given["service"],
            description=text_of(get(row.cells, "description")),
            agent=given["agent"],
            requested_at=moment,
            status=status,
            visible_status_text=given["status"],
            status_source=source,
            row=row.index,
            guess=row.guess,
            responses=answered,
            problems=(date_fault,) if date_fault else (),
        )
        return self._with_problems(case)

    def _moment(self, row: RequestRow, number: str) -> tuple[datetime | None, Problem | None]:
        value = self._header.get(row.cells, "requested_at")
        try:
            return read_moment(value), None
        except ValueError:
            return None, self._report.bad_date(number, row.index, value)

    def _with_problems(self, case: HelpDeskCase) -> HelpDeskCase:
        """Add what is wrong; of a finished case only an unknown word, since nothing else matters any more."""
        found = [] if case.finished else list(case.problems)
        if case.visible_status_text and self._words.read(case.visible_status_text) is None:
            text = case.visible_status_text
            found.append(self._report.unknown_status(case.number, case.row, text, self._words.shown))
        if not case.finished:
            if case.kind is None and case.number not in self._classified:
                found.append(self._report.unknown_kind(case.number, case.row))
            if self._departments and plain(case.department) not in self._departments:
                found.append(self._report.unknown_department(case.number, case.row, case.department))
        return case.with_problems(tuple(found))
