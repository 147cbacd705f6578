"""The summary of a night, as mail: red first, short, in Spanish; what follows the red is what may become red."""

from __future__ import annotations

import shlex
import typing as t
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from copias.letters import Draft
from copias.local_time import BOGOTA
from copias.package.texts import format_moment
from copias.pages import open_templates, printable

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Environment

    from copias.findings import Finding
    from copias.ledger import Head
    from copias.night.report import Item, NightReport

SHOWN: t.Final = 30
"""Lines of one colour; of more, how many there are."""
_LONGEST: t.Final = 300
_ENDINGS: t.Final = {
    "stopped": "la noche fue detenida antes de terminar",
    "late": "la noche no terminó dentro de su tiempo",
    "broken": "la noche murió antes de terminar",
}
_KINDS: t.Final = {
    "database": ("base de datos", "bases de datos"),
    "mailbox": ("buzón", "buzones"),
    "store": ("destino", "destinos"),
    "step": ("tarea", "tareas"),
}


@dataclass(frozen=True)
class Line:
    """One red or amber line."""

    title: str
    cause: str
    last_good: str
    command: str
    repair: str


def write_summary(
    report: NightReport,
    *,
    entity: str,
    head: Head,
    whom_to_call: str,
    findings: Sequence[Finding] = (),
    drills: Sequence[str] = (),
    unretained: Sequence[str] = (),
) -> Draft:
    """Return the summary of a night.

    Args:
        report: of it.
        entity: whose night.
        head: of the ledger, once it knows of the night: the mail is a witness of it.
        whom_to_call: name and telephone; empty: nothing is said.
        findings: that are open, of other things than what this night could not do.
        drills: databases whose restore was not tried lately, a line each.
        unretained: repositories of which no night removes copies.
    """
    failed = [item for item in report.items if item.outcome == "failed"]
    waiting = [item for item in report.items if item.outcome == "postponed"]
    facts = {
        "entity": entity,
        "ending": _ENDINGS.get(report.ended, ""),
        "started": _say_moment(report.started),
        "finished": _say_moment(report.finished),
        "red": [_line(item, report) for item in failed[:SHOWN]],
        "more_red": max(0, len(failed) - SHOWN),
        "amber": [_line(item, report) for item in waiting[:SHOWN]],
        "more_amber": max(0, len(waiting) - SHOWN),
        "green": _say_green(report),
        "findings": [replace(one, about=_clip(one.about), what=_clip(one.what)) for one in findings[:SHOWN]],
        "drills": [_clip(line) for line in drills[:SHOWN]],
        "unretained": [_clip(name) for name in unretained],
        "more_drills": max(0, len(drills) - SHOWN),
        "more_findings": max(0, len(findings) - SHOWN),
        "whom_to_call": whom_to_call,
        "head": str(head),
        "run": report.run,
    }
    render = {name: _environment().get_template(f"summary.{name}.j2").render(facts) for name in ("txt", "html")}
    return Draft(_say_subject(report), render["txt"], render["html"])


def say_wanting(report: NightReport) -> str:
    """Return what a night is wanting, in Spanish: ``1 falla de 7; 2 sin hacer``; empty for one that is good."""
    failed, waiting = (sum(item.outcome == name for item in report.items) for name in ("failed", "postponed"))
    told = []
    if report.ended != "finished":
        told.append(_ENDINGS[report.ended])
    if failed:
        told.append(f"{failed} {'falla' if failed == 1 else 'fallas'} de {len(report.items)}")
    if waiting:
        told.append(f"{waiting} sin hacer")
    return "; ".join(told)


def say_trouble(report: NightReport) -> str:
    """Return what a night wants in one line, for who only sees Ansible's recap; empty for one that is good."""
    if report.good:
        return ""
    names = [item.name for item in report.items if not item.good]
    told = ", ".join(names[:SHOWN] + ["…"] * (len(names) > SHOWN))
    what = ": ".join(filter(None, (say_wanting(report), told)))
    return f"La noche no quedó completa: {what}. Vea qué hacer con cada cosa: copias nightly --follow"


def _say_subject(report: NightReport) -> str:
    return f"[copias] Noche del {_day(report):%d/%m/%Y}: {say_wanting(report) or 'todo en orden'}"


def _line(item: Item, report: NightReport) -> Line:
    error = item.error or {}
    one, _ = _KINDS[item.kind]
    cause = ": ".join(_clip(str(error[part])) for part in ("what", "why") if error.get(part))
    command = f"copias nightly --only {shlex.quote(item.name)}"
    copied = item.kind in {"database", "mailbox"}
    return Line(
        f"{one} {_clip(item.name)}",
        cause,
        _say_age(item, report) if copied else "",
        command,
        _clip(error.get("repair", "")),
    )


def _say_age(item: Item, report: NightReport) -> str:
    if not item.last_good:
        return "no tiene ninguna copia buena"
    age = datetime.fromisoformat(report.finished) - datetime.fromisoformat(item.last_good)
    days = max(timedelta(), age) // timedelta(days=1)
    since = "hace menos de un día" if not days else f"hace {days} {'día' if days == 1 else 'días'}"
    return f"última copia buena: {_say_moment(item.last_good)} ({since})"


def _say_green(report: NightReport) -> str:
    told = []
    for kind, (one, many) in _KINDS.items():
        count = sum(item.good for item in report.items if item.kind == kind)
        if count:
            told.append(f"{count} {one if count == 1 else many}")
    return ", ".join(told)


def _say_moment(moment: str) -> str:
    return format_moment(moment) or "no se sabe"


def _day(report: NightReport) -> datetime:
    told = report.started or report.finished
    return (datetime.fromisoformat(told) if told else datetime.now(UTC)).astimezone(BOGOTA)


def _clip(text: t.Any) -> str:
    told = " ".join(str(printable(str(text))).split())
    return told if len(told) <= _LONGEST else f"{told[:_LONGEST]}…"


@cache
def _environment() -> Environment:
    return open_templates("copias.night")
