"""The place that keeps the copies is full or not there. What it does in the middle of a run: tests/chaos/faults."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager

import pytest

from copias.store import StoreSettings, open_store
from copias_sandbox import world
from tests.e2e.town import CASE


def test_a_store_without_room_is_told_before_anything_starts(town):
    town.configure(stores__nas_principal__least_free=1 << 60)

    call = town.run_case(CASE, "--json")

    assert call.code == 3, call.text
    assert "destino" in call.json["why"]
    assert "espacio" in call.json["repair"]
    assert town.ledger() == []


def test_a_store_that_is_not_mounted_is_told_before_anything_starts(town):
    shutil.rmtree(town.world.nas)
    town.world.nas.mkdir()

    call = town.run_case(CASE, "--json")

    assert call.code == 3, call.text
    assert "copias store init" in call.json["repair"]
    assert town.stored() == []


@contextmanager
def small_disk(path, megabytes):
    """Mount a file system of a few megabytes, which only root can."""
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", path], capture_output=True)
    if done.returncode:
        pytest.skip(f"this root may not mount: {done.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", path], check=True, timeout=30)


@pytest.mark.root
@pytest.mark.slow
def test_a_store_that_fills_up_in_mid_upload_fails_the_case_and_keeps_nothing(town):
    with small_disk(town.world.nas, 32):
        open_store(StoreSettings(kind="folder", path=town.world.nas), name=world.STORE).prepare()
        town.configure(stores__nas_principal__least_free=0)
        town.detach()
        with town.stalled("pg_dump"):
            free = os.statvfs(town.world.nas)
            with (town.world.nas / "lleno.bin").open("wb") as filler:
                os.posix_fallocate(filler.fileno(), 0, free.f_bavail * free.f_frsize - 65536)
        followed = town.follow()

        assert followed.code == 1, followed.text
        assert followed.json["state"] == "failed"
        assert "nas_principal" in followed.json["message"]
        assert [path.name for path in town.stored()] == ["lleno.bin"]
