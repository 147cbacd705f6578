"""``copias copies`` and ``copias find``: what was copied, and what is in it."""

from __future__ import annotations

import typing as t

import typer

from copias.case.states import COPY_WORDS
from copias.cli.output import Config, Json, Output, Query, print_table, reports_errors, say_bytes

if t.TYPE_CHECKING:
    from copias.case.catalogue import CataloguedCopy
    from copias.mailbox.restore.finding import Found
    from copias.package.message_list import ListedMessage

Since = t.Annotated[str | None, typer.Option(metavar="DÍA", help="Desde este día, 31/12/2026.")]
Until = t.Annotated[str | None, typer.Option(metavar="DÍA", help="Hasta este día, incluido.")]
Label = t.Annotated[str, typer.Option(metavar="ETIQUETA", help="Los que tienen esta etiqueta.")]
CopyId = t.Annotated[str | None, typer.Option("--copy", metavar="COPIA", help="En esta copia de `copias copies`.")]


@reports_errors
def show_copies(
    account: t.Annotated[str | None, typer.Option(metavar="CUENTA", help="Solo las de esta cuenta o sistema.")] = None,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Lista las copias que se han hecho: caso, fecha, sujeto, mensajes, prueba y destino."""
    from copias.case.catalogue import list_copies, list_nights
    from copias.office import open_office

    office = open_office(config)
    copies = [*list_copies(office, subject=account), *list_nights(office, subject=account)]
    found = sorted(copies, key=lambda copy: copy.made_at)
    columns = ["Caso", "Fecha", "Sujeto", "Mensajes", "Tamaño", "Prueba", "Destino", "Copia"]
    Output(as_json, query).show(
        {"copies": [copy.to_dict() for copy in found]},
        lambda: print_table("Copias", columns, map(_copy_row, reversed(found))),
    )


@reports_errors
def find_mail(
    case: t.Annotated[str, typer.Option("--case", metavar="CASO", help="El caso de recuperación que lo autoriza.")],
    account: t.Annotated[str, typer.Option(metavar="CUENTA", help="La cuenta en cuyas copias se busca.")],
    sender: t.Annotated[str, typer.Option("--from", metavar="TEXTO", help="Parte del remitente.")] = "",
    subject: t.Annotated[str, typer.Option(metavar="TEXTO", help="Parte del asunto.")] = "",
    since: Since = None,
    until: Until = None,
    label: Label = "",
    copy: CopyId = None,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Busca mensajes en las copias de una cuenta y los numera para `copias restore --pick`; queda en la bitácora."""
    from copias.mailbox.restore.finding import find_messages
    from copias.mailbox.restore.search import query_of_days
    from copias.office import open_office

    wanted = query_of_days(since=since, until=until, sender=sender, subject=subject, label=label)
    found = find_messages(open_office(config), case, wanted, account=account, copy_id=copy)
    data = {
        "case": case,
        "account": account,
        "source": str(found.source),
        "messages": [_describe(number, message) for number, message in found.messages.items()],
    }
    Output(as_json, query).show(data, lambda: _print_found(case, found))


def _print_found(case: str, found: Found) -> None:
    from copias.package.texts import say_count

    columns = ["Nº", "Fecha", "De", "Asunto", "Etiquetas", "Tamaño"]
    rows = [_message_row(number, message) for number, message in found.messages.items()]
    print_table(f"Mensajes ({found.source})", columns, rows)
    counted = say_count(len(rows), "mensaje")
    typer.echo(f"{counted}. Para devolver algunos: copias restore {case} --pick 1,2" if rows else f"{counted}.")


def _copy_row(copy: CataloguedCopy) -> tuple[str, ...]:
    from datetime import datetime

    from copias.local_time import say_moment

    return (
        copy.case or "noche",
        say_moment(datetime.fromisoformat(copy.made_at)),
        copy.subject,
        "" if copy.messages is None else str(copy.messages),
        say_bytes(copy.bytes),
        COPY_WORDS.get(copy.status, copy.status),
        copy.store,
        copy.copy_id,
    )


def _message_row(number: int, message: ListedMessage) -> tuple[str, ...]:
    from copias.local_time import say_moment
    from copias.package.message_entry import received_at

    moment = say_moment(received_at(message.internal_date))
    labels = ", ".join(message.labels)
    return str(number), moment, message.sender, message.subject, labels, say_bytes(message.bytes)


def _describe(number: int, message: ListedMessage) -> dict[str, t.Any]:
    from copias.package.message_entry import received_at

    return {
        "number": number,
        "id": message.id,
        "received": received_at(message.internal_date).isoformat(),
        "from": message.sender,
        "subject": message.subject,
        "labels": list(message.labels),
        "state": message.state,
        "bytes": message.bytes,
        "deleted": message.deleted_at is not None,
    }
