"""The restore drills: how old the newest proven restore of each database is, how long it took, and where that leads."""

from __future__ import annotations

import typing as t
from datetime import datetime
from statistics import median

from copias.audit.model import Column, Remark, Section, put_in_order
from copias.drill.history import Drill, list_drills
from copias.night.catalogue import CLOCKS
from copias.package.texts import format_moment

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from copias.drill.proving import DrillFold
    from copias.office import Office

CLAUSE: t.Final = "drill"
COLUMNS: t.Final = (
    Column("database", "Base"),
    Column("verdict", "Estado"),
    Column("last", "Última restauración probada", "moment"),
    Column("age_days", "Días", "number"),
    Column("limit_days", "Máximo de días", "number"),
    Column("level", "Cómo"),
    Column("recovery_seconds", "Recuperación", "seconds"),
    Column("usual_seconds", "Lo usual", "seconds"),
    Column("trend", "Tendencia"),
    Column("drills", "Simulacros", "number"),
    Column("failed", "Fallidos", "number"),
)
LEVELS: t.Final = {"passed": "restaurada y comparada", "certified": "certificada por el proveedor"}
SLOWER: t.Final = 1.5
"""Times the usual recovery after which it is told: what is restored grows, or a disk dies."""
FEW: t.Final = 3
"""Measured drills without which nothing is said of where they lead."""


def drills_section(office: Office, found: DrillFold, now: datetime) -> Section:
    """Compare the drills of each database with its policy.

    Args:
        office: of this installation.
        found: the drills of the ledger, and what is known of the copies that were restored.
        now: aware.
    """
    by_database: dict[str, list[Drill]] = {name: [] for name in sorted(office.deployment.databases)}
    for drill in list_drills(found.kept):
        by_database.setdefault(drill.database, []).append(drill)
    rows, remarks = list[dict[str, t.Any]](), list[Remark]()
    for name, drills in by_database.items():
        if name in office.deployment.databases:
            row = _describe(office, found, name, drills, now)
            rows.append(row)
            remarks += _judge(name, drills, row)
    return Section(
        part="drills",
        title="Simulacros: que lo copiado se puede restaurar",
        summary=(
            ("Bases", str(len(rows))),
            ("Con una restauración probada a tiempo", str(sum(row["verdict"] == "al día" for row in rows))),
            ("Simulacros hechos", str(sum(row["drills"] for row in rows))),
        ),
        columns=COLUMNS,
        rows=tuple(rows),
        remarks=put_in_order(remarks),
    )


def _describe(office: Office, found: DrillFold, name: str, drills: Sequence[Drill], now: datetime) -> dict[str, t.Any]:
    policy = office.deployment.known_policies.of_database(name)[1]
    # One of a day to come, of a wrong clock, would keep the database green until then.
    good = [one for one in drills if one.outcome != "failed" and datetime.fromisoformat(one.when) <= now + CLOCKS]
    last = found.last_proof(name, policy, now)
    measured = [one.recovery_seconds for one in good if one.recovery_seconds is not None]
    usual = median(measured[-11:-1]) if len(measured) > 1 else None
    # The drill that falls due has a night to be made in, as a copy has.
    limit = policy.drill_every + office.deployment.night.time_limit
    late = last is None or now - datetime.fromisoformat(last.when) > limit
    return {
        "database": name,
        "verdict": "NUNCA" if last is None else "VENCIDO" if late else "al día",
        "last": last.when if last else "",
        "age_days": last.age(now) if last else None,
        "limit_days": round(policy.drill_every.total_seconds() / 86_400, 1),
        "level": LEVELS[last.outcome] if last else "",
        "recovery_seconds": measured[-1] if measured else None,
        "usual_seconds": round(usual, 1) if usual is not None else None,
        "trend": _say_trend(measured),
        "drills": len(drills),
        "failed": len(drills) - len(good),
    }


def _say_trend(measured: Sequence[float]) -> str:
    if len(measured) < FEW:
        return ""
    usual = median(measured[-11:-1])
    if usual and measured[-1] > SLOWER * usual:
        return "más lenta"
    return "más rápida" if measured[-1] * SLOWER < usual else "igual"


def _judge(name: str, drills: Sequence[Drill], row: dict[str, t.Any]) -> Iterable[Remark]:
    repair = f"copias drill {name}"
    whose = f"Base {name}"
    if row["verdict"] == "NUNCA":
        what, why = "nunca se ha restaurado con éxito una copia", "no hay un simulacro que haya pasado de una reciente"
        yield Remark(severity="red", what=what, whose=whose, why=why, repair=repair, clause=CLAUSE)
    elif row["verdict"] == "VENCIDO":
        what, why = "su último simulacro es más viejo de lo permitido", f"fue el {format_moment(row['last'])}"
        yield Remark(severity="red", what=what, whose=whose, why=why, repair=repair, clause=CLAUSE)
    if drills and drills[-1].outcome == "failed":
        why = "; ".join(drills[-1].problems)[:300] or f"fue el {format_moment(drills[-1].when)}"
        what = "su último simulacro falló"
        yield Remark(severity="red", what=what, whose=whose, why=why, repair=repair, clause=CLAUSE)
    if row["trend"] == "más lenta":
        what, why = "recuperarla tarda más que antes", "mire cuánto creció y el disco de la NAS"
        yield Remark(severity="yellow", what=what, whose=whose, why=why, repair=repair, clause=CLAUSE)
