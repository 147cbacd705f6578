"""What goes wrong between us and an SFTP server, made to go wrong for real."""

from __future__ import annotations

import random
import threading
import time

import pytest

from copias.errors import BadConfiguration, NotReady, StoreFull, StoreUnavailable
from copias.store import open_store, part_name
from copias.store.sftp import SftpStore

NAME = "2026/caso.zip"
BLOCK = random.Random(5).randbytes(1 << 20)


def blocks(fault):
    """Yield 40 MiB, with something happening in the middle."""
    for number in range(40):
        if number == 7:
            fault()
        yield BLOCK


@pytest.fixture
def prepared(sftp_settings):
    """A prepared store, and functions that open more of the same."""
    opened = []

    def make(**changes) -> SftpStore:
        opened.append(SftpStore("nas", sftp_settings(**changes)))
        return opened[-1]

    make().prepare()
    yield make
    for store in opened:
        store.close()


def test_server_that_dies_in_mid_upload_is_unavailable_and_a_rerun_succeeds(prepared, ssh_server, send) -> None:
    store = prepared()

    with pytest.raises(StoreUnavailable) as caught:
        send(store, NAME, blocks(ssh_server.stop))
    ssh_server.start()
    assert [part.name for part in store.list_parts()] == [NAME]
    assert store.list() == ()
    send(store, NAME, [BLOCK])

    assert caught.value.transient
    assert "nas" in str(caught.value)
    assert store.publish(NAME).bytes == len(BLOCK)
    assert store.list_parts() == ()


def test_cut_wire_in_mid_upload_is_unavailable(prepared, relay, send) -> None:
    store = prepared(port=relay.port)

    with pytest.raises(StoreUnavailable):
        send(store, NAME, blocks(relay.cut))

    assert store.list() == ()


def test_silent_wire_ends_within_the_time_limit(prepared, relay, send) -> None:
    store = prepared(port=relay.port, time_limit=1.5)

    started = time.monotonic()
    with pytest.raises(StoreUnavailable):
        send(store, NAME, blocks(relay.silence))

    assert time.monotonic() - started < 12
    relay.restore()


def test_wire_cut_while_reading_is_unavailable_not_altered(prepared, relay, put) -> None:
    store = prepared(port=relay.port)
    put(store, NAME, BLOCK * 20)

    with store.open(NAME) as stream:
        stream.read(1000)
        relay.cut()
        with pytest.raises(StoreUnavailable):
            stream.read()


def test_server_that_is_not_there_is_unavailable(prepared, ssh_server) -> None:
    store = prepared()
    ssh_server.stop()

    with pytest.raises(StoreUnavailable, match="no responde"):
        store.stat(NAME)


def test_retries_bridge_a_restart(sftp_settings, prepared, ssh_server) -> None:
    store = open_store(sftp_settings(), name="nas")
    store.stat(NAME)
    ssh_server.stop()
    restart = threading.Timer(2, ssh_server.start)
    restart.start()

    assert store.stat(NAME) is None
    store.close()
    restart.join()


def test_limit_on_file_size_ends_the_upload(prepared, ssh_server, send) -> None:
    store = prepared()
    store.close()
    ssh_server.stop()
    ssh_server.start(file_limit=3 << 20)

    with pytest.raises(StoreUnavailable, match="cuota"):
        send(store, NAME, [BLOCK] * 20)

    assert store.list_parts() == ()


@pytest.mark.root
def test_full_disk_behind_the_server_is_full(prepared, small_disk, send) -> None:
    store = prepared(path=small_disk)
    store.prepare()

    with pytest.raises(StoreFull):
        send(store, NAME, [BLOCK] * 20)

    assert store.list() == ()
    assert store.list_parts() == ()


def test_unknown_host_key_is_refused(prepared, ssh_server) -> None:
    ssh_server.known_hosts.write_text("")

    with pytest.raises(NotReady, match="known_hosts"):
        prepared().stat(NAME)


def test_changed_host_key_is_refused(prepared, ssh_server) -> None:
    other = (ssh_server.home / "client_key.pub").read_text().split()
    ssh_server.known_hosts.write_text(f"[127.0.0.1]:{ssh_server.port} {other[0]} {other[1]}\n")

    with pytest.raises(NotReady, match="no es el que se conocía"):
        prepared().stat(NAME)


def test_key_that_the_server_does_not_know_is_refused(prepared, ssh_server) -> None:
    (ssh_server.home / "authorized_keys").write_text("")

    with pytest.raises(NotReady, match="no acepta la cuenta"):
        prepared().stat(NAME)


def test_key_that_others_can_read_is_refused(prepared, ssh_server) -> None:
    ssh_server.identity.chmod(0o644)

    with pytest.raises(BadConfiguration, match="chmod 600"):
        prepared().stat(NAME)


def test_file_that_is_no_key_is_named(prepared, ssh_server) -> None:
    ssh_server.identity.write_text("no es una llave")

    with pytest.raises(BadConfiguration, match="client_key"):
        prepared().stat(NAME)


def test_missing_key_is_named(prepared, tmp_path) -> None:
    with pytest.raises(BadConfiguration, match="no_hay"):
        prepared(identity_file=tmp_path / "no_hay").stat(NAME)


def test_missing_known_hosts_is_named(prepared, tmp_path) -> None:
    with pytest.raises(BadConfiguration, match="no_hay"):
        prepared(known_hosts=tmp_path / "no_hay").stat(NAME)


def test_folder_that_the_account_may_not_enter_is_not_ready(prepared, tmp_path, ordinary_user) -> None:
    (tmp_path / "nas" / "2026").mkdir(mode=0o000)

    with pytest.raises(NotReady, match="permisos"):
        prepared().create(NAME)


def test_two_uploads_and_a_question_share_one_connection(prepared) -> None:
    store = prepared()

    with store.create("a.zip") as one, store.create("b.zip") as other:
        for _ in range(5):
            one.write(BLOCK)
            other.write(BLOCK[::-1])
            assert store.stat(part_name("a.zip")) is not None
        one.finish()
        other.finish()

    with store.open(part_name("a.zip")) as one, store.open(part_name("b.zip")) as other:
        assert one.read() == BLOCK * 5
        assert other.read() == BLOCK[::-1] * 5
