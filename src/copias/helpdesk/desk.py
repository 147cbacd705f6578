"""The help desk: one object for a town hall's sheets."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from copias.errors import BadInput, BadSheet
from copias.helpdesk.cells import cell_line
from copias.helpdesk.control_rows import KeptControlRow, read_control_rows
from copias.helpdesk.gateway import Gateway, perhaps_written
from copias.helpdesk.headers import Fields
from copias.helpdesk.model import CaseList, HelpDeskCase, Problem
from copias.helpdesk.numbers import checked_number
from copias.helpdesk.outgoing import ControlRow, Delivered, HeartbeatRow, Response, StatusChange
from copias.helpdesk.reading import CaseReader
from copias.helpdesk.request_status import RequestStatus
from copias.helpdesk.requests import Known
from copias.helpdesk.rows import control_row, heartbeat_row, response_row
from copias.helpdesk.tabs import Rows, Tab, Tabs, heartbeat_tab, tabs_of
from copias.helpdesk.writing import Appender, NewRow

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from copias.google.settings import GoogleSettings
    from copias.helpdesk.columns import ColumnMemory
    from copias.helpdesk.settings import HelpDeskSettings


@dataclass(frozen=True)
class Waiting:
    """How time passes; a test's passes quicker.

    Args:
        sleep: waits the given seconds.
        now: the present, with a zone.
    """

    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC), repr=False)


class HelpDesk:
    """Reads cases and appends rows. Nothing is called before the first method; threads may share it.

    All methods raise ``HelpDeskUnavailable`` when Google does not answer, ``NotReady`` when it refuses, and
    ``BadSheet`` when a tab or header is not as configured.
    """

    def __init__(
        self,
        settings: HelpDeskSettings,
        gateway: Gateway,
        *,
        waiting: Waiting | None = None,
        columns: ColumnMemory | None = None,
    ) -> None:
        self._settings = settings
        self._tabs: Tabs = tabs_of(settings)
        self._gateway = gateway
        self._reader = CaseReader(settings, self._tabs)
        self._appender = Appender(gateway, columns)
        self._waiting = waiting or Waiting()

    @property
    def account(self) -> str:
        """Return the e-mail of the account that the sheets have to be shared with."""
        return self._gateway.account

    def cases(self, *, classified: Collection[str] = (), departments: Collection[str] = ()) -> CaseList:
        """Read all cases, in one API call.

        Args:
            classified: numbers whose kind the agent has settled: listed whatever their words say.
            departments: the deployment's, in their right spelling; others are reported. Empty accepts any.
        """
        requests, responses = self._read_tabs()
        return self._reader.read(requests, responses, known=Known(classified, departments))

    def case(self, number: str, *, departments: Collection[str] = ()) -> HelpDeskCase:
        """Read one case, whatever its words say: what ``copias classify`` settles too.

        Raises:
            BadInput: it is not in the sheet, or its row cannot be used; the message says why and what to do.
        """
        given = checked_number(number)
        listed = self.cases(classified={given}, departments=departments)
        found = listed.case(given)
        if found is None:
            raise _no_case(given, listed.problems)
        return found

    def append_response(self, response: Response) -> Delivered:
        """Append a response row, and say whether the case's visible status shows it.

        Raises:
            WriteUncertain: it may be written; deliver it with :meth:`deliver_once` from now on.
        """
        delivered, _ = self._appender.append(self._new_row(response))
        with perhaps_written():
            return self._with_visible(delivered, response)

    def find_key(self, row: Response | ControlRow | HeartbeatRow) -> Delivered | None:
        """Return where a row is already, by its key and case."""
        found = self._appender.find(self._new_row(row))
        return replace(found, found=True) if found is not None else None

    def deliver_once(
        self, row: Response | ControlRow | HeartbeatRow, *, attempted_at: datetime | None = None
    ) -> Delivered:
        """Append a row unless it is there.

        Args:
            row: what to append.
            attempted_at: when it was last tried without a known outcome; ``None`` for the first try. After a try a
                row may still appear for ``settle_seconds``, so that long is waited before the key is looked for.

        Raises:
            WriteUncertain: it may be written, by this try or the earlier one.
            HelpDeskUnavailable: it is surely not written.
        """
        if attempted_at is not None:
            self._settle(attempted_at)
            # Until the key has been looked for in vain, the earlier try may have written the row.
            with perhaps_written():
                found = self.find_key(row)
                if found is not None:
                    return self._with_visible(found, row) if isinstance(row, Response) else found
        return self.append_response(row) if isinstance(row, Response) else self._appender.append(self._new_row(row))[0]

    def set_request_status(self, number: str, expected: str, *, text: str) -> StatusChange:
        """Change the status cell of the request's own row from ``expected`` to ``text``.

        Only where the deployment wants it (``update_request_status``); see
        :class:`copias.helpdesk.request_status.RequestStatus`.
        """
        writer = RequestStatus(self._gateway, self._tabs.requests, self._reader)
        return writer.set(checked_number(number), expected, text=cell_line(text))

    def control_rows(self) -> list[KeptControlRow]:
        """Read the control sheet, in one API call; nothing when the deployment has none."""
        tab = self._tabs.control
        if tab is None:
            return []
        return list(read_control_rows(tab, self._gateway.read(tab.spreadsheet, [(tab, "")])[0]))

    def control_cells(self, title: str) -> Rows:
        """Return the cells of any tab of the control sheet's document, by its title."""
        settings = self._settings
        place = settings.control_spreadsheet or settings.spreadsheet
        tab = Tab(place, title, Fields({}, frozenset()), settings.read_limits.rows, settings.read_limits.header_rows)
        return self._gateway.read(place, [(tab, "")])[0]

    def check(self) -> None:
        """Check that all configured tabs can be read and have their headers.

        Raises:
            BadSheet, NotReady, HelpDeskUnavailable: they cannot, or have not.
        """
        if faults := self.faults():
            raise faults[0]

    def faults(self, *, heartbeat: str | None = None) -> list[BadSheet]:
        """Return what is wrong with the headers of the tabs, and of the one that gets a row a night."""
        tabs = [self._tabs.requests, *([] if self._tabs.shared else [self._tabs.responses])]
        tabs += [self._tabs.control] if self._tabs.control else []
        tabs += [heartbeat_tab(self._settings, heartbeat)] if heartbeat else []
        found: list[BadSheet] = []
        for tab in tabs:
            try:
                self._appender.header(tab)
            except BadSheet as error:
                found.append(error)
        return found

    def _read_tabs(self) -> tuple[Rows, Rows]:
        ranges = [(self._tabs.requests, "")]
        if not self._tabs.shared:
            ranges.append((self._tabs.responses, ""))
        read = self._gateway.read(self._settings.spreadsheet, ranges)
        return read[0], read[-1]

    def _settle(self, attempted_at: datetime) -> None:
        passed = (self._waiting.now() - attempted_at).total_seconds()
        # A clock that was set back must not make us wait for days.
        left = self._settings.settle_seconds - max(passed, 0.0)
        if left > 0:
            self._waiting.sleep(left)

    def _with_visible(self, delivered: Delivered, response: Response) -> Delivered:
        """Read what people see in the request's row after a response, and change it where the deployment wants."""
        rows = self._gateway.read(self._settings.spreadsheet, [(self._tabs.requests, "")])[0]
        shown = self._reader.status_text(rows, checked_number(response.number))
        if shown is None:
            return delivered
        visible = self._shows(shown, response)
        if not visible and self._settings.update_request_status:
            shown = self._reflect(response) or shown
            visible = self._shows(shown, response)
        return replace(delivered, visible=visible, visible_text=shown)

    def _shows(self, shown: str, response: Response) -> bool:
        meant = self._reader.words.read(response.status)
        return meant is not None and self._reader.words.read(shown) is meant

    def _reflect(self, response: Response) -> str | None:
        """Bring the request's cell up to date, and return what it holds then; ``None`` when it was left alone.

        Left alone is a cell that a person has moved on since, and one that a later response of the case speaks for.
        """
        case = self.cases(classified={checked_number(response.number)}).case(checked_number(response.number))
        if case is None or case.status_source != "response" or case.responses[-1].key != response.key:
            return None
        return self.set_request_status(case.number, case.visible_status_text, text=response.status).text

    def _new_row(self, row: Response | ControlRow | HeartbeatRow) -> NewRow:
        if isinstance(row, HeartbeatRow):
            return heartbeat_row(heartbeat_tab(self._settings, row.tab), row)
        if isinstance(row, Response):
            return response_row(self._tabs.responses, row)
        return control_row(self._tabs.need_control(), row)


def _no_case(number: str, problems: tuple[Problem, ...]) -> BadInput:
    about = [problem for problem in problems if problem.number == number]
    if about:
        return BadInput(about[0].text, whose=f"caso {number}", repair=about[0].repair)
    return BadInput(
        "el caso no está en la hoja de la mesa de ayuda",
        whose=f"caso {number}",
        repair="revise el número con `copias cases`",
    )


def open_help_desk(
    settings: HelpDeskSettings,
    google: GoogleSettings,
    *,
    waiting: Waiting | None = None,
    columns: ColumnMemory | None = None,
) -> HelpDesk:
    """Return the help desk of a deployment; only the key file is read now.

    Args:
        settings: of the help desk.
        google: how it is reached.
        waiting: how time passes.
        columns: remembers the columns that are written to; for who writes.

    Raises:
        BadConfiguration: the key file is missing, readable by others, or no service account's key.
    """
    from copias.google.service import SHEETS_SCOPES, GoogleService

    service = GoogleService(("sheets", "v4"), google, scopes=SHEETS_SCOPES)
    return HelpDesk(settings, Gateway(service), waiting=waiting, columns=columns)
