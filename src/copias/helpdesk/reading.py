"""From the cells of the tabs to cases: no row is lost, none of them raises, none that is doubtful is run."""

from __future__ import annotations

import typing as t

from copias.helpdesk.cells import line_of
from copias.helpdesk.kinds import Classifier
from copias.helpdesk.model import CaseList, HelpDeskCase, Problem
from copias.helpdesk.numbers import read_number
from copias.helpdesk.problems import Reporter
from copias.helpdesk.requests import Known, RequestReader, RequestRow, is_filled, is_request
from copias.helpdesk.responses import ResponseReader, Responses
from copias.helpdesk.status import StatusWords

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from copias.helpdesk.headers import Header
    from copias.helpdesk.settings import HelpDeskSettings
    from copias.helpdesk.tabs import Rows, Tabs

NOTHING_KNOWN: t.Final = Known()


class CaseReader:
    """Reads the cells of one help desk; may be used again and again."""

    def __init__(self, settings: HelpDeskSettings, tabs: Tabs) -> None:
        self.words = StatusWords(settings.status_words)
        self._tabs = tabs
        self._classifier = Classifier(settings)

    def read(self, requests: Rows, responses: Rows, *, known: Known = NOTHING_KNOWN) -> CaseList:
        """Return the cases of the tabs' rows; with one tab, give its rows twice.

        Raises:
            BadSheet: a header is not as configured.
        """
        header = self._tabs.requests.header(requests)
        answers = header if self._tabs.shared else self._tabs.responses.header(responses)
        reader = RequestReader(header, self.words, self._classifier, known=known)
        rows = [reader.look(index, cells) for index, cells in self.request_rows(header, requests)]
        wanted = {row.number for row in rows if row.number is not None and reader.is_wanted(row)}
        answered = ResponseReader(answers, self.words).read(self._response_rows(answers, responses), wanted=wanted)
        return _list_cases(reader, rows, answered, tabs=(header.tab, answers.tab))

    def request_rows(self, header: Header, rows: Rows) -> Iterator[tuple[int, Sequence[t.Any]]]:
        """Yield the rows that are requests, with their number in the tab."""
        for index, cells in enumerate(rows[header.row :], start=header.row + 1):
            if is_filled(cells) and (not self._tabs.shared or is_request(header, cells)):
                yield index, cells

    def _response_rows(self, header: Header, rows: Rows) -> Iterator[tuple[int, Sequence[t.Any]]]:
        for index, cells in enumerate(rows[header.row :], start=header.row + 1):
            if is_filled(cells) and not (self._tabs.shared and is_request(header, cells)):
                yield index, cells

    def status_text(self, requests: Rows, number: str) -> str | None:
        """Return what the request's status cell shows; ``None`` without such a request or column."""
        header = self._tabs.requests.header(requests)
        if "status" not in header.columns:
            return None
        for _, cells in self.request_rows(header, requests):
            if number_in(header, cells) == number:
                return line_of(header.get(cells, "status"))
        return None


def number_in(header: Header, cells: Sequence[t.Any]) -> str | None:
    """Return a row's case number, ``None`` when there is none that can be read."""
    try:
        return read_number(header.get(cells, "number"))
    except ValueError:
        return None


def _list_cases(
    reader: RequestReader, rows: Sequence[RequestRow], answered: Responses, *, tabs: tuple[str, str]
) -> CaseList:
    doubled = _doubled_numbers(reader, rows)
    cases: list[HelpDeskCase] = []
    problems: list[Problem] = []
    others = 0
    for row in rows:
        if row.number is not None and row.number in doubled:
            problems.append(Reporter(tabs[0]).doubled_number(row.number, row.index, doubled[row.number]))
        elif not reader.is_wanted(row):
            others += 1
        elif row.number is None:
            problems.extend([row.fault] if row.fault else [])
        else:
            cases.append(reader.read(row, row.number, answered.by_case))
    problems.extend(problem for case in cases for problem in case.problems)
    ours = {case.number for case in cases} | set(doubled)
    problems.extend(problem for problem in answered.problems if problem.number is None or problem.number in ours)
    problems.extend(_orphans(answered, {row.number for row in rows}, tab=tabs[1]))
    stray = sum(len(found) for number, found in answered.by_case.items() if number not in ours)
    return CaseList(tuple(cases), tuple(problems), others, stray + answered.passed_over)


def _orphans(answered: Responses, known: set[str | None], *, tab: str) -> Iterator[Problem]:
    """Report rows of ours whose request is not there any more; those of people are any IT service's."""
    for number, found in answered.by_case.items():
        for response in found if number not in known else ():
            if response.key is not None:
                yield Reporter(tab).orphan_response(number, response.row)


def _doubled_numbers(reader: RequestReader, rows: Sequence[RequestRow]) -> dict[str, list[int]]:
    """Return number → rows of the numbers that several requests have, one of which is for us."""
    places: dict[str, list[RequestRow]] = {}
    for row in rows:
        if row.number is not None:
            places.setdefault(row.number, []).append(row)
    return {
        number: [row.index for row in found]
        for number, found in places.items()
        if len(found) > 1 and any(map(reader.is_wanted, found))
    }
