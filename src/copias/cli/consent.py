"""``copias consent``: users who open their own mailbox to us, where delegation is refused."""

from __future__ import annotations

import sys
import typing as t

import typer

from copias.cli.output import Config, Json, Output, Query, print_table, reports_errors
from copias.cli.spanish import SpanishGroup

if t.TYPE_CHECKING:
    from copias.google.consent_file import Consent


class _AddressIsAsk(SpanishGroup):
    """``copias consent ana@alcaldia.example`` is short for ``copias consent ask ana@alcaldia.example``."""

    def resolve_command(self, ctx: t.Any, args: list[str]) -> t.Any:
        """Find the verb; an address is the argument of ``ask``."""
        return super().resolve_command(ctx, ["ask", *args] if "@" in args[0] else args)


app = typer.Typer(
    cls=_AddressIsAsk,
    no_args_is_help=True,
    help="Consentimientos de los titulares, donde no hay delegación. «copias consent CUENTA» da el enlace.",
)

Account = t.Annotated[str, typer.Argument(metavar="CUENTA", help="Dirección principal, en minúsculas.")]


@app.command("ask")
@reports_errors
def ask_consent(account: Account, config: Config = None, as_json: Json = False, query: Query = None) -> None:
    """Da el enlace que el titular abre en su computador para permitir la copia de su buzón."""
    from copias.google.consent import open_desk
    from copias.mailbox.kind import MailboxKind
    from copias.office import open_office
    from copias.people import Role

    office = open_office(config)
    office.actor.require(Role.AGENT, "pedir consentimientos")
    MailboxKind().require_subject(office.deployment, account)
    link = open_desk(office.deployment.google).ask(account)
    Output(as_json, query).show({"account": account, "link": link}, lambda: typer.echo(_say_link(account, link)))


@app.command("finish")
@reports_errors
def finish_consent(account: Account, config: Config = None, as_json: Json = False, query: Query = None) -> None:
    """Recibe, por la entrada estándar, la dirección en que terminó el navegador del titular."""
    from copias.google.consent import open_desk
    from copias.office import open_office
    from copias.people import Role

    office = open_office(config)
    office.actor.require(Role.AGENT, "recibir consentimientos")
    desk = open_desk(office.deployment.google)
    # Not an argument: those stand in the shell's history and in the list of processes.
    typer.echo("Pegue la dirección en que terminó el navegador:", err=True)
    address = sys.stdin.buffer.readline().decode("utf-8", "replace")
    consent = desk.finish(account, address, by=office.actor.identity.account)
    Output(as_json, query).show(_data(consent), lambda: typer.echo(f"{account}: consentimiento recibido."))


@app.command("list")
@reports_errors
def list_consents(config: Config = None, as_json: Json = False, query: Query = None) -> None:
    """Muestra de quién hay consentimiento; nunca el permiso mismo."""
    from copias.google.consent_file import open_consents
    from copias.office import open_office

    folder = open_consents(open_office(config).deployment.google)
    found = folder.every() if folder else []
    rows = [(consent.account, _say_day(consent.given), consent.by) for consent in found]
    Output(as_json, query).show(
        [_data(consent) for consent in found],
        lambda: print_table("Consentimientos", ["Cuenta", "Desde", "Recibido por"], rows),
    )


@app.command("revoke")
@reports_errors
def revoke_consent(account: Account, config: Config = None, as_json: Json = False, query: Query = None) -> None:
    """Devuelve un consentimiento: Google lo anula y se borra de esta máquina."""
    from copias.google.consent import open_desk
    from copias.office import open_office
    from copias.people import Role

    office = open_office(config)
    office.actor.require(Role.AGENT, "devolver consentimientos")
    open_desk(office.deployment.google).revoke(account)
    said = f"{account}: consentimiento anulado y borrado."
    Output(as_json, query).show({"account": account, "revoked": True}, lambda: typer.echo(said))


def _data(consent: Consent) -> dict[str, t.Any]:
    """Return what may be shown: all but the secret."""
    return {
        "account": consent.account,
        "scopes": list(consent.scopes),
        "given": consent.given,
        "by": consent.by,
    }


def _say_link(account: str, link: str) -> str:
    return (
        f"Envíe este enlace a {account}:\n\n{link}\n\n"
        "El titular lo abre con la sesión de esa cuenta, acepta, y le devuelve la dirección en que termina el\n"
        "navegador. Esa página muestra un error: es normal, solo hace falta el texto de la dirección.\n"
        f"Antes de diez minutos: copias consent finish {account}"
    )


def _say_day(moment: str) -> str:
    from datetime import datetime

    from copias.local_time import say_moment

    return say_moment(datetime.fromisoformat(moment))
