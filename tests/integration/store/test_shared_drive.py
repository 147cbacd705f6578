"""What a shared drive promises beside the contract: no doubles, rights told, ranges read with care."""

from __future__ import annotations

import io
import random
import threading
import zipfile

import pytest

from copias.errors import Altered, CopyFailed, NotReady
from copias.store import StoredFile, part_name
from copias.store.shared_drive_client import FOLDER

NAME = "Correo/Hacienda/ana/caso-1234.zip"
CONTENT = random.Random(3).randbytes(3_000_017)
ADDRESS = r"[\w-]+@[\w.-]+\.iam\.gserviceaccount\.com"


@pytest.fixture
def drive(drive_store):
    store = drive_store(chunk_bytes=1 << 20)
    store.prepare()
    return store


def folders(medium, above: str = "") -> list[str]:
    """Return the names of the folders at the top, or of those in one of them."""
    parent = medium.top
    for name in above.split("/") if above else ():
        parent = next(item.id for item in medium.client.children((parent,), name=name))
    return [item.name for item in medium.client.children((parent,)) if item.kind == FOLDER]


def test_name_becomes_folders_that_are_made_once(drive, put, drive_medium) -> None:
    put(drive, NAME, b"1")
    put(drive, "Correo/Hacienda/eva/caso-2.zip", b"2")

    assert folders(drive_medium) == ["Correo"]
    assert folders(drive_medium, "Correo") == ["Hacienda"]
    assert sorted(folders(drive_medium, "Correo/Hacienda")) == ["ana", "eva"]


