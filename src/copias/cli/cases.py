"""``copias cases``, ``copias show`` and ``copias outbox``."""

from __future__ import annotations

import typing as t
from contextlib import suppress
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
    from copias.office import open_office

    office = open_office(config)
    stories = office.book.stories()
    classified = {number for number, story in stories.items() if story.classification}
    found = office.help_desk.cases(classified=classified, departments=office.deployment.departments)

    intakes = [take_in(case, stories.get(case.number, Story(case.number)), office.deployment) for case in found.cases]
    if agent:
        intakes = _only_of_agent(agent, intakes)
    if status:
        intakes = _only_of_status(status, intakes)
    problems = [asdict(problem) for problem in found.problems]
    data = {"cases": [intake.to_dict() for intake in intakes], "problems": problems, "others": found.others}

    def render() -> None:
        from copias.package.texts import say_count

        rows = [_row(intake, KIND_WORDS) for intake in reversed(intakes)]
        print_table("Casos de copia", ["Caso", "Fecha", "Dependencia", "Clase", "Sujeto", "Agente", "Estado"], rows)
        if found.problems:
            # Each row of a doubled number has the same to tell: once is enough for a person.
            faults = {(each.number or f"fila {each.row}", each.text, each.repair): None for each in found.problems}
            print_table("Por arreglar en la hoja", ["Caso", "Qué pasa", "Qué hacer"], faults)
        counted = say_count(len(intakes), "caso de copia", "casos de copia")
        others = "solicitud de otros servicios no se muestra", "solicitudes de otros servicios no se muestran"
        typer.echo(f"{counted}; {say_count(found.others, *others)}.")

    Output(as_json, query).show(data, render)


def _only_of_agent(agent: str, intakes: list[Intake]) -> list[Intake]:
    """Return the cases of an agent, by a part of the name.

    Raises:
        BadInput: no case is of anybody of that name, and the sheet names somebody.
    """
    from copias.errors import BadInput
    from copias.helpdesk.words import plain
    from copias.nearest import suggest

    kept = [intake for intake in intakes if plain(agent) in plain(intake.case.agent)]
    names = sorted({intake.case.agent for intake in intakes if intake.case.agent})
    if not kept and names:
        raise BadInput(
            "ningún caso de copia es de ese agente",
            whose=ascii(agent[:60]),
            why=f"hay de: {', '.join(names)}",
            repair=suggest(agent, [*names, *_beginnings(names)], "escriba el nombre como está en la hoja, o una parte"),
        )
    return kept


def _beginnings(names: list[str]) -> list[str]:
    """Return the first one and two words of each name: few people type all of one."""
    return [" ".join(name.split()[:count]) for name in names for count in (1, 2)]


def _only_of_status(status: str, intakes: list[Intake]) -> list[Intake]:
    """Return the cases of a state, in the words that people read or by its name.

    Raises:
        BadInput: there is no such state.
    """
    from copias.case.intake import UNPROVEN_WORDS
    from copias.case.states import STATE_WORDS
    from copias.errors import BadInput
    from copias.helpdesk.words import plain
    from copias.nearest import suggest

    words = [*STATE_WORDS.values(), UNPROVEN_WORDS]
    if plain(status) not in {*map(plain, words), *(state.value for state in STATE_WORDS)}:
        raise BadInput(
            "no hay un estado con ese nombre",
            whose=ascii(status[:40]),
            why=f"los estados son: {', '.join(words)}",
            repair=suggest(status, words, "escriba uno de ellos, entre comillas si tiene espacios"),
        )
    return [intake for intake in intakes if plain(status) in {plain(intake.words), intake.state.value}]


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
    from copias.mailbox.restore.labels import name_lacking, say_names
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
    lacking: list[tuple[str, int]] = []
    with suppress(BackupError):  # a journal that is damaged hides no history; the next run says what is wrong with it
        lacking = name_lacking(office, story.restore)
    data = {
        "case": sheet,
        "sheet_trouble": trouble,
        "state": story.state.value,
        "events": story.events,
        "copies": story.copies,
        "labels_lost": [{"label": name, "messages": count} for name, count in lacking],
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
        if lacking:
            typer.echo(f"Etiquetas que Gmail no recibió, y a cuántos mensajes les falta: {clean(say_names(lacking))}")

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
    letters = deliver_letters(office)  # first: a case that cannot be answered keeps no letter back
    results = finish_waiting(office)
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
