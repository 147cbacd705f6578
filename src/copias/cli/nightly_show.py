"""What a night came to, for people and for machines: a table, the troubles in full, and one exit code."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

import typer

from copias.cli.output import print_error, print_table, say_bytes, say_seconds
from copias.errors import EXIT_DONE, EXIT_FAILED, BackupError, CopyFailed
from copias.night.report import FINISHED, read_report
from copias.night.steps import kind_of_item

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from copias.night.report import NightReport
    from copias.office import Office
    from copias.run.folder import Result, RunFolder

SHOWN: t.Final = 20
"""Errors that are told in full; all are in ``--json``."""
STATUS_WORDS: t.Final = {
    "": "sin copia",
    "made": "hecha, sin releer",
    "read": "releída del repositorio",
    "restored": "probada por restauración",
}
KIND_WORDS: t.Final = {"database": "base de datos", "mailbox": "buzón", "store": "destino", "step": "paso"}
ENDED_WORDS: t.Final = {
    "finished": "terminó",
    "stopped": "fue detenida",
    "late": "terminó por el límite de tiempo",
    "broken": "murió",
}

Outcomes: t.TypeAlias = "dict[str, dict[str, t.Any]]"


@dataclass(frozen=True, kw_only=True)
class Night:
    """A night as it is shown.

    Args:
        run: name of its folder.
        check: it only looked.
        outcomes: what came of each thing, by its name; each with ``kind``, ``changed`` and ``error``.
        report: that was kept; ``None`` for a look, or for a night that never began.
        message: of the run.
        exit_code: 0 when nothing is wanting.
        log: path of what Ansible printed.
    """

    run: str
    check: bool
    outcomes: Outcomes
    report: NightReport | None
    message: str
    exit_code: int
    log: str

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data, for ``--json``; the outcomes by kind."""
        groups = {"database": "databases", "mailbox": "mailboxes", "store": "stores", "step": "steps"}
        told: dict[str, t.Any] = {group: {} for group in groups.values()}
        for name, outcome in self.outcomes.items():
            told[groups[outcome["kind"]]][name] = {key: value for key, value in outcome.items() if key != "kind"}
        ended = self.report.ended if self.report else None
        facts = {"run": self.run, "exit_code": self.exit_code, "check": self.check, "message": self.message}
        return {**facts, "ended": ended, **told, "log": self.log}


def tell_night(office: Office, folder: RunFolder, result: Result) -> Night:
    """Return what a night came to, of its report if there is one; what it only looked at, of the run's folder."""
    from copias.night.outcome import read_mailboxes, read_outcomes

    run = folder.path.name
    found = {**read_outcomes(folder), **read_mailboxes(folder)}
    outcomes = {name: {"kind": kind_of_item(office.deployment, name), **one} for name, one in found.items()}
    report = find_report(office, run)
    for item in report.items if report else ():
        told = outcomes.setdefault(item.name, {"kind": item.kind, "changed": False, "error": item.error})
        told |= {"outcome": item.outcome, "last_good": item.last_good}
    if result.exit_code == EXIT_DONE or report:
        outcomes |= _tell_left_out(office, folder, outcomes)
    return Night(
        run=run,
        check=folder.request.check,
        outcomes=outcomes,
        report=report,
        message=result.message,
        exit_code=find_exit_code(result, outcomes, report),
        log=str(folder.output),
    )


def find_report(office: Office, run: str) -> NightReport | None:
    """Return the report of a night that ended.

    Raises:
        LedgerBroken: it is not what the ledger says.
    """
    found = [event for event in office.book.ledger.events_of({FINISHED}) if event.data["run"] == run]
    return read_report(office.deployment, run, found[-1].data["report"]) if found else None


def find_exit_code(result: Result, outcomes: Mapping[str, Mapping[str, t.Any]], report: NightReport | None) -> int:
    """Return 0 when all went well, the code that all troubles share, or else 1."""
    codes = {int(outcome["error"]["exit_code"]) for outcome in outcomes.values() if outcome["error"]}
    if not codes:
        if report is None:
            return result.exit_code
        return EXIT_DONE if report.good else EXIT_FAILED
    return codes.pop() if len(codes) == 1 else EXIT_FAILED


def print_night(night: Night) -> None:
    """Print a row for each thing, the troubles first, and then the first troubles in full."""
    rows = sorted(night.outcomes.items(), key=lambda one: (one[1]["error"] is None, one[1]["kind"], one[0]))
    columns = ["Qué", "Clase", "Estado", "Copia", "Tamaño", "Duración"]
    title = "Prueba en seco de la noche" if night.check else f"Noche {night.run}"
    if night.report:
        title = f"{title}: {ENDED_WORDS[night.report.ended]}"
    print_table(title, columns, [_row(name, one, check=night.check) for name, one in rows])
    troubles = [one["error"] for _, one in rows if one["error"]]
    for facts in troubles[:SHOWN]:
        print_error(BackupError(facts["what"], whose=facts["whose"], why=facts["why"], repair=facts["repair"]))
    if len(troubles) > SHOWN:
        typer.echo(f"… y {len(troubles) - SHOWN} problemas más: use --json", err=True)
    if night.exit_code and not troubles and night.message:
        typer.echo(night.message, err=True)


def _tell_left_out(office: Office, folder: RunFolder, outcomes: Outcomes) -> Outcomes:
    """Return an error of each thing that somebody asked for by name and that the run never came to."""
    told: Outcomes = {}
    for name in folder.request.only:
        kind = kind_of_item(office.deployment, name)
        if name in outcomes or kind == "step":
            continue
        error = CopyFailed(
            "la ejecución terminó sin llegar aquí",
            whose=name,
            why="no está entre los equipos del inventario, o nadie autorizó copiarla" if kind == "mailbox" else "",
            repair="vea los equipos que hay con `ansible-inventory --graph`, y repita",
        )
        told[name] = {"kind": kind, "changed": False, "error": error.facts()}
    return told


def _row(name: str, outcome: Mapping[str, t.Any], *, check: bool) -> tuple[str, ...]:
    size = say_bytes(outcome["bytes"]) if outcome.get("bytes") else ""
    seconds = say_seconds(outcome["seconds"]) if outcome.get("seconds") else ""
    state = _say_state(outcome, check=check)
    return name, KIND_WORDS[outcome["kind"]], state, str(outcome.get("copy") or ""), size, seconds


def _say_state(outcome: Mapping[str, t.Any], *, check: bool) -> str:
    if outcome["error"]:
        return "pospuesta" if outcome.get("postponed") or outcome.get("outcome") == "postponed" else "CON PROBLEMAS"
    state = STATUS_WORDS.get(outcome.get("status", "-"), "")
    if check:
        return "se haría" if outcome["changed"] else "ya está"
    done = "hecho" if outcome["changed"] else "ya estaba"
    return f"{state}, ya estaba" if state and not outcome["changed"] else state or done
