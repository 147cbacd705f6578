"""What a night tells of the stores that it watches over: one that does not answer, or lost something, is red."""

from __future__ import annotations

import typing as t

from copias.errors import Altered, StoreUnavailable
from copias.night.outcome import find_folder, publish_error, publish_outcome, read_outcomes

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from copias.errors import BackupError
    from copias.keeping.capacity import Capacity
    from copias.keeping.verifying import VerifyOutcome
    from copias.office import Office


def publish_capacities(office: Office, found: Iterable[Capacity]) -> None:
    """Leave word of the stores that could not be asked for their room."""
    for one in found:
        if one.trouble:
            publish_error(office, one.store, _say_unavailable(one.store, one.trouble))


def publish_verification(office: Office, names: Sequence[str], outcome: VerifyOutcome) -> None:
    """Leave word of what came of reading packages again, of one store or of several.

    Args:
        office: of this installation.
        names: of the stores that were read.
        outcome: what came of all of them; what was found altered is told of the store when it was alone.
    """
    folder = find_folder(office)
    told = read_outcomes(folder) if folder else {}
    for name in names:
        error = _find_trouble(name, outcome)
        if error is not None:
            publish_error(office, name, error)
        elif not told.get(name, {}).get("error"):
            publish_outcome(office, name, {"changed": outcome.changed, "error": None, "bytes": outcome.bytes})


def _find_trouble(name: str, outcome: VerifyOutcome) -> BackupError | None:
    if outcome.altered or outcome.unknown:
        found = {**outcome.altered, **outcome.unknown}
        return Altered(
            "hay copias guardadas que no son lo que se guardó, o que no se pudieron comparar",
            whose=name,
            why="; ".join(f"{copy}: {why}" for copy, why in list(found.items())[:3]),
            repair="vea los hallazgos abiertos con `copias finding list`",
        )
    return _say_unavailable(name, outcome.unavailable[name]) if name in outcome.unavailable else None


def _say_unavailable(name: str, why: str) -> StoreUnavailable:
    return StoreUnavailable(
        "el destino no respondió",
        whose=name,
        why=why,
        repair=f"vea qué le falta con `copias store check {name}`, y repita",
    )
