"""A place is tried out with a file of its own, whatever its kind."""

from __future__ import annotations

import pytest

from copias.errors import StoreFull, StoreUnavailable
from copias.store.file_station import FileStationStore
from copias.store.shared_drive import SharedDriveStore
from copias.store.trying_out import SIZE, try_out


def test_every_kind_of_store_passes_and_keeps_nothing_of_it(store, put) -> None:
    put(store, "2026/a.zip", b"a")

    trial = try_out(store)

    assert (trial.removes, trial.left) == (True, "")
    assert trial.tells_hash == isinstance(store, SharedDriveStore)
    assert (trial.free is None) == isinstance(store, FileStationStore | SharedDriveStore)
    assert [file.name for file in store.list()] == ["2026/a.zip"]
    assert store.list_parts() == ()


def test_account_that_may_not_remove_is_told_with_what_stays(nas, station) -> None:
    store = station()
    store.prepare()
    nas.quirks.delete_denied = True

    trial = try_out(store)

    assert not trial.removes
    assert store.stat(trial.left).bytes == SIZE


@pytest.mark.parametrize(
    ("quirk", "value", "error"),
    [("room", 1000, StoreFull), ("lost_writes", 1, StoreUnavailable), ("spoiled", 1, StoreUnavailable)],
)
def test_place_that_loses_a_byte_does_not_pass(nas, station, quirk, value, error) -> None:
    store = station()
    store.prepare()
    setattr(nas.quirks, quirk, value)

    with pytest.raises(error):
        try_out(store)
