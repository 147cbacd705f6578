"""``copias restore sinfa``: a copy of a finance database as a file, or as a new database."""

from __future__ import annotations

import typing as t

import typer

from copias.cli.output import Config, Json, Output, Query, print_facts, reports_errors, say_seconds

if t.TYPE_CHECKING:
    from copias.sinfa.restoring import Restored


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
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Restaura una copia de SINFA en una base nueva y la compara, o saca su volcado; nunca sobre una que existe."""
    from copias.office import open_office
    from copias.sinfa.restoring import plan_restore, run_restore

    plan = plan_restore(open_office(config), copy, to=to, motive=motive, case=case)
    output = Output(as_json, query)
    if check:
        said = f"Se restauraría {plan.copy.copy_id} de {plan.copy.database} en {plan.target}; no se hizo nada."
        output.show(plan.to_dict(), lambda: typer.echo(said))
        return
    done = run_restore(plan)
    output.show(done.to_dict(), lambda: _print(done))


def _print(done: Restored) -> None:
    plan = done.plan
    equal = f"sí: {done.tables} tablas, {done.rows} filas" if plan.server else "sí: el volcado es el que se hizo"
    rows = [("Copia", plan.copy.copy_id), ("En", plan.target), ("Igual", equal), ("Tardó", say_seconds(done.seconds))]
    print_facts("Restauración", rows)
    for check in done.checks:
        typer.echo(f"Comprobación {'cumplida' if check.status == 'passed' else 'NO CUMPLIDA'}: {check}")
    for line in done.advice:
        typer.echo(line)
