"""``copias nightly``: the nightly copies of the finance databases, by a playbook that goes on by itself."""

from __future__ import annotations

import typing as t
from itertools import compress

import typer

from copias.cli.output import (
    Config,
    Json,
    Output,
    Query,
    print_error,
    print_table,
    reports_errors,
    say_bytes,
    say_seconds,
)
from copias.errors import EXIT_DONE, EXIT_FAILED, BackupError, BadInput, CopyFailed, NotReady

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from copias.office import Office
    from copias.run.folder import Result, RunFolder

PLAYBOOK: t.Final = "nightly.yml"
SWITCHES: t.Final = ("sinfa_night_force", "sinfa_night_smaller")
STATUS_WORDS: t.Final = {
    "": "sin copia",
    "made": "hecha, sin releer",
    "read": "releída del repositorio",
    "restored": "probada por restauración",
}
STEP_WORDS: t.Final = {"init": "preparar", "state": "copiar el estado", "check": "revisar"}

Outcomes: t.TypeAlias = "Mapping[str, dict[str, t.Any]]"


@reports_errors
def make_nightly_copies(
    only: t.Annotated[
        list[str] | None, typer.Option("--only", metavar="BASE", help="Solo esta base de datos; puede repetirse.")
    ] = None,
    force: t.Annotated[bool, typer.Option("--force", help="Hacer otra copia aunque ya haya una de hoy.")] = False,
    smaller: t.Annotated[
        bool, typer.Option("--smaller", help="Creer un volcado mucho más pequeño que el anterior; pide --only.")
    ] = False,
    check: t.Annotated[bool, typer.Option("--check", help="Decir lo que se haría, sin hacer nada.")] = False,
    detach: t.Annotated[bool, typer.Option("--detach", help="Empezar y no seguir la ejecución.")] = False,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Hace la copia nocturna de las bases de datos en su repositorio, la relee y revisa los repositorios."""
    from copias.config import find_deployment
    from copias.night.plan import nightly_databases
    from copias.office import open_office
    from copias.people import Role
    from copias.run.start import start_shared_run

    path, output = config or find_deployment(), Output(as_json, query)
    office = open_office(path)
    office.actor.require(Role.AGENT, "hacer copias nocturnas")
    if smaller and not only:
        raise BadInput(
            "--smaller es para una base de datos", repair="dígala con --only, una vez que sepa por qué mide menos"
        )
    hosts = _choose_hosts(office, only or [])
    wanted = sorted(set(only)) if only else nightly_databases(office)
    folder = start_shared_run(
        office,
        hosts,
        config=path,
        playbook=PLAYBOOK,
        check=check,
        switches=tuple(compress(SWITCHES, (force, smaller))),
    )
    if detach:
        run = folder.path.name
        output.show({"run": run, "exit_code": None}, lambda: typer.echo(f"Ejecución {run}, en {folder.path}"))
        return
    _follow(folder, output, wanted)


def _choose_hosts(office: Office, only: Sequence[str]) -> list[str]:
    """Return the hosts of the run; this machine is one of them, for it checks the repositories.

    Raises:
        BadConfiguration: a database is not in the inventory or has no repository.
        NotReady: no database has one.
    """
    from copias.night.plan import nightly_databases, repository_of

    for name in only:
        repository_of(office, name)
    if not nightly_databases(office):
        raise NotReady(
            "ninguna base de datos tiene copias nocturnas", repair="indique repository en databases de copias.yml"
        )
    return [*dict.fromkeys(only), "control"] if only else []


def _follow(folder: RunFolder, output: Output, wanted: Sequence[str]) -> None:
    """Show progress to the end of the run, then what came of each database; exits with the run's code."""
    from copias.cli.progress import watch
    from copias.night.outcome import read_outcomes

    try:
        result = watch(folder, quiet=output.plain)
    except KeyboardInterrupt:
        typer.echo(f"\nLa ejecución sigue; lo que resulte quedará en {folder.path}")
        raise typer.Exit(0) from None
    outcomes = read_outcomes(folder)
    if result.exit_code == EXIT_DONE:
        outcomes |= _tell_left_out(wanted, outcomes)
    nights = {name: outcome for name, outcome in outcomes.items() if "database" in outcome}
    steps = {name: outcome for name, outcome in outcomes.items() if "database" not in outcome}
    code = find_exit_code(result, outcomes)
    data = {"run": folder.path.name, "exit_code": code, "check": folder.request.check, "message": result.message}
    data |= {"databases": nights, "repositories": steps, "log": str(folder.output)}
    output.show(data, lambda: _print(nights, steps, result, check=folder.request.check))
    if code:
        raise typer.Exit(code)


def _tell_left_out(wanted: Sequence[str], outcomes: Outcomes) -> dict[str, dict[str, t.Any]]:
    """Return an error of each database that a run without any trouble never came to."""
    from copias.night.plan import NightResult

    told: dict[str, dict[str, t.Any]] = {}
    for name in wanted:
        if name not in outcomes:
            error = CopyFailed(
                "la ejecución terminó sin copiar esta base de datos",
                whose=name,
                why="ninguna tarea la copió, y ninguna falló",
                repair="revise su equipo en el inventario, sus host_vars y group_vars, y repita",
            )
            told[name] = NightResult(database=name, changed=False, error=error.facts()).to_dict()
    return told


def find_exit_code(result: Result, outcomes: Outcomes) -> int:
    """Return 0 when all went well, the code that all troubles share, or else 1."""
    codes = {int(outcome["error"]["exit_code"]) for outcome in outcomes.values() if outcome["error"]}
    if not codes:
        return result.exit_code
    return codes.pop() if len(codes) == 1 else EXIT_FAILED


def _print(nights: Outcomes, steps: Outcomes, result: Result, *, check: bool) -> None:
    columns = ["Base de datos", "Copia", "Estado", "Tamaño", "Tablas", "Filas", "Duración"]
    print_table("Copias nocturnas", columns, [_row(name, one, check=check) for name, one in _troubles_first(nights)])
    rows = [(*_step_of(name), _say(one, check=check)) for name, one in _troubles_first(steps)]
    if rows:
        print_table("Repositorios", ["Repositorio", "Paso", "Estado"], rows)
    troubles = [one["error"] for one in (*nights.values(), *steps.values()) if one["error"]]
    for facts in troubles:
        print_error(BackupError(facts["what"], whose=facts["whose"], why=facts["why"], repair=facts["repair"]))
    if result.exit_code != EXIT_DONE and not troubles and result.message:
        typer.echo(result.message, err=True)


def _troubles_first(outcomes: Outcomes) -> list[tuple[str, dict[str, t.Any]]]:
    return sorted(outcomes.items(), key=lambda item: (item[1]["error"] is None, item[0]))


def _row(name: str, outcome: Mapping[str, t.Any], *, check: bool) -> tuple[str, ...]:
    if outcome["error"]:
        return name, "", "CON PROBLEMAS", "", "", "", ""
    state = STATUS_WORDS.get(outcome["status"], outcome["status"])
    if check and outcome["changed"]:
        state = "se haría"
    elif not outcome["changed"]:
        state = f"{state}, ya estaba"
    numbers = (say_bytes(outcome["bytes"]), f"{outcome['tables']}", f"{outcome['rows']}")
    return name, outcome["copy"], state, *numbers, say_seconds(outcome["seconds"])


def _step_of(name: str) -> tuple[str, str]:
    repository, _, step = name.rpartition("-")
    return repository, STEP_WORDS.get(step, step)


def _say(outcome: Mapping[str, t.Any], *, check: bool) -> str:
    if outcome["error"]:
        return "CON PROBLEMAS"
    if not outcome["changed"]:
        return "ya estaba"
    return "se haría" if check else "hecho"
