"""``copias finding``: what an audit must not forget, until it is treated."""

from __future__ import annotations

import typing as t

import typer

from copias.cli.output import Config, Json, Output, Query, print_facts, print_table, reports_errors

if t.TYPE_CHECKING:
    from copias.findings import Finding

app = typer.Typer(no_args_is_help=True, help="Hallazgos: lo que una auditoría no debe olvidar, hasta que se trate.")

Number = t.Annotated[str, typer.Argument(metavar="HALLAZGO", help="Su número: H-3.")]


@app.command("list")
@reports_errors
def show_findings(
    everything: t.Annotated[bool, typer.Option("--all", help="También los tratados.")] = False,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Lista los hallazgos abiertos: de qué, qué se halló y desde cuándo."""
    from copias.findings import list_findings
    from copias.office import open_office

    found = list_findings(open_office(config).book.ledger.events(), treated=everything)
    columns = ["Hallazgo", "Desde", "De", "Qué se halló", "Estado"]
    Output(as_json, query).show(
        {"findings": [finding.to_dict() for finding in found]},
        lambda: print_table("Hallazgos", columns, map(_row, reversed(found))),
    )


@app.command("show")
@reports_errors
def show_finding(number: Number, config: Config = None, as_json: Json = False, query: Query = None) -> None:
    """Muestra un hallazgo: la causa, qué hacer, y qué se hizo."""
    from copias.findings import find_finding
    from copias.office import open_office

    finding = find_finding(open_office(config).book.ledger.events(), number)
    Output(as_json, query).show(finding.to_dict(), lambda: print_facts(finding.finding, _facts(finding)))


@app.command("treat")
@reports_errors
def treat(
    number: Number,
    action: t.Annotated[str, typer.Option("--action", help="Qué se hizo; queda en la bitácora.")],
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Cierra un hallazgo con lo que se hizo."""
    from copias.findings import treat_finding
    from copias.office import open_office
    from copias.people import Role

    office = open_office(config)
    office.actor.require(Role.ADMINISTRATOR, "cerrar hallazgos")
    finding = treat_finding(office, number, action=action)
    Output(as_json, query).show(finding.to_dict(), lambda: typer.echo(f"Hallazgo {number} tratado: {finding.action}"))


def _row(finding: Finding) -> tuple[str, ...]:
    state = "abierto" if finding.is_open else f"tratado el {_day(finding.treated_at)}"
    return finding.finding, _day(finding.opened_at), finding.about, finding.what, state


def _facts(finding: Finding) -> list[tuple[str, str]]:
    facts = [
        ("Qué se halló", finding.what),
        ("De", finding.about),
        ("Por qué", finding.why),
        ("Qué hacer", finding.repair),
        ("Abierto", _day(finding.opened_at)),
    ]
    if not finding.is_open:
        facts += [("Qué se hizo", finding.action), ("Tratado", f"{_day(finding.treated_at)}, {finding.treated_by}")]
    return [fact for fact in facts if fact[1]]


def _day(moment: str) -> str:
    from copias.package.texts import format_moment

    return format_moment(moment)
