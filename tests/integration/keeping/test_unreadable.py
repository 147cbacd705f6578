"""A copy that its medium gives no more, on a store that answers, is no outage: it is named, and stops nothing."""

from __future__ import annotations

import errno
import io
import typing as t
from dataclasses import dataclass, field

import pytest

from copias.case.story import SPOILT
from copias.errors import StoreUnavailable
from copias.findings import list_findings
from copias.keeping.moving import plan_move, run_move
from copias.keeping.verifying import UNREADABLE, plan_verification, run_verification
from copias.store.faults import from_os_error
from tests.integration.keeping.conftest import Place


@dataclass
class FailingDisk:
    """A store of an office whose disk gives some files no more, and all of them once it is off."""

    store: t.Any
    lost: tuple[str, ...] = ()
    off: bool = False
    opened: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> t.Any:
        return getattr(self.store, name)

    def open(self, name: str, **options: t.Any) -> t.BinaryIO:
        self.opened.append(name)
        if self.off or name in self.lost:
            return t.cast("t.BinaryIO", _Sector(self.store.name))
        return t.cast("t.BinaryIO", self.store.open(name, **options))


class _Sector(io.RawIOBase):
    """What a disk gives of a bad sector: it opens, and it does not read."""

    def __init__(self, store: str) -> None:
        self._store = store

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:  # noqa: ARG002 - nothing is read
        raise from_os_error(OSError(errno.EIO, "Input/output error"), store=self._store, doing="leer")


def fail(place: Place, *, off: bool = False) -> FailingDisk:
    """Let the package of the one copy lie on a bad sector of the old store."""
    disk = FailingDisk(place.office.open_store("nas"), lost=(place.copy.package,), off=off)
    real = place.office.open_store
    place.office.open_store = (  # type: ignore[method-assign]
        lambda name: t.cast("t.Any", disk) if name == "nas" else real(name)
    )
    return disk


def test_copy_on_a_bad_sector_is_a_finding_and_no_outage_of_its_store(place: Place) -> None:
    disk = fail(place)

    outcome = run_verification(plan_verification(place.office, everything=True))

    assert list(outcome.unknown) == [place.copy.copy_id]
    assert (outcome.good, outcome.altered, outcome.unavailable) == ([], {}, {})
    assert disk.opened.count(place.copy.package) == 2  # once more, before it is believed
    (finding,) = list_findings(place.office.book.ledger.events())
    assert (finding.about, finding.what) == (place.copy.copy_id, UNREADABLE)


def test_disk_that_is_off_says_nothing_of_the_copies(place: Place) -> None:
    fail(place, off=True)

    outcome = run_verification(plan_verification(place.office, everything=True))

    assert (list(outcome.unavailable), outcome.unknown) == (["nas"], {})
    assert list_findings(place.office.book.ledger.events()) == []


def test_copy_on_a_bad_sector_does_not_stop_a_move_and_keeps_its_store(place: Place) -> None:
    place.use("nueva")
    fail(place)

    outcome = run_move(place.office, plan_move(place.office, "nas", "nueva"))

    assert (list(outcome.failed), outcome.released) == ([place.copy.copy_id], False)
    assert [one.about for one in list_findings(place.office.book.ledger.events())] == [place.copy.copy_id]


def test_disk_that_is_off_ends_a_move(place: Place) -> None:
    place.use("nueva")
    fail(place, off=True)

    with pytest.raises(StoreUnavailable):
        run_move(place.office, plan_move(place.office, "nas", "nueva"))

    assert list_findings(place.office.book.ledger.events()) == []


def test_new_store_that_does_not_answer_is_no_fault_of_the_copy(place: Place) -> None:
    place.use("nueva")
    real = place.office.open_store
    new = real("nueva")

    class Gone:
        """The new store, whose link is down when something is sent."""

        def __getattr__(self, name: str) -> t.Any:
            return getattr(new, name)

        def create(self, name: str, **options: t.Any) -> t.Any:  # noqa: ARG002 - nothing is sent
            raise from_os_error(OSError(errno.EIO, "Input/output error"), store="nueva", doing="crear")

    place.office.open_store = (  # type: ignore[method-assign]
        lambda name: t.cast("t.Any", Gone()) if name == "nueva" else real(name)
    )

    with pytest.raises(StoreUnavailable):
        run_move(place.office, plan_move(place.office, "nas", "nueva"))

    assert list_findings(place.office.book.ledger.events()) == []


def test_copy_that_came_while_others_were_moved_keeps_the_old_store(place: Place) -> None:
    place.use("nueva")
    plan, copy = plan_move(place.office, "nas", "nueva"), place.copy
    (record,) = place.office.book.story(copy.case).copies
    # As of a case that was under way when copias.yml was changed.
    place.office.book.record(copy.case, "copy.made", {**record.data, "copy": f"{copy.copy_id}-2"})

    outcome = run_move(place.office, plan)

    assert (outcome.moved, outcome.released) == ([copy.copy_id], False)
    assert any(copy.case in one for one in outcome.blocking)
    assert place.events("store.released") == []


def test_spoilt_copy_that_is_all_there_is_of_an_account_keeps_its_store(place: Place) -> None:
    place.use("nueva")
    place.office.book.record(place.copy.case, SPOILT, {"copy": place.copy.copy_id, "why": "de prueba"})

    outcome = run_move(place.office, plan_move(place.office, "nas", "nueva"))

    assert (outcome.moved, outcome.released) == ([], False)
    assert any(place.copy.copy_id in one for one in outcome.blocking)
