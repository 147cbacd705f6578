"""``copias audit``: what an administrator or an auditor checks."""

from __future__ import annotations

import typing as t

import typer

from copias.cli import audit_evidence
from copias.cli.output import Config, Json, Output, Query, reports_errors

app = typer.Typer(no_args_is_help=True, help="Auditoría de lo hecho.")
audit_evidence.register(app)


@app.callback()
def audit() -> None:
    """Auditoría de lo hecho."""


@app.command("ledger")
@reports_errors
def audit_ledger(
    witness: t.Annotated[str | None, typer.Option(help="Testigo guardado fuera: CUENTA:SHA256.")] = None,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Verifica la cadena de la bitácora y que el testigo, si se da, esté en ella."""
    from copias.office import open_office

    head = open_office(config).book.ledger.verify(read_witness(witness))
    data = {"count": head.count, "sha256": head.sha256, "valid": True}
    Output(as_json, query).show(
        data, lambda: typer.echo(f"La bitácora es válida: {head.count} eventos, testigo {head}")
    )


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
