"""``copias mirror sync``, ``follow`` and ``stop``: mirrors of many accounts, by a playbook that goes on by itself."""

from __future__ import annotations

import re
import typing as t

import orjson
import typer

from copias.cli.output import (
    Config,
    Json,
    Output,
    Query,
    clean,
    print_error,
    print_table,
    reports_errors,
    say_bytes,
    say_seconds,
)
from copias.errors import EXIT_DONE, EXIT_FAILED, EXIT_NOT_READY, BackupError, BadInput, NotReady

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from copias.config import Deployment
    from copias.run.folder import Result, RunFolder

MIRROR, RECONCILE = "mirror.yml", "reconcile.yml"
LONGEST: t.Final = 100_000
"""Characters of all accounts together: an argument of a program may have 128 KiB."""
_LOOK: t.Final = "vea las cuentas que hay con `ansible-inventory --graph mailboxes`"
_TOLD: t.Final = re.compile(
    r"^\[(?:WARNING\]: Failed to parse inventory with 'auto' plugin|ERROR\]): (.+)$", re.MULTILINE
)
_SHOWN: t.Final = 20
"""Errors that are told in full; all are in ``--json``."""
_NAMED: t.Final = 5
"""Accounts that an error names, of those that share it."""

Accounts = t.Annotated[
    list[str] | None, typer.Argument(metavar="[CUENTA…]", help="Solo estas; si no, todas las del inventario.")
]