def test_two_runs_at_once_make_one_folder(drive_store, put, drive_medium, sandbox) -> None:
    stores = [drive_store() for _ in range(4)]
    stores[0].prepare()
    sandbox.admin.fault("latency", "drive.files.create", seconds=0.05, times=0)
    threads = [
        threading.Thread(target=put, args=(store, f"Correo/Hacienda/caso-{number}.zip", b"x"))
        for number, store in enumerate(stores)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert folders(drive_medium) == ["Correo"]
    assert folders(drive_medium, "Correo") == ["Hacienda"]
    assert len(stores[0].list()) == 4


def test_folder_whose_answer_was_lost_is_found_and_not_made_twice(drive, put, drive_medium, sandbox) -> None:
    sandbox.admin.fault("lost", "drive.files.create")

    put(drive, "Correo/a.zip", b"a")

    assert folders(drive_medium) == ["Correo"]


def test_two_folders_of_one_name_hide_nothing_and_the_oldest_is_written_to(drive, put, drive_medium) -> None:
    put(drive, "Correo/a.zip", b"a")
    client = drive_medium.client
    older = next(item.id for item in client.children((drive_medium.top,), name="Correo"))
    younger = client.generate_id()
    client.create_folder(younger, "Correo", parent=drive_medium.top)
    client.update(drive_medium.items("Correo/a.zip")[0], parent=younger)

    put(drive, "Correo/b.zip", b"b")

    assert [file.name for file in drive.list()] == ["Correo/a.zip", "Correo/b.zip"]
    assert drive.stat("Correo/a.zip") == StoredFile("Correo/a.zip", 1)
    assert [item.name for item in client.children((older,))] == ["b.zip"]
    with pytest.raises(CopyFailed):
        put(drive, "Correo/a.zip", b"other")


def test_of_two_files_of_one_name_the_oldest_counts_and_both_are_removed(drive, put, drive_medium) -> None:
    put(drive, NAME, b"first")
    drive_medium.add(NAME, b"second, from another machine")

    with drive.open(NAME) as stream:
        assert stream.read() == b"first"
    assert drive.list() == (StoredFile(NAME, 5),)
    drive.remove(NAME)
    assert drive.stat(NAME) is None


def publish_while_another_machine_does(drive, send, medium, sandbox, content: bytes) -> None:
    """Let an older file get the name between the look and the rename."""
    medium.add("otra-maquina.zip", content)
    send(drive, NAME, [CONTENT])
    sandbox.admin.fault("latency", "drive.files.update", seconds=0.6)
    publishing = threading.Thread(target=lambda: failed.append(caught(drive)))
    failed = []
    publishing.start()
    while not sandbox.calls("drive.files.update"):
        pass
    (other,) = medium.items("otra-maquina.zip")
    medium.client.update(other, name=NAME.rpartition("/")[2], parent=medium.items(part_name(NAME))[0].parents[0])
    publishing.join()
    if failed[0]:
        raise failed[0]


def caught(drive) -> Exception | None:
    try:
        drive.publish(NAME)
    except CopyFailed as error:
        return error
    return None


def test_unknown_drive_names_the_account_and_what_to_do(drive_store) -> None:
    with pytest.raises(NotReady, match=f"comparta la unidad 0AbCd con {ADDRESS} como «Administrador de contenido»"):
        drive_store(drive="0AbCd").prepare()


def test_drive_that_is_not_shared_with_the_account_is_not_ready(drive, sandbox) -> None:
    sandbox.set_role("")

    for call in (lambda: drive.stat(NAME), drive.free_space, drive.list, lambda: drive.create(NAME)):
        with pytest.raises(NotReady, match="Administrador de contenido"):
            call()


@pytest.mark.parametrize("role", ["reader", "commenter", "writer"])
def test_too_small_a_role_is_told_before_anything_is_sent(drive, sandbox, role) -> None:
    sandbox.set_role(role)
    sandbox.admin.clear_calls()

    with pytest.raises(NotReady, match=r"le falta .*canTrashChildren") as caught:
        drive.create(NAME)

    assert "Administrador de contenido" in caught.value.repair
    assert sandbox.received() == 0


def test_what_is_removed_lies_in_the_trash(drive, put, drive_medium) -> None:
    put(drive, NAME, CONTENT)
    (item,) = drive_medium.items(NAME)

    drive.remove(NAME)

    assert drive.stat(NAME) is None
    assert drive_medium.client.get(item.id).trashed


def test_checksum_is_googles(drive, put) -> None:
    put(drive, "vacio.zip", b"")

    assert drive.checksum("vacio.zip") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    with pytest.raises(Altered):
        drive.checksum(NAME)


def test_free_space_is_not_told(drive) -> None:
    assert drive.free_space() is None


def test_no_token_of_another_account_is_asked_for(drive, put, sandbox) -> None:
    put(drive, NAME, b"x")

    assert len({call.get("user") for call in sandbox.calls("drive.files.create")}) == 1


def test_reading_on_and_on_asks_for_more_and_more(drive, put, sandbox) -> None:
    put(drive, NAME, CONTENT)
    sandbox.admin.clear_calls()

    with drive.open(NAME) as stream:
        assert stream.read() == CONTENT

    assert len(sandbox.calls(part="alt=media")) <= 5


def test_one_entry_of_a_zip_is_read_without_the_rest(drive, put, sandbox) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        for number in range(40):
            package.writestr(f"{number}.eml", random.Random(number).randbytes(200_000))
    put(drive, NAME, packed.getvalue())
    sandbox.admin.clear_calls()

    with drive.open(NAME) as stream, zipfile.ZipFile(stream) as package:
        assert package.read("17.eml") == random.Random(17).randbytes(200_000)

    assert len(sandbox.calls(part="alt=media")) <= 3


def test_file_that_google_takes_for_dangerous_is_told(drive, put, sandbox) -> None:
    put(drive, NAME, CONTENT)
    sandbox.admin.fault("status", "drive.files.get", match="alt=media", status=403, reason="cannotDownloadAbusiveFile")

    with drive.open(NAME) as stream, pytest.raises(NotReady, match="peligroso"):
        stream.read()


def test_download_that_the_drive_does_not_allow_is_told(drive, put, sandbox) -> None:
    put(drive, NAME, CONTENT)
    sandbox.admin.fault("status", "drive.files.get", match="alt=media", status=403, reason="cannotDownloadFile")

    with drive.open(NAME) as stream, pytest.raises(NotReady, match="no permite descargar"):
        stream.read()


@pytest.mark.parametrize("kind", ["lost", "reset", "truncated", "status"])
def test_broken_download_is_read_again(drive, put, sandbox, kind) -> None:
    put(drive, NAME, CONTENT)
    sandbox.admin.fault(kind, "drive.files.get", match="alt=media", nth=2)

    with drive.open(NAME) as stream:
        assert stream.read() == CONTENT


def test_older_file_that_gets_the_name_meanwhile_wins(drive, send, drive_medium, sandbox) -> None:
    with pytest.raises(CopyFailed, match="nunca se reemplaza"):
        publish_while_another_machine_does(drive, send, drive_medium, sandbox, b"other")

    assert drive_medium.read(NAME) == b"other"
    assert drive_medium.read(part_name(NAME)) == CONTENT


def test_same_content_that_gets_the_name_meanwhile_is_the_copy(drive, send, drive_medium, sandbox) -> None:
    publish_while_another_machine_does(drive, send, drive_medium, sandbox, CONTENT)

    assert drive_medium.read(NAME) == CONTENT
    assert drive.list_parts() == ()


def test_members_of_the_drive_are_named_with_their_roles(drive, drive_medium) -> None:
    said = list(drive_medium.client.permissions())

    assert said
    assert all(one["role"] and one["emailAddress"] for one in said)
