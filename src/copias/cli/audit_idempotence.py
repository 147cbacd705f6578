"""``copias audit idempotence``: playbooks are run once more, and what would change again is named."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime
from pathlib import Path

import typer

from copias.cli.output import Config, Json, Output, Query, clean, print_table, reports_errors
from copias.errors import EXIT_FAILED

if t.TYPE_CHECKING:
    from copias.evidence.idempotence import Certificate, Where
    from copias.office import Office

SHOWN: t.Final = 10
"""Certificates of each playbook that the terminal shows of the trend, the newest; the page and ``--json`` have all."""
_WHERE: t.Final[dict[Where, str]] = {
    "installation": "en esta instalación, en modo de revisión",
    "sandbox": "en un entorno de prueba propio, corriendo cada uno dos veces",
}


def register(app: typer.Typer) -> None:
    """Add the verb to ``copias audit``."""
    app.command("idempotence")(certify_idempotence)


@reports_errors
def certify_idempotence(
    playbooks: t.Annotated[list[str] | None, typer.Argument(metavar="[PLAYBOOK]...", help="Por ejemplo drill.")] = None,
    sandbox: t.Annotated[
        bool, typer.Option("--sandbox", help="Correrlos de verdad dos veces, en un entorno de prueba que se borra.")
    ] = False,
    html: t.Annotated[
        Path | None, typer.Option("--html", metavar="ARCHIVO", help="Escribir el certificado, para imprimir.")
    ] = None,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Corre otra vez los playbooks y registra, por rol y tarea, qué cambiarían: debe ser nada."""
    from copias.config import find_deployment
    from copias.evidence.idempotence import are_good, certify, certify_in_sandbox, trend
    from copias.office import open_office
    from copias.people import Role

    path = config or find_deployment()
    office = open_office(path)
    office.actor.require(Role.AGENT, "certificar la idempotencia")
    names = _check_names(playbooks or ())
    if sandbox:
        done, where = certify_in_sandbox(office, [one.stem for one in names]), _WHERE["sandbox"]
    else:
        done, where = certify(office, names or _check_names(["nightly"]), config=path), _WHERE["installation"]
    data = {"playbooks": [one.to_dict() for one in done], "trend": trend(office)}
    if html is not None:
        _write_page(office, html, done, data["trend"], where)
    Output(as_json, query).show(data, lambda: _print(done, t.cast("dict[str, t.Any]", data["trend"])))
    if not are_good(done):
        raise typer.Exit(EXIT_FAILED)


def _check_names(names: t.Iterable[str]) -> list[Path]:
    """Return the playbooks of some names.

    Raises:
        BadInput: there is none of that name.
    """
    from copias.errors import BadInput
    from copias.evidence.idempotence import PROJECT

    known = {path.stem: path for path in sorted((PROJECT / "playbooks").glob("*.yml"))}
    asked = list(names)
    if strange := [name for name in asked if name not in known]:
        raise BadInput("no hay un playbook con ese nombre", whose=ascii(strange[0][:60]), why=", ".join(known))
    return [known[name] for name in asked]


def _write_page(office: Office, html: Path, done: list[Certificate], told: t.Any, where: str) -> None:
    from copias.evidence.idempotence import are_good
    from copias.evidence.pages import render
    from copias.files import write_page

    page = render(
        "idempotence.html.j2",
        entity=office.deployment.entity,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        made_by=office.actor.person.name,
        where=where,
        head=str(office.book.ledger.head()),
        good=are_good(done),
        certificates=done,
        trend=told,
    )
    write_page(html, page.encode(), state=office.deployment.state)


def _print(done: list[Certificate], told: dict[str, list[dict[str, t.Any]]]) -> None:
    from copias.evidence.idempotence import WHERE_WORDS, say_status
    from copias.package.texts import format_moment

    for one in done:
        if one.left_out:
            typer.echo(clean(f"{one.playbook}: no se corrió, {one.why}"))
            continue
        failed = f": {one.why}" if one.why and not one.good else ""
        first = "" if one.first is None else f"; la primera vez, {one.first}"
        ended = f"{say_status(one.status)}{failed}{first}"
        typer.echo(clean(f"{one.playbook}: {one.tasks} resultados, {one.changed} cambiarían algo ({ended})"))
        for role, tasks in one.roles.items():
            for task, hosts in tasks.items():
                typer.echo(clean(f"  {role} · {task}: {hosts}"))
    names = {one.playbook for one in done}
    rows = [
        (
            playbook,
            format_moment(one["time"]),
            WHERE_WORDS.get(one["where"], one["where"]),
            say_status(one["status"]),
            str(one["changed"]),
        )
        for playbook, certified in told.items()
        for one in certified[-SHOWN:]
        if playbook in names
    ]
    print_table("Tendencia", ["Playbook", "Cuándo", "Dónde", "Cómo terminó", "Cambian otra vez"], rows)
