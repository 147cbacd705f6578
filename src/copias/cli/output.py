"""What a verb prints: a table for people, or JSON, and errors in four parts."""

from __future__ import annotations

import functools
import os
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

import orjson
import typer

from copias.errors import BackupError, BadInput
from copias.system_errors import in_spanish

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

P = t.ParamSpec("P")

ROWS = 50
"""Rows of a table; all are in ``--json``."""
_YES: t.Final = frozenset({"s", "si", "sí", "y", "yes"})
_NO: t.Final = frozenset({"n", "no", ""})
_LABEL: t.Final = 30
"""Widest that the labels of facts get, in letters."""

Json = t.Annotated[bool, typer.Option("--json", help="Salida en JSON, completa.")]
Query = t.Annotated[str | None, typer.Option("--query", help="Expresión JMESPath sobre la salida JSON.")]


def _keep_fixed(path: Path | None) -> Path | None:
    """Refuse another deployment where the installed command fixes it: its people file could be the caller's."""
    fixed = os.environ.get("COPIAS_CONFIG")
    if os.environ.get("COPIAS_FIXED") and fixed and path != Path(fixed):
        raise typer.BadParameter("en esta máquina la configuración es siempre la instalada")
    return path


Config = t.Annotated[
    Path | None,
    typer.Option(
        "--config", envvar="COPIAS_CONFIG", help="Archivo copias.yml.", show_default=False, callback=_keep_fixed
    ),
]
CaseNumber = t.Annotated[str, typer.Argument(metavar="CASO", help="Número del caso.")]


@dataclass(frozen=True)
class Output:
    """How one call prints."""

    json: bool = False
    query: str | None = None

    @property
    def plain(self) -> bool:
        """Tell whether a machine reads it."""
        return self.json or self.query is not None

    def show(self, data: t.Any, render: t.Callable[[], None]) -> None:
        """Print ``data`` as JSON when asked, else let ``render`` print it for people."""
        if not self.plain:
            render()
            return
        sys.stdout.write(orjson.dumps(self._select(data), option=orjson.OPT_INDENT_2, default=str).decode() + "\n")

    def _select(self, data: t.Any) -> t.Any:
        if self.query is None:
            return data
        import jmespath

        try:
            # A round trip, so that the expression sees what --json prints.
            return jmespath.search(self.query, orjson.loads(orjson.dumps(data, default=str)))
        except jmespath.exceptions.JMESPathError as error:
            raise BadInput("la expresión de --query no se entiende", why=str(error)) from error

    def fail(self, error: BackupError) -> t.NoReturn:
        """Print an error and exit with its code."""
        if self.plain:
            sys.stdout.write(orjson.dumps(error.facts(), option=orjson.OPT_INDENT_2).decode() + "\n")
        else:
            print_error(error)
        raise typer.Exit(error.exit_code)


def reports_errors(verb: t.Callable[P, None]) -> t.Callable[P, None]:
    """Make a verb end with the exit code of its error, printed as the call asked."""

    @functools.wraps(verb)
    def call(*arguments: P.args, **options: P.kwargs) -> None:
        try:
            verb(*arguments, **options)
        except BackupError as error:
            query = options.get("query")
            Output(bool(options.get("as_json")), query if isinstance(query, str) else None).fail(error)

    return call


def print_error(error: BackupError) -> None:
    """Print an error's four parts on the error stream."""
    lines = [f"Error: {error.whose + ': ' if error.whose else ''}{error.what}"]
    if error.why:
        lines.append(f"  Por qué:   {in_spanish(error.why)}")
    if error.repair:
        lines.append(f"  Qué hacer: {error.repair}")
    # An error may name what a file or an answer holds, and that must not command the terminal.
    sys.stderr.write("\n".join(map(clean, lines)) + "\n")


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print at most :data:`ROWS` rows, and say how many there are; on a narrow terminal not as a table."""
    from rich.console import Console

    from copias.cli.layout import fit_columns, tell_rows

    found = [[clean(cell) for cell in row] for row in rows]
    shown, console = found[:ROWS], Console()
    if not found:
        typer.echo(f"{clean(title)}: no hay." if title else "No hay nada que mostrar.")
        return
    if title:
        # Not the table's own: that would be wrapped to its width.
        typer.echo(clean(title))
    widths = fit_columns([columns, *shown], console.width)
    if widths is None:
        typer.echo("\n".join(tell_rows(columns, shown, console.width)))
    else:
        _draw(console, columns, shown, widths)
    if len(found) > ROWS:
        typer.echo(f"… y {len(found) - ROWS} más: use --json")


def _draw(console: Console, columns: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for column, width in zip(columns, widths, strict=True):
        table.add_column(column, overflow="fold", width=width)
    for row in rows:
        # Text, not markup: a cell of the sheet may hold brackets.
        table.add_row(*map(Text, row))
    console.print(table)


def print_facts(title: str, facts: Iterable[tuple[str, str]]) -> None:
    """Print labels and values."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    found = [(label, clean(value)) for label, value in facts]
    longest = max((len(label) for label, _ in found), default=1)
    table = Table(show_header=False)
    table.add_column(style="bold", overflow="fold", width=min(_LABEL, longest))
    table.add_column(overflow="fold")
    for label, value in found:
        table.add_row(label, Text(value))
    typer.echo(clean(title))
    Console().print(table)


def clean(text: str) -> str:
    """Return text that cannot command a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def ask(question: str) -> bool:
    """Ask a person on the terminal, who answers in Spanish or with an English y, until it is understood.

    Raises:
        typer.Abort: there is no answer, as the input ended.
    """
    while True:
        typer.echo(f"{question} [s/n]: ", nl=False)
        line = sys.stdin.readline()
        if not line:
            raise typer.Abort
        answer = line.strip().casefold()
        if answer in _YES | _NO:
            return answer in _YES
        typer.echo("Responda s (sí) o n (no).")


def say_bytes(count: float) -> str:
    """Return a size for people, in decimal units."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}".replace(".", ",")
        count /= 1000
    return f"{count:.1f} TB".replace(".", ",")


def say_seconds(seconds: float) -> str:
    """Return a duration for people."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
