"""How the outbox's rows reach the help desk."""

from __future__ import annotations

import typing as t
from datetime import datetime

from copias.local_time import BOGOTA

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from copias.case.outbox import Delivery
    from copias.helpdesk import HelpDesk


def deliver_to(help_desk: Callable[[], HelpDesk]) -> Delivery:
    """Return the outbox's way to the help desk, opened when something is delivered."""

    def deliver(row: Mapping[str, t.Any], *, attempted_at: str | None) -> dict[str, t.Any]:
        attempt = datetime.fromisoformat(attempted_at) if attempted_at else None
        sheet_row = _to_sheet_row(row)
        delivered = help_desk().deliver_once(sheet_row, attempted_at=attempt)
        return {"range": delivered.range, "visible": delivered.visible, "shown": delivered.visible_text}

    return deliver


def _to_sheet_row(row: Mapping[str, t.Any]) -> t.Any:
    from copias.helpdesk import ControlRow, Response

    values = {name: value for name, value in row.items() if name != "kind"}
    for moment in ("moment", "made_at"):
        if moment in values:
            values[moment] = datetime.fromisoformat(values[moment]).astimezone(BOGOTA)
    if row["kind"] == "response":
        return Response(**values)
    values["kind"] = values.pop("copy_kind")
    return ControlRow(**values)
