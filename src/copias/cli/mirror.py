"""``copias mirror``: what the local mirrors of the mailboxes hold, and whether it is what was stored."""

from __future__ import annotations

import typing as t

import typer

from copias.cli import mirror_dispose, mirror_recover, mirror_sync
from copias.cli.output import (
    Config,
    Json,
    Output,
    Query,
    print_error,
    print_facts,
    print_table,
    reports_errors,
    say_bytes,
)

if t.TYPE_CHECKING:
    from copias.config import Deployment
    from copias.mailbox.status import MirrorStatus

app = typer.Typer(no_args_is_help=True, help="Espejos locales de los buzones.")
app.command("sync")(mirror_sync.sync_mirrors)
app.command("follow")(mirror_sync.follow_mirrors)
app.command("stop")(mirror_sync.stop_mirrors)
app.command("copies")(mirror_recover.list_copies)
app.command("recover")(mirror_recover.recover)
app.command("dispose")(mirror_dispose.dispose_mirrors)

Account = t.Annotated[str, typer.Argument(metavar="CUENTA", help="Dirección principal, en minúsculas.")]


@app.command("status")
@reports_errors
def show_status(
    account: t.Annotated[str | None, typer.Argument(metavar="[CUENTA]", help="Solo esta cuenta.")] = None,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Muestra qué guarda el espejo de una cuenta, o el de todas."""
    from copias.office import open_office

    deployment, output = open_office(config).deployment, Output(as_json, query)
    if account is None:
        _show_all(deployment, output)
    else:
        _show_one(deployment, output, account)


def _show_one(deployment: Deployment, output: Output, account: str) -> None:
    from copias.mailbox.status import describe_mirror, mirror_folder

    status = describe_mirror(mirror_folder(deployment, account))
    output.show(status.to_dict(), lambda: print_facts(f"Espejo de {account}", _facts(status)))


def _show_all(deployment: Deployment, output: Output) -> None:
    """Print every mirror that can be read; then fail when there is one that cannot."""
    from copias.mailbox.status import describe_mirrors

    found, troubles = describe_mirrors(deployment)
    data = {
        "mirrors": [status.to_dict() for status in found],
        "troubles": [{"folder": trouble.folder, **trouble.error.facts()} for trouble in troubles],
    }
    columns = ["Cuenta", "Mensajes", "Tamaño", "En disco", "Última copia"]
    output.show(data, lambda: print_table("Espejos de buzones", columns, map(_row, found)))
    if not output.plain:
        for trouble in troubles:
            print_error(trouble.error)
    if troubles:
        raise typer.Exit(troubles[0].error.exit_code)


@app.command("verify")
@reports_errors
def verify_mirror(
    account: Account,
    sample: t.Annotated[int | None, typer.Option(min=1, help="Solo tantos mensajes, al azar.")] = None,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Relee los mensajes de un espejo y los compara con lo que se guardó."""
    from copias.mailbox.mirror import MirrorReader
    from copias.mailbox.status import mirror_folder
    from copias.office import open_office

    with MirrorReader.open(mirror_folder(open_office(config).deployment, account)) as mirror:
        count = mirror.verify(sample=sample)
    data = {"account": account, "verified": count}
    Output(as_json, query).show(data, lambda: typer.echo(f"{account}: {count} mensajes releídos, todos intactos."))


@app.command("rebuild")
@reports_errors
def rebuild_mirror(account: Account, config: Config = None, as_json: Json = False, query: Query = None) -> None:
    """Rehace el índice de un espejo desde sus segmentos, sin leer el buzón."""
    from copias.mailbox.mirror import rebuild_index
    from copias.mailbox.status import mirror_folder
    from copias.office import open_office
    from copias.people import Role

    office = open_office(config)
    office.actor.require(Role.ADMINISTRATOR, "rehacer el índice de un espejo")
    count = rebuild_index(mirror_folder(office.deployment, account))
    data = {"account": account, "messages": count}
    Output(as_json, query).show(data, lambda: typer.echo(f"{account}: índice rehecho, {count} mensajes."))


def _row(status: MirrorStatus) -> tuple[str, ...]:
    return (
        status.account,
        f"{status.messages}",
        say_bytes(status.bytes),
        say_bytes(status.packed),
        _say_time(status.synced_at),
    )


def _facts(status: MirrorStatus) -> list[tuple[str, str]]:
    dated = status.messages > 0
    return [
        ("Mensajes", f"{status.messages}"),
        ("De ellos, borrados en el buzón", f"{status.deleted}"),
        ("Tamaño", say_bytes(status.bytes)),
        ("En disco", say_bytes(status.packed)),
        ("Primer mensaje", _say_time(status.first / 1000 if dated else None)),
        ("Último mensaje", _say_time(status.last / 1000 if dated else None)),
        ("Etiquetas", f"{status.labels}"),
        ("Última copia", _say_time(status.synced_at)),
        ("Último listado completo", _say_time(status.listed_at)),
        ("Punto del historial", f"{status.history_id or 'la primera copia no ha terminado'}"),
    ]


def _say_time(seconds: float | None) -> str:
    """Return a moment in the town hall's time; a message's date may be one that no calendar has."""
    from datetime import UTC, datetime

    from copias.local_time import say_moment

    if seconds is None:
        return "nunca"
    try:
        return say_moment(datetime.fromtimestamp(seconds, UTC))
    except (OverflowError, ValueError, OSError):
        return "fecha imposible"
