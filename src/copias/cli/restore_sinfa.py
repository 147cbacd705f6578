"""``copias restore sinfa``: a copy of a finance database as a file, or as a new database."""

from __future__ import annotations

import typing as t

import typer

from copias.cli.output import Config, Json, Output, Query, print_facts, reports_errors, say_seconds
from copias.cli.run import Start, attend, show_outcome

if t.TYPE_CHECKING:
    from copias.office import Office
    from copias.sinfa.restore_plan import RestorePlan
    from copias.sinfa.restoring import Restored

PLAYBOOK: t.Final = "restore.yml"


class _Order(t.NamedTuple):
    """What is asked for."""

    copy: str
    to: str
    motive: str


@reports_errors
def restore_sinfa(
    copy: t.Annotated[str, typer.Option("--copy", metavar="COPIA", help="De `copias copies`: de un caso o una noche.")],
    to: t.Annotated[
        str, typer.Option("--to", metavar="DESTINO", help="Una base nueva, o una carpeta (con /): ./carpeta.")
    ],
    motive: t.Annotated[str, typer.Option(metavar="TEXTO", help="Para qué; queda en la bitácora.")],
    case: t.Annotated[
        str, typer.Option("--case", metavar="CASO", help="De recuperación y autorizado; si no, cuenta la permanente.")
    ] = "",
    check: t.Annotated[bool, typer.Option("--check", help="Decir lo que se haría, sin hacer nada.")] = False,
    yes: t.Annotated[bool, typer.Option("--yes", help="Con --case: no preguntar.")] = False,
    detach: t.Annotated[bool, typer.Option("--detach", help="Con --case: empezar y no seguir la ejecución.")] = False,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Restaura una copia de SINFA en una base nueva y la compara, o saca su volcado; nunca sobre una que existe."""
    from copias.config import find_deployment
    from copias.office import open_office
    from copias.sinfa.restore_plan import plan_restore
    from copias.sinfa.restoring import run_restore

    path, output = config or find_deployment(), Output(as_json, query)
    office = open_office(path)
    if case:
        start = Start(path, yes=yes, check=check, detach=detach, playbook=PLAYBOOK)
        _recover(office, case, _Order(copy, to, motive), start, output)
        return
    plan = plan_restore(office, copy, to=to, motive=motive)
    if check:
        _say_check(output, plan)
        return
    done = run_restore(plan)
    output.show(done.to_dict(), lambda: _print(done))


def _recover(office: Office, number: str, order: _Order, start: Start, output: Output) -> None:
    """Say in the case what is restored, and attend it; of a case that this very restore resolved show what came of it.

    Raises:
        NotAllowed: who asks is no administrator.
        NotReady: a condition is not met, or the case restored something else.
    """
    from copias.case.book import check_number
    from copias.case.intake import read_case
    from copias.case.states import State
    from copias.sinfa.recovery import draft_recovery, is_planned

    story = office.book.story(check_number(number))
    if story.state is State.RESOLVED and is_planned(story, copy_id=order.copy, to=order.to):
        show_outcome(output, office, number, None)
        return
    draft = draft_recovery(office, number, copy_id=order.copy, to=order.to, motive=order.motive)
    if start.check:
        _say_check(output, draft.plan)
        return
    office.claims.require_free(number)
    draft.record()
    attend(office, read_case(office, number), start, output)


def _say_check(output: Output, plan: RestorePlan) -> None:
    said = f"Se restauraría {plan.copy.copy_id} de {plan.copy.database} en {plan.target}; no se hizo nada."
    output.show(plan.to_dict(), lambda: typer.echo(said))


def _print(done: Restored) -> None:
    plan = done.plan
    equal = f"sí: {done.tables} tablas, {done.rows} filas" if plan.server else "sí: el volcado es el que se hizo"
    rows = [("Copia", plan.copy.copy_id), ("En", plan.target), ("Igual", equal), ("Tardó", say_seconds(done.seconds))]
    print_facts("Restauración", rows)
    for check in done.checks:
        typer.echo(f"Comprobación {'cumplida' if check.status == 'passed' else 'NO CUMPLIDA'}: {check}")
    for line in (*done.warnings, *done.advice):
        typer.echo(line)
