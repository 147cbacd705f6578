"""What each step of a running case does around its work: hold the claim, die with the playbook, record a failure."""

from __future__ import annotations

import os
import select
import signal
import threading
import typing as t

from copias.case.claim import Process, describe_process, find_playbook
from copias.case.notices import tell_failed
from copias.case.states import State
from copias.case.suspension import hold_for_account, is_suspended
from copias.errors import AlreadyRunning, BackupError, NotReady, StoreFull

if t.TYPE_CHECKING:
    from copias.case.story import Story
    from copias.office import Office

LOOK_LIMIT = 10.0
"""Seconds that a step waits for the sheet before it goes on without it."""


def find_holder() -> Process:
    """Return the process that holds claims for this step: the playbook's, or this one when there is none."""
    return find_playbook() or describe_process()


def hold_case(office: Office, number: str) -> None:
    """Make sure that this playbook holds the case and that nobody cancelled it or put it on hold.

    Raises:
        AlreadyRunning: another run holds it.
        NotReady: it is not wanted any more.
    """
    office.claims.check(number, find_holder())
    story = office.book.story(number)
    state = story.state
    if state in {State.CANCELLED, State.ON_HOLD}:
        words = {State.CANCELLED: "fue cancelado", State.ON_HOLD: "está en espera"}
        raise NotReady(f"el caso {words[state]}", whose=f"caso {number}", repair="vea `copias show` con su número")
    if _is_cancelled_in_sheet(office, story):
        raise NotReady(
            "el caso fue cancelado en la mesa de ayuda",
            whose=f"caso {number}",
            repair="si no debía cancelarse, responda el caso con otro estado y ejecútelo de nuevo",
        )


def _is_cancelled_in_sheet(office: Office, story: Story) -> bool:
    """Ask the sheet whether a person cancelled the case; a copy neither waits for the sheet nor fails with it."""
    from copias.helpdesk import open_help_desk

    hasty = office.deployment.google.model_copy(update={"attempts": 1, "timeout": LOOK_LIMIT})
    try:
        case = open_help_desk(office.deployment.help_desk, hasty).case(story.number)
    except BackupError:
        return False
    last = case.responses[-1] if case.responses else None
    # Our own answer of an earlier round: the ledger knows that the case was reopened, the sheet does not yet.
    ours = case.status_source == "response" and last is not None and last.key in story.queued
    return case.status == "cancelled" and not ours


def record_failure(office: Office, number: str, error: BackupError) -> BackupError:
    """Record the failure, when the case is in a state that can fail and the claim is ours, and tell the requester.

    An account that was suspended meanwhile is no failure: the case waits for it.

    Returns:
        The error that the module ends with.
    """
    try:
        office.claims.check(number, find_holder())
        story = office.book.story(number)
        if is_suspended(story, error):
            return hold_for_account(office, number, error.whose)
        story = office.book.record(number, "case.failed", error.facts())
        tell_failed(office, story, error)
        office.outbox.deliver_notices(number)
    except (AlreadyRunning, NotReady, StoreFull):
        pass  # nothing was under way, or there is no room to write it: the module's own message tells
    return error


def die_with_playbook() -> None:
    """End this process group when the playbook above it ends.

    Ansible's workers outlive a killed ``ansible-playbook``, and so would a dump of 48 hours that nobody waits for.
    Children started by the package die with this process (``PR_SET_PDEATHSIG``).
    """
    playbook = find_playbook()
    if playbook is None:
        return
    handle = os.pidfd_open(playbook.pid)
    threading.Thread(target=_wait_and_die, args=(handle,), daemon=True, name="die-with-playbook").start()


def _wait_and_die(handle: int) -> None:
    select.select([handle], [], [])
    os.kill(os.getpid(), signal.SIGKILL)
