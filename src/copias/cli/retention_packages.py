"""``copias retention expired``, ``approve``, ``destroy``; ``hold``, ``release``, ``holds``: what people decide."""

from __future__ import annotations

import typing as t

import typer

from copias.cli.output import Config, Json, Output, Query, clean, print_table, reports_errors, say_bytes

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from copias.retention.approval import ApprovalList
    from copias.retention.destruction import Destruction
    from copias.retention.expiry import Expired, PackagePlan
    from copias.retention.holds import Hold

Code = t.Annotated[str, typer.Argument(metavar="LISTA", help="El código de `copias retention expired`.")]
Reason = t.Annotated[str, typer.Option(metavar="MOTIVO", help="Por qué; queda en la bitácora.")]


@reports_errors
def show_expired(config: Config = None, as_json: Json = False, query: Query = None) -> None:
    """Lista los paquetes cuyo tiempo se cumplió, el código de la lista y quién la ha aprobado; no elimina nada."""
    from copias.local_time import today
    from copias.office import open_office
    from copias.retention.approval import list_pending
    from copias.retention.expiry import plan_office

    office = open_office(config)
    plan = plan_office(office, today())
    pending = list_pending(office)
    data = {**plan.to_dict(), "pending": [one.to_dict() for one in pending]}
    Output(as_json, query).show(data, lambda: _print_expired(plan, pending))


@reports_errors
def approve_packages(code: Code, config: Config = None, as_json: Json = False, query: Query = None) -> None:
    """Aprueba, con su cuenta, que se eliminen exactamente los paquetes de una lista; hacen falta dos personas."""
    from copias.office import open_office
    from copias.retention.approval import approve_list

    approved = approve_list(open_office(config), code)
    Output(as_json, query).show(approved.to_dict(), lambda: _print_approved(approved))


@reports_errors
def destroy_packages(code: Code, config: Config = None, as_json: Json = False, query: Query = None) -> None:
    """Elimina de los destinos los paquetes de una lista aprobada por dos personas y levanta el acta."""
    from copias.errors import EXIT_NOT_READY
    from copias.office import open_office
    from copias.retention.destruction import destroy_list

    office = open_office(config)
    done = destroy_list(office, code)
    folder = office.deployment.copies / done.record
    Output(as_json, query).show(
        {**done.to_dict(), "folder": str(folder)}, lambda: _print_destroyed(done, str(folder / "acta.html"))
    )
    if done.left:
        raise typer.Exit(EXIT_NOT_READY)


@reports_errors
def hold_copy(
    copy: t.Annotated[
        str | None, typer.Argument(metavar="[COPIA]", help="Una copia de `copias copies` o del plan.")
    ] = None,
    reason: Reason = "",
    subject: t.Annotated[
        str | None, typer.Option(metavar="SUJETO", help="Todas las de una cuenta o base de datos, también las futuras.")
    ] = None,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Retiene una copia, o todas las de una cuenta o base: nadie las elimina mientras no se liberen."""
    from copias.office import open_office
    from copias.retention.holds import hold_copies

    hold = hold_copies(open_office(config), copy=copy or "", subject=subject or "", reason=reason)
    kept = hold.copy or f"todas las copias de {hold.subject}"
    Output(as_json, query).show(
        hold.to_dict(),
        lambda: typer.echo(
            clean(f"{hold.hold}: se retiene {kept}. Para liberarla: copias retention release {hold.hold}")
        ),
    )


@reports_errors
def release_copies(
    hold: t.Annotated[str, typer.Argument(metavar="RETENCIÓN", help="Su número, R-1.")],
    reason: Reason = "",
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Libera lo que una retención guardaba; vuelve a envejecer como si nunca se hubiera retenido."""
    from copias.office import open_office
    from copias.retention.holds import release_hold

    released = release_hold(open_office(config), hold, reason=reason)
    Output(as_json, query).show(released.to_dict(), lambda: typer.echo(f"{released.hold} quedó liberada."))


@reports_errors
def show_holds(
    every: t.Annotated[bool, typer.Option("--all", help="También las que ya se liberaron.")] = False,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Lista las retenciones: qué guardan, desde cuándo, por qué y quién las puso."""
    from copias.office import open_office
    from copias.retention.holds import HELD, RELEASED, read_holds

    ledger = open_office(config).book.ledger
    found = [hold for hold in read_holds(ledger.events_of({HELD, RELEASED})).all if every or hold.holds]
    columns = ["Nº", "Copia o sujeto", "Desde", "Por", "Motivo", "Liberada"]
    Output(as_json, query).show(
        {"holds": [hold.to_dict() for hold in found]},
        lambda: print_table("Retenciones", columns, map(_hold_row, reversed(found))),
    )


def _hold_row(hold: Hold) -> tuple[str, ...]:
    released = f"{_say(hold.released_at)} por {hold.released_by}: {hold.released_why}" if hold.released_at else ""
    return hold.hold, hold.copy or f"todo {hold.subject}", _say(hold.held_at), hold.held_by, hold.reason, released


def _say(moment: str) -> str:
    from datetime import datetime

    from copias.local_time import day_of

    return f"{day_of(datetime.fromisoformat(moment)):%d/%m/%Y}"


def _print_expired(plan: PackagePlan, pending: Iterable[ApprovalList]) -> None:
    from copias.package.texts import say_count
    from copias.retention.expiry import SHORT

    columns = ["Caso", "Copia", "Serie", "Hecha", "Hasta", "Tamaño", "Qué pasa"]
    rows = [*map(_expired_row, plan.removable), *map(_expired_row, plan.protected)]
    print_table(f"Paquetes vencidos al {plan.day:%d/%m/%Y}", columns, rows)
    if plan.removable:
        total = say_bytes(sum(one.package.size for one in plan.removable))
        typer.echo(f"Lista {plan.code[:SHORT]}: {say_count(len(plan.removable), 'paquete')}, {total}.")
        typer.echo(f"Para aprobarla: copias retention approve {plan.code[:SHORT]}")
    for one in pending:
        _print_approved(one)


def _expired_row(one: Expired) -> tuple[str, ...]:
    package = one.package
    return (
        package.case,
        package.copy,
        package.series,
        f"{package.day:%d/%m/%Y}",
        f"{one.last_day:%d/%m/%Y}",
        say_bytes(package.size),
        f"se conserva: {'; '.join(one.floors)}" if one.floors else "por aprobar",
    )


def _print_approved(one: ApprovalList) -> None:
    from copias.package.texts import say_count

    names = ", ".join(f"{approval.name} ({_say(approval.time)})" for approval in one.approvals) or "nadie"
    typer.echo(clean(f"Lista {one.short}, {say_count(len(one.entries), 'paquete')}. La aprobó: {names}."))
    if one.missing:
        typer.echo(clean(f"  Falta: {one.missing}"))
    else:
        typer.echo(f"  Para eliminarlos: copias retention destroy {one.short}")


def _print_destroyed(done: Destruction, page: str) -> None:
    typer.echo(f"Paquetes eliminados: {len(done.removed)}. Acta: {page}")
    if done.elsewhere:
        typer.echo(clean(f"Con otra lista, que tiene su acta, ya se habían eliminado: {', '.join(done.elsewhere)}"))
    if done.left:
        typer.echo(clean(f"Quedan {len(done.left)} sin eliminar: {done.why}"), err=True)
