"""``copias audit``: what an administrator or an auditor checks."""

from __future__ import annotations

import typing as t
from pathlib import Path

import typer

from copias.cli import audit_evidence, audit_idempotence, audit_inventory
from copias.cli.output import Config, Json, Output, Query, reports_errors

app = typer.Typer(
    invoke_without_command=True,
    help="Auditoría: sin más palabras, todo en una página. Termina con 1 si hay algo en rojo.",
)
audit_evidence.register(app)
audit_idempotence.register(app)
audit_inventory.register(app)

Html = t.Annotated[Path | None, typer.Option("--html", metavar="ARCHIVO", help="Escribir la página, para imprimir.")]
Since = t.Annotated[str | None, typer.Option("--since", metavar="DÍA", help="Ejecuciones desde este día, 31/12/2026.")]


@app.callback()
@reports_errors
def audit(
    context: typer.Context,
    since: Since = None,
    html: Html = None,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Audita todo, cuando no se dice qué parte."""
    if context.invoked_subcommand is None:
        _run((), Output(as_json, query), config=config, html=html, since=since)


@app.command("coverage")
@reports_errors
def audit_coverage(html: Html = None, config: Config = None, as_json: Json = False, query: Query = None) -> None:
    """Dice de cada base, buzón y cuenta cuál es su última copia verificada, su edad y lo que no tiene ninguna."""
    _run(("coverage",), Output(as_json, query), config=config, html=html)


@app.command("ledger")
@reports_errors
def audit_ledger(
    witness: t.Annotated[str | None, typer.Option(help="Testigo guardado fuera: CUENTA:SHA256.")] = None,
    html: Html = None,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Verifica la cadena de la bitácora, los testigos guardados fuera y las firmas de todos los manifiestos."""
    _run(("ledger",), Output(as_json, query), config=config, html=html, witness=read_witness(witness))


@app.command("evidence")
@reports_errors
def audit_evidence_of_copies(
    everything: t.Annotated[bool, typer.Option("--all", help="Todas las copias, y no una muestra sorteada.")] = False,
    read: t.Annotated[bool, typer.Option("--read", help="Leerlas de vuelta y comparar su suma.")] = False,
    html: Html = None,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Compara la bitácora con lo que hay en los destinos, los repositorios y la hoja de control."""
    output = Output(as_json, query)
    _run(("evidence",), output, config=config, html=html, everything=everything, read=read)


@app.command("drills")
@reports_errors
def audit_drills(html: Html = None, config: Config = None, as_json: Json = False, query: Query = None) -> None:
    """Dice de cada base cuándo se probó restaurarla, cuánto tardó y si tarda más que antes."""
    _run(("drills",), Output(as_json, query), config=config, html=html)


@app.command("runs")
@reports_errors
def audit_runs(
    since: Since = None, html: Html = None, config: Config = None, as_json: Json = False, query: Query = None
) -> None:
    """Lista las ejecuciones: quién, qué, cuándo, qué registraron y qué falló; y los hallazgos sin tratar."""
    _run(("runs",), Output(as_json, query), config=config, html=html, since=since)


@app.command("keep")
@reports_errors
def keep_page(
    check: t.Annotated[bool, typer.Option("--check", help="Decir si cambiaría, sin guardar nada.")] = False,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Guarda la página de la auditoría en los informes, si dice otra cosa, y avisa por correo de lo rojo. Para cron."""
    from copias.audit.keeping import keep_audit
    from copias.cli.audit_printing import print_kept
    from copias.errors import EXIT_FAILED
    from copias.office import open_office

    kept = keep_audit(open_office(config), check=check)
    report, trouble = kept.plan.report, kept.trouble
    data = {
        "changed": kept.changed,
        "check": check,
        "page": str(kept.plan.page),
        "figures": str(kept.plan.figures),
        "red": report.count("red"),
        "yellow": report.count("yellow"),
        "trouble": trouble.facts() if trouble else None,
    }
    Output(as_json, query).show(data, lambda: print_kept(kept, check=check))
    if report.count("red"):
        raise typer.Exit(EXIT_FAILED)
    if trouble is not None:
        raise typer.Exit(trouble.exit_code)


def _run(
    parts: tuple[str, ...],
    output: Output,
    *,
    config: Path | None,
    html: Path | None,
    since: str | None = None,
    **options: t.Any,
) -> None:
    from copias.audit.whole import AuditOptions
    from copias.cli.audit_printing import run_audit
    from copias.local_time import read_day, start_of
    from copias.office import open_office

    first = start_of(read_day(since)) if since is not None else None
    run_audit(open_office(config), AuditOptions(parts=parts, since=first, **options), output, html=html)


def read_witness(text: str | None) -> t.Any:
    """Return the head of a ledger that a person typed; ``None`` when nothing was.

    Raises:
        BadInput: it is not understood.
    """
    from copias.errors import BadInput
    from copias.ledger import Head

    if text is None:
        return None
    count, _, digest = text.strip().partition(":")
    if not count.isdecimal() or len(digest) != 64:
        raise BadInput("el testigo no se entiende", whose=text[:80], repair="tiene la forma CUENTA:SHA256")
    return Head(int(count), digest.lower())
