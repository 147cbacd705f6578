"""``copias provider``: contracts, what a provider promised, and the mail with it."""

from __future__ import annotations

import typing as t
from pathlib import Path

import typer

from copias.cli.output import (
    CaseNumber,
    Config,
    Json,
    Output,
    Query,
    clean,
    print_facts,
    print_table,
    reports_errors,
    say_bytes,
)

if t.TYPE_CHECKING:
    from copias.config import Deployment
    from copias.provider.mails import KeptMail
    from copias.provider.settings import ProviderSettings

app = typer.Typer(no_args_is_help=True, help="Proveedores que entregan copias: contratos, promesas y correos.")
Provider = t.Annotated[str, typer.Argument(metavar="PROVEEDOR", help="Su nombre en el archivo de proveedores.")]


@app.command("list")
@reports_errors
def list_providers(config: Config = None, as_json: Json = False, query: Query = None) -> None:
    """Muestra los proveedores, hasta cuándo va cada contrato y qué obligación falta."""
    from copias.office import open_office

    deployment = open_office(config).deployment
    found = [_describe(deployment, name) for name in sorted(deployment.providers)]

    def render() -> None:
        columns = ["Proveedor", "Empresa", "Contrato", "Termina", "Obligaciones que faltan", "Bases"]
        rows = [
            [
                one["provider"],
                one["name"],
                one["contract"],
                one["ends_text"],
                one["missing_text"],
                one["databases_text"],
            ]
            for one in found
        ]
        print_table("Proveedores", columns, rows)

    Output(as_json, query).show(found, render)


@app.command("show")
@reports_errors
def show_provider(name: Provider, config: Config = None, as_json: Json = False, query: Query = None) -> None:
    """Muestra un proveedor: contrato, obligaciones, a quién se le escribe, plazo y dónde entrega."""
    from copias.errors import BadInput
    from copias.nearest import suggest
    from copias.office import open_office

    deployment = open_office(config).deployment
    if name not in deployment.providers:
        raise BadInput(
            "no hay un proveedor con ese nombre",
            whose=ascii(name[:40]),
            why=f"hay: {', '.join(sorted(deployment.providers)) or 'ninguno'}",
            repair=suggest(name, deployment.providers, "vea `copias provider list`"),
        )
    data = _describe(deployment, name)
    Output(as_json, query).show(data, lambda: print_facts(f"Proveedor {name}", _tell(deployment.providers[name], data)))


