"""``copias retention``: what is kept and until when, what goes, who approved it, and what is held."""

from __future__ import annotations

import typing as t
from pathlib import Path

import typer

from copias.cli.output import Config, Json, Output, Query, clean, print_error, print_table, reports_errors
from copias.cli.retention_packages import (
    approve_packages,
    destroy_packages,
    hold_copy,
    release_copies,
    show_expired,
    show_holds,
)

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from copias.errors import BackupError
    from copias.retention.applying import NightOutcome
    from copias.retention.night_model import NightPlan
    from copias.retention.overview import Overview
    from copias.retention.simulation import Forecast

app = typer.Typer(
    no_args_is_help=True, help="Retención: qué se conserva y hasta cuándo, qué se elimina y quién lo aprobó."
)

app.command("expired")(show_expired)
app.command("approve")(approve_packages)
app.command("destroy")(destroy_packages)
app.command("hold")(hold_copy)
app.command("release")(release_copies)
app.command("holds")(show_holds)

Repositories = t.Annotated[
    list[str] | None, typer.Argument(metavar="[REPOSITORIO…]", help="Solo estos; si no, todos los del inventario.")
]


@app.command("plan")
@reports_errors
def show_plan(
    repositories: Repositories = None,
    until: t.Annotated[
        str | None, typer.Option(metavar="AÑO", help="Simular hasta el fin de ese año, o hasta un día 31/12/2030.")
    ] = None,
    html: t.Annotated[
        Path | None, typer.Option(metavar="ARCHIVO", help="Escribir el calendario de lo simulado, para imprimir.")
    ] = None,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Dice qué se conserva y por qué, qué se quitaría, y qué habrá en años venideros; no cambia nada."""
    from copias.errors import BadInput
    from copias.local_time import today
    from copias.office import open_office
    from copias.retention.overview import plan_all, read_until

    if html is not None and until is None:
        raise BadInput("el calendario necesita saber hasta cuándo", repair="agregue --until con el año")
    office = open_office(config)
    day = read_until(until, today=today()) if until else None
    found = plan_all(office, names=repositories or (), until=day)
    if html is not None and day is not None:
        from copias.files import write_page
        from copias.retention.calendar import render_calendar

        settings, entity = office.deployment.retention, office.deployment.entity
        page = render_calendar(found.forecasts, found.packages, settings, entity=entity, until=day)
        write_page(html, page, state=office.deployment.state)
    output = Output(as_json, query)
    output.show(found.to_dict(), lambda: _print_plan(found))
    if html is not None and not output.plain:
        typer.echo(f"El calendario está en {html}.")
    _exit_with(found.errors.values())


@app.command("apply")
@reports_errors
def apply_plan(
    repositories: Repositories = None,
    most: t.Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Cuántas copias se pueden quitar esta vez, si no las configuradas."),
    ] = None,
    check: t.Annotated[bool, typer.Option("--check", help="Solo dice qué haría.")] = False,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Quita las copias nocturnas que la política deja ir y libera su espacio; los paquetes de los casos no se tocan."""
    from copias.errors import EXIT_NOT_READY
    from copias.office import open_office
    from copias.people import Role
    from copias.retention.overview import apply_all, plan_all

    office = open_office(config)
    least = Role.AGENT if most is None else Role.ADMINISTRATOR
    office.actor.require(least, "aplicar la retención" if most is None else "cambiar cuántas copias se pueden quitar")
    if check:
        found = plan_all(office, names=repositories or ())
        Output(as_json, query).show(found.to_dict(), lambda: _print_plan(found))
        _exit_with(found.errors.values())
        return
    outcomes, errors = apply_all(office, names=repositories or (), most=most)
    data = {
        "repositories": [outcome.to_dict() for outcome in outcomes],
        "errors": {name: error.facts() for name, error in errors.items()},
    }
    Output(as_json, query).show(data, lambda: _print_outcomes(outcomes, errors))
    _exit_with([*errors.values(), *(outcome.error for outcome in outcomes if outcome.error)])
    if any(outcome.plan.refusals for outcome in outcomes):
        raise typer.Exit(EXIT_NOT_READY)


def _exit_with(errors: Iterable[BackupError]) -> None:
    """Exit with the code that all errors share, or else 1."""
    from copias.errors import EXIT_FAILED

    codes = {error.exit_code for error in errors}
    if codes:
        raise typer.Exit(codes.pop() if len(codes) == 1 else EXIT_FAILED)


def _print_plan(found: Overview) -> None:
    from copias.retention.dropped import REPAIR

    for plan in found.plans:
        _print_nights(plan)
        _tell_refusals(plan)
    for name in found.to_free:
        typer.echo(f"{name}: falta liberar el espacio de lo que se quitó antes.")
    for name in found.unexplained:
        typer.echo(f"{name}: no se libera espacio mientras no se trate el hallazgo de las copias que desaparecieron.")
    for forecast in found.forecasts:
        _print_forecast(forecast)
    packages = found.packages
    typer.echo(
        f"Paquetes de casos: {packages.kept} dentro de su tiempo, {len(packages.protected)} vencidos que se conservan, "
        f"{len(packages.removable)} vencidos por aprobar (copias retention expired)."
    )
    for one in packages.dropped:
        typer.echo(clean(f"  Serie {one.series}: {one}. Qué hacer: {REPAIR}"))
    for what, count in packages.unscheduled:
        typer.echo(clean(f"  Sin tiempo definido en retention, no vencen nunca: {what} ({count})"))
    _tell_errors(found.errors)


def _print_nights(plan: NightPlan) -> None:
    from copias.local_time import say_moment

    rows = (
        (
            say_moment(one.moment),
            one.database,
            one.copy,
            "se conserva" if one.stays else "SE QUITA",
            "; ".join((*one.periods, *one.floors)) or one.why,
        )
        for one in reversed(plan.decisions)
    )
    print_table(f"Copias nocturnas en {plan.repository}", ["Fecha", "Base", "Copia", "Qué pasa", "Por qué"], rows)


def _tell_refusals(plan: NightPlan) -> None:
    for refusal in plan.refusals:
        whose = refusal.database or plan.repository
        typer.echo(clean(f"No se quita nada de {whose}: {refusal.why}. Qué hacer: {refusal.repair}"), err=True)
    if plan.strangers:
        typer.echo(
            f"{plan.repository}: hay {len(plan.strangers)} instantáneas que ninguna copia de la bitácora explica; "
            "no se tocan. Averigüe quién las hizo.",
            err=True,
        )


def _print_forecast(forecast: Forecast) -> None:
    from copias.retention.calendar import RULES, count_rules

    rows = (
        (f"{day:%d/%m/%Y}", *(str(count) for count in count_rules(kept).values()), str(len(kept)))
        for day, kept in forecast.days
    )
    title = f"Qué se conservará de {forecast.database} en {forecast.repository}, si cada noche se copia"
    print_table(title, ["El día", *RULES, "en total"], rows)


def _print_outcomes(outcomes: Iterable[NightOutcome], errors: Mapping[str, BackupError]) -> None:
    for outcome in outcomes:
        name = outcome.plan.repository
        kept = sum(one.stays for one in outcome.plan.decisions)
        freed = "; se liberó el espacio" if outcome.freed else ""
        typer.echo(f"{name}: copias quitadas, {len(outcome.removed)}; quedan {kept}{freed}.")
        for copy in outcome.lost:
            typer.echo(f"{name}: {copy} desapareció sin que la retención la quitara; vea los hallazgos.", err=True)
        _tell_refusals(outcome.plan)
    failed = {outcome.plan.repository: outcome.error for outcome in outcomes if outcome.error}
    _tell_errors({**errors, **failed})


def _tell_errors(errors: Mapping[str, BackupError]) -> None:
    for error in errors.values():
        print_error(error)
