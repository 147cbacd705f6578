"""What goes wrong between us and a shared drive, made to go wrong for real."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import random
import signal
import time

import pytest

from copias.errors import AlreadyRunning, Altered, CopyFailed, NotReady, StoreFull, StoreUnavailable
from copias.store import StoredFile, confirm_file, part_name, send_file

NAME = "Correo/Hacienda/ana/caso-1234.zip"
MIB = 1 << 20
CONTENT = random.Random(5).randbytes(9 * MIB + 12_345)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
FACTS = {"expected_bytes": len(CONTENT), "sha256": SHA256}
CHUNKS = {"method": "drive.files.create", "match": "upload_id="}


@pytest.fixture
def drive(drive_store, sandbox):
    store = drive_store(chunk_bytes=MIB)
    store.prepare()
    sandbox.admin.clear_calls()
    return store


@pytest.fixture
def local(tmp_path):
    path = tmp_path / "caso.zip"
    path.write_bytes(CONTENT)
    return path


def begin(drive, amount: int) -> None:
    """Send so many bytes, and what the last chunk keeps back, and die."""
    with drive.resume(NAME, **FACTS) as upload:
        for start in range(0, amount + 1, MIB // 4):
            upload.write(CONTENT[start : start + MIB // 4])


def write_all(drive, content: bytes, *, before_the_end=lambda: None) -> None:
    """Go on with the upload of ``NAME`` by some bytes, as if they were its rest."""
    with drive.resume(NAME, **FACTS) as upload:
        upload.write(content)
        before_the_end()
        upload.finish()


def assert_one_whole_copy(drive, medium) -> None:
    assert drive.publish(NAME) == StoredFile(NAME, len(CONTENT))
    assert medium.read(NAME) == CONTENT
    assert medium.names() == ("Correo/", "Correo/Hacienda/", "Correo/Hacienda/ana/", NAME)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("broken", {}),
        ("lost", {}),
        ("reset", {}),
        ("truncated", {"nth": 10}),
        ("short", {}),
        ("short", {"nth": 2, "times": 3}),
        ("status", {"status": 503}),
        ("status", {"status": 429, "reason": "rateLimitExceeded"}),
        ("status", {"status": 403, "reason": "userRateLimitExceeded"}),
        ("lost", {"nth": 10}),
        ("broken", {"nth": 10}),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(map(str, value.values())),
)
def test_upload_goes_on_where_google_stopped(drive, local, drive_medium, sandbox, kind, options) -> None:
    sandbox.admin.fault(kind, **CHUNKS, **{"nth": 3, **options})

    send_file(drive, NAME, local, **FACTS)

    assert sandbox.received() <= len(CONTENT) + 4 * MIB
    assert_one_whole_copy(drive, drive_medium)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_goes_wrong_the_copy_is_whole_and_alone(drive_store, local, drive_medium, sandbox, seed) -> None:
    chosen = random.Random(seed)
    drive = drive_store(chunk_bytes=chosen.choice([MIB // 4, MIB // 2, 2 * MIB]))
    drive.prepare()
    for kind in chosen.sample(["broken", "lost", "reset", "short", "status", "truncated"], 3):
        sandbox.admin.fault(kind, "drive.files.*", nth=chosen.randint(1, 9), times=1)

    send_file(drive, NAME, local, **FACTS)

    assert_one_whole_copy(drive, drive_medium)


def test_dead_run_is_gone_on_with_and_only_the_rest_is_sent(drive_store, drive, local, drive_medium, sandbox) -> None:
    begin(drive, 6 * MIB)
    assert drive.list_parts() == ()
    sandbox.admin.clear_calls()
    seen = []

    send_file(drive_store(chunk_bytes=MIB), NAME, local, **FACTS, report=seen.append)

    assert seen[0] == 6 * MIB
    assert sum(seen) == len(CONTENT)
    assert sandbox.received() == len(CONTENT) - 6 * MIB
    assert_one_whole_copy(drive, drive_medium)


def test_killed_process_is_gone_on_with(drive_store, drive, local, drive_medium, sandbox) -> None:
    context = multiprocessing.get_context("fork")
    process = context.Process(target=begin_and_wait, args=(drive_store, 6 * MIB))
    process.start()
    while sandbox.received() < 6 * MIB and process.is_alive():
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    sandbox.admin.clear_calls()

    send_file(drive, NAME, local, **FACTS)

    assert 3 * MIB <= sandbox.received() <= 4 * MIB
    assert_one_whole_copy(drive, drive_medium)


def begin_and_wait(drive_store, amount: int) -> None:
    with drive_store(chunk_bytes=MIB).resume(NAME, **FACTS) as upload:
        for start in range(0, amount + 1, MIB // 4):
            upload.write(CONTENT[start : start + MIB // 4])
        signal.pause()


def test_run_that_died_after_the_last_byte_is_only_checked(drive, local, drive_medium, sandbox) -> None:
    send_file(drive, NAME, local, **FACTS)
    sandbox.admin.clear_calls()

    send_file(drive, NAME, local, **FACTS)

    assert sandbox.received() == 0
    assert_one_whole_copy(drive, drive_medium)


def test_other_content_is_not_gone_on_with(drive, local, drive_medium, sandbox) -> None:
    begin(drive, 6 * MIB)
    other = CONTENT[::-1]
    local.write_bytes(other)

    send_file(drive, NAME, local, expected_bytes=len(other), sha256=hashlib.sha256(other).hexdigest())

    assert drive_medium.read(part_name(NAME)) == other


@pytest.mark.parametrize("nth", [1, 5])
def test_session_that_google_forgot_begins_again(drive, local, drive_medium, sandbox, nth) -> None:
    sandbox.admin.fault("forgotten", **CHUNKS, nth=nth)
    seen = []

    send_file(drive, NAME, local, **FACTS, report=seen.append)

    assert sum(seen) == len(CONTENT)
    assert_one_whole_copy(drive, drive_medium)


def test_session_that_google_forgot_between_two_runs_begins_again(drive, local, drive_medium, sandbox) -> None:
    begin(drive, 6 * MIB)
    sandbox.admin.fault("forgotten", **CHUNKS)

    send_file(drive, NAME, local, **FACTS)

    assert_one_whole_copy(drive, drive_medium)


def test_upload_of_a_stream_that_google_forgot_is_unavailable_and_leaves_nothing(drive, sandbox) -> None:
    sandbox.admin.fault("forgotten", **CHUNKS, nth=3)

    with pytest.raises(StoreUnavailable, match="ya no tiene"), drive.create(NAME) as upload:
        upload.write(CONTENT)

    assert drive.list_parts() == ()


def test_google_that_stays_away_is_unavailable_and_the_next_run_goes_on(
    drive, drive_store, local, drive_medium, sandbox
) -> None:
    sandbox.admin.fault("status", **CHUNKS, nth=5, times=0, status=500)

    with pytest.raises(StoreUnavailable, match="no responde"):
        send_file(drive_store(attempts=2, chunk_bytes=MIB), NAME, local, **FACTS)
    sandbox.admin.clear_faults()
    sandbox.admin.clear_calls()
    send_file(drive, NAME, local, **FACTS)

    assert sandbox.received() == len(CONTENT) - 4 * MIB
    assert_one_whole_copy(drive, drive_medium)


def test_second_process_that_uploads_the_same_name_is_told(drive, drive_store, local) -> None:
    with drive.resume(NAME, **FACTS) as upload:
        upload.write(CONTENT[: 3 * MIB])
        for call in (
            lambda: drive_store().resume(NAME, **FACTS),
            lambda: drive_store().create(NAME),
            lambda: drive_store().publish(NAME),
        ):
            with pytest.raises(AlreadyRunning):
                call()


def test_upload_that_another_run_took_over_fails_and_leaves_the_other(drive, drive_store, drive_medium) -> None:
    with drive.create(NAME) as first:
        first.write(b"first")
        with drive_store().create(NAME) as second:
            second.write(b"second")
            second.finish()
        with pytest.raises(CopyFailed, match="otro proceso"):
            first.finish()

    assert drive_medium.read(part_name(NAME)) == b"second"


def test_upload_from_another_machine_is_taken_over_by_the_later_one(drive, drive_store, drive_medium, tmp_path) -> None:
    other = drive_store(journal=tmp_path / "other")
    with drive.create(NAME) as first:
        first.write(b"first")
        with other.create(NAME) as second:
            second.write(b"second")
            first.finish()
            second.finish()

    assert drive_medium.read(part_name(NAME)) == b"second"
    assert other.publish(NAME).bytes == 6


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("teamDriveFileLimitExceeded", "límite de elementos"),
        ("storageQuotaExceeded", "almacenamiento"),
    ],
)
def test_full_drive_says_of_what_and_the_next_run_goes_on(drive, local, drive_medium, sandbox, reason, said) -> None:
    begin(drive, 6 * MIB)
    sandbox.set_full(reason)

    with pytest.raises(StoreFull, match=said) as caught:
        send_file(drive, NAME, local, **FACTS)
    assert "vuelva a correr el caso" in caught.value.repair
    assert drive.list_parts() == ()
    sandbox.set_full("")
    sandbox.admin.clear_calls()
    send_file(drive, NAME, local, **FACTS)

    assert sandbox.received() <= 2 * MIB
    assert_one_whole_copy(drive, drive_medium)


def test_account_that_is_taken_out_in_the_middle_is_told_and_goes_on_when_it_is_back(
    drive, local, drive_medium, sandbox
) -> None:
    begin(drive, 6 * MIB)
    sandbox.set_role("")

    with pytest.raises(NotReady, match="Administrador de contenido"):
        send_file(drive, NAME, local, **FACTS)
    sandbox.set_role("fileOrganizer")
    sandbox.admin.clear_calls()
    send_file(drive, NAME, local, **FACTS)

    assert sandbox.received() == len(CONTENT) - 6 * MIB
    assert_one_whole_copy(drive, drive_medium)


def test_account_that_is_taken_out_during_the_upload_is_told(drive, sandbox) -> None:
    with pytest.raises(NotReady, match="Administrador de contenido"):
        write_all(drive, CONTENT, before_the_end=lambda: sandbox.set_role(""))


def test_what_google_has_otherwise_is_altered_and_sent_anew(drive, local, drive_medium) -> None:
    with drive.resume(NAME, **FACTS) as upload:
        upload.write(CONTENT[: 6 * MIB + 1])
    with pytest.raises(Altered, match=SHA256):
        write_all(drive, bytes(len(CONTENT) - 6 * MIB))
    assert drive.list_parts() == ()

    send_file(drive, NAME, local, **FACTS)

    assert_one_whole_copy(drive, drive_medium)


def test_file_that_changed_while_it_was_sent_fails(drive, sandbox) -> None:
    with pytest.raises(CopyFailed, match="se anunció"):
        write_all(drive, bytes(len(CONTENT)))

    assert drive.list_parts() == ()


@pytest.mark.parametrize("amount", [len(CONTENT) - 1, len(CONTENT) + 1])
def test_other_size_than_announced_fails(drive, amount) -> None:
    with pytest.raises(CopyFailed, match="se anunciaron"):
        write_all(drive, (CONTENT + b"x")[:amount])

    assert drive.list_parts() == ()


def test_part_that_somebody_trashed_is_sent_again(drive, local, drive_medium) -> None:
    send_file(drive, NAME, local, **FACTS)
    (item,) = drive_medium.items(part_name(NAME))
    drive_medium.client.update(item, trashed=True)

    send_file(drive, NAME, local, **FACTS)

    assert_one_whole_copy(drive, drive_medium)


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB])
def test_size_at_the_edge_of_a_chunk_arrives_whole(drive, tmp_path, drive_medium, size) -> None:
    content = CONTENT[:size]
    path = tmp_path / "caso.zip"
    path.write_bytes(content)
    facts = {"expected_bytes": size, "sha256": hashlib.sha256(content).hexdigest()}

    send_file(drive, NAME, path, **facts)
    confirm_file(drive, part_name(NAME), path, **facts)
    with drive.create("otro.zip") as upload:
        upload.write(content)
        upload.finish()

    assert drive_medium.read(part_name(NAME)) == drive_medium.read("otro.zip.part") == content


def test_lost_journal_costs_an_upload_from_the_beginning(drive, drive_store, local, drive_medium, tmp_path) -> None:
    begin(drive, 6 * MIB)

    other = drive_store(chunk_bytes=MIB, journal=tmp_path / "new machine")
    send_file(other, NAME, local, **FACTS)

    assert_one_whole_copy(other, drive_medium)
