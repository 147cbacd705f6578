"""``copias restore``: mail of a copy back into a mailbox, or as files, for a case that allows it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from copias.cli.copies import CopyId, Label, Since, Until
from copias.cli.output import CaseNumber, Config, Json, Output, Query, print_facts, reports_errors, say_bytes
from copias.cli.restore_sinfa import PLAYBOOK, restore_sinfa
from copias.cli.run import Start, attend, show_outcome
from copias.cli.spanish import SpanishGroup
from copias.errors import BadInput, NotReady

if t.TYPE_CHECKING:
    from copias.case.intake import Intake
    from copias.mailbox.restore.planning import Order, RestoreDraft
    from copias.office import Office

_CASE: t.Final = "case"


class _ByWord(SpanishGroup):
    """Takes what begins with none of its words as a call about a case: ``copias restore 1236 --all``."""

    # Any: typer brings classes of click of its own, under a private name.
    def parse_args(self, ctx: t.Any, args: list[str]) -> list[str]:
        """Read the options; see :class:`click.Group`."""
        return super().parse_args(ctx, args if args[:1] == ["--help"] else self._name(args))

    def resolve_command(self, ctx: t.Any, args: list[str]) -> t.Any:
        """Return the name, the command and what is left of the arguments."""
        return super().resolve_command(ctx, self._name(args))

    def _name(self, args: list[str]) -> list[str]:
        return args if args and args[0] in self.commands else [_CASE, *args]


app = typer.Typer(cls=_ByWord, help="Recupera mensajes de una copia (por su caso) o una base de SINFA.")
app.command("sinfa")(restore_sinfa)


@dataclass(frozen=True)
class _Words:
    """What the options say of the messages."""

    pick: str | None
    label: str
    since: str | None
    until: str | None
    everything: bool

    @property
    def choose(self) -> bool:
        """Tell whether they choose any."""
        return bool(self.pick or self.label or self.since or self.until or self.everything)


@app.command(_CASE)
@reports_errors
def restore_mail(
    number: CaseNumber,
    pick: t.Annotated[str | None, typer.Option(metavar="NÚMEROS", help="Los de `copias find`: 3,7,10-12.")] = None,
    label: Label = "",
    since: Since = None,
    until: Until = None,
    everything: t.Annotated[bool, typer.Option("--all", help="El buzón entero.")] = False,
    copy: CopyId = None,
    package: t.Annotated[
        Path | None, typer.Option(metavar="PAQUETE", help="De este archivo .zip, si se perdió la bitácora.")
    ] = None,
    key: t.Annotated[
        list[Path] | None, typer.Option("--key", help="Llave pública (PEM) de la entidad que firmó el paquete.")
    ] = None,
    to: t.Annotated[str | None, typer.Option(metavar="CUENTA", help="A esta cuenta; si no, a la del caso.")] = None,
    under: t.Annotated[
        str | None, typer.Option(metavar="ETIQUETA", help="Bajo esta etiqueta; si no, «Recuperado caso N».")
    ] = None,
    eml: t.Annotated[Path | None, typer.Option(metavar="CARPETA", help="Como archivos .eml en esta carpeta.")] = None,
    yes: t.Annotated[bool, typer.Option("--yes", help="No preguntar (para cron).")] = False,
    check: t.Annotated[bool, typer.Option("--check", help="Decir lo que se haría, sin hacer nada.")] = False,
    detach: t.Annotated[bool, typer.Option("--detach", help="Empezar y no seguir la ejecución.")] = False,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Devuelve mensajes de una copia a un buzón o como archivos; sin opciones, continúa lo ya elegido."""
    from copias.config import find_deployment
    from copias.mailbox.restore.planning import Order

    path, output = config or find_deployment(), Output(as_json, query)
    words = _Words(pick, label, since, until, everything)
    order = Order(copy_id=copy, package=package, keys=tuple(key or ()), to=to, under=under, folder=eml)
    _give_back(number, order, words, Start(path, yes=yes, detach=detach, playbook=PLAYBOOK), output, check=check)


