"""``copias audit inventory``: what changed among accounts and databases, and who reviewed it."""

from __future__ import annotations

import typing as t
from pathlib import Path

import typer

from copias.cli.output import Config, Json, Output, Query, reports_errors

if t.TYPE_CHECKING:
    from copias.office import Office


def register(app: typer.Typer) -> None:
    """Add the verb to ``copias audit``."""
    app.command("inventory")(audit_inventory)


@reports_errors
def audit_inventory(
    first: t.Annotated[str | None, typer.Option("--from", metavar="DÍA", help="Desde este día, 31/12/2026.")] = None,
    last: t.Annotated[str | None, typer.Option("--to", metavar="DÍA", help="Hasta este día, incluido.")] = None,
    record: t.Annotated[bool, typer.Option("--record", help="Tomar antes una foto, si algo cambió.")] = False,
    review: t.Annotated[
        str | None, typer.Option(metavar="TEXTO", help="Registrar que usted revisó los cambios, y qué vio.")
    ] = None,
    html: t.Annotated[
        Path | None, typer.Option("--html", metavar="ARCHIVO", help="Escribir la página, para imprimir.")
    ] = None,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Dice qué cuentas y bases aparecieron, se fueron o cambiaron entre dos días, y quién lo revisó."""
    from datetime import timedelta

    from copias.audit.whole import AuditOptions
    from copias.cli.audit_printing import run_audit
    from copias.local_time import read_day, start_of
    from copias.office import open_office

    office = open_office(config)
    begin = start_of(read_day(first)) if first is not None else None
    end = start_of(read_day(last) + timedelta(days=1)) if last is not None else None
    _write(office, record=record, review=review)
    options = AuditOptions(parts=("inventory",), first=begin, last=end)
    run_audit(office, options, Output(as_json, query), html=html)


def _write(office: Office, *, record: bool, review: str | None) -> None:
    """Take a snapshot and record a review, as far as they were asked for."""
    from copias.audit.inventory import SnapshotPlan, review_inventory
    from copias.people import Role

    if record:
        office.actor.require(Role.AGENT, "tomar una foto del inventario")
        plan = SnapshotPlan(office)
        if plan.changes:
            plan.run()
    if review is not None:
        review_inventory(office, review)
