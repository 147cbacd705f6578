"""The cable of the NAS is pulled out in the middle of an upload, and put back: nothing is believed, nothing is lost."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Iterator

import pytest

from copias.errors import StoreUnavailable
from copias.store import part_name, read_back
from copias.store.settings import StoreSettings
from copias.store.sftp import SftpStore
from tests.integration.store.far_host import PORT, THERE, FarHost
from tests.integration.store.ssh import SshServer

NAME = "2026/caso.zip"
BLOCK = random.Random(5).randbytes(1 << 20)
BLOCKS = 40


@pytest.fixture
def far_host() -> Iterator[FarHost]:
    with FarHost() as host:
        yield host


@pytest.fixture
def nas(far_host, tmp_path) -> Iterator[SftpStore]:
    server = SshServer(tmp_path / "ssh", PORT, THERE, far_host.inside)
    server.prepare()
    server.start()
    settings = StoreSettings(
        kind="sftp",
        path=tmp_path / "nas",
        host=THERE,
        port=PORT,
        user=server.user,
        identity_file=server.identity,
        known_hosts=server.known_hosts,
        time_limit=3,
        least_free=0,
    )
    store = SftpStore("nas", settings)
    store.prepare()
    yield store
    store.close()
    server.stop()


@pytest.mark.root
def test_pulled_cable_is_noticed_in_time_and_the_next_run_stores_everything(nas, far_host) -> None:
    begun = 0.0

    def upload(*, pull_at: int | None = None) -> None:
        nonlocal begun
        with nas.create(NAME) as sending:
            for number in range(BLOCKS):
                if number == pull_at:
                    far_host.pull_out()
                    begun = time.monotonic()
                sending.write(BLOCK)
            sending.finish()

    with pytest.raises(StoreUnavailable) as caught:
        upload(pull_at=7)
    assert time.monotonic() - begun < 30
    assert caught.value.transient
    far_host.plug_in()
    assert nas.stat(NAME) is None
    upload()

    whole = hashlib.sha256(BLOCK * BLOCKS).hexdigest()
    read_back(nas, part_name(NAME), expected_bytes=len(BLOCK) * BLOCKS, expected_sha256=whole)
    assert nas.publish(NAME).bytes == len(BLOCK) * BLOCKS
    assert nas.list_parts() == ()
