"""``copias store check``: what a place that keeps copies can do, found by doing it."""

from __future__ import annotations

import typing as t
from dataclasses import asdict

import typer

from copias.cli.output import Config, Json, Output, Query, reports_errors, say_bytes

if t.TYPE_CHECKING:
    from copias.store.trying_out import Trial


@reports_errors
def check_store(
    name: t.Annotated[str, typer.Argument(metavar="DESTINO")],
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Prueba un destino con un archivo pequeño: lo escribe, lo relee, lo renombra y trata de retirarlo."""
    from copias.office import open_office
    from copias.people import Role
    from copias.store.trying_out import try_out

    office = open_office(config)
    office.actor.require(Role.ADMINISTRATOR, "probar destinos")
    store = office.open_store(name)
    try:
        trial = try_out(store)
    finally:
        store.close()
    Output(as_json, query).show({"store": name, **asdict(trial)}, lambda: _print(name, trial))


def _print(name: str, trial: Trial) -> None:
    typer.echo(f"{name} escribe, devuelve lo escrito y renombra.")
    if trial.removes:
        typer.echo("La cuenta puede borrar: también podría quien la robe. Tenga otra copia o instantáneas.")
    else:
        typer.echo(f"La cuenta no puede borrar, y por eso queda {trial.left}: retírelo con otra cuenta.")
    if trial.recycles:
        typer.echo(
            "Lo que borra queda en su papelera: ocupa espacio y se puede leer. Apáguela en esa carpeta compartida."
        )
    elif trial.recycles is None:
        typer.echo("No se puede ver si lo que borra queda en una papelera: revíselo en el destino.")
    hashes = "calcula" if trial.tells_hash else "no calcula"
    typer.echo(
        f"El destino {hashes} SHA-256: cada copia se {'compara con él' if trial.tells_hash else 'relee entera'}."
    )
    free = "no dice cuánto espacio le queda" if trial.free is None else f"dice que le quedan {say_bytes(trial.free)}"
    typer.echo(f"El destino {free}.")
