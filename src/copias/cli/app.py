"""The verbs, and how each call ends: with the exit code of its error."""

from __future__ import annotations

import typing as t

import typer

from copias.cli import (
    audit,
    cases,
    consent,
    copies,
    decide,
    drill,
    export,
    finding,
    mirror,
    nightly,
    package,
    poll,
    provider,
    repository,
    restore,
    retention,
    run,
    store,
    usage,
    watch,
)
from copias.cli.spanish import speak_spanish

if t.TYPE_CHECKING:
    from collections.abc import Callable

app = typer.Typer(
    name="copias",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Copias de seguridad por caso: hechas, probadas y registradas.\n\n"
    "Códigos de salida: 0 hecho, 1 falló, 2 uso, 3 no está listo, 4 ya se ejecuta, 75 intente más tarde.",
)

_VERBS: dict[str, Callable[..., None]] = {
    "cases": cases.list_cases,
    "show": cases.show_case,
    "run": run.run_case,
    "follow": run.follow_case,
    "stop": run.stop_case,
    "classify": decide.classify_case,
    "authorise": decide.authorise_case,
    "hold": decide.hold_case,
    "resume": decide.resume_case,
    "cancel": decide.cancel_case,
    "reopen": decide.reopen_case,
    "note": decide.note_case,
    "accept": decide.accept_case,
    "outbox": cases.deliver_outbox,
    "poll": poll.poll_cases,
    "export": export.export_mailbox,
    "copies": copies.show_copies,
    "find": copies.find_mail,
    "nightly": nightly.make_nightly_copies,
    "drill": drill.drill_databases,
    "watch": watch.watch_nights,
}
for _name, _verb in _VERBS.items():
    app.command(_name)(_verb)
app.add_typer(restore.app, name="restore")
app.add_typer(audit.app, name="audit")
app.add_typer(store.app, name="store")
app.add_typer(retention.app, name="retention")
app.add_typer(finding.app, name="finding")
app.add_typer(package.app, name="package")
app.add_typer(repository.app, name="repository")
app.add_typer(mirror.app, name="mirror")
app.add_typer(provider.app, name="provider")
app.add_typer(consent.app, name="consent")


@app.command(
    "sandbox",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    help="Entorno de prueba local: start, stop, env, seed, status.",
)
def sandbox(context: typer.Context) -> None:
    """Hand over to the sandbox, which the product imports nowhere else."""
    from copias_sandbox.cli import app as sandbox_app

    usage.run(speak_spanish(sandbox_app), context.args, name="copias sandbox")


speak_spanish(app)


def main() -> None:
    """Run the command line."""
    usage.run(app)
