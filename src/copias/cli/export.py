"""``copias export``: a copied mailbox as one file that other programs import, only for a case that allows it."""

from __future__ import annotations

import typing as t
from pathlib import Path

import typer

from copias.cli.output import Config, Json, Output, Query, reports_errors, say_bytes
from copias.cli.package import PackagePath
from copias.errors import BadInput, NotReady
from copias.files import check_folder

ENDING: t.Final = ".mbox"
_OF_MAIL: t.Final = frozenset({"mailbox", "manual", "recovery"})
"""Kinds of case whose authorisation is for mail."""

if t.TYPE_CHECKING:
    from copias.authorisation import Authorisation
    from copias.office import Office
    from copias.package import Manifest
    from copias.package.export import MboxExport


@reports_errors
def export_mailbox(
    path: PackagePath,
    mbox: t.Annotated[Path, typer.Option("--mbox", metavar="DESTINO", help="El archivo mbox que se hace.")],
    case: t.Annotated[str, typer.Option("--case", metavar="CASO", help="El caso que lo autoriza.")],
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Escribe el correo de un paquete en un archivo mbox como el de Google Takeout; queda en la bitácora."""
    from copias.office import open_office
    from copias.opened import copy_of_file, record_opening
    from copias.package import check_signature, load_trusted, open_mailbox, public_path
    from copias.package.export import export_mbox
    from copias.package.texts import say_count
    from copias.progress import Step

    office = open_office(config)
    _check_target(mbox, state=office.deployment.state)
    with open_mailbox(path) as package:
        check_signature(package.manifest, load_trusted([public_path(office.deployment.signing_key)]))
        require_leave(office, case, account=package.manifest.case.subject)
        copy = copy_of_file(office, path)
        with Step("Exportar", package.facts.count, unit="messages") as step:
            export = export_mbox(
                package,
                mbox,
                before_publishing=lambda done: _record(office, case, copy, package.manifest, done),
                before_reading=lambda: record_opening(office, copy, by="copias export", to=str(mbox), case=case),
                report=step,
            )
    data = {"file": str(mbox), "messages": export.messages, "bytes": export.bytes, "sha256": export.sha256}
    said = f"{mbox}: {say_count(export.messages, 'mensaje')}, {say_bytes(export.bytes)}, SHA-256 {export.sha256}"
    Output(as_json, query).show(data, lambda: typer.echo(said))


def _check_target(mbox: Path, *, state: Path) -> None:
    """Refuse a file that could be taken for anything but mail, or that lies where this installation keeps its own."""
    if mbox.suffix != ENDING or mbox.name.startswith("."):
        raise BadInput(
            "el archivo no se puede llamar así",
            whose=ascii(mbox.name[:80]),
            repair=f"dé un nombre que termine en {ENDING}",
        )
    check_folder(mbox.parent, state=state)


def require_leave(office: Office, number: str, *, account: str) -> Authorisation:
    """Return the authorisation of a case to export what was copied of an account.

    Raises:
        NotAllowed: the role does not include it.
        NotReady: the case is of another account, nobody authorised it, or it is not open for work.
        BadInput: there is no such case.
    """
    from copias.case.intake import read_case
    from copias.case.states import State
    from copias.people import Role

    office.actor.require(Role.AGENT, "exportar copias")
    intake, whose = read_case(office, number), f"caso {number}"
    if intake.subject != account:
        repair = "use el caso que pidió esta cuenta, o corríjalo con `copias classify`"
        raise NotReady("el caso es de otra cuenta", whose=whose, why=f"el paquete es de {account}", repair=repair)
    if intake.kind not in _OF_MAIL:
        repair = "use un caso de correo o de recuperación de esta cuenta"
        raise NotReady("el caso no es de correo", whose=whose, why=f"su clase es {intake.kind}", repair=repair)
    if intake.state in {State.CANCELLED, State.ON_HOLD}:
        raise NotReady("el caso no está en curso", whose=whose, why=intake.words, repair="vea `copias show`")
    if intake.authorisation is None:
        raise NotReady(
            "nadie ha autorizado que salgan estos datos",
            whose=whose,
            why="no consta quién lo autoriza, con documento y motivo",
            repair=f"copias authorise {number} --name … --post … --document … --motive …",
        )
    return intake.authorisation


def _record(office: Office, case: str, copy: str, manifest: Manifest, export: MboxExport) -> None:
    """Say in the ledger who took what out; the file appears only afterwards."""
    copied = manifest.messages
    office.book.record(
        case,
        "copy.exported",
        {
            "copy": copy,
            "account": manifest.case.subject,
            "of_case": manifest.case.number,
            "list_sha256": copied.sha256 if copied else "",
            "format": "mbox",
            "messages": export.messages,
            "bytes": export.bytes,
            "sha256": export.sha256,
        },
    )
