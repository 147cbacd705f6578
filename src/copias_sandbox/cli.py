"""``copias sandbox``: start, stop and handle the local Google Workspace."""

from __future__ import annotations

import enum
import shlex
import typing as t
from pathlib import Path

import typer

from copias.errors import BackupError

app = typer.Typer(
    name="sandbox",
    help="Google Workspace local con datos de demostración, para pruebas y demos.",
    no_args_is_help=True,
    add_completion=False,
)

Home = t.Annotated[
    Path | None,
    typer.Option("--home", help="Carpeta del entorno. Por defecto $COPIAS_SANDBOX_HOME o ./.work/sandbox."),
]


Strict = t.Annotated[bool, typer.Option("--strict", help="Comprueba cada respuesta con el esquema de Google.")]
Clients = t.Annotated[
    bool, typer.Option("--clients", help="Añade el proxy y la autoridad de certificación para otros programas.")
]
Descending = t.Annotated[bool, typer.Option("--descending", help="Ordena de mayor a menor.")]


class LayoutName(enum.StrEnum):
    """The layouts of :class:`copias_sandbox.seed.sheets.Layout`, without importing it."""

    TWO_TABS = "two-tabs"
    ONE_TAB = "one-tab"


class FaultKind(enum.StrEnum):
    """What can go wrong."""

    STATUS = "status"
    LATENCY = "latency"
    LOST = "lost"
    RESET = "reset"
    TRUNCATED = "truncated"
    OUTAGE = "outage"
    REFUSE = "refuse"
    REVOKE = "revoke"
    CLEAR = "clear"


