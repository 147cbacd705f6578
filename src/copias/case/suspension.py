"""A case whose account is suspended: it is on hold, the administrator is asked once, and it goes on by itself.

``copias poll`` looks whether the account is active; until then nothing of the case runs, and nothing of it is lost.
"""

from __future__ import annotations

import typing as t

from copias.case.notices import queue_notice, tell_held
from copias.case.rows import queue_status, row_key
from copias.case.states import TRANSITIONS, State
from copias.google.errors import AccountSuspended

if t.TYPE_CHECKING:
    from copias.case.story import Story
    from copias.errors import BackupError
    from copias.ledger import Event
    from copias.office import Office

SUSPENDED: t.Final = "account_suspended"
"""Cause of a hold, and of the resumption that ends it, when both are ours and not a person's."""


def waiting_account(story: Story) -> str:
    """Return the suspended account that a case is on hold for; empty when it is not on hold, or a person decided it."""
    return _account(story.hold)


def resumed_account(story: Story) -> str:
    """Return the account for which a case was resumed by itself and did not start since; empty for any other case."""
    last = next((event for event in reversed(story.events) if event.event in TRANSITIONS), None)
    return _account(last) if last and last.event == "case.resumed" else ""


def is_suspended(story: Story, error: BackupError) -> bool:
    """Tell whether an error is that the account that a case copies is suspended, and not a sender's, for example."""
    started = story.started
    copied = started.get("subject") if started.get("kind") == "mailbox" else None
    return isinstance(error, AccountSuspended) and error.whose == copied


def hold_for_account(office: Office, number: str, account: str) -> AccountSuspended:
    """Put a case on hold, answer it, tell the requester and ask the administrator; return the error to end with.

    Nothing is repeated for a case that is on hold already.

    Raises:
        NotReady: the case is resolved or cancelled.
    """
    with office.book.adding(number) as page:
        if page.story.state is not State.ON_HOLD:
            reason = f"la cuenta {account} está suspendida, y Google no deja leer una cuenta suspendida"
            generation = page.story.generation
            page.add("case.held", {"reason": reason, "cause": SUSPENDED, "account": account, "generation": generation})
        story = page.story
    if tell_hold(office, story):
        office.outbox.deliver_case(number)
    return say_held(office, number, account)


def say_held(office: Office, number: str, account: str) -> AccountSuspended:
    """Return the error of a run that ends, or does not begin, because of a suspended account."""
    asked = "ya se le pidió por correo" if _administrator(office) else "pídaselo"
    return AccountSuspended(
        "la cuenta está suspendida y el caso queda en espera",
        whose=f"caso {number}",
        why=f"Google no deja leer {account} mientras está suspendida",
        repair=f"un superadministrador la reactiva ({asked}); después el caso sigue solo con `copias poll`",
    )


def tell_hold(office: Office, story: Story) -> bool:
    """Queue everything that is told of a hold of ours, and return whether anything of it was missing."""
    held, account = story.hold, waiting_account(story)
    if held is None or not account or _is_told(office, story, str(held.n)):
        return False
    mark, reason = str(held.n), str(held.data["reason"])
    queue_status(office, story, "on_hold", done=reason, mark=mark)
    ask_administrator(office, story, "suspended", {"account": account}, mark=mark)
    tell_held(office, story, reason=reason, mark=mark)  # last: see _is_told
    return True


def tell_released(office: Office, story: Story) -> None:
    """Queue the mail that tells the administrator that an account that was reactivated may be suspended again."""
    held = [(event.data.get("generation", 1), _account(event)) for event in story.events if event.event == "case.held"]
    for account in dict.fromkeys(account for generation, account in held if generation == story.generation and account):
        ask_administrator(office, story, "released", {"account": account}, mark=account)


def say_unsent(story: Story) -> str:
    """Return why the administrator was not asked to reactivate the account; empty when he was, or will be."""
    held = story.hold
    refused = story.rejected.get(row_key(story, "notice-suspended", str(held.n))) if held else None
    return f"; el correo al superadministrador no salió: {refused['why']}" if refused else ""


def ask_administrator(
    office: Office,
    story: Story,
    what: t.Literal["suspended", "released", "deleted"],
    facts: dict[str, t.Any],
    mark: str,
) -> None:
    """Queue a mail to the administrator of Google Workspace, where the deployment names one."""
    administrator = _administrator(office)
    if administrator:
        queue_notice(office, story, what, to=administrator, facts=facts, mark=mark)


def resume_for_account(office: Office, number: str, account: str) -> Story:
    """Take a case off a hold of ours, and tell the help desk.

    Raises:
        NotReady: it is not on hold any more.
    """
    data = {"reason": f"la cuenta {account} está activa otra vez", "cause": SUSPENDED, "account": account}
    story = office.book.record(number, "case.resumed", data)
    queue_status(office, story, "assigned", done=data["reason"], mark=str(story.events[-1].n))
    office.outbox.deliver_rows(number)
    return office.book.story(number)


def resume_if_active(office: Office, story: Story) -> None:
    """Take a case off a hold of ours, if its account is active: an agent need not wait for the next ``copias poll``.

    Raises:
        AccountSuspended: it is suspended still.
        GoogleRefused: the Directory may not be read.
        GoogleUnavailable: the Directory does not answer.
    """
    account, settings = waiting_account(story), office.deployment.mailboxes
    if not account or settings is None:
        return
    from copias.google.directory import Directory

    user = Directory(office.deployment.google, administrator=settings.administrator).user(account)
    if user is None:
        return  # the preflight tells it, with all else
    if user.suspended:
        raise say_held(office, story.number, account)
    resume_for_account(office, story.number, account)


def _account(event: Event | None) -> str:
    ours = event is not None and event.data.get("cause") == SUSPENDED
    return str(event.data["account"]) if event is not None and ours else ""


def _administrator(office: Office) -> str:
    notices = office.deployment.notices
    return (notices.administrator or "") if notices else ""


def _is_told(office: Office, story: Story, mark: str) -> bool:
    """Tell whether all was queued that is queued for a hold: the last of it was, or was recorded as not to be sent."""
    if office.deployment.notices is None:
        return row_key(story, "on_hold", mark) in story.queued
    key = row_key(story, "notice-on_hold", mark)
    return key in story.queued or any(
        event.event == "notice.skipped" and event.data["key"] == key for event in story.events
    )
