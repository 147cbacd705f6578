"""What a machine remembers of a shared drive."""

from __future__ import annotations

import multiprocessing
import stat

import pytest

from copias.errors import AlreadyRunning
from copias.store.shared_drive_journal import DriveJournal, UploadEntry

NAME = "Correo/Hacienda/ana/caso.zip"
ENTRY = UploadEntry(NAME, "id-1", "folder", session="https://upload.test/?upload_id=secret", bytes=7, sha256="0" * 64)


@pytest.fixture
def journal(tmp_path) -> DriveJournal:
    return DriveJournal(tmp_path / "stores" / "drive")


def test_upload_is_remembered_by_another_process(journal, tmp_path) -> None:
    journal.write(ENTRY)

    assert DriveJournal(tmp_path / "stores" / "drive").read(NAME) == ENTRY
    assert journal.read("otro.zip") is None


def test_session_addresses_are_for_this_account_only(journal, tmp_path) -> None:
    journal.write(ENTRY)

    files = [path for path in (tmp_path / "stores").rglob("*") if path.is_file()]

    assert [stat.S_IMODE(path.stat().st_mode) for path in files] == [0o600]
    assert stat.S_IMODE((tmp_path / "stores" / "drive" / "uploads").stat().st_mode) == 0o700


def test_forgetting_leaves_the_upload_that_took_the_place(journal) -> None:
    journal.write(ENTRY)
    later = UploadEntry(NAME, "id-2", "folder")
    journal.write(later)

    journal.drop(ENTRY)
    assert journal.read(NAME) == later
    journal.drop(later)
    assert journal.read(NAME) is None


def test_damaged_entry_counts_as_none(journal, tmp_path) -> None:
    journal.write(ENTRY)
    for path in (tmp_path / "stores").rglob("*.json"):
        path.write_bytes(b'{"name": "x", "un')

    assert journal.read(NAME) is None


def test_only_one_works_on_a_name_and_no_lock_file_stays(journal, tmp_path) -> None:
    with (
        journal.hold(NAME),
        journal.hold("otro.zip"),
        pytest.raises(AlreadyRunning, match=NAME),
        journal.hold(NAME),
    ):
        pytest.fail("two hold it")
    with journal.hold(NAME):
        pass

    assert list((tmp_path / "stores").rglob("*.lock")) == []


def _hold_often(journal, inside, faults) -> None:
    for _ in range(150):
        try:
            with journal.hold(NAME):
                with inside.get_lock():
                    inside.value += 1
                    if inside.value != 1:
                        faults.put("two inside")
                with inside.get_lock():
                    inside.value -= 1
        except AlreadyRunning:
            continue


def test_lock_that_is_removed_while_others_wait_lets_only_one_in(journal) -> None:
    context = multiprocessing.get_context("fork")
    inside, faults = context.Value("i", 0), context.SimpleQueue()
    processes = [context.Process(target=_hold_often, args=(journal, inside, faults)) for _ in range(3)]

    for process in processes:
        process.start()
    for process in processes:
        process.join(30)

    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert faults.empty()


def test_folder_ids_are_kept_by_the_folder_above(journal, tmp_path) -> None:
    with journal.folder_ids() as ids:
        ids.put("root", "Correo", "id-1")
        ids.put("id-1", "Hacienda", "id-2")

    with DriveJournal(tmp_path / "stores" / "drive").folder_ids() as ids:
        assert ids.get("root", "Correo") == "id-1"
        assert ids.get("id-1", "Hacienda") == "id-2"
        assert ids.get("root", "Hacienda") is None
