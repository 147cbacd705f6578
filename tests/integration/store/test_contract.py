"""The one suite that every kind of store passes."""

from __future__ import annotations

import hashlib
import os
import random
from datetime import UTC, datetime, timedelta

import pytest

from copias.errors import Altered, BadInput, CopyFailed, NotReady
from copias.store import (
    PartFile,
    StoredFile,
    compare_ranges,
    confirm_file,
    find_abandoned,
    part_name,
    read_back,
    send_file,
)

NAME = "2026/sinfa/caso-1234.zip"
CONTENT = random.Random(3).randbytes(3_000_017)


def test_upload_is_a_part_until_it_is_published(store, medium) -> None:
    with store.create(NAME, expected_bytes=len(CONTENT)) as upload:
        for start in range(0, len(CONTENT), 700_001):
            upload.write(CONTENT[start : start + 700_001])
        finished = upload.finish()

    assert finished == StoredFile(part_name(NAME), len(CONTENT))
    assert store.list() == ()
    assert store.stat(NAME) is None
    assert store.stat(part_name(NAME)) == finished

    assert store.publish(NAME) == StoredFile(NAME, len(CONTENT))
    assert store.list() == (StoredFile(NAME, len(CONTENT)),)
    assert store.list_parts() == ()
    assert medium.read(NAME) == CONTENT


def test_another_instance_reads_the_part_back_and_publishes(store) -> None:
    with store.create(NAME) as upload:
        upload.write(CONTENT)
        upload.finish()
    store.close()

    read_back(store, part_name(NAME), expected_bytes=len(CONTENT), expected_sha256=hashlib.sha256(CONTENT).hexdigest())

    assert store.publish(NAME).bytes == len(CONTENT)


def test_leaving_without_finish_leaves_nothing(store) -> None:
    with store.create(NAME) as upload:
        upload.write(CONTENT)

    assert store.list_parts() == ()
    assert store.list() == ()


def test_part_of_a_dead_run_is_taken_over(store, medium) -> None:
    medium.write(part_name(NAME), b"left by a dead run, and longer than what follows")

    with store.create(NAME) as upload:
        upload.write(b"new")
        upload.finish()

    assert medium.read(part_name(NAME)) == b"new"


def test_finish_twice_is_finish_once(store) -> None:
    with store.create(NAME) as upload:
        upload.write(CONTENT)
        assert upload.finish() == upload.finish()

    assert store.stat(part_name(NAME)).bytes == len(CONTENT)


def test_publishing_twice_is_publishing_once(store, put) -> None:
    put(store, NAME, CONTENT)

    assert store.publish(NAME) == StoredFile(NAME, len(CONTENT))


def test_publishing_the_same_content_again_drops_the_part(store, put) -> None:
    put(store, NAME, CONTENT)
    put(store, NAME, CONTENT)

    assert store.list_parts() == ()
    assert store.list() == (StoredFile(NAME, len(CONTENT)),)


def test_publishing_never_replaces_another_content(store, put, medium) -> None:
    put(store, NAME, CONTENT)

    with pytest.raises(CopyFailed, match="nunca se reemplaza"):
        put(store, NAME, CONTENT[:-1] + b"x")

    assert medium.read(NAME) == CONTENT
    assert [part.name for part in store.list_parts()] == [NAME]


def test_publishing_what_was_never_sent_fails(store) -> None:
    with pytest.raises(Altered):
        store.publish(NAME)


def test_stream_can_seek(store, put) -> None:
    put(store, NAME, CONTENT)

    with store.open(NAME) as stream:
        assert stream.seek(-1000, os.SEEK_END) == len(CONTENT) - 1000
        assert stream.read() == CONTENT[-1000:]
        assert stream.read(10) == b""
        stream.seek(1_234_567)
        assert stream.read(500_000) == CONTENT[1_234_567:1_734_567]
        assert stream.tell() == 1_734_567
        stream.seek(0)
        assert stream.read() == CONTENT