class _Reported:
    """Turn the package's errors into a message and an exit code."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, BackupError):
            typer.echo(f"Error: {error}", err=True)
            raise typer.Exit(error.exit_code) from error


def _place(home: Path | None) -> Path:
    from copias_sandbox import control

    return home or control.default_home()


@app.command()
def start(
    home: Home = None,
    cases: t.Annotated[int, typer.Option(min=0, help="Casos que se siembran la primera vez; 0 lo deja vacío.")] = 300,
    *,
    strict: Strict = False,
    nas: t.Annotated[bool, typer.Option("--nas", help="Añade una NAS QNAP simulada (File Station).")] = False,
) -> None:
    """Arranca el entorno; si ya está en marcha, no hace nada."""
    from copias_sandbox import control

    with _Reported():
        found = control.start(_place(home), cases=cases, strict=strict, nas=nas)
        typer.echo(f"Entorno de pruebas en marcha: {found.url} (administración {found.admin_url}, proceso {found.pid})")
        if found.nas:
            typer.echo(f"NAS simulada: http://127.0.0.1:{found.nas}, carpeta compartida Copias")
        typer.echo('Siga con: eval "$(copias sandbox env)"')


@app.command()
def stop(home: Home = None) -> None:
    """Detiene el entorno y comprueba que terminó; los datos quedan."""
    from copias_sandbox import control

    with _Reported():
        stopped = control.stop(_place(home))
        typer.echo("Entorno de pruebas detenido." if stopped else "No había un entorno de pruebas en marcha.")


@app.command()
def env(
    home: Home = None,
    *,
    clients: Clients = False,
) -> None:
    """Escribe líneas «export K=V» para la consola."""
    from copias_sandbox import control

    with _Reported():
        for name, value in control.env(_place(home), clients=clients).items():
            typer.echo(f"export {name}={shlex.quote(value)}")


@app.command()
def seed(
    home: Home = None,
    cases: t.Annotated[int, typer.Option(min=1, help="Número de casos.")] = 300,
    number: t.Annotated[int, typer.Option("--seed", help="Semilla: la misma da siempre los mismos datos.")] = 20260101,
    layout: t.Annotated[LayoutName, typer.Option(help="Una hoja o dos.")] = LayoutName.TWO_TABS,
) -> None:
    """Vacía el entorno y lo llena otra vez con datos de demostración."""
    from copias_sandbox import control

    with _Reported():
        found = control.seed(_place(home), cases=cases, seed=number, layout=layout.value)
        typer.echo(f"{cases} casos en la hoja {found.spreadsheet}")


@app.command()
def status(
    home: Home = None,
    calls: t.Annotated[int, typer.Option(min=0, help="Muestra las últimas llamadas.")] = 0,
) -> None:
    """Dice si el entorno está en marcha, y qué se le ha pedido."""
    from copias_sandbox import control

    with _Reported():
        found = control.required(_place(home))
        client = control.admin(_place(home))
        facts = client.request("GET", "/status")
        typer.echo(f"En marcha: {found.url}, proceso {found.pid}, {facts['calls']} llamadas")
        typer.echo(f"Fallas planeadas: {len(facts['faults'])}")
        for call in client.calls()[-calls:] if calls else []:
            typer.echo(f"{call['number']:6} {call['status']} {call['method'] or call['target']} {call['user']}")


@app.command()
def edit(
    action: t.Annotated[
        str,
        typer.Argument(
            help="set, append, insert-row, delete-row, insert-column, delete-column, sort, rename-header, rename-sheet."
        ),
    ],
    values: t.Annotated[list[str] | None, typer.Argument(help="Para append: una celda por palabra.")] = None,
    home: Home = None,
    spreadsheet: t.Annotated[str, typer.Option(help="Id; por defecto la mesa de ayuda.")] = "",
    sheet: t.Annotated[str | None, typer.Option(help="Título de la hoja; por defecto la primera.")] = None,
    cell: t.Annotated[str | None, typer.Option(help="Celda, por ejemplo B7.")] = None,
    text: t.Annotated[str | None, typer.Option(help="Texto que se escribe.")] = None,
    at: t.Annotated[int | None, typer.Option(min=1, help="Fila o columna, contada desde 1.")] = None,
    header: t.Annotated[str | None, typer.Option(help="Encabezado.")] = None,
    to: t.Annotated[str | None, typer.Option(help="Nombre nuevo.")] = None,
    *,
    descending: Descending = False,
) -> None:
    """Edita una hoja como lo haría una persona."""
    from copias_sandbox import control

    given = {"sheet": sheet, "cell": cell, "text": text, "at": at, "header": header, "to": to, "values": values or None}
    options = {name: value for name, value in given.items() if value is not None}
    with _Reported():
        identifier = spreadsheet or control.required(_place(home)).spreadsheet
        control.admin(_place(home)).edit(identifier, action, descending=descending, **options)
        typer.echo("Hecho.")


@app.command()
def fault(
    kind: t.Annotated[FaultKind, typer.Argument(help="Qué debe fallar; clear lo quita todo.")],
    home: Home = None,
    method: t.Annotated[str, typer.Option(help="Método de Google, con * si se quiere.")] = "*",
    nth: t.Annotated[int, typer.Option(min=1, help="La primera llamada que falla.")] = 1,
    times: t.Annotated[int, typer.Option(min=0, help="Cuántas fallan; 0, todas.")] = 1,
    code: t.Annotated[int, typer.Option("--status", help="Código HTTP, para status.")] = 503,
    reason: t.Annotated[str, typer.Option(help="Motivo de Google, para status.")] = "",
    seconds: t.Annotated[float, typer.Option(min=0, help="Duración, para latency, outage y refuse.")] = 0,
) -> None:
    """Planea una falla: error, demora, respuesta perdida, conexión cortada, servicio caído."""
    from copias_sandbox import control

    with _Reported():
        client = control.admin(_place(home))
        if kind is FaultKind.CLEAR:
            client.clear_faults()
        elif kind is FaultKind.REVOKE:
            client.revoke_tokens()
        elif kind in (FaultKind.OUTAGE, FaultKind.REFUSE):
            client.outage(seconds, mode="503" if kind is FaultKind.OUTAGE else "refuse")
        else:
            client.fault(kind.value, method, nth=nth, times=times, status=code, reason=reason, seconds=seconds)
        typer.echo("Hecho.")
