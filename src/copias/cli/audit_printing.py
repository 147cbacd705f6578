"""How an audit that was asked for is made and printed: red lines first, each with what to do; then tables."""

from __future__ import annotations

import typing as t

import typer

from copias.cli.output import ROWS, clean, print_error, print_facts, print_table

if t.TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from copias.audit.keeping import Kept
    from copias.audit.model import AuditReport, Remark, Section
    from copias.audit.whole import AuditOptions
    from copias.cli.output import Output
    from copias.office import Office

_MARKS: t.Final = {"red": "ROJO", "yellow": "aviso"}


def run_audit(office: Office, options: AuditOptions, output: Output, *, html: Path | None) -> None:
    """Make the audit, write and print it, and exit with 1 if anything is red."""
    from copias.audit.whole import make_audit
    from copias.errors import EXIT_FAILED

    report, parts = make_audit(office, options), options.parts
    if html is not None:
        from copias.audit.pages import render_audit
        from copias.files import write_page

        write_page(html, render_audit(report), state=office.deployment.state)
    data = report.sections[0].to_dict() if parts else report.to_dict()
    output.show(data, lambda: print_report(report, whole=not parts))
    if html is not None and not output.plain:
        typer.echo(f"La página está en {html}.")
    if report.count("red"):
        raise typer.Exit(EXIT_FAILED)


def print_report(report: AuditReport, *, whole: bool) -> None:
    """Print an audit.

    Args:
        report: what was found.
        whole: only the figures and remarks of each part, as there are several; else the table of its rows too.
    """
    for section in report.sections:
        print_facts(section.title, section.summary)
        if not whole and section.columns:
            print_table("", [one.heading for one in section.columns], _rows(section))
        print_remarks(section)
    red, yellow = report.count("red"), report.count("yellow")
    notices = f"{yellow} aviso{'' if yellow == 1 else 's'}"
    verdict = f"{red} en rojo, {notices}" if red or yellow else "todo en orden"
    witness = f" Testigo de la bitácora: {report.head}" if whole else ""
    typer.echo(f"Auditoría: {verdict}.{witness}")


def print_kept(kept: Kept, *, check: bool) -> None:
    """Print what came of keeping an audit; what is red on the error stream, which cron mails."""
    plan = kept.plan
    done = "no cambió" if not kept.changed else "cambiaría" if check else "se guardó"
    typer.echo(f"{plan.page}: {done}; {plan.after}.")
    for section in plan.report.sections:
        _print_remarks([one for one in section.remarks if one.severity == "red"])
    if kept.trouble is not None:
        print_error(kept.trouble)


def print_remarks(section: Section) -> None:
    """Print the remarks of a section on the error stream, at most as many as a table has rows."""
    _print_remarks(section.remarks)


def _print_remarks(remarks: Sequence[Remark]) -> None:
    for remark in remarks[:ROWS]:
        typer.echo("\n".join(map(clean, _lines(remark))), err=True)
    left = len(remarks) - ROWS
    if left > 0:
        typer.echo(f"… y {left} más: use --json", err=True)


def _rows(section: Section) -> list[list[str]]:
    return [[column.say(row) for column in section.columns] for row in section.rows]


def _lines(remark: Remark) -> list[str]:
    said = remark.to_dict()
    whose = f"{said['whose']}: " if said["whose"] else ""
    parts = (("Por qué:  ", said["why"]), ("Qué hacer:", said["repair"]), ("Cláusula: ", said["clause"]))
    return [
        f"{_MARKS[remark.severity]}: {whose}{said['what']}",
        *(f"  {label} {text}" for label, text in parts if text),
    ]
