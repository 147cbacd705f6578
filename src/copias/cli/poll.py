"""``copias poll``: what goes on by itself, for cron."""

from __future__ import annotations

import typer

from copias.cli.output import Config, Json, Output, Query, clean, reports_errors


@reports_errors
def poll_cases(config: Config = None, as_json: Json = False, query: Query = None) -> None:
    """Empieza los casos que están listos, sigue los que esperaban, recuerda y avisa. Para cron."""
    from copias.config import find_deployment
    from copias.office import open_office
    from copias.people import Role
    from copias.run.polling import poll

    path = config or find_deployment()
    office = open_office(path)
    office.actor.require(Role.AGENT, "seguir los casos en espera")
    done = poll(office, config=path)

    def render() -> None:
        for look in done.looks:
            typer.echo(f"Caso {look.number}: {clean(look.text)}.")
        if not done.looks and not done.trouble:
            typer.echo("Ningún caso espera por una cuenta ni por un proveedor, y ninguno está por empezar.")
            typer.echo("Ninguna cuenta de un caso abierto fue eliminada.")

    output = Output(as_json, query)
    output.show(done.to_dict(), render)
    if done.trouble and output.plain:
        raise typer.Exit(done.trouble.exit_code)  # the JSON tells it already
    if done.trouble:
        raise done.trouble
