"""The runs: who ran what and when, what it changed, what failed; and the findings that nobody treated."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

from copias.audit.model import Column, Remark, Section, put_in_order
from copias.drill.history import FAILED, PASSED
from copias.findings import list_findings
from copias.night.report import FINISHED
from copias.package.texts import format_moment
from copias.run.folder import RunFolder

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from copias.audit.ledger_pass import Entry
    from copias.ledger import Event
    from copias.office import Office
    from copias.run.folder import Request

CLAUSE: t.Final = "runs"
FINDING: t.Final = "finding"
LATELY: t.Final = timedelta(days=30)
"""Runs that are shown without ``--since``, and the age at which an open finding is red."""
COLUMNS: t.Final = (
    Column("started", "Cuándo", "moment"),
    Column("what", "Qué"),
    Column("who", "Quién"),
    Column("changed", "Eventos", "number"),
    Column("failed", "Fallos", "number"),
    Column("seconds", "Duración", "seconds"),
    Column("result", "Resultado"),
    Column("run", "Ejecución"),
)
_FAILURES: t.Final = frozenset({"case.failed", FAILED, "night.voided"})
_PAUSES: t.Final = {"case.cancelled": True, "case.held": True, "case.reopened": False, "case.resumed": False}
"""What a person decides of a case, and whether it stands still from then on."""
_NAMES: t.Final = {"night": "noche", "mirror": "espejos", "drill": "simulacros", "audit": "auditoría"}


@dataclass(slots=True)
class _Run:
    first: str
    last: str
    who: str
    case: str
    changed: int = 0
    failed: int = 0
    ended: str = ""
    only: tuple[str, ...] = ()
    """What a night was limited to."""


class RunFold:
    """Takes all events since a moment; see :class:`copias.audit.ledger_pass.Fold`."""

    events = frozenset({"*"})

    def __init__(self, since: datetime) -> None:
        self.since = since.astimezone(UTC).isoformat()
        self.runs: dict[str, _Run] = {}
        self.paused: set[str] = set()
        """Cases that a person cancelled, or put on hold: a run that ended for that is no trouble, and none begins."""

    def take(self, entry: Entry) -> None:
        """Take one event."""
        moment, name = entry["time"], entry["event"]
        if name in _PAUSES:
            (self.paused.add if _PAUSES[name] else self.paused.discard)(entry["case"])
        if moment < self.since:  # both ISO 8601 in UTC
            return
        run = entry["run"]
        if run is None:
            if name not in {PASSED, FAILED}:
                return  # a decision that somebody typed, and no run
            run = f"drill-{entry['data']['database']}-{entry['n']}"
        known = self.runs.get(run)
        if known is None:
            known = _Run(moment, moment, str(entry["actor"].get("name", "")), entry["case"] or "")
            self.runs[run] = known
        known.last = moment
        known.changed += 1
        known.failed += name in _FAILURES
        if name == FINISHED:
            known.failed += int(entry["data"]["counts"].get("failed", 0))
            known.ended = str(entry["data"]["ended"])
            known.only = tuple(map(str, entry["data"].get("only", ())))
            if known.ended == "broken" and not known.failed:
                known.failed = 1  # it died before it could say what it was to do


def runs_section(office: Office, fold: RunFold, findings: Iterable[Event], now: datetime) -> Section:
    """Tell the runs of the ledger together with what their folders still say.

    Args:
        office: of this installation.
        fold: what the pass over the ledger found.
        findings: the events of findings, in the order of the ledger.
        now: aware.
    """
    folders = dict(_read_folders(office, fold))
    rows = [_describe(run, fold.runs.get(run), folders.get(run)) for run in fold.runs.keys() | folders.keys()]
    rows.sort(key=lambda row: str(row["started"]), reverse=True)
    # Several tries of one thing are one trouble: the last one tells.
    last: dict[str, dict[str, t.Any]] = {}
    for row in reversed(rows):
        if not row["check"]:
            last[str(row["what"])] = row
    failed = [row for row in last.values() if row["failed"] and row["case"] not in fold.paused]
    remarks = [*_tell_findings(findings, now), *map(_tell_failure, failed)]
    return Section(
        part="runs",
        title="Ejecuciones: quién hizo qué y cuándo",
        summary=(
            ("Ejecuciones", str(len(rows))),
            ("Con fallos", str(sum(bool(row["failed"]) for row in rows))),
            ("Hallazgos abiertos", str(sum(remark.clause == FINDING for remark in remarks))),
        ),
        columns=COLUMNS,
        rows=tuple(rows),
        remarks=put_in_order(remarks),
    )


def _read_folders(office: Office, fold: RunFold) -> Iterator[tuple[str, dict[str, t.Any]]]:
    """Yield what the folders of runs say that were not cleared away yet."""
    root = office.deployment.runs
    for path in root.iterdir() if root.is_dir() else ():
        folder = RunFolder(path)
        try:
            asked, result = folder.request, folder.read_result()
        except (OSError, orjson.JSONDecodeError, TypeError):
            continue  # one that is being made, or cleared away, right now
        if path.name in fold.runs or _is_since(asked.started, fold.since):
            alive = result is None and folder.is_alive()
            yield path.name, {"request": asked, "result": result, "alive": alive}


def _describe(run: str, known: _Run | None, folder: dict[str, t.Any] | None) -> dict[str, t.Any]:
    request = folder["request"] if folder else None
    result = folder["result"] if folder else None
    started = request.started if request else known.first if known else ""
    finished = result.finished if result else known.last if known else started
    failed = known.failed if known else 0
    ended = bool(known and known.ended)  # a night that a person started with ansible-playbook leaves no result
    died = folder is not None and result is None and not folder["alive"] and not ended
    if (died or (result is not None and result.exit_code)) and not failed:
        failed = 1
    return {
        "run": run,
        "started": started,
        "what": _say_what(run, known, _find_limit(known, request)),
        "who": known.who if known else request.account if request else "",
        "case": known.case if known else request.case if request else "",
        "changed": known.changed if known else 0,
        "failed": failed,
        "seconds": round(max(0.0, _seconds(started, finished)), 1),
        "result": _say_result(folder, known, failed=failed),
        "check": bool(request and request.check),
        "tasks": result.tasks if result else None,
    }


def _find_limit(known: _Run | None, request: Request | None) -> tuple[str, ...]:
    """Return what a run was limited to: a good one of one thing says nothing of all the others."""
    if known and known.only:
        return known.only
    return (request.only or tuple(filter(None, request.limit.split(",")))) if request else ()


def _say_what(run: str, known: _Run | None, limit: tuple[str, ...] = ()) -> str:
    series = run.partition("-")[0]
    if limit and series in _NAMES:
        more = f" y {len(limit) - 3} más" if len(limit) > 3 else ""
        return f"{_NAMES[series]} de {', '.join(limit[:3])}{more}"
    if series == "drill":
        return f"simulacro de {run.split('-')[1]}"
    if series.isdecimal():
        return f"caso {series}"
    return _NAMES.get(series, f"caso {known.case}" if known and known.case else series)


def _say_result(folder: dict[str, t.Any] | None, known: _Run | None, *, failed: int) -> str:
    result = folder["result"] if folder else None
    if result is not None:
        done = "terminó" if result.exit_code == 0 else f"FALLÓ ({result.exit_code})"
        return f"{done}, en modo de revisión" if folder and folder["request"].check else done
    if folder and folder["alive"]:
        return "en curso"
    if known and known.ended:
        return {"finished": "terminó", "stopped": "detenida", "late": "se le acabó el tiempo"}.get(
            known.ended, "MURIÓ"
        ) + (" con fallos" if failed else "")
    if folder:
        return "MURIÓ sin decir nada"
    return "FALLÓ" if failed else "terminó"


def _is_since(started: str, since: str) -> bool:
    try:
        return datetime.fromisoformat(started) >= datetime.fromisoformat(since)
    except (ValueError, TypeError):
        return False


def _seconds(started: str, finished: str) -> float:
    try:
        return (datetime.fromisoformat(finished) - datetime.fromisoformat(started)).total_seconds()
    except (ValueError, TypeError):
        return 0.0


_LOOKS: t.Final = {"mirror": "copias mirror follow", "drill": "copias drill --list"}
"""First word of a run's name → what shows how it went.

Not of a night: ``copias nightly --follow`` shows the last one, which is another as soon as one thing was repeated.
"""


def _tell_failure(row: dict[str, t.Any]) -> Remark:
    case, count = str(row["case"]), row["failed"]
    look = _LOOKS.get(str(row["run"]).partition("-")[0], "copias finding list --all")
    return Remark(
        severity="yellow",
        what="su última ejecución falló",
        whose=str(row["what"]),
        why=f"{row['run']}, del {format_moment(str(row['started']))}: {count} fallo{'' if count == 1 else 's'}",
        repair=f"copias run {case}" if case else f"vea por qué con `{look}`, y repítala",
        clause=CLAUSE,
    )


def _tell_findings(events: Iterable[Event], now: datetime) -> Iterator[Remark]:
    for finding in list_findings(events):
        old = now - datetime.fromisoformat(finding.opened_at) > LATELY
        yield Remark(
            severity="red" if old else "yellow",
            what=f"hallazgo {finding.finding} sin tratar: {finding.what}",
            whose=finding.about,
            why=f"abierto el {format_moment(finding.opened_at)}. {finding.why}"[:500],
            repair=f"{finding.repair}; después, copias finding treat {finding.finding} --action …".removeprefix("; "),
            clause=FINDING,
        )
