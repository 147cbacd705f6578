"""``copias nightly --plan``: what is due tonight, in which order, and what will not fit; reads only."""

from __future__ import annotations

import typing as t
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import typer

from copias.cli.output import Output, clean, print_table, say_seconds
from copias.errors import BackupError

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from copias.mailbox.due_model import DueMailbox, MailboxNight
    from copias.night.planning import DatabaseTurn, NightAgenda
    from copias.office import Office

FIRST: t.Final = "primera copia"


def show_plan(office: Office, output: Output) -> None:
    """Show what a night that began now would do."""
    from copias.mailbox.due_model import MailboxNight
    from copias.night.planning import plan_agenda
    from copias.night.steps import list_unretained

    now = datetime.now(UTC)
    agenda = plan_agenda(office, now=now)
    trouble, mailboxes = "", MailboxNight()
    try:
        mailboxes = foresee_mailboxes(office, agenda, _list_accounts(office), now)
    except BackupError as error:
        trouble = str(error)
    databases = [{**asdict(turn), "overdue": turn.overdue} for turn in agenda.databases]
    data: dict[str, t.Any] = {
        "window": agenda.window,
        "databases": databases,
        "mailboxes": mailboxes.to_dict(),
        "directory": trouble,
        "stores": list(agenda.stores),
        "steps": list(agenda.steps),
        "unretained": list_unretained(office.deployment),
    }
    output.show(data, lambda: _print(agenda, mailboxes, trouble, data["unretained"]))


def foresee_mailboxes(office: Office, agenda: NightAgenda, accounts: Sequence[str], now: datetime) -> MailboxNight:
    """Return which mailboxes a night that began now would come to, once the databases have had their time."""
    from copias.mailbox.due import plan_mailboxes
    from copias.mailbox.night_rounds import find_end

    taken = timedelta(seconds=sum(turn.seconds or 0.0 for turn in agenda.databases if turn.when == "due"))
    return plan_mailboxes(office, accounts, now, whole=True, until=find_end(office, None, now) - taken)


def _list_accounts(office: Office) -> list[str]:
    """Return the accounts whose mailboxes are in the inventory.

    Raises:
        GoogleRefused: the Directory may not be read.
        GoogleUnavailable: it does not answer.
    """
    from copias.google.directory import read_accounts
    from copias.google.roster import make_roster

    deployment = office.deployment
    settings = deployment.mailboxes
    if settings is None or not deployment.directory:
        return []
    found = read_accounts(deployment.google, settings.administrator, deployment.account_filter)
    return make_roster(found, is_ours=settings.is_account).members["mailboxes"]


def _print(agenda: NightAgenda, mailboxes: MailboxNight, trouble: str, unretained: list[str]) -> None:
    typer.echo(f"Si la noche empezara ahora tendría {say_seconds(agenda.window)}.")
    columns = ["Turno", "Qué", "Toca", "Última buena", "Debe cada", "Tardaría"]
    turns = [_describe_database(place, turn) for place, turn in enumerate(agenda.databases, start=1)]
    turns += [_describe_mailbox(place, one) for place, one in enumerate(mailboxes.due, start=1)]
    turns += [("", one.account, clean(str(error)), "", "", "") for one, error in mailboxes.postponed]
    turns += [("", account, clean(str(error)), "", "", "") for account, error in mailboxes.refused.items()]
    print_table("Qué copiaría", columns, turns)
    if mailboxes.not_due:
        typer.echo(f"Buzones a los que todavía no les toca, por su política: {len(mailboxes.not_due)}.")
    if trouble:
        typer.echo(f"De los buzones no se sabe: {clean(trouble)}", err=True)
    typer.echo(f"Después: {', '.join([*agenda.stores, *agenda.steps])}.")
    if unretained:
        names = ", ".join(unretained)
        typer.echo(f"Sin retención, porque solo agregan: {names}. La aplica una persona: copias retention apply.")


def _describe_database(place: int, turn: DatabaseTurn) -> tuple[str, ...]:
    words = {
        "due": "sí" if turn.fits else "sí, y no alcanza",
        "done": "ya está la de hoy",
        "not_due": "no",
        "refused": f"FALLARÍA: {turn.why}",
    }
    last = f"hace {say_seconds(turn.age)}" if turn.age is not None else FIRST
    took = say_seconds(turn.seconds) if turn.seconds is not None else "no se sabe"
    return f"{place}", turn.database, words[turn.when], last, say_seconds(turn.every), took


def _describe_mailbox(place: int, one: DueMailbox) -> tuple[str, ...]:
    from copias.package.texts import format_time

    last = format_time(one.last_good) if one.last_good else FIRST
    return f"{place}", one.account, "sí", last, "", say_seconds(one.seconds)
