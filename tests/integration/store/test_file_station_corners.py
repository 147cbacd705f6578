"""A chunk that breaks is gone on with, and a recycle bin is told: both only by what the NAS itself says."""

from __future__ import annotations

import pytest

from copias.errors import StoreFull, StoreUnavailable
from copias.store.contract import recycled_bytes
from copias.store.file_station_streams import TRIES
from copias.store.trying_out import try_out
from tests.integration.store.test_file_station import CONTENT, NAME, ready, upload

__all__ = ["ready", "upload"]


@pytest.mark.parametrize("quirk", ["dropped", "wrong_offset"])
def test_broken_chunk_is_gone_on_with_where_the_nas_tells_what_it_has(ready, nas, upload, quirk) -> None:
    nas.quirks.tells_offset = True
    setattr(nas.quirks, quirk, 1)

    assert upload(ready).bytes == len(CONTENT)

    ready.publish(NAME)
    assert (nas.root / NAME).read_bytes() == CONTENT
    assert nas.quirks.asked.count("start_chunked_upload") == 1


def test_chunk_that_breaks_again_and_again_is_lost(ready, nas, upload) -> None:
    nas.quirks.tells_offset = True
    nas.quirks.dropped = 9

    with pytest.raises(StoreUnavailable):
        upload(ready)

    assert nas.quirks.asked.count("chunked_upload") == TRIES
    assert ready.list_parts() == ()


def test_full_disk_in_a_chunk_that_is_gone_on_with_is_told(ready, nas, upload) -> None:
    nas.quirks.tells_offset = True
    nas.quirks.dropped = 1
    nas.quirks.room = len(CONTENT) - 20_000

    with pytest.raises(StoreFull):
        upload(ready)

    assert list(nas.root.rglob("*.part")) == []


def test_what_a_recycle_bin_holds_is_told(ready, nas, upload) -> None:
    nas.quirks.recycle_bin = True
    upload(ready)
    ready.publish(NAME)

    ready.remove(NAME)

    assert recycled_bytes(ready, NAME) == len(CONTENT)
    assert recycled_bytes(ready, "otra.zip") == 0


def test_place_without_a_recycle_bin_holds_nothing(ready, upload) -> None:
    upload(ready)
    ready.publish(NAME)

    ready.remove(NAME)

    assert recycled_bytes(ready, NAME) == 0


@pytest.mark.parametrize("bin_on", [True, False])
def test_trial_tells_whether_what_is_removed_stays_in_a_bin(ready, nas, bin_on: bool) -> None:
    nas.quirks.recycle_bin = bin_on

    assert try_out(ready).recycles is bin_on
