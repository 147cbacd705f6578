"""``copias cases``, ``copias show`` and ``copias outbox``."""

from __future__ import annotations

import typing as t
from dataclasses import asdict

import typer

from copias.cli.output import CaseNumber, Config, Json, Output, Query, clean, print_table, reports_errors

if t.TYPE_CHECKING:
    from copias.case.intake import Intake


@reports_errors
def list_cases(
    agent: t.Annotated[str | None, typer.Option(help="Solo los de este agente.")] = None,
    status: t.Annotated[str | None, typer.Option(help="Solo los de este estado.")] = None,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Lista los casos de copia de la mesa de ayuda, y lo que hay que arreglar en la hoja."""
    from copias.case.intake import take_in
    from copias.case.kinds import KIND_WORDS
    from copias.case.story import Story
    from copias.helpdesk.words import plain
    from copias.office import open_office

    office = open_office(config)
    stories = office.book.stories()
    classified = {number for number, story in stories.items() if story.classification}
    found = office.help_desk.cases(classified=classified, departments=office.deployment.departments)

    intakes = [take_in(case, stories.get(case.number, Story(case.number)), office.deployment) for case in found.cases]
    if agent:
        intakes = [intake for intake in intakes if plain(agent) in plain(intake.case.agent)]
    if status:
        intakes = [intake for intake in intakes if plain(status) in {plain(intake.words), intake.state.value}]
    problems = [asdict(problem) for problem in found.problems]
    data = {"cases": [intake.to_dict() for intake in intakes], "problems": problems, "others": found.others}

    def render() -> None:
        rows = [_row(intake, KIND_WORDS) for intake in reversed(intakes)]
        print_table("Casos de copia", ["Caso", "Fecha", "Dependencia", "Clase", "Sujeto", "Agente", "Estado"], rows)
        if found.problems:
            faults = [
                (problem.number or f"fila {problem.row}", problem.text, problem.repair) for problem in found.problems
            ]
            print_table("Por arreglar en la hoja", ["Caso", "Qué pasa", "Qué hacer"], faults)
        typer.echo(f"{len(intakes)} casos de copia; {found.others} solicitudes de otros servicios no se muestran.")

    Output(as_json, query).show(data, render)


def _row(intake: Intake, kinds: dict[str, str]) -> tuple[str, ...]:
    moment = intake.case.requested_at
    return (
        intake.number,
        f"{moment:%d/%m/%Y}" if moment else "",
        intake.case.department,
        kinds.get(intake.kind or "", "sin clasificar"),
        intake.subject or "",
        intake.case.agent,
        intake.words,
    )


@reports_errors
def show_case(number: CaseNumber, config: Config = None, as_json: Json = False, query: Query = None) -> None:
    """Muestra toda la historia de un caso: hoja, bitácora, copias, pruebas y ejecuciones."""
    from copias.case.telling import tell_events
    from copias.errors import BackupError
    from copias.office import open_office
    from copias.run.folder import find_runs

    office = open_office(config)
    story = office.book.story(number)
    sheet: dict[str, t.Any] | None = None
    trouble = ""
    try:
        from copias.case.intake import read_case

        sheet = read_case(office, number).to_dict()
    except BackupError as error:
        if not story.events:
            raise
        trouble = str(error)
    runs = [folder.path.name for folder in find_runs(office.deployment.runs, number)]
    data = {
        "case": sheet,
        "sheet_trouble": trouble,
        "state": story.state.value,
        "events": story.events,
        "copies": story.copies,
        "runs": runs,
    }

    def render() -> None:
        if sheet:
            typer.echo(
                f"Caso {number} · {clean(sheet['department'])} · {sheet['state_text']} · agente {clean(sheet['agent'])}"
            )
        if trouble:
            typer.echo(f"La hoja no se pudo leer: {clean(trouble)}")
        print_table("Historia", ["Fecha", "Quién", "Qué"], tell_events(story))

    Output(as_json, query).show(data, render)


@reports_errors
def deliver_outbox(config: Config = None, as_json: Json = False, query: Query = None) -> None:
    """Entrega lo que quedó pendiente (filas y avisos), y resuelve los casos que solo esperaban sus filas."""
    from copias.case.closing import finish_waiting
    from copias.letters import deliver_letters
    from copias.office import open_office
    from copias.people import Role

    office = open_office(config)
    office.actor.require(Role.AGENT, "entregar lo pendiente")
    results = finish_waiting(office)
    letters = deliver_letters(office)
    waiting = {number: list(outcome.waiting) for number, outcome in results.items() if outcome.waiting}
    rejected = {key: error for outcome in results.values() for key, error in outcome.rejected.items()}
    rejected |= letters.rejected
    data = {
        "delivered": {number: list(outcome.delivered) for number, outcome in results.items()},
        "waiting": waiting,
        "rejected": {key: str(error) for key, error in rejected.items()},
        "letters": {"delivered": list(letters.delivered), "waiting": list(letters.waiting)},
    }

    def render() -> None:
        for number, outcome in results.items():
            typer.echo(f"Caso {number}: {len(outcome.delivered)} entregas, {len(outcome.waiting)} pendientes.")
        for key, error in rejected.items():
            typer.echo(f"El aviso {key} no se enviará: {clean(str(error))}", err=True)
        if letters.delivered or letters.waiting:
            typer.echo(
                f"Correos de la instalación: {len(letters.delivered)} enviados, {len(letters.waiting)} pendientes."
            )
        elif not results:
            typer.echo("No hay nada pendiente.")

    Output(as_json, query).show(data, render)
    trouble = next((outcome.trouble for outcome in results.values() if outcome.trouble), letters.trouble)
    if trouble:
        raise trouble