def test_empty_file_is_a_file(store, put) -> None:
    put(store, NAME, b"")

    with store.open(NAME) as stream:
        assert stream.read() == b""
    assert store.stat(NAME) == StoredFile(NAME, 0)


def test_opening_what_is_not_there_fails(store) -> None:
    with pytest.raises(Altered, match="no está en el destino"):
        store.open(NAME)


def test_rename_moves_and_never_replaces(store, put) -> None:
    put(store, "a/uno.zip", b"1")
    put(store, "b/dos.zip", b"2")

    with pytest.raises(CopyFailed):
        store.rename("a/uno.zip", "b/dos.zip")
    store.rename("a/uno.zip", "c/tres.zip")
    with pytest.raises(Altered):
        store.rename("a/uno.zip", "c/cuatro.zip")

    assert [file.name for file in store.list()] == ["b/dos.zip", "c/tres.zip"]


def test_remove_takes_files_and_parts_and_may_be_repeated(store, put) -> None:
    put(store, NAME, CONTENT)
    with store.create("otro.zip") as upload:
        upload.finish()

    for name in (NAME, NAME, part_name("otro.zip"), "nunca/hubo.zip"):
        store.remove(name)

    assert store.list() == ()
    assert store.list_parts() == ()


def test_list_selects_by_prefix(store, put) -> None:
    for name in ("2025/a.zip", "2026/a.zip", "2026/b.zip", "2026-b.zip"):
        put(store, name, name.encode())

    assert [file.name for file in store.list("2026/")] == ["2026/a.zip", "2026/b.zip"]
    assert [file.name for file in store.list("2026")] == ["2026-b.zip", "2026/a.zip", "2026/b.zip"]
    assert [file.name for file in store.list("2026/b")] == ["2026/b.zip"]
    assert len(store.list()) == 4


def test_list_leaves_out_what_is_not_ours(store, put, medium) -> None:
    put(store, "2026/a.zip", b"a")
    for name in ("@Recycle/b.zip", "Copia (1).zip", "ñ.zip", "2026/.oculto.zip", "2026/carpeta.zip/c d.zip"):
        medium.write(name, b"x")

    assert [file.name for file in store.list()] == ["2026/a.zip"]


def test_parts_are_listed_with_their_age(store, medium) -> None:
    for name, age in (("viva.zip", 9), ("muerta.zip", 9), ("nueva.zip", 0)):
        with store.create(name) as upload:
            upload.write(b"half")
            upload.finish()
        medium.age(part_name(name), datetime.now(UTC) - timedelta(days=age))

    parts = store.list_parts()
    abandoned = find_abandoned(store, now=datetime.now(UTC), age=timedelta(days=3), in_use={"viva.zip"})

    assert [part.name for part in parts] == ["muerta.zip", "nueva.zip", "viva.zip"]
    assert isinstance(parts[0], PartFile)
    assert parts[0].bytes == 4
    assert [part.name for part in abandoned] == ["muerta.zip"]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "../a.zip",
        "a/../b.zip",
        "/etc/passwd",
        "a//b.zip",
        "a/",
        "-rf",
        ".copias-store",
        "a/.oculto",
        "a\\b.zip",
        "a b.zip",
        "ñ.zip",
        "a\n.zip",
        "a\0.zip",
        "{{ lookup }}.zip",
        "$(id).zip",
        "CON",
        "a/nul.zip",
        "a.",
        "a.part",
        "a.PART",
        "a" * 106,
        "/".join("abcdefghi"),
        "/".join(["a" * 60] * 4),
    ],
)
def test_unsafe_name_is_refused_before_anything_is_sent(store, name, medium) -> None:
    before = medium.names()

    for call in (store.create, store.publish, lambda bad: store.rename(bad, "a.zip")):
        with pytest.raises(BadInput):
            call(name)

    assert medium.names() == before