@app.command("promise")
@reports_errors
def record_promise(
    number: CaseNumber,
    date: t.Annotated[str, typer.Argument(metavar="FECHA", help='DD/MM/AAAA, o "DD/MM/AAAA HH:MM".')],
    note: t.Annotated[str, typer.Option(help="Quién lo prometió y por qué medio.")] = "",
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Registra para cuándo promete el proveedor la copia; los recordatorios siguen esa fecha."""
    from copias.local_time import say_moment
    from copias.office import open_office
    from copias.provider.promising import promise, warn_of_rest

    request = promise(open_office(config), number, date, note=note)
    warning = warn_of_rest(request.promised)
    said = f"Caso {number}: la copia se espera para el {say_moment(request.promised)}"
    data = {"case": number, "promised": request.promised.isoformat(), "warning": warning}
    Output(as_json, query).show(data, lambda: typer.echo(said + (f". Atención: {warning}." if warning else ".")))


@app.command("retry")
@reports_errors
def retry_delivery(
    number: CaseNumber,
    reason: t.Annotated[str, typer.Option(help="Qué se corrigió de este lado; queda en la historia.")],
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Revisa otra vez lo que se rechazó, porque lo que faltaba era de este lado: una contraseña, un límite."""
    from copias.office import open_office
    from copias.provider.retrying import retry

    retry(open_office(config), number, reason=reason)
    said = (
        f"Caso {number}: lo que entregó el proveedor se revisa otra vez con `copias poll`, o con copias run {number}."
    )
    Output(as_json, query).show({"case": number, "reason": reason.strip()}, lambda: typer.echo(said))


@app.command("mail")
@reports_errors
def show_mail(number: CaseNumber, config: Config = None, as_json: Json = False, query: Query = None) -> None:
    """Muestra los correos con el proveedor en un caso, y el texto de los que hay que enviar a mano."""
    from copias.office import open_office
    from copias.provider.mails import list_all

    office = open_office(config)
    mails = list_all(office.deployment, office.book.story(number))

    def render() -> None:
        columns = ["Correo", "Fecha", "De", "Tamaño", "SHA-256 o motivo", "Archivo"]
        print_table(f"Correos del caso {number}", columns, [_row(mail) for mail in mails])
        by_hand = sum(mail.direction == "by_hand" for mail in mails)
        for draft in [mail for mail in mails if mail.direction in {"draft", "unsent", "returned"}][by_hand:]:
            _print_draft(number, draft)

    Output(as_json, query).show([mail.to_dict() for mail in mails], render)


@app.command("certificate")
@reports_errors
def record_restore_certificate(
    about: t.Annotated[str, typer.Argument(metavar="CASO|BASE", help="El caso cuya copia restauró, o la base.")],
    date: t.Annotated[str, typer.Option("--date", metavar="FECHA", help="Día de la restauración, DD/MM/AAAA.")],
    document: t.Annotated[str, typer.Option("--document", help="Qué documento lo dice y dónde está.")],
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Registra que el proveedor certificó haber restaurado una copia; cuenta como prueba de restauración suya."""
    from copias.office import open_office
    from copias.provider.certifying import record_certificate

    found = record_certificate(open_office(config), about, day=date, document=document)
    said = f"{found.database}: el proveedor certifica que restauró la copia el {found.day:%d/%m/%Y} ({found.document})."
    Output(as_json, query).show(found.to_dict(), lambda: typer.echo(said))


@app.command("sent")
@reports_errors
def record_sent_mail(
    number: CaseNumber,
    eml: t.Annotated[Path, typer.Option("--eml", metavar="ARCHIVO", help="El correo enviado, guardado como .eml.")],
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Guarda el correo que usted le envió a mano al proveedor."""
    from copias.office import open_office
    from copias.provider.promising import record_sent

    mail = record_sent(open_office(config), number, eml)
    said = f"Caso {number}: guardado como {mail.name}, SHA-256 {mail.sha256}."
    Output(as_json, query).show(mail.to_dict(), lambda: typer.echo(said))


def _describe(deployment: Deployment, name: str) -> dict[str, t.Any]:
    """Return a provider as plain data; what ends in ``_text`` is for people."""
    from copias.local_time import today
    from copias.provider.checks import days_left, say_left
    from copias.provider.settings import OBLIGATION_WORDS

    settings = deployment.providers[name]
    left = days_left(settings, today=today())
    missing = [key for key, _ in settings.obligations.missing()]
    databases = sorted(key for key, one in deployment.databases.items() if one.provider == name)
    return {
        "provider": name,
        **settings.model_dump(mode="json"),
        "days_left": left,
        "ends_text": f"{settings.ends:%d/%m/%Y}, {'terminado' if left < 0 else say_left(left)}",
        "missing": missing,
        "missing_text": ", ".join(OBLIGATION_WORDS[key] for key in missing) or "ninguna",
        "databases": databases,
        "databases_text": ", ".join(databases),
    }


def _tell(settings: ProviderSettings, data: dict[str, t.Any]) -> list[tuple[str, str]]:
    from copias.provider.settings import OBLIGATION_WORDS

    contact = settings.contact
    return [
        ("Empresa", settings.name),
        ("Contrato", settings.contract),
        ("Termina", data["ends_text"]),
        *((f"Obligación de {words}", _say_obligation(settings, key)) for key, words in OBLIGATION_WORDS.items()),
        ("Contacto", f"{contact.name}, {contact.post}"),
        ("Correo", ", ".join(contact.addresses)),
        ("Plazo", f"{settings.promised_hours:g} horas hábiles, de {settings.opens:%H:%M} a {settings.closes:%H:%M}"),
        ("Motor", settings.engine),
        ("Entrega en", settings.drop.describe("<caso>")),
        ("Bases de datos", data["databases_text"]),
    ]


def _say_obligation(settings: ProviderSettings, key: str) -> str:
    obligation = getattr(settings.obligations, key)
    return ("sí" if obligation.in_force else "NO") + (f": {obligation.note}" if obligation.note else "")


def _row(mail: KeptMail) -> list[str]:
    from datetime import datetime

    from copias.local_time import say_moment
    from copias.provider.mails import DIRECTION_WORDS

    forged = mail.direction == "received" and not mail.trusted
    sender = f"{mail.sender} (remitente sin comprobar)" if forged else mail.sender
    size = say_bytes(mail.bytes) if mail.name else ""
    when = say_moment(datetime.fromisoformat(mail.at))
    return [DIRECTION_WORDS[mail.direction], when, sender, size, mail.why or mail.sha256, mail.name]


def _print_draft(number: str, draft: KeptMail) -> None:
    """Print what a person is to send by hand, as it is written."""
    from email import message_from_bytes
    from email.policy import default

    message = message_from_bytes(draft.path.read_bytes(), policy=default)
    typer.echo(f"Envíe este correo desde la cuenta de la mesa de ayuda ({draft.path}):\n")
    for header in ("To", "Cc", "Subject"):
        if message[header]:
            typer.echo(f"{header}: {clean(str(message[header]))}")
    typer.echo("\n" + "\n".join(map(clean, message.get_content().splitlines())))
    typer.echo(f"\nDespués guárdelo como .eml y regístrelo: copias provider sent {number} --eml ARCHIVO")
