"""``copias watch``: an independent look at whether the nights go on, for cron."""

from __future__ import annotations

import sys

import typer

from copias.cli.output import Config, Json, Output, Query, clean, reports_errors
from copias.system_errors import in_spanish


@reports_errors
def watch_nights(config: Config = None, as_json: Json = False, query: Query = None) -> None:
    """Vigila que las noches sigan, y da la alarma si no: por correo, en la salida y con código 1. Para cron."""
    from copias.errors import EXIT_FAILED
    from copias.night.silence import watch
    from copias.office import open_office
    from copias.people import Role

    office = open_office(config)
    office.actor.require(Role.AGENT, "vigilar las noches")
    seen = watch(office)

    def render() -> None:
        for alarm in seen.alarms:
            typer.echo(f"ALARMA: {clean(alarm.what)}", err=True)
            typer.echo(f"  Qué se vio: {clean(alarm.why)}", err=True)
            typer.echo(f"  Qué hacer:  {clean(alarm.repair)}", err=True)
        for trouble in seen.troubles:
            typer.echo(f"Además: {clean(in_spanish(trouble))}", err=True)
        if not seen.alarms and not seen.troubles and sys.stdout.isatty():
            typer.echo("Todo en orden.")  # cron mails whatever is printed, so there nothing is

    Output(as_json, query).show(seen.to_dict(), render)
    if seen.alarms or seen.troubles:
        raise typer.Exit(EXIT_FAILED)
