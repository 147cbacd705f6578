"""What came of each host of a night's playbook, left in the run's folder for the command line."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import orjson

from copias.files import make_private_directory, write_atomically
from copias.progress import ENVIRONMENT
from copias.run.folder import RunFolder

if t.TYPE_CHECKING:
    from collections.abc import Mapping


def publish_outcome(name: str, outcome: Mapping[str, t.Any]) -> None:
    """Leave what came of one host, or of one step of all, in the folder of the run; a run by hand has none.

    Args:
        name: of the host or of the step: letters, digits, ``_``.
        outcome: plain data, with ``changed`` and ``error``.
    """
    progress = os.environ.get(ENVIRONMENT)
    if progress:
        folder = make_private_directory(RunFolder(Path(progress).parent).outcomes)
        write_atomically(folder / f"{name}.json", orjson.dumps(outcome))


def read_outcomes(folder: RunFolder) -> dict[str, dict[str, t.Any]]:
    """Return what came of each, by its name."""
    return {path.stem: orjson.loads(path.read_bytes()) for path in sorted(folder.outcomes.glob("*.json"))}
