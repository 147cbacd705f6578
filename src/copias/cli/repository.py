"""``copias repository``: the restic repositories that keep nightly copies, and the keys that open them."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime
from pathlib import Path

import typer

from copias.cli.output import Config, Json, Output, Query, print_facts, print_table, reports_errors, say_bytes
from copias.local_time import say_moment

if t.TYPE_CHECKING:
    from copias.office import Office
    from copias.repository.repository import Repository

app = typer.Typer(no_args_is_help=True, help="Repositorios de las copias nocturnas y sus llaves.")

Name = t.Annotated[str, typer.Argument(metavar="REPOSITORIO")]


@app.command("init")
@reports_errors
def init_repository(name: Name, config: Config = None, as_json: Json = False, query: Query = None) -> None:
    """Crea un repositorio, o adopta el que ya hay, y anota cuál es para no confundirlo nunca con otro."""
    from copias.repository.opening import prepare_repository

    office = _administer(config, "preparar repositorios")
    found, made = prepare_repository(office, name)
    said = f"Repositorio {name} {'creado' if made else 'listo'}: {found[:12]}."
    if made:
        said += f"\nAhora guarde una segunda llave en un sobre sellado: copias repository key {name} --out ARCHIVO"
    Output(as_json, query).show({"repository": name, "id": found, "created": made}, lambda: typer.echo(said))


@app.command("check")
@reports_errors
def check_repository(name: Name, config: Config = None, as_json: Json = False, query: Query = None) -> None:
    """Revisa la estructura de un repositorio y lee la treintava parte de hoy."""
    from copias.night.checking import CheckPlan
    from copias.office import open_office
    from copias.people import Role

    office = open_office(config)
    office.actor.require(Role.AGENT, "revisar repositorios")
    plan = CheckPlan(office, name, force=True)
    plan.run()
    said = f"El repositorio {name} está sano; se leyó la parte {plan.part}."
    Output(as_json, query).show({"repository": name, "part": plan.part}, lambda: typer.echo(said))


@app.command("key")
@reports_errors
def add_repository_key(
    name: Name,
    out: t.Annotated[Path, typer.Option("--out", metavar="ARCHIVO", help="Archivo nuevo para la segunda llave.")],
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Crea una segunda llave del repositorio, para el sobre sellado, y dice cómo guardarla."""
    from copias.repository.escrow import add_escrow_key, say_escrow

    office = _administer(config, "crear llaves de repositorios")
    key = add_escrow_key(office, name, out)
    Output(as_json, query).show(
        {"repository": name, "key": key, "file": str(out)}, lambda: typer.echo(say_escrow(name, key, out))
    )


@app.command("list")
@reports_errors
def list_repository(name: Name, config: Config = None, as_json: Json = False, query: Query = None) -> None:
    """Muestra las copias de un repositorio, con lo que la bitácora sabe de cada una, y sus llaves."""
    from copias.office import open_office
    from copias.people import Role
    from copias.repository.opening import open_repository

    office = open_office(config)
    office.actor.require(Role.AUDITOR, "ver repositorios")
    repository = open_repository(office, name)
    rows = _list_snapshots(office, repository)
    keys = [vars(key) for key in repository.list_keys()]

    def render() -> None:
        shown = [
            (
                say_moment(datetime.fromisoformat(row["time"])),
                row["host"],
                row["copy"],
                STATUS_WORDS[row["status"]],
                say_bytes(row["bytes"]),
                row["snapshot"][:8],
            )
            for row in rows
        ]
        print_table(f"Repositorio {name}", ["Fecha", "De", "Copia", "Estado", "Tamaño", "Instantánea"], shown)
        print_facts("Llaves", [(key["id"][:8], f"{key['host']}, {_say_created(key['created'])}") for key in keys])

    Output(as_json, query).show({"repository": name, "snapshots": rows, "keys": keys}, render)


