"""The conditions of operation of a recovery case of a database."""

from __future__ import annotations

import typing as t

from copias.case.kinds import Check, Forecast
from copias.drill.history import last_drills
from copias.errors import BackupError
from copias.sinfa.recovery import read_plan

if t.TYPE_CHECKING:
    from copias.case.intake import Intake
    from copias.office import Office


def check_database(office: Office, intake: Intake) -> tuple[Forecast | None, list[Check]]:
    """Check which copy is restored, that it is kept, and that it can be restored where an administrator chose to."""
    number, record = intake.number, intake.story.restore
    repair = f"copias restore sinfa --case {number} --copy … --to … --motive …"
    if record is None or record.database != intake.subject:
        return None, [Check("qué se restaura", passed=False, why="nadie ha elegido la copia", repair=repair)]
    if record.status == "verified":
        return None, [Check("qué se restaura", passed=True)]
    try:
        plan = read_plan(office, number, record)
    except BackupError as error:
        why = f"{error.what}: {error.why}" if error.why else error.what
        return None, [Check("qué se restaura", passed=False, why=why, repair=error.repair)]
    drill = last_drills(office.book.ledger.events(), [record.database])[record.database]
    seconds = drill.recovery_seconds if drill else None
    forecast = Forecast(plan.copy.bytes, seconds) if seconds is not None else None
    return forecast, [Check("qué se restaura", passed=True)]
