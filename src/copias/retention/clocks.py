"""Two clocks that disagree mean that nobody knows what day it is, and then nothing is past its time."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

from copias.errors import NotReady
from copias.local_time import say_moment
from copias.store import part_name

if t.TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta

    from copias.office import Office
    from copias.store import Store

_PROBE: t.Final = "reloj/reloj.txt"
_REPAIR: t.Final = "ponga en hora esta máquina y la NAS, y repita; no se borró nada"


def require_true_clocks(office: Office, stores: Iterable[str]) -> None:
    """Compare this machine's clock with the ledger's newest event and with the clock of each store.

    Raises:
        NotReady: two of them differ by more than the settings tolerate; which is named.
        StoreUnavailable: a store does not answer.
    """
    tolerance = office.deployment.retention.floors.clock_tolerance
    last = office.book.ledger.last()
    if last is not None and last.when > datetime.now(UTC) + tolerance:
        raise NotReady(
            "el reloj de esta máquina está atrasado",
            why=f"la bitácora ya llegó al {say_moment(last.when)}",
            repair=_REPAIR,
        )
    for name in sorted(stores):
        _require_same(office.open_store(name), tolerance)


def _require_same(store: Store, tolerance: timedelta) -> None:
    theirs = _read_clock(store)
    ours = datetime.now(UTC)
    if theirs is not None and abs(theirs - ours) > tolerance:
        raise NotReady(
            "el reloj del destino y el de esta máquina no coinciden",
            whose=store.name,
            why=f"el destino dice {theirs:%d/%m/%Y %H:%M} y esta máquina {ours:%d/%m/%Y %H:%M} (UTC)",
            repair=_REPAIR,
        )


def _read_clock(store: Store) -> datetime | None:
    """Return when the store says that a file was written which is written now; nothing when it does not list it."""
    part = part_name(_PROBE)
    with store.create(_PROBE, expected_bytes=1) as upload:
        upload.write(b"1")
        upload.finish()
    try:
        return next((found.modified for found in store.list_parts() if found.name == _PROBE), None)
    finally:
        store.remove(part)
