"""``copias drill``: copies are restored from the place that keeps them, compared and timed."""

from __future__ import annotations

import typing as t

import typer

from copias.cli.output import (
    Config,
    Json,
    Output,
    Query,
    print_error,
    print_table,
    reports_errors,
    say_bytes,
    say_seconds,
)
from copias.errors import EXIT_FAILED, BackupError

if t.TYPE_CHECKING:
    from copias.drill.drilling import DrillPlan
    from copias.drill.history import Drill
    from copias.office import Office

_OUTCOMES: t.Final = {"passed": "pasó", "failed": "FALLÓ", "certified": "certificado del proveedor"}
_PHASES: t.Final = {
    "fetch": "Traer",
    "start": "Servidor",
    "restore": "Restaurar",
    "compare": "Comparar",
    "check": "Revisar",
}


@reports_errors
def drill_databases(
    databases: t.Annotated[list[str] | None, typer.Argument(metavar="BASE", help="Todas si no se dice.")] = None,
    oldest: t.Annotated[bool, typer.Option("--oldest", help="La copia más vieja que se conserva.")] = False,
    history: t.Annotated[bool, typer.Option("--list", help="Los simulacros hechos, y cuánto hace.")] = False,
    check: t.Annotated[bool, typer.Option("--check", help="Decir lo que se restauraría, sin hacer nada.")] = False,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Restaura la copia más nueva de cada base en un servidor de prueba, la compara y mide cuánto tarda."""
    from copias.office import open_office
    from copias.people import Role

    office, output = open_office(config), Output(as_json, query)
    names = list(databases or sorted(office.deployment.databases))
    if history:
        _show_history(office, names, output)
        return
    office.actor.require(Role.AGENT, "hacer simulacros")
    plans, errors = _plan(office, names, oldest=oldest)
    drills = [] if check else _run(plans, errors, quiet=output.plain)
    data = {
        "plans": [plan.to_dict() for plan in plans],
        "drills": [drill.to_dict() for drill in drills],
        "errors": {name: error.facts() for name, error in errors.items()},
        "check": check,
    }
    output.show(data, lambda: _print(plans, drills, errors, check=check))
    _exit(drills, errors)


def _plan(office: Office, names: list[str], *, oldest: bool) -> tuple[list[DrillPlan], dict[str, BackupError]]:
    from copias.drill.drilling import plan_drill

    plans: list[DrillPlan] = []
    errors: dict[str, BackupError] = {}
    for name in names:
        try:
            plans.append(plan_drill(office, name, oldest=oldest))
        except BackupError as error:
            errors[name] = error
    return plans, errors


def _run(plans: list[DrillPlan], errors: dict[str, BackupError], *, quiet: bool) -> list[Drill]:
    """Drill one database after another; one that cannot be drilled stops no other."""
    from copias.drill.drilling import run_drill

    drills: list[Drill] = []
    for plan in plans:
        if not quiet:
            typer.echo(f"Restaurando {plan.copy.copy_id} desde {plan.copy.place}…")
        try:
            drills.append(run_drill(plan))
        except BackupError as error:
            errors[plan.copy.database] = error
    return drills


def _print(plans: list[DrillPlan], drills: list[Drill], errors: dict[str, BackupError], *, check: bool) -> None:
    if check:
        rows = [(one.copy.database, one.copy.copy_id, one.copy.place, say_bytes(one.copy.bytes)) for one in plans]
        print_table("Se restauraría", ["Base", "Copia", "Desde", "Tamaño"], rows)
    elif drills:
        columns = ["Base", "Copia", "Resultado", "Recuperación", *_PHASES.values(), "Filas"]
        print_table("Simulacros", columns, map(_drill_row, drills))
    for plan in plans:
        for name in plan.passed_over:
            typer.echo(f"  {plan.copy.database}: {name} es más nueva y aquí no se puede comparar", err=True)
    for drill in drills:
        for problem in drill.problems:
            typer.echo(f"✗ {drill.database}: {problem}", err=True)
    for error in errors.values():
        print_error(error)


def _drill_row(drill: Drill) -> tuple[str, ...]:
    phases = (drill.seconds.get(phase) for phase in _PHASES)
    return (
        drill.database,
        drill.copy,
        _OUTCOMES[drill.outcome],
        _say(drill.recovery_seconds),
        *map(_say, phases),
        str(drill.rows),
    )


def _say(seconds: float | None) -> str:
    return "" if seconds is None else say_seconds(seconds)


def _exit(drills: list[Drill], errors: dict[str, BackupError]) -> None:
    if any(drill.outcome == "failed" for drill in drills):
        raise typer.Exit(EXIT_FAILED)
    for error in errors.values():
        raise typer.Exit(error.exit_code)


def _show_history(office: Office, names: list[str], output: Output) -> None:
    from copias.drill.history import last_drills, list_drills

    found = [drill for drill in list_drills(office.book.ledger.events()) if drill.database in names]
    last = last_drills(office.book.ledger.events(), names)
    data = {
        "drills": [drill.to_dict() for drill in found],
        "last": {name: drill.to_dict() if drill else None for name, drill in last.items()},
    }
    output.show(data, lambda: _print_history(found, [name for name, drill in last.items() if drill is None]))


def _print_history(found: list[Drill], never: list[str]) -> None:
    from datetime import datetime

    from copias.local_time import say_moment

    rows = [
        (
            say_moment(datetime.fromisoformat(drill.when)),
            f"{drill.age()} días",
            drill.database,
            drill.copy,
            _OUTCOMES[drill.outcome],
            _say(drill.recovery_seconds),
            drill.by,
        )
        for drill in reversed(found)
    ]
    print_table("Simulacros", ["Fecha", "Hace", "Base", "Copia", "Resultado", "Recuperación", "Quién"], rows)
    for name in never:
        typer.echo(f"{name}: nunca se ha restaurado una copia con éxito. Hágalo: copias drill {name}")
