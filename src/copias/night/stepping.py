"""What each step of a night does around its work: look whether there is time left, leave word of what failed."""

from __future__ import annotations

import typing as t

from copias.errors import BackupError, Unavailable
from copias.night.outcome import find_folder, publish_error

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from copias.office import Office

Result = t.TypeVar("Result")


class NightEnded(Unavailable):
    """The night was stopped, or its time was over, before it came to this."""

    def __init__(self, name: str, *, late: bool) -> None:
        super().__init__(
            "la noche terminó antes de llegar aquí",
            whose=name,
            why="se acabó su tiempo (night.time_limit)" if late else "alguien la detuvo",
            repair="no hace falta hacer nada: la próxima noche empieza por lo más atrasado; si no da espera, use "
            f"`copias nightly --only {name}`",
        )


def do_step(office: Office, names: Sequence[str], work: Callable[[], Result]) -> Result:
    """Do one step of the run's night, and leave under its names what the whole of it failed of.

    Args:
        office: of this installation.
        names: of the items that the step is of; what came of each by itself the work leaves.
        work: the step.

    Raises:
        BackupError: the step's own.
        NightEnded: nothing else is begun in this run.
    """
    folder = find_folder(office)
    if folder is not None and folder.asked_to_end:
        ended = [NightEnded(name, late=not folder.stop_mark.exists()) for name in names]
        for name, error in zip(names, ended, strict=True):
            publish_error(office, name, error, postponed=True)
        raise next(iter(ended), NightEnded("copias nightly", late=not folder.stop_mark.exists()))
    try:
        return work()
    except BackupError as error:
        for name in names:
            if folder is not None and not (folder.outcomes / f"{name}.json").exists():
                publish_error(office, name, error)
        raise
