"""``copias mirror copies`` and ``recover``: the copies of the mirrors that the nights made, and a mirror out of one."""

from __future__ import annotations

import typing as t
from datetime import date

import typer

from copias.cli.output import Config, Json, Output, Query, print_table, reports_errors


@reports_errors
def list_copies(config: Config = None, as_json: Json = False, query: Query = None) -> None:
    """Lista las copias de los espejos que hay en su repositorio, la más nueva primero."""
    from dataclasses import asdict

    from copias.night.mirror_recovery import list_mirror_copies
    from copias.office import open_office

    found = list_mirror_copies(open_office(config))
    rows = [(_say_day(one.day), one.repository, one.snapshot[:12], f"{len(one.failed)}") for one in found]
    columns = ["Noche", "Repositorio", "Instantánea", "Espejos que no están al día"]
    data = {"copies": [asdict(one) for one in found]}
    Output(as_json, query).show(data, lambda: print_table("Copias de los espejos", columns, rows))


@reports_errors
def recover(
    account: t.Annotated[str, typer.Argument(metavar="CUENTA", help="Dirección principal, en minúsculas.")],
    snapshot: t.Annotated[
        str,
        typer.Option("--snapshot", metavar="INSTANTÁNEA", help="No la más nueva: vea `copias mirror copies`."),
    ] = "",
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Recupera el espejo de una cuenta de la copia de una noche, comprobado mensaje por mensaje."""
    from dataclasses import asdict

    from copias.night.mirror_recovery import recover_mirror
    from copias.office import open_office
    from copias.package.texts import say_count

    done = recover_mirror(open_office(config), account, snapshot=snapshot)
    counted, night = say_count(done.messages, "mensaje"), _say_day(done.copy.day)
    text = f"{account}: recuperado de la copia del {night}, con {counted}; no hay ninguno dañado."
    Output(as_json, query).show(asdict(done), lambda: typer.echo(text))


def _say_day(day: str) -> str:
    return f"{date.fromisoformat(day):%d/%m/%Y}"
