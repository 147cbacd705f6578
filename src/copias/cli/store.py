"""``copias store``: prepare the places that keep copies, and the key that signs manifests."""

from __future__ import annotations

import typing as t

import typer

from copias.cli.output import Config, Json, Output, Query, reports_errors
from copias.cli.store_check import check_store
from copias.cli.store_keeping import move_store, show_capacity, verify_stores

app = typer.Typer(no_args_is_help=True, help="Destinos de las copias y llave de firma.")
app.command("check")(check_store)
app.command("move")(move_store)
app.command("capacity")(show_capacity)
app.command("verify")(verify_stores)


@app.command("init")
@reports_errors
def init_store(
    name: t.Annotated[str, typer.Argument(metavar="DESTINO")],
    anyway: t.Annotated[
        bool, typer.Option("--anyway", help="Aunque la bitácora diga que ahí hay copias y falte la marca.")
    ] = False,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Prepara un destino: lo marca, para que una NAS sin montar nunca se confunda con su carpeta vacía."""
    from copias.keeping.preparing import prepare_store
    from copias.office import open_office
    from copias.people import Role

    office = open_office(config)
    office.actor.require(Role.ADMINISTRATOR, "preparar destinos")
    prepare_store(office, name, anyway=anyway)
    Output(as_json, query).show({"store": name}, lambda: typer.echo(f"El destino {name} está preparado."))


@app.command("key")
@reports_errors
def create_key(config: Config = None, as_json: Json = False, query: Query = None) -> None:
    """Crea la llave que firma los manifiestos, si no existe."""
    from copias.files import make_private_directory
    from copias.office import open_office
    from copias.package import generate_key, public_path
    from copias.people import Role

    office = open_office(config)
    office.actor.require(Role.ADMINISTRATOR, "crear la llave de firma")
    path = office.deployment.signing_key
    make_private_directory(path.parent)
    made = not path.exists()
    if made:
        generate_key(path)
    said = (
        f"Llave creada en {path}, y su mitad pública en {public_path(path)}. "
        "Guarde copia de los dos archivos fuera de esta máquina: sin ellos no se firma ni se comprueba una firma."
    )
    data = {"key": str(path), "created": made}
    Output(as_json, query).show(data, lambda: typer.echo(said if made else "La llave ya existe."))
