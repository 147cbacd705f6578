"""``copias mirror dispose``: the mirrors of closed cases, and why each of the others stays."""

from __future__ import annotations

import typing as t

import typer

from copias.cli.output import Config, Json, Output, Query, print_error, print_table, reports_errors

if t.TYPE_CHECKING:
    from copias.mailbox.disposal import Decision


@reports_errors
def dispose_mirrors(
    check: t.Annotated[
        bool, typer.Option("--check", help="Decir qué pasaría con cada espejo, sin quitar nada.")
    ] = False,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Dispone de los espejos de casos cerrados que ya nada autoriza, como lo hace la noche."""
    from datetime import UTC, datetime

    from copias.mailbox.disposal import dispose, plan_disposals
    from copias.office import open_office

    office, output, now = open_office(config), Output(as_json, query), datetime.now(UTC)
    if check:
        found = plan_disposals(office, now)
        output.show({"mirrors": [one.to_dict() for one in found]}, lambda: _print(found, "se dispondría de él"))
        return
    done, errors = dispose(office, now)
    data = {"mirrors": [one.to_dict() for one in done], "errors": [error.facts() for error in errors]}
    output.show(data, lambda: _print(done, "se dispuso de él"))
    if errors:
        if not output.plain:
            for error in errors:
                print_error(error)
        raise typer.Exit(errors[0].exit_code)


def _print(found: list[Decision], word: str) -> None:
    if not found:
        typer.echo("No hay espejos de casos cerrados de los que disponer.")
        return
    rows = [(one.account, one.case, f"{one.messages}", one.stays or f"{word}; queda {one.package}") for one in found]
    print_table("Espejos de buzones", ["Cuenta", "Caso", "Mensajes", "Qué pasa"], rows)
