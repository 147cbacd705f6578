"""What goes wrong in a folder, made to go wrong for real."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal

import pytest

from copias.errors import Altered, CopyFailed, NotReady, StoreFull
from copias.store import StoreSettings, open_store, part_name
from copias.store.exclusive import link_exclusively, rename_exclusively
from copias.store.folder import FolderStore

NAME = "2026/caso.zip"
BLOCK = bytes(range(256)) * 4096


@pytest.fixture
def folder(tmp_path) -> FolderStore:
    store = FolderStore("nas", tmp_path / "nas")
    store.prepare()
    return store


@pytest.mark.root
def test_full_disk_is_full_and_leaves_no_part(small_disk, send) -> None:
    store = FolderStore("nas", small_disk)
    store.prepare()

    with pytest.raises(StoreFull, match="libere espacio"):
        send(store, NAME, [BLOCK] * 20)

    assert store.list() == ()
    assert store.list_parts() == ()


def write_beyond_limit(root, answer) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3 << 20, 3 << 20))
    store = FolderStore("nas", root)
    try:
        with store.create(NAME) as upload:
            for _ in range(20):
                upload.write(BLOCK)
            upload.finish()
    except StoreFull as error:
        answer.put((str(error), store.list_parts()))
    else:
        answer.put(("", ()))


def test_limit_on_file_size_is_full(folder, tmp_path) -> None:
    context = multiprocessing.get_context("fork")
    answer = context.SimpleQueue()
    process = context.Process(target=write_beyond_limit, args=(tmp_path / "nas", answer))
    process.start()
    text, parts = answer.get()
    process.join()

    assert "no queda espacio" in text
    assert parts == ()


def test_room_that_must_stay_free_is_kept(tmp_path) -> None:
    settings = StoreSettings(kind="folder", path=tmp_path / "nas", least_free=1 << 62)
    store = open_store(settings, name="nas")
    store.prepare()

    with pytest.raises(StoreFull, match="deben quedar"):
        store.create(NAME)
    assert store.list_parts() == ()


def test_expected_size_is_checked_before_anything_is_sent(tmp_path) -> None:
    store = open_store(StoreSettings(kind="folder", path=tmp_path / "nas", least_free=0), name="nas")
    store.prepare()

    with pytest.raises(StoreFull):
        store.create(NAME, expected_bytes=1 << 60)
    assert store.list_parts() == ()


def test_folder_in_read_only_is_not_ready(folder, tmp_path, ordinary_user) -> None:
    (tmp_path / "nas").chmod(0o500)

    with pytest.raises(NotReady, match="permisos"):
        folder.create("caso.zip")


def test_run_whose_part_was_taken_over_cannot_finish(folder) -> None:
    with folder.create(NAME) as first:
        first.write(b"first")
        with folder.create(NAME) as second:
            second.write(b"second")
            second.finish()
        with pytest.raises(CopyFailed, match="otro proceso"):
            first.finish()

    with folder.open(part_name(NAME)) as stream:
        assert stream.read() == b"second"


def test_pipe_in_place_of_a_file_does_not_hang(folder, tmp_path) -> None:
    os.mkfifo(tmp_path / "nas" / "tubo.zip")

    with pytest.raises(Altered):
        folder.open("tubo.zip")
    assert folder.stat("tubo.zip") is None


def test_kill_of_the_writer_leaves_only_a_part(folder, tmp_path) -> None:
    context = multiprocessing.get_context("fork")
    ready = context.SimpleQueue()

    def work() -> None:
        with folder.create(NAME) as upload:
            upload.write(BLOCK)
            ready.put(True)
            signal.pause()

    process = context.Process(target=work)
    process.start()
    ready.get()
    process.kill()
    process.join()

    assert folder.list() == ()
    assert [part.name for part in folder.list_parts()] == [NAME]


@pytest.mark.parametrize("rename", [rename_exclusively, link_exclusively])
def test_both_ways_of_renaming_never_replace(tmp_path, rename) -> None:
    directory = os.open(tmp_path, os.O_RDONLY)
    for name in ("old", "new"):
        (tmp_path / name).write_text(name)

    with pytest.raises(FileExistsError):
        rename("old", "new", old_directory=directory, new_directory=directory)
    rename("old", "free", old_directory=directory, new_directory=directory)
    with pytest.raises(FileNotFoundError):
        rename("old", "other", old_directory=directory, new_directory=directory)

    os.close(directory)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["free", "new"]
    assert (tmp_path / "new").read_text() == "new"
