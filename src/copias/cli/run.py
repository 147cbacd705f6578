"""``copias run``, ``follow`` and ``stop``."""

from __future__ import annotations

import sys
import typing as t
from dataclasses import asdict, dataclass, replace

import typer

from copias.case.states import State
from copias.cli.output import (
    CaseNumber,
    Config,
    Json,
    Output,
    Query,
    ask,
    print_facts,
    print_table,
    reports_errors,
    say_bytes,
    say_seconds,
)
from copias.errors import EXIT_DONE, EXIT_FAILED
from copias.provider.request import is_awaited

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.case.intake import Intake
    from copias.case.kinds import Check, Forecast
    from copias.case.preflight import Preflight
    from copias.case.story import Story
    from copias.office import Office
    from copias.run.folder import Result, RunFolder


@dataclass(frozen=True)
class Start:
    """How a case is started: the deployment's file, what is asked and shown, and the playbook."""

    config: Path
    yes: bool = False
    check: bool = False
    detach: bool = False
    playbook: str = "attend_case.yml"


@reports_errors
def run_case(
    number: CaseNumber,
    yes: t.Annotated[bool, typer.Option("--yes", help="No preguntar (para cron).")] = False,
    check: t.Annotated[bool, typer.Option("--check", help="Decir lo que se haría, sin hacer nada.")] = False,
    detach: t.Annotated[bool, typer.Option("--detach", help="Empezar y no seguir la ejecución.")] = False,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Atiende un caso de principio a fin: copia, almacena, relee, prueba, registra y resuelve."""
    from copias.case.book import check_number
    from copias.case.intake import read_case
    from copias.case.suspension import resume_if_active
    from copias.config import find_deployment
    from copias.office import open_office
    from copias.people import Role
    from copias.provider.waiting import resume_if_arrived
    from copias.run.folder import sweep_dead_runs

    path = config or find_deployment()
    office = open_office(path)
    output = Output(as_json, query)
    office.actor.require(Role.AGENT, "ejecutar casos")
    story = office.book.story(check_number(number))
    if story.state is State.RESOLVED:
        sweep_dead_runs(office.deployment.runs, number)
        show_outcome(output, office, number, None)
        return
    office.claims.require_free(number)
    if not check:
        resume_if_active(office, story)
        resume_if_arrived(office, story)
    attend(office, read_case(office, number), Start(path, yes=yes, check=check, detach=detach), output)


def attend(office: Office, intake: Intake, start: Start, output: Output) -> None:
    """Say what will be done, start it, and follow it to its end; exits with the run's code.

    Raises:
        NotReady: a condition of operation is not met; all are named.
        AlreadyRunning: somebody runs the case.
    """
    from copias.case.preflight import check_case
    from copias.case.suspension import hold_for_account
    from copias.run.start import start_run

    number, preflight = intake.number, check_case(office, intake)
    if not output.plain:
        _announce(intake, intake.story, preflight)
    if preflight.suspended and not start.check:
        raise hold_for_account(office, number, preflight.suspended)
    preflight.require(number)
    if not (start.yes or start.check):
        _confirm(output)
    folder = start_run(office, number, config=start.config, check=start.check, playbook=start.playbook)
    if start.detach:
        data = {"case": number, "run": folder.path.name, "exit_code": None}
        output.show(data, lambda: typer.echo(f"Ejecución {folder.path.name}. Sígala con: copias follow {number}"))
        return
    _follow(office, folder, output)


@reports_errors
def follow_case(number: CaseNumber, config: Config = None, as_json: Json = False, query: Query = None) -> None:
    """Sigue la ejecución de un caso; Ctrl-C deja de mirar y no la detiene."""
    from copias.case.book import check_number
    from copias.office import open_office
    from copias.run.folder import active_run, latest_run

    office = open_office(config)
    runs, claim = office.deployment.runs, office.claims.active(check_number(number))
    _follow(office, active_run(runs, claim) if claim else latest_run(runs, number), Output(as_json, query))


@reports_errors
def stop_case(number: CaseNumber, config: Config = None, as_json: Json = False, query: Query = None) -> None:
    """Detiene la ejecución de un caso; `copias run` la continúa."""
    from copias.case.book import check_number
    from copias.errors import NotReady
    from copias.office import open_office
    from copias.people import Role
    from copias.run.folder import active_run
    from copias.run.follow import stop_run

    office = open_office(config)
    office.actor.require(Role.AGENT, "detener casos")
    claim = office.claims.active(check_number(number))
    if claim is None:
        raise NotReady("el caso no se está ejecutando", whose=f"caso {number}", repair=f"vea `copias show {number}`")
    result = stop_run(active_run(office.deployment.runs, claim))
    Output(as_json, query).show(
        asdict(result), lambda: typer.echo(result.message or "La ejecución ya había terminado.")
    )


def _announce(intake: Intake, story: Story, preflight: Preflight) -> None:
    """Say what will be copied, for whom, how big and how long, before it starts."""
    from copias.case.kinds import KIND_WORDS

    rows = [
        ("Qué se pide", f"{KIND_WORDS.get(intake.kind or '', 'sin clasificar')} · {intake.subject or '?'}"),
        ("Para quién", f"{intake.case.requester_name} · {intake.case.department}"),
        ("Agente", intake.case.agent),
        (
            "Autoriza",
            f"{intake.authorisation.authoriser}, {intake.authorisation.post}" if intake.authorisation else "nadie",
        ),
    ]
    if preflight.forecast:
        rows += _tell_forecast(preflight.forecast)
    if story.copy:
        rows.append(("Continúa", f"la copia {story.copy.copy_id} ya está hecha"))
    print_facts(f"Caso {intake.number}", rows)
    checks = [(check.name, _say_met(check), "" if check.passed else check.repair) for check in preflight.checks]
    print_table("Condiciones de operación", ["Condición", "Se cumple", "Qué hacer"], checks)


def _say_met(check: Check) -> str:
    if check.passed:
        return "sí"
    return "falta, y puede empezar" if check.warning else "NO"


def _tell_forecast(forecast: Forecast) -> list[tuple[str, str]]:
    of_source = f" (el origen ocupa {say_bytes(forecast.source_bytes)})" if forecast.source_bytes else ""
    rows = [("Tamaño", f"cerca de {say_bytes(forecast.bytes)}{of_source}")]
    if forecast.messages is not None:
        rows.append(("Mensajes", f"{forecast.messages}"))
    if forecast.calls is not None:
        rows.append(("Cuota de Google", f"{forecast.calls} llamadas, {forecast.units} unidades"))
    return [*rows, ("Duración", f"cerca de {say_seconds(forecast.seconds)}, con la relectura y la prueba")]


def _confirm(output: Output) -> None:
    from copias.errors import BadInput

    if output.plain or not sys.stdin.isatty():
        raise BadInput("falta confirmar", why="no hay una terminal donde preguntar", repair="agregue --yes")
    if not ask("¿Empezar?"):
        typer.echo("No se empezó nada.")
        raise typer.Exit(EXIT_DONE)


def _follow(office: Office, folder: RunFolder, output: Output) -> None:
    """Show progress to the end of the run, then what came of it."""
    from copias.cli.progress import watch

    try:
        result = watch(folder, quiet=output.plain)
    except KeyboardInterrupt:
        number = folder.request.case
        typer.echo(
            f"\nLa ejecución sigue. Para volver a verla: copias follow {number}. Para detenerla: copias stop {number}"
        )
        raise typer.Exit(0) from None
    request = folder.request
    code = exit_code(result, office.book.story(request.case), run=request.run, check=request.check)
    if code and not result.message:
        result = replace(result, message=f"La ejecución terminó sin resolver el caso; vea {folder.output}")
    show_outcome(output, office, request.case, result, code=code, check=request.check, log=str(folder.output))


def exit_code(result: Result, story: Story, *, run: str, check: bool) -> int:
    """Return the exit code of a run: 0 only if the ledger says that the case is resolved, or was by this run.

    Also when its provider was asked and is awaited: the case goes on by itself.
    """
    if result.exit_code or check:
        return result.exit_code
    if is_awaited(story):
        return EXIT_DONE
    ours = any(event.event == "case.resolved" and event.run == run for event in story.events)
    return EXIT_DONE if ours or story.state is State.RESOLVED else EXIT_FAILED


def show_outcome(
    output: Output,
    office: Office,
    number: str,
    result: Result | None,
    *,
    code: int = EXIT_DONE,
    check: bool = False,
    log: str = "",
) -> None:
    """Print what came of a run (``None``: none was needed) and exit with its code."""
    from copias.case.telling import tell_outcome

    story = office.book.story(number)
    data = {
        "case": number,
        "state": story.state.value,
        "exit_code": code,
        "message": result.message if result else "El caso ya estaba resuelto: nada que hacer.",
        "changed": result.tasks.get("changed", 0) if result else 0,
        "tasks": result.tasks if result else {},
        "copy": story.copy,
        "restore": story.restore,
        "log": log,
    }

    def render() -> None:
        if data["message"]:
            typer.echo(str(data["message"]))
        if check:
            typer.echo(f"Prueba en seco: {data['changed']} pasos cambiarían algo; no se hizo nada. Detalle: {log}")
        else:
            print_facts(f"Caso {number}", tell_outcome(story))

    output.show(data, render)
    if code:
        raise typer.Exit(code)
