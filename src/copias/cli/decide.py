"""What people decide of a case: classify, authorise, hold, resume, cancel, reopen, note, accept."""

from __future__ import annotations

import typing as t

import typer

from copias.cli.output import CaseNumber, Config, Json, Output, Query, reports_errors

Reason = t.Annotated[str, typer.Option("--reason", help="Por qué; queda en la historia del caso.")]


@reports_errors
def classify_case(
    number: CaseNumber,
    kind: t.Annotated[str, typer.Option(help="sinfa, mailbox, drive, manual o recovery.")],
    subject: t.Annotated[
        str | None, typer.Option(help="La base de datos o la cuenta, tal como está en el inventario.")
    ] = None,
    mode: t.Annotated[
        str | None, typer.Option(help="on_site (en sitio) o remote (del servicio contratado); la usual de la clase.")
    ] = None,
    retires: t.Annotated[
        str | None,
        typer.Option(help="DD/MM/AAAA: desde cuándo se puede eliminar la cuenta de quien se retira."),
    ] = None,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Dice qué copia pide un caso cuando sus palabras no lo dicen, y cuándo se retira el titular de la cuenta."""
    from copias.case.deciding import classify
    from copias.case.kinds import KIND_WORDS
    from copias.office import open_office

    story = classify(open_office(config), number, kind=kind, subject=subject, mode=mode, retires=retires)
    day = f" · se retira el {story.retires:%d/%m/%Y}" if story.retires else ""
    said = f"Caso {number}: {KIND_WORDS.get(kind, kind)} · {subject or ''}{day}"
    Output(as_json, query).show(story.classification, lambda: typer.echo(said))


@reports_errors
def authorise_case(
    number: CaseNumber,
    name: t.Annotated[str, typer.Option(help="Quién autoriza.")],
    post: t.Annotated[str, typer.Option(help="Su cargo.")],
    document: t.Annotated[str, typer.Option(help="Documento: oficio, correo o acta, con número y fecha.")],
    motive: t.Annotated[str, typer.Option(help="Para qué se hace la copia o se devuelve el correo.")],
    recipient: t.Annotated[
        str | None, typer.Option(metavar="CUENTA", help="A quién más se le puede devolver el correo de la cuenta.")
    ] = None,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Registra quién autoriza la copia de un caso; sin esto no se copia."""
    from copias.authorisation import Authorisation
    from copias.case.deciding import authorise
    from copias.case.kinds import KIND_WORDS
    from copias.office import open_office

    grant = Authorisation(authoriser=name, post=post, document=document, motive=motive, recipient=recipient)
    story = authorise(open_office(config), number, grant)
    of = story.authorised_for or {}
    what = f"{KIND_WORDS.get(of.get('kind', ''), '?')} · {of.get('subject') or '?'}"
    said = f"Caso {number}: {name}, {post}, autoriza esto y nada más: {what}"
    Output(as_json, query).show({**(story.authorisation or {}), "of": of}, lambda: typer.echo(said))


def _decide(number: str, event: str, reason: str, *, done: str, config: t.Any, output: Output) -> None:
    from copias.case.deciding import decide
    from copias.office import open_office

    story = decide(open_office(config), number, event, reason=reason)
    output.show({"case": number, "state": story.state.value}, lambda: typer.echo(f"Caso {number}: {done}."))


@reports_errors
def hold_case(
    number: CaseNumber, reason: Reason, config: Config = None, as_json: Json = False, query: Query = None
) -> None:
    """Deja un caso en espera; si se está ejecutando, se detiene en el próximo paso."""
    _decide(number, "case.held", reason, done="en espera", config=config, output=Output(as_json, query))


@reports_errors
def resume_case(
    number: CaseNumber, reason: Reason, config: Config = None, as_json: Json = False, query: Query = None
) -> None:
    """Saca un caso de la espera."""
    _decide(number, "case.resumed", reason, done="otra vez asignado", config=config, output=Output(as_json, query))


@reports_errors
def cancel_case(
    number: CaseNumber, reason: Reason, config: Config = None, as_json: Json = False, query: Query = None
) -> None:
    """Cancela un caso; la copia que tuviera no se borra."""
    _decide(number, "case.cancelled", reason, done="cancelado", config=config, output=Output(as_json, query))


@reports_errors
def reopen_case(
    number: CaseNumber, reason: Reason, config: Config = None, as_json: Json = False, query: Query = None
) -> None:
    """Reabre un caso resuelto o cancelado; la próxima ejecución hace una copia nueva."""
    _decide(number, "case.reopened", reason, done="reabierto", config=config, output=Output(as_json, query))


@reports_errors
def note_case(
    number: CaseNumber,
    text: t.Annotated[str, typer.Argument(metavar="TEXTO")],
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Agrega una nota a la historia de un caso."""
    _decide(number, "case.noted", text, done="nota agregada", config=config, output=Output(as_json, query))


@reports_errors
def accept_case(
    number: CaseNumber, reason: Reason, config: Config = None, as_json: Json = False, query: Query = None
) -> None:
    """Acepta una copia cuyo contenido no cuadra, o correo devuelto sin alguna etiqueta; la próxima ejecución sigue."""
    from copias.case.book import check_number
    from copias.mailbox.restore.labels import accept_labels
    from copias.office import open_office
    from copias.sinfa.believing import accept_copy

    office = open_office(config)
    story = office.book.story(check_number(number))
    if story.restore is not None and story.copy is None:
        given = accept_labels(office, number, reason=reason).events[-1].data
        facts = {name: given[name] for name in ("unlabelled", "labels")}
        said = f"Caso {number}: se aceptó que a {given['unlabelled']} mensajes les falten etiquetas"
    else:
        checks = accept_copy(office, number, reason=reason).events[-1].data["checks"]
        facts, said = {"checks": checks}, f"Caso {number}: se aceptó «{', '.join(checks)}»"
    said += f". Siga con: copias run {number}"
    Output(as_json, query).show({"case": number, **facts, "reason": reason}, lambda: typer.echo(said))
