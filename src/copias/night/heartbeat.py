"""A row a night in the control sheet: what somebody outside can see grow, or stop, without asking this machine."""

from __future__ import annotations

import typing as t
from datetime import datetime

from copias.helpdesk.outgoing import HeartbeatRow
from copias.night.told import tell_once

if t.TYPE_CHECKING:
    from copias.night.report import NightReport
    from copias.office import Office

_ENDED: t.Final = {"stopped": "detenida", "late": "sin tiempo", "broken": "murió"}


def append_heartbeat(office: Office, report: NightReport) -> bool:
    """Append a night's row unless it is there, and tell whether something was done.

    A night that was limited to some things has none: it would pass for the sign of life of a whole one.

    Raises:
        HelpDeskUnavailable: the sheet does not answer; :class:`WriteUncertain` where the row may be there. Call again.
        BadSheet, NotReady: the tab is not there, has other headers, or may not be used.
    """
    tab = office.deployment.night.heartbeat_tab
    if not tab or report.only:
        return False

    def tell(attempted_at: datetime | None) -> None:
        office.help_desk.deliver_once(_make_row(office, report, tab), attempted_at=attempted_at)

    return tell_once(office, report.run, "heartbeat", tell)


def say_result(report: NightReport) -> str:
    """Return how a night went, in two or three words of Spanish."""
    if report.ended != "finished":
        return _ENDED[report.ended]
    return "todo en orden" if report.good else "con fallas" if report.counts.get("failed") else "con aplazadas"


def _make_row(office: Office, report: NightReport, tab: str) -> HeartbeatRow:
    head, counts = office.book.ledger.head(), report.counts
    return HeartbeatRow(
        tab=tab,
        key=report.run,
        finished=datetime.fromisoformat(report.finished),
        result=say_result(report),
        good=counts.get("done", 0) + counts.get("unchanged", 0),
        failed=counts.get("failed", 0),
        postponed=counts.get("postponed", 0),
        ledger_count=head.count,
        ledger_hash=head.sha256,
    )
