"""What a night was to do and what came of each thing, left in the run's folder for whoever tells it.

A run that the command line started names its folder in the environment; a night that somebody started with
``ansible-playbook`` is found by the claim that it holds.
"""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import orjson

from copias.case.claim import NIGHT
from copias.case.guard import find_holder
from copias.files import make_private_directory, write_atomically
from copias.progress import ENVIRONMENT
from copias.run.folder import RunFolder

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from copias.errors import BackupError
    from copias.night.report import Kind
    from copias.office import Office


def find_folder(office: Office) -> RunFolder | None:
    """Return the folder of the run that this process is a step of; ``None`` for a step that somebody runs by itself."""
    progress = os.environ.get(ENVIRONMENT)
    if progress:
        return RunFolder(Path(progress).parent)
    claim = office.claims.active(NIGHT)
    if claim is None or claim.holder != find_holder():
        return None
    return RunFolder(office.deployment.runs / claim.run)


def publish_outcome(office: Office, name: str, outcome: Mapping[str, t.Any]) -> None:
    """Leave what came of one host, or of one step of all, in the folder of the run; a step by itself has none.

    Args:
        office: of this installation.
        name: of the host or of the step: letters, digits, ``_`` and ``-``.
        outcome: plain data, with ``changed`` and ``error``; with ``postponed`` true it was due and was not begun.
    """
    folder = find_folder(office)
    if folder is not None:
        made = make_private_directory(folder.outcomes)
        write_atomically(made / f"{name}.json", orjson.dumps(outcome))


def publish_error(office: Office, name: str, error: BackupError, *, postponed: bool = False) -> None:
    """Leave what one thing failed of, or why it was not begun."""
    publish_outcome(office, name, {"changed": False, "error": error.facts(), "postponed": postponed})


def read_outcomes(folder: RunFolder) -> dict[str, dict[str, t.Any]]:
    """Return what came of each, by its name."""
    return {path.stem: orjson.loads(path.read_bytes()) for path in sorted(folder.outcomes.glob("*.json"))}


def read_mailboxes(folder: RunFolder) -> dict[str, dict[str, t.Any]]:
    """Return what came of each account, by its address; nothing when the mirrors' call did not end."""
    try:
        found: dict[str, dict[str, t.Any]] = orjson.loads(folder.mailboxes.read_bytes())
    except FileNotFoundError:
        return {}
    return found


def publish_due(office: Office, kind: Kind, names: Iterable[str]) -> None:
    """Say which things of a kind a night is going to do: those of which nothing is heard can then be named."""
    folder = find_folder(office)
    if folder is not None:
        write_atomically(make_private_directory(folder.due) / f"{kind}.json", orjson.dumps(sorted(set(names))))


def read_due(folder: RunFolder) -> dict[str, list[str]]:
    """Return the names of the things that were to be done, by their kind."""
    return {path.stem: orjson.loads(path.read_bytes()) for path in sorted(folder.due.glob("*.json"))}