@app.command("unlock")
@reports_errors
def unlock_repository(
    name: Name,
    force: t.Annotated[
        bool, typer.Option("--force", help="También los bloqueos de otras máquinas: solo si nadie lo usa.")
    ] = False,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Quita los bloqueos que dejaron programas muertos de esta máquina; con --force, todos."""
    from copias.repository.locks import hold_repository
    from copias.repository.opening import open_repository

    office = _administer(config, "quitar bloqueos de repositorios")
    with hold_repository(office, name):
        open_repository(office, name).unlock(force=force)
    if force:
        office.record("repository.unlocked", {"repository": name})
    Output(as_json, query).show({"repository": name}, lambda: typer.echo(f"El repositorio {name} no tiene bloqueos."))


@app.command("recover-state")
@reports_errors
def recover_lost_state(
    name: Name,
    witness: t.Annotated[str | None, typer.Option(help="Testigo guardado fuera: CUENTA:SHA256.")] = None,
    accept_loss: t.Annotated[
        str, typer.Option(metavar="MOTIVO", help="Seguir aunque falte lo último de la bitácora, y por qué.")
    ] = "",
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """En una máquina vacía, trae de un repositorio la bitácora y los registros, los verifica y dice qué falta."""
    from dataclasses import asdict

    from copias.cli.audit import read_witness
    from copias.config import find_deployment, load_deployment
    from copias.night.recovering import recover_state

    deployment = load_deployment(config or find_deployment())
    found = recover_state(deployment, name, witness=read_witness(witness), accept_loss=accept_loss)

    def render() -> None:
        typer.echo(f"Estado recuperado del {found.taken[:16]} UTC; la bitácora es válida, testigo {found.head}.")
        if found.lost:
            typer.echo(f"Se perdieron los {found.lost}; quedó como hallazgo.")
        for one in found.missing:
            typer.echo(f"  {one}")
        for one in found.unasked:
            typer.echo(f"  no se comparó: {one}")

    Output(as_json, query).show(asdict(found), render)


@app.command("admit-loss")
@reports_errors
def admit_lost_events(
    reason: t.Annotated[str, typer.Option("--reason", metavar="MOTIVO", help="Por qué se perdió.")],
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """En una máquina reconstruida, registra como perdido lo que los testigos de fuera dicen y la bitácora no tiene."""
    from dataclasses import asdict

    from copias.ledger.witnesses import gather_witnesses
    from copias.night.loss import admit_loss

    office = _administer(config, "reconocer una pérdida de la bitácora")
    loss = admit_loss(office, gather_witnesses(office), reason=reason)
    said = f"Se reconocen como perdidos los {loss}; quedó como hallazgo."
    Output(as_json, query).show(asdict(loss), lambda: typer.echo(said))


@app.command("fetch")
@reports_errors
def fetch_repository(name: Name, config: Config = None, as_json: Json = False, query: Query = None) -> None:
    """Trae de su espejo un repositorio cuya carpeta se perdió; si está aquí, no hace nada."""
    from dataclasses import asdict

    from copias.errors import EXIT_FAILED
    from copias.repository.locks import hold_repository
    from copias.repository.opening import open_repository
    from copias.repository.pulling import pull_lost

    office = _administer(config, "traer repositorios")
    with hold_repository(office, name):
        pulled = pull_lost(office.deployment, name)
        open_repository(office, name)

    def render() -> None:
        typer.echo(f"Repositorio {name}: se trajeron {pulled.files} archivos.")
        for one in pulled.spoilt:
            typer.echo(f"  dañado en el espejo, no se trajo: {one}")

    Output(as_json, query).show(asdict(pulled), render)
    if pulled.spoilt:
        raise typer.Exit(EXIT_FAILED)


def _say_created(moment: str) -> str:
    """Return when a key was made, which restic tells in the machine's own time; as it says it, if that is not read."""
    try:
        return say_moment(datetime.fromisoformat(moment).astimezone())
    except ValueError:
        return moment


STATUS_WORDS: t.Final = {
    "made": "sin releer",
    "read": "releída",
    "restored": "restaurada y comparada",
    "void": "anulada",
    "removed": "quitada",
    "state": "estado del programa",
    "unknown": "no está en la bitácora",
}


def _list_snapshots(office: Office, repository: Repository) -> list[dict[str, t.Any]]:
    """Return the snapshots of a repository, the newest first, with what the ledger knows of each."""
    from copias.night.catalogue import list_night_copies
    from copias.repository.snapshots import list_snapshots

    known = {copy.snapshot: copy for copy in list_night_copies(office.book.ledger.events(), removed=True)}
    rows: list[dict[str, t.Any]] = []
    for one in reversed(list_snapshots(repository)):
        copy = known.get(one.id)
        status = copy.status if copy else ("state" if "state" in one.tags else "unknown")
        rows.append(
            {
                "snapshot": one.id,
                "time": one.time.astimezone(UTC).isoformat(),
                "host": one.host,
                "bytes": one.bytes,
                "copy": copy.copy if copy else "",
                "status": status,
            }
        )
    return rows


def _administer(config: Path | None, act: str) -> Office:
    from copias.office import open_office
    from copias.people import Role

    office = open_office(config)
    office.actor.require(Role.ADMINISTRATOR, act)
    return office
