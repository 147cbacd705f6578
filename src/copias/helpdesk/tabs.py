"""The tabs of a help desk: which there are, and the fields of each."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from copias.errors import BadConfiguration, BadSheet
from copias.helpdesk import vocabulary
from copias.helpdesk.headers import Fields, Header, find_header

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from copias.helpdesk.settings import HelpDeskSettings

Rows: t.TypeAlias = "Sequence[Sequence[t.Any]]"


@dataclass(frozen=True)
class Tab:
    """One tab: its spreadsheet, title and fields."""

    spreadsheet: str
    title: str
    fields: Fields
    most_rows: int
    header_rows: int

    def header(self, rows: Rows) -> Header:
        """Find the header among the tab's rows.

        Raises:
            BadSheet: it is not as configured, or the tab is longer than any help desk.
        """
        if len(rows) > self.most_rows:
            raise BadSheet(
                "la pestaña tiene demasiadas filas",
                whose=f"pestaña «{self.title}»",
                why=f"{len(rows)} filas; el límite es {self.most_rows}",
                repair="borre las filas que sobran, o suba help_desk.read_limits.rows en copias.yml",
            )
        return find_header(self.title, rows, self.fields, among=self.header_rows)


@dataclass(frozen=True)
class Tabs:
    """The tabs that a help desk has.

    Args:
        requests: where requests are; with one tab, where the responses are too.
        responses: where responses are appended.
        control: the control sheet's, when it is configured.
    """

    requests: Tab
    responses: Tab
    control: Tab | None

    @property
    def shared(self) -> bool:
        """Tell whether requests and responses are in one tab."""
        return self.requests is self.responses

    def need_control(self) -> Tab:
        """Return the control tab.

        Raises:
            BadConfiguration: there is none.
        """
        if self.control is None:
            raise BadConfiguration(
                "no hay hoja de control de copias",
                why="falta help_desk.control_tab",
                repair="póngala en copias.yml",
            )
        return self.control


def tabs_of(settings: HelpDeskSettings) -> Tabs:
    """Return the tabs that the settings name."""
    tab = _TabMaker(settings)
    if settings.responses_tab in {None, settings.requests_tab}:
        fields = dict.fromkeys((*vocabulary.REQUEST_FIELDS, *vocabulary.RESPONSE_FIELDS))
        requests = responses = tab(settings.spreadsheet, settings.requests_tab, fields)
    else:
        requests = tab(settings.spreadsheet, settings.requests_tab, vocabulary.REQUEST_FIELDS)
        responses = tab(settings.spreadsheet, str(settings.responses_tab), vocabulary.RESPONSE_FIELDS)
    control = None
    if settings.control_tab:
        place = settings.control_spreadsheet or settings.spreadsheet
        control = tab(place, settings.control_tab, vocabulary.CONTROL_FIELDS)
    return Tabs(requests, responses, control)


def heartbeat_tab(settings: HelpDeskSettings, title: str) -> Tab:
    """Return the tab of the control sheet's document that gets a row a night."""
    place = settings.control_spreadsheet or settings.spreadsheet
    return _TabMaker(settings)(place, title, vocabulary.HEARTBEAT_FIELDS)


class _TabMaker:
    def __init__(self, settings: HelpDeskSettings) -> None:
        self._settings = settings

    def __call__(self, spreadsheet: str, title: str, fields: t.Iterable[str]) -> Tab:
        settings = self._settings
        aliases = {field: settings.headers_of(field) for field in fields}
        limits = settings.read_limits
        return Tab(spreadsheet, title, Fields(aliases, settings.optional), limits.rows, limits.header_rows)