def _give_back(number: str, order: Order, words: _Words, start: Start, output: Output, *, check: bool) -> None:
    """Plan what is given back and attend the case, or say what would be; of a resolved case show what was."""
    from copias.case.book import check_number
    from copias.case.states import State
    from copias.mailbox.restore.gate import require_recovery
    from copias.office import open_office

    office = open_office(start.config)
    if office.book.story(check_number(number)).state is State.RESOLVED:
        if words.choose:
            raise NotReady(
                "el caso ya está resuelto y no devuelve nada más",
                whose=f"caso {number}",
                repair=f"para devolver otros: copias reopen {number} --reason …",
            )
        show_outcome(output, office, number, None)
        return
    intake = require_recovery(office, number, going_on=not words.choose)
    office.claims.require_free(number)
    if intake.subject in office.deployment.databases:
        _require_of_mail(number, order, words, check=check)
    else:
        intake = _plan(office, intake, _complete(order, words), output=output, check=check)
    if not check:
        attend(office, intake, start, output)


def _require_of_mail(number: str, order: Order, words: _Words, *, check: bool) -> None:
    """Refuse choices of messages in a case of a database, whose copy is chosen by another verb."""
    if words.choose or order != type(order)() or check:
        raise BadInput(
            "el caso es de una base de datos, y no devuelve mensajes",
            whose=f"caso {number}",
            repair=f"copias restore sinfa --case {number} --copy … --to … --motive …; sin opciones, se continúa",
        )


def _complete(order: Order, words: _Words) -> Order | None:
    """Add what is given back to an order; ``None`` when nothing is asked for, and so what was planned goes on.

    Raises:
        BadInput: the options contradict each other, or say where but not what.
    """
    from copias.mailbox.restore.numbering import read_numbers
    from copias.mailbox.restore.search import Query as MailQuery
    from copias.mailbox.restore.search import query_of_days

    if not words.choose:
        if order != type(order)():
            raise BadInput("no se dijo qué devolver", repair="elija con --pick, --label, --since/--until o --all")
        return None
    narrowed = bool(words.label or words.since or words.until)
    if words.everything + narrowed + bool(words.pick) > 1:
        raise BadInput("--pick, --all y los filtros no van juntos", repair="elija una sola manera")
    if words.pick:
        return replace(order, numbers=read_numbers(words.pick))
    query = query_of_days(since=words.since, until=words.until, label=words.label) if narrowed else MailQuery()
    return replace(order, query=query)


def _plan(office: Office, intake: Intake, order: Order | None, *, output: Output, check: bool) -> Intake:
    """Record what is given back, unless it is only looked at, and return the case with it.

    Raises:
        NotReady: nothing was planned before, and nothing is asked for now.
    """
    from copias.mailbox.restore.planning import draft_restore
    from copias.mailbox.restore.step import plan_step

    if order is None:
        if intake.story.restore is None:
            raise NotReady(
                "nadie ha elegido qué devolver",
                whose=f"caso {intake.number}",
                repair="elija con --pick, --label, --since/--until o --all",
            )
        planned = intake
    else:
        draft = draft_restore(office, intake, order)
        planned = replace(intake, story=draft.planned_story if check else draft.record())
        if not output.plain:
            _announce(draft)
    if check:
        _show_check(output, plan_step(office, planned.story), planned)
    return planned


def _announce(draft: RestoreDraft) -> None:
    from copias.package.texts import say_count

    plan = draft.plan
    rows = [
        ("Se devuelven", f"{say_count(len(plan.messages), 'mensaje')} de {plan.account}, {say_bytes(plan.bytes)}"),
        ("De", str(plan.source)),
        ("A", str(plan.target)),
    ]
    print_facts("Recuperación", rows)


def _show_check(output: Output, step: t.Any, intake: Intake) -> None:
    """Say what would be given back."""
    facts = step.diff()["before"]
    data = {"case": intake.number, **facts}
    said = f"Prueba en seco: mensajes que se devolverían, {facts['pending']} de {facts['messages']}; no se hizo nada."
    output.show(data, lambda: typer.echo(said))
