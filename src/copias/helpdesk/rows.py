"""What is appended, field by field, as it is to read afterwards."""

from __future__ import annotations

import typing as t

from copias.helpdesk.cells import cell_line, cell_text
from copias.helpdesk.dates import write_moment
from copias.helpdesk.numbers import checked_number
from copias.helpdesk.writing import NewRow, check_key

if t.TYPE_CHECKING:
    from copias.helpdesk.outgoing import ControlRow, HeartbeatRow, Response
    from copias.helpdesk.tabs import Tab


def response_row(tab: Tab, response: Response) -> NewRow:
    """Return a response as it is appended."""
    number = checked_number(response.number)
    values: dict[str, str | int] = {
        "number": int(number),
        "status": cell_line(response.status),
        "agent": cell_line(response.agent),
        "done": cell_text(response.done),
        "evidence": cell_text(response.evidence),
    }
    if response.moment is not None:
        values["responded_at"] = write_moment(response.moment)
    return NewRow(tab, check_key(response.key), number, values, "evidence")


def control_row(tab: Tab, row: ControlRow) -> NewRow:
    """Return a copy's row of the control sheet as it is appended."""
    number = checked_number(row.number)
    values: dict[str, str | int] = {
        "made_at": write_moment(row.made_at),
        "department": cell_line(row.department),
        "number": int(number),
        "requested_by": cell_line(row.requester),
        "copy_kind": cell_line(row.kind),
        "subject": cell_line(row.subject),
        "agent": cell_line(row.agent),
        "place": cell_line(row.place),
        "package": cell_line(row.package),
        "size": row.size,
        "sha256": row.sha256,
        "proof": cell_line(row.proof),
        "record_series": cell_line(row.record_series),
        "ledger_hash": row.ledger_hash,
        "notes": cell_text(row.notes),
    }
    if row.ledger_count is not None:
        values["ledger_count"] = row.ledger_count
    return NewRow(tab, check_key(row.key), number, values, "notes")


def heartbeat_row(tab: Tab, row: HeartbeatRow) -> NewRow:
    """Return a night's row as it is appended."""
    values: dict[str, str | int] = {
        "night_at": write_moment(row.finished),
        "night_result": cell_line(row.result),
        "night_good": row.good,
        "night_failed": row.failed,
        "night_postponed": row.postponed,
        "ledger_count": row.ledger_count,
        "ledger_hash": row.ledger_hash,
    }
    return NewRow(tab, check_key(row.key), None, values, "notes")