@reports_errors
def sync_mirrors(
    accounts: Accounts = None,
    reconcile: t.Annotated[
        bool, typer.Option("--reconcile", help="Además, listar cada buzón entero y comparar una muestra.")
    ] = False,
    check: t.Annotated[bool, typer.Option("--check", help="Decir qué buzones cambiaron, sin copiar nada.")] = False,
    detach: t.Annotated[bool, typer.Option("--detach", help="Empezar y no seguir la ejecución.")] = False,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Pone al día los espejos de los buzones que un caso o la autorización permanente permiten copiar."""
    from copias.config import find_deployment
    from copias.office import open_office
    from copias.people import Role
    from copias.run.start import start_shared_run

    path, output = config or find_deployment(), Output(as_json, query)
    office = open_office(path)
    office.actor.require(Role.AGENT, "actualizar espejos de buzones")
    wanted = _require_accounts(office.deployment, accounts or [])
    playbook = RECONCILE if reconcile else MIRROR
    folder = start_shared_run(office, wanted, config=path, playbook=playbook, check=check)
    if detach:
        data = {"run": folder.path.name, "exit_code": None}
        output.show(data, lambda: typer.echo(f"Ejecución {folder.path.name}. Sígala con: copias mirror follow"))
        return
    _follow(folder, output)


@reports_errors
def follow_mirrors(config: Config = None, as_json: Json = False, query: Query = None) -> None:
    """Sigue la última ejecución de espejos; Ctrl-C deja de mirar y no la detiene."""
    _follow(_latest(config), Output(as_json, query))


@reports_errors
def stop_mirrors(config: Config = None, as_json: Json = False, query: Query = None) -> None:
    """Detiene la última ejecución de espejos; lo copiado se conserva."""
    from dataclasses import asdict

    from copias.office import open_office
    from copias.people import Role
    from copias.run.follow import stop_run

    open_office(config).actor.require(Role.AGENT, "detener espejos de buzones")
    folder = _latest(config)
    if folder.read_result() is not None or not folder.is_alive():
        raise NotReady("ninguna ejecución de espejos está en curso", repair="vea `copias mirror status`")
    result = stop_run(folder)
    Output(as_json, query).show(
        asdict(result), lambda: typer.echo(result.message or "La ejecución ya había terminado.")
    )


def _latest(config: Path | None) -> RunFolder:
    from copias.office import open_office
    from copias.run.folder import MIRRORS, find_runs

    found = find_runs(open_office(config).deployment.runs, MIRRORS)
    if not found:
        raise NotReady("no se han ejecutado espejos", repair="use `copias mirror sync`")
    return found[-1]


def _require_accounts(deployment: Deployment, accounts: Sequence[str]) -> list[str]:
    """Return the accounts, each once; nothing that is not an address of the organisation goes any further.

    Raises:
        BadInput: one is not, or they are too many for one call.
    """
    from copias.mailbox.status import mirror_folder

    for account in accounts:
        mirror_folder(deployment, account)
    wanted = list(dict.fromkeys(accounts))
    if len(",".join(wanted)) > LONGEST:
        raise BadInput("son demasiadas cuentas para una orden", repair="no nombre ninguna, o hágalo en varias órdenes")
    return wanted


def _follow(folder: RunFolder, output: Output) -> None:
    """Show progress to the end of the run, then what came of each account; exits with the run's code."""
    from copias.cli.progress import watch

    try:
        result = watch(folder, quiet=output.plain)
    except KeyboardInterrupt:
        typer.echo(
            "\nLa ejecución sigue. Para volver a verla: copias mirror follow. Para detenerla: copias mirror stop"
        )
        raise typer.Exit(0) from None
    mailboxes, check = _read_mailboxes(folder, result), folder.request.check
    code = find_exit_code(result, mailboxes)
    data = {"run": folder.path.name, "exit_code": code, "check": check, "message": result.message}
    data |= {"mailboxes": mailboxes, "log": str(folder.output)}
    output.show(data, lambda: _print_outcomes(mailboxes, result, check=check))
    if code:
        raise typer.Exit(code)


def _read_mailboxes(folder: RunFolder, result: Result) -> dict[str, dict[str, t.Any]]:
    """Return what came of each account; one that was asked for and that the inventory does not have is told too.

    Raises:
        NotReady: the run ended before anything was known of any account.
    """
    try:
        found: dict[str, dict[str, t.Any]] = orjson.loads(folder.mailboxes.read_bytes())
    except FileNotFoundError:
        raise NotReady(
            "los espejos no se actualizaron",
            whose=f"ejecución {folder.path.name}",
            why=_find_error(folder) or result.message or "el inventario no tiene cuentas en el grupo mailboxes",
            repair=f"{_LOOK}; el detalle está en {folder.output}",
        ) from None
    for account in filter(None, folder.request.limit.split(",")):
        if account not in found:
            found[account] = {"changed": False, "error": _say_unknown(account).facts()}
    return found


def _find_error(folder: RunFolder) -> str:
    """Return what Ansible said before any task ran; of an inventory that it could not read, what our plugin said."""
    found = _TOLD.search(folder.output.read_text(encoding="utf-8", errors="replace"))
    return clean(found[1]) if found else ""


def _say_unknown(account: str) -> BackupError:
    return NotReady(
        "la cuenta no está en el inventario",
        whose=account,
        why="no existe en el directorio, no tiene Gmail, o está suspendida o archivada",
        repair=_LOOK,
    )


def find_exit_code(result: Result, mailboxes: Mapping[str, Mapping[str, t.Any]]) -> int:
    """Return 0 when every mirror is up to date, the code that all troubles share, or else 1."""
    codes = {int(outcome["error"]["exit_code"]) for outcome in mailboxes.values() if outcome["error"]}
    if not codes:
        return result.exit_code if mailboxes else EXIT_NOT_READY
    return codes.pop() if len(codes) == 1 else EXIT_FAILED


def _print_outcomes(mailboxes: Mapping[str, dict[str, t.Any]], result: Result, *, check: bool) -> None:
    """Print a row for each account, and then the first troubles in full."""
    columns = ["Cuenta", "Espejo", "Nuevos", "Tamaño", "Etiquetas", "Borrados", "Duración"]
    rows = [_row(account, outcome, check=check) for account, outcome in sorted(mailboxes.items())]
    print_table("Espejos de buzones", columns, rows)
    troubles = [outcome["error"] for outcome in mailboxes.values() if outcome["error"]]
    alike: dict[tuple[str, str, str], list[str]] = {}
    for facts in troubles:
        alike.setdefault((facts["what"], facts["why"], facts["repair"]), []).append(facts["whose"])
    for (what, why, repair), accounts in list(alike.items())[:_SHOWN]:
        # What many accounts share is said once: an organisation may have hundreds that nobody allowed to copy.
        more = f" y {len(accounts) - _NAMED} más" if len(accounts) > _NAMED else ""
        print_error(BackupError(what, whose=f"{', '.join(accounts[:_NAMED])}{more}", why=why, repair=repair))
    if len(alike) > _SHOWN:
        typer.echo(f"… y {len(alike) - _SHOWN} problemas más: use --json", err=True)
    if result.exit_code != EXIT_DONE and not troubles and result.message:
        typer.echo(result.message, err=True)


def _row(account: str, outcome: Mapping[str, t.Any], *, check: bool) -> tuple[str, ...]:
    numbers = (
        f"{outcome.get('fetched', 0)}",
        say_bytes(outcome.get("bytes", 0)),
        f"{outcome.get('relabelled', 0)}",
        f"{outcome.get('deleted', 0)}",
        say_seconds(outcome.get("seconds", 0)),
    )
    return account, _say_state(outcome, check=check), *numbers


def _say_state(outcome: Mapping[str, t.Any], *, check: bool) -> str:
    if outcome["error"]:
        return "CON PROBLEMAS"
    if check:
        return "cambiaría" if outcome["changed"] else "al día"
    return "actualizado" if outcome["changed"] else "al día, sin cambios"