def test_altered_file_is_named_with_both_hashes(store, put, medium) -> None:
    put(store, NAME, CONTENT)
    expected = hashlib.sha256(CONTENT).hexdigest()
    changed = bytearray(CONTENT)
    changed[1_000_000] ^= 1
    medium.write(NAME, bytes(changed))

    with pytest.raises(Altered) as caught:
        read_back(store, NAME, expected_bytes=len(CONTENT), expected_sha256=expected)

    assert NAME in str(caught.value)
    assert expected in str(caught.value)
    assert hashlib.sha256(changed).hexdigest() in str(caught.value)


def test_shortened_file_is_altered(store, put, medium) -> None:
    put(store, NAME, CONTENT)
    medium.write(NAME, CONTENT[:1000])

    with pytest.raises(Altered, match="hay 1000"):
        read_back(store, NAME, expected_bytes=len(CONTENT), expected_sha256=hashlib.sha256(CONTENT).hexdigest())


def test_read_back_reports_every_byte(store, put) -> None:
    put(store, NAME, CONTENT)
    seen = []

    read_back(
        store,
        NAME,
        expected_bytes=len(CONTENT),
        expected_sha256=hashlib.sha256(CONTENT).hexdigest(),
        report=seen.append,
    )

    assert sum(seen) == len(CONTENT)


def test_lost_place_is_not_filled(store, put, medium) -> None:
    put(store, "a.zip", b"a")
    medium.lose()

    for call in (lambda: store.create(NAME), store.list, lambda: store.open("a.zip"), store.free_space):
        with pytest.raises(NotReady, match="copias store init nas"):
            call()

    assert medium.names() == ()


def test_folder_of_another_store_is_refused(store, medium) -> None:
    medium.write(".copias-store", b"otra\n")

    with pytest.raises(NotReady, match="otra"):
        store.create(NAME)
    with pytest.raises(NotReady, match="otra"):
        store.prepare()


def test_preparing_twice_changes_nothing(store, put) -> None:
    put(store, NAME, CONTENT)
    store.prepare()

    assert store.stat(NAME) == StoredFile(NAME, len(CONTENT))


def test_failed_run_leaves_the_part_of_the_one_that_took_over(store) -> None:
    with store.create(NAME) as first:
        first.write(b"first")
        with store.create(NAME) as second:
            second.write(b"second")
            second.finish()

    assert store.publish(NAME) == StoredFile(NAME, 6)


@pytest.fixture
def local(tmp_path):
    path = tmp_path / "caso.zip"
    path.write_bytes(CONTENT)
    return path


FACTS = {"expected_bytes": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest()}


def test_local_file_is_sent_and_shown_to_be_there(store, local) -> None:
    seen, read = [], []

    sent = send_file(store, NAME, local, **FACTS, report=seen.append)
    shown = confirm_file(store, part_name(NAME), local, **FACTS, report=read.append)

    assert sent == StoredFile(part_name(NAME), len(CONTENT))
    assert sum(seen) == len(CONTENT)
    assert sum(read) == (len(CONTENT) if shown.whole else shown.ranges.bytes) > 0
    assert store.publish(NAME).bytes == len(CONTENT)


def test_local_file_that_changed_since_it_was_sealed_is_not_sent(store, local) -> None:
    local.write_bytes(CONTENT + b"x")

    with pytest.raises(CopyFailed, match="cambió"):
        send_file(store, NAME, local, **FACTS)

    assert store.list_parts() == ()


def test_stored_file_that_is_not_the_local_one_is_not_confirmed(store, local, put, medium) -> None:
    put(store, NAME, CONTENT)
    changed = bytearray(CONTENT)
    changed[1_500_000] ^= 1
    medium.write(NAME, bytes(changed))

    with pytest.raises(Altered, match=FACTS["sha256"]):
        confirm_file(store, NAME, local, **FACTS)


@pytest.mark.parametrize("place", [0, 1_200_000, len(CONTENT) - 1])
def test_range_that_differs_is_named(store, local, put, place) -> None:
    changed = bytearray(CONTENT)
    changed[place] ^= 1
    put(store, NAME, bytes(changed))

    with pytest.raises(Altered, match="difieren"):
        compare_ranges(store, NAME, local, ranges=40, seed="caso-1234")
