"""``copias store move``, ``capacity`` and ``verify``: a store is replaced, measured, and read again bit by bit."""

from __future__ import annotations

import typing as t
from datetime import timedelta

import typer

from copias.cli.output import Config, Json, Output, Query, print_table, reports_errors, say_bytes

if t.TYPE_CHECKING:
    from copias.keeping.capacity import Capacity
    from copias.keeping.moving import MoveOutcome, MovePlan
    from copias.keeping.repository_capacity import RepositoryCapacity
    from copias.keeping.verifying import VerifyOutcome, VerifyPlan

Check = t.Annotated[bool, typer.Option("--check", help="Solo dice qué haría.")]


@reports_errors
def move_store(
    old: t.Annotated[str, typer.Argument(metavar="VIEJO", help="El destino que se retira.")],
    new: t.Annotated[str, typer.Argument(metavar="NUEVO", help="El que lo reemplaza, ya preparado.")],
    check: Check = False,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Pasa las copias de un destino a otro: las envía, las relee y las registra una a una; del viejo no borra nada."""
    from copias.errors import EXIT_FAILED
    from copias.keeping.moving import MoveOutcome, plan_move, run_move
    from copias.office import open_office
    from copias.people import Role

    office = open_office(config)
    office.actor.require(Role.ADMINISTRATOR, "mover copias de un destino a otro")
    plan = plan_move(office, old, new)
    planned = MoveOutcome(failed=dict(plan.unreadable), blocking=list(plan.blocking))
    outcome = planned if check else run_move(office, plan)
    data = {
        "old": old,
        "new": new,
        "copies": len(plan.copies),
        "bytes": plan.bytes,
        "check": check,
        **outcome.to_dict(),
    }
    Output(as_json, query).show(data, lambda: _print_move(plan, outcome, check=check))
    if outcome.failed:
        raise typer.Exit(EXIT_FAILED)


@reports_errors
def show_capacity(
    name: t.Annotated[list[str] | None, typer.Argument(metavar="DESTINO", help="Todos si no se dice.")] = None,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Muestra el espacio de cada destino y repositorio, y en cuántos días se llena, por lo medido cada noche."""
    from copias.keeping.capacity import measure_stores
    from copias.keeping.repository_capacity import measure_repositories
    from copias.office import open_office

    office = open_office(config)
    found = measure_stores(office, name or ())
    repositories = measure_repositories(office) if not name else []
    columns = ["Destino", "Copias", "Guardado", "Libre", "Al día", "Se llena"]

    def render() -> None:
        print_table("Espacio de los destinos", columns, map(_capacity_row, found))
        if repositories:
            print_table(
                "Espacio de los repositorios", ["Repositorio", *columns[2:]], map(_repository_row, repositories)
            )

    told = {"stores": [one.to_dict() for one in found], "repositories": [one.to_dict() for one in repositories]}
    Output(as_json, query).show(told, render)


@reports_errors
def verify_stores(
    name: t.Annotated[list[str] | None, typer.Argument(metavar="DESTINO", help="Todos si no se dice.")] = None,
    everything: t.Annotated[bool, typer.Option("--all", help="Todas las copias, no solo las que tocan hoy.")] = False,
    budget: t.Annotated[int, typer.Option(metavar="MINUTOS", min=1, help="No empieza otra después.")] = 120,
    check: Check = False,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Relee las copias que tocan hoy, una de cada 30, y las compara con su manifiesto; sigue donde quedó."""
    from copias.errors import EXIT_FAILED, EXIT_LATER
    from copias.keeping.verifying import VerifyOutcome, plan_verification, run_verification
    from copias.office import open_office
    from copias.people import Role

    office = open_office(config)
    office.actor.require(Role.AGENT, "releer los destinos")
    plan = plan_verification(office, name or (), everything=everything)
    outcome = VerifyOutcome() if check else run_verification(plan, budget=timedelta(minutes=budget))
    due = [copy.copy_id for copy in plan.due]
    data = {"due": due, "done": plan.done, "check": check, **outcome.to_dict()}
    Output(as_json, query).show(data, lambda: _print_verification(plan, outcome, check=check))
    if outcome.altered or outcome.unknown:
        raise typer.Exit(EXIT_FAILED)
    if outcome.unavailable:
        raise typer.Exit(EXIT_LATER)


def _print_verification(plan: VerifyPlan, outcome: VerifyOutcome, *, check: bool) -> None:
    if check:
        typer.echo(f"Copias que se releerían: {len(plan.due)} ({say_bytes(plan.bytes)}); no se leyó nada.")
        return
    for warning in outcome.warnings:
        typer.echo(f"✗ {warning}", err=True)
    typer.echo(f"Copias releídas que son lo que se guardó: {len(outcome.good)} ({say_bytes(outcome.bytes)}).")
    if outcome.left:
        typer.echo(f"Quedan {outcome.left} para la próxima vez: se acabó el tiempo.")


def _print_move(plan: MovePlan, outcome: MoveOutcome, *, check: bool) -> None:
    for name, why in outcome.failed.items():
        typer.echo(f"✗ {name}: {why}", err=True)
    done = len(plan.copies) if check else len(outcome.moved)
    said = "Copias que se moverían" if check else "Copias movidas"
    typer.echo(f"{said}: {done} ({say_bytes(plan.bytes)}) de {plan.old} a {plan.new}.")
    for reason in outcome.blocking:
        typer.echo(f"  {plan.old} no se puede retirar todavía: {reason}")
    if outcome.released:
        typer.echo(f"{plan.old} se puede retirar: sus copias están en {plan.new}, releídas y registradas.")


def _capacity_row(one: Capacity) -> tuple[str, ...]:
    return (
        one.store,
        str(one.copies),
        say_bytes(one.kept),
        one.trouble or ("no lo dice" if one.free is None else say_bytes(one.free)),
        "" if one.daily is None else say_bytes(max(0.0, one.daily)),
        _say_days(one),
    )


def _repository_row(one: RepositoryCapacity) -> tuple[str, ...]:
    return (
        one.repository,
        "" if one.size is None else say_bytes(one.size),
        one.trouble or one.unknown or ("" if one.free is None else say_bytes(one.free)),
        "" if one.daily is None else say_bytes(max(0.0, one.daily)),
        _say_days(one),
    )


def _say_days(one: Capacity | RepositoryCapacity) -> str:
    if one.days_left is not None:
        return one.say_when().removeprefix("se llena ") + (" (¡pronto!)" if one.soon_full and one.days_left else "")
    if one.daily is not None:
        return "no se está llenando"
    return "" if one.free is None else "no se sabe aún: faltan mediciones"
