"""Reading response rows: ours are known by their event key and counted once."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from copias.helpdesk.cells import is_key, line_of, split_key, text_of
from copias.helpdesk.dates import read_moment
from copias.helpdesk.model import Problem, ResponseRow
from copias.helpdesk.numbers import read_number
from copias.helpdesk.problems import Reporter

if t.TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from copias.helpdesk.headers import Header
    from copias.helpdesk.status import StatusWords

NumberedRows: t.TypeAlias = "Iterable[tuple[int, Sequence[t.Any]]]"
"""Rows with their number in the tab, counted from 1."""


@dataclass
class Responses:
    """The responses of a sheet by case, and what is wrong with their rows."""

    by_case: dict[str, list[ResponseRow]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    passed_over: int = 0
    """Rows of people for other requests, or without a readable case number: of any IT service."""


def key_in(header: Header, row: Sequence[t.Any]) -> str | None:
    """Return a row's event key, from its own column or the end of the evidence."""
    own = line_of(header.get(row, "event_key"))
    if own and is_key(own):
        return own
    evidence = text_of(header.get(row, "evidence"))
    return split_key(evidence)[1] if evidence else None


class ResponseReader:
    """Reads the response rows of one tab."""

    def __init__(self, header: Header, words: StatusWords) -> None:
        self._header = header
        self._words = words
        self._report = Reporter(header.tab)

    def read(self, rows: NumberedRows, *, wanted: Container[str]) -> Responses:
        """Read the rows of wanted cases and those of ours; a double is left out and reported, others are counted."""
        found = Responses()
        by_key: dict[str, ResponseRow] = {}
        for index, row in rows:
            response = self._read_row(index, row, found, wanted=wanted)
            if response is None:
                continue
            if self._is_double(response, by_key, found):
                found.passed_over += response.number not in wanted
                continue
            found.by_case.setdefault(response.number, []).append(response)
        return found

    def _read_row(
        self, index: int, row: Sequence[t.Any], found: Responses, *, wanted: Container[str]
    ) -> ResponseRow | None:
        value = self._header.get(row, "number")
        try:
            number = read_number(value)
        except ValueError:
            number = None
        key = key_in(self._header, row)
        if number is not None and (key or number in wanted):
            return self._response(number, index, row, found, key=key)
        if key:
            found.problems.append(self._report.bad_response_number(index, value))
        found.passed_over += 1
        return None

    def _response(
        self, number: str, index: int, row: Sequence[t.Any], found: Responses, *, key: str | None
    ) -> ResponseRow:
        get = self._header.get
        status_text = line_of(get(row, "status"))
        status = self._words.read(status_text)
        if status_text and status is None:
            found.problems.append(self._report.unknown_status(number, index, status_text, self._words.shown))
        moment = None
        try:
            moment = read_moment(get(row, "responded_at"))
        except ValueError:
            found.problems.append(self._report.bad_date(number, index, get(row, "responded_at")))
        evidence, _ = split_key(text_of(get(row, "evidence")))
        return ResponseRow(
            number=number,
            status=status,
            status_text=status_text,
            agent=line_of(get(row, "agent")),
            done=text_of(get(row, "done")),
            evidence=evidence,
            responded_at=moment,
            key=key,
            row=index,
        )

    def _is_double(self, response: ResponseRow, by_key: dict[str, ResponseRow], found: Responses) -> bool:
        """Tell whether a row says again what an earlier one said under the same key."""
        if response.key is None:
            return False
        first = by_key.setdefault(response.key, response)
        if first is response:
            return False
        if (first.number, first.status) == (response.number, response.status):
            found.problems.append(self._report.doubled_response(response.number, response.row, first.row))
            return True
        found.problems.append(self._report.copied_key(response.number, response.row, first.row))
        return False
