"""``copias nightly``: the night of everything, by a playbook that goes on by itself."""

from __future__ import annotations

import typing as t
from itertools import compress

import typer

from copias.cli.output import Config, Json, Output, Query, reports_errors
from copias.errors import BadInput, NotReady

if t.TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from copias.office import Office
    from copias.run.folder import RunFolder

PLAYBOOK: t.Final = "nightly.yml"
SWITCHES: t.Final = ("sinfa_night_force", "sinfa_night_smaller")


@reports_errors
def make_nightly_copies(
    only: t.Annotated[
        list[str] | None,
        typer.Option(
            "--only", metavar="NOMBRE", help="Solo esta base, cuenta, destino o paso del resumen; puede repetirse."
        ),
    ] = None,
    force: t.Annotated[bool, typer.Option("--force", help="Hacer otra copia aunque ya haya una de hoy.")] = False,
    smaller: t.Annotated[
        bool, typer.Option("--smaller", help="Creer un volcado mucho más pequeño que el anterior; pide --only.")
    ] = False,
    check: t.Annotated[bool, typer.Option("--check", help="Decir lo que se haría, sin hacer nada.")] = False,
    plan: t.Annotated[bool, typer.Option("--plan", help="Decir qué toca esta noche y qué no alcanza.")] = False,
    detach: t.Annotated[bool, typer.Option("--detach", help="Empezar y no seguir la ejecución.")] = False,
    follow: t.Annotated[bool, typer.Option("--follow", help="Seguir la última noche; Ctrl-C no la detiene.")] = False,
    stop: t.Annotated[bool, typer.Option("--stop", help="Detener la noche en curso; lo copiado se conserva.")] = False,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Hace la noche: bases de datos, buzones, estado, revisiones, retención y pendientes, y dice cómo fue."""
    from copias.config import find_deployment
    from copias.office import open_office
    from copias.people import Role
    from copias.run.start import start_shared_run

    path, output = config or find_deployment(), Output(as_json, query)
    office = open_office(path)
    if _look_only(office, output, plan=plan, follow=follow, stop=stop):
        return
    office.actor.require(Role.AGENT, "hacer copias nocturnas")
    if smaller and not only:
        raise BadInput(
            "--smaller es para una base de datos", repair="dígala con --only, una vez que sepa por qué mide menos"
        )
    wanted = tuple(dict.fromkeys(only or []))
    folder = start_shared_run(
        office,
        choose_hosts(office, wanted),
        config=path,
        playbook=PLAYBOOK,
        check=check,
        switches=tuple(compress(SWITCHES, (force, smaller))),
        only=wanted,
    )
    if detach:
        _tell_started(folder.path.name, output)
    else:
        follow_night(office, folder, output)


def _tell_started(run: str, output: Output) -> None:
    told = f"Ejecución {run}. Sígala con: copias nightly --follow"
    output.show({"run": run, "exit_code": None}, lambda: typer.echo(told))


def _look_only(office: Office, output: Output, *, plan: bool, follow: bool, stop: bool) -> bool:
    """Do what starts no night, if it was asked for; tell whether it was.

    Raises:
        BadInput: several of them were.
    """
    if plan + follow + stop > 1:
        raise BadInput("--plan, --follow y --stop son órdenes distintas", repair="dé una sola")
    if plan:
        from copias.cli.nightly_plan import show_plan

        show_plan(office, output)
    if follow:
        follow_night(office, _latest(office), output)
    if stop:
        _stop(office, output)
    return plan or follow or stop


def choose_hosts(office: Office, only: Sequence[str]) -> list[str]:
    """Return the hosts of the run, all when nothing is named; this machine is one of them, for it ends the night.

    Raises:
        BadInput: nothing that a night does is called so.
        BadConfiguration: a database has no repository.
    """
    from copias.night.steps import DIRECTORY, MIRRORS, kind_of

    hosts = list[str]()
    for name in only:
        if kind_of(office, name) != "step":
            hosts.append(name)
        elif name in {MIRRORS, DIRECTORY}:
            hosts.append("mailboxes")
    return [*dict.fromkeys(hosts), "control"] if only else []


def follow_night(office: Office, folder: RunFolder, output: Output) -> None:
    """Show progress to the end of the run, then what came of each thing; exits with the night's code."""
    from copias.cli.nightly_show import print_night, tell_night
    from copias.cli.progress import watch

    try:
        result = watch(folder, quiet=output.plain)
    except KeyboardInterrupt:
        typer.echo(
            "\nLa noche sigue. Para volver a verla: copias nightly --follow. Para detenerla: copias nightly --stop"
        )
        raise typer.Exit(0) from None
    night = tell_night(office, folder, result)
    output.show(night.to_dict(), lambda: print_night(night))
    if night.exit_code:
        raise typer.Exit(night.exit_code)


def _stop(office: Office, output: Output) -> None:
    """Stop the night that runs, and wait until it has ended.

    Raises:
        NotReady: none does.
    """
    from copias.case.claim import NIGHT
    from copias.cli.nightly_show import find_report
    from copias.people import Role
    from copias.run.folder import RunFolder
    from copias.run.follow import stop_run

    office.actor.require(Role.AGENT, "detener la noche")
    claim = office.claims.active(NIGHT)
    if claim is None:
        raise NotReady("ninguna noche está en curso", repair="vea la última con `copias nightly --follow`")
    result = stop_run(RunFolder(_runs(office) / claim.run))
    report = find_report(office, claim.run)
    stopped = report is not None and report.ended == "stopped"
    told = "La noche fue detenida; `copias nightly` hace lo que faltó." if stopped else result.message
    data = {"run": claim.run, "ended": report.ended if report else None, "message": told}
    output.show(data, lambda: typer.echo(told or "La noche ya había terminado."))


def _latest(office: Office) -> RunFolder:
    """Return the night that runs, else the newest one.

    Raises:
        NotReady: there was none yet.
    """
    from copias.case.claim import NIGHT
    from copias.run.folder import NIGHTS, RunFolder, find_runs

    claim = office.claims.active(NIGHT)
    if claim is not None:
        return RunFolder(_runs(office) / claim.run)
    found = find_runs(_runs(office), NIGHTS)
    if not found:
        raise NotReady("todavía no hay ninguna noche", repair="use `copias nightly`")
    return found[-1]


def _runs(office: Office) -> Path:
    return office.deployment.runs
