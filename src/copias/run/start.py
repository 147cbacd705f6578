"""Start a run: claim the case, then hand it to a process of its own session."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import typing as t

from copias.case.claim import NIGHT, describe_process
from copias.errors import AlreadyRunning
from copias.run.folder import NIGHTS, RunFolder, find_runs, new_run, series_of

if t.TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from copias.office import Office

KEPT: t.Final = 30
"""Runs of mirrors, or nights, whose folder stays, the newest too; a case's all stay. What they did is in the ledger."""


def start_run(
    office: Office, number: str, *, config: Path, check: bool = False, playbook: str = "attend_case.yml"
) -> RunFolder:
    """Start a playbook for a case and return at once.

    The case is claimed for the new process before it does anything, so of two starts one is refused here.

    Raises:
        AlreadyRunning: naming who runs the case.
    """
    account = office.actor.identity.account
    if not check:
        office.claims.require_free(number)  # before a folder is made; taking the claim below is what decides
    folder = new_run(
        office.deployment.runs, playbook=playbook, case=number, config=config, check=check, account=account
    )
    _launch_claimed(office, folder, "" if check else number)
    return folder


def start_shared_run(
    office: Office,
    hosts: Sequence[str],
    *,
    config: Path,
    playbook: str,
    check: bool = False,
    switches: tuple[str, ...] = (),
    only: tuple[str, ...] = (),
) -> RunFolder:
    """Start a playbook that is of no case, for some hosts or for all when none is named, and return at once.

    No case is claimed: each mirror and each repository has a lock of its own, and one that another run holds is told.
    A night is claimed as a whole, unless it only looks.

    Args:
        office: whose mirrors or databases.
        hosts: that the deployment knows; they go to Ansible as ``--limit``, which is never a template.
        config: the deployment's file.
        playbook: its file name.
        check: only say what would be done.
        switches: variables of roles that are turned on.
        only: what a night is limited to.

    Raises:
        AlreadyRunning: naming who runs the night.
    """
    account, runs, series = office.actor.identity.account, office.deployment.runs, series_of(playbook)
    key = NIGHT if series == NIGHTS and not check else ""
    if key:
        office.claims.require_free(key)
    for old in find_runs(runs, series)[: -KEPT + 1]:
        if not old.is_alive():
            shutil.rmtree(old.path, ignore_errors=True)
    folder = new_run(
        runs,
        playbook=playbook,
        case="",
        config=config,
        check=check,
        account=account,
        limit=",".join(hosts),
        switches=switches,
        only=only,
    )
    _launch_claimed(office, folder, key)
    return folder


def _launch_claimed(office: Office, folder: RunFolder, key: str) -> None:
    """Claim, unless there is nothing to, then hand the run over to its own process.

    Raises:
        AlreadyRunning: somebody else was faster; the folder is gone then, or it would pass for the newest run.
    """
    run = folder.path.name
    if key:
        try:
            office.claims.take(key, run, holder=describe_process(), account=office.actor.identity.account)
        except AlreadyRunning:
            shutil.rmtree(folder.path)
            raise
    try:
        supervisor = describe_process(_launch(folder).pid)
    except OSError:
        if key:
            office.claims.release(key, run)
        raise
    # The claim first: who is killed between the two leaves a run that holds its claim, and that names itself.
    if key:
        office.claims.hand_over(key, run, holder=supervisor)
    folder.write_supervisor(supervisor)


def _launch(folder: RunFolder) -> subprocess.Popen[bytes]:
    """Run the supervisor in a session of its own: neither a closed terminal nor Ctrl-C reaches it."""
    with folder.log.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "copias.run.supervise", str(folder.path)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd="/",
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
