"""Messages become files that are whole, private, safely named, and never over another."""

from __future__ import annotations

import hashlib
import typing as t
from pathlib import Path

import pytest

from copias.errors import BadInput, NotEqual
from copias.files import check_folder
from copias.mailbox.restore.delivery import FolderDelivery
from copias.mailbox.restore.files import file_name, read_digest, write_message
from copias.mailbox.restore.journal import RestoreJournal
from copias.mailbox.restore.plan import Target, check_label
from copias.progress import ignore
from tests.unit.mailbox.test_recovery_search import listed

CONTENT = b"From: rosalba@example.test\r\n\r\nHola\r\n"
HOSTILE = ["../../etc/passwd", "CON", "x" * 300, "\u202egpj.exe", 'a"b<c>|?*:', "ñ😀" * 200, "", "....", "a\nb"]


@pytest.mark.parametrize("subject", HOSTILE, ids=ascii)
def test_hostile_subject_gives_a_safe_name(tmp_path: Path, subject: str) -> None:
    name = write_message(tmp_path, listed(subject=subject), CONTENT)

    assert (tmp_path / name).read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert name.startswith("20261118-120000-")
    assert name.endswith("18c5.eml")
    assert len(name.encode()) <= 255
    assert not set(name) & set('/\\<>:"|?*')
    assert name.isprintable()


def test_entry_that_a_package_names_is_not_what_the_file_is_called() -> None:
    assert "/" not in file_name(listed(entry="../../../tmp/evil.eml"))


def test_hostile_id_is_refused() -> None:
    with pytest.raises(BadInput, match="id de un mensaje"):
        file_name(listed(id="../evil"))


def test_file_is_for_its_reader_only(tmp_path: Path) -> None:
    folder = tmp_path / "correo"

    name = write_message(folder, listed(), CONTENT)

    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / name).stat().st_mode & 0o777 == 0o600


def test_same_file_counts_as_written_and_another_is_never_overwritten(tmp_path: Path) -> None:
    name = write_message(tmp_path, listed(), CONTENT)

    assert write_message(tmp_path, listed(), CONTENT) == name
    (tmp_path / name).write_bytes(b"mine")
    with pytest.raises(BadInput, match="otro archivo") as refused:
        write_message(tmp_path, listed(), CONTENT)
    assert listed().id in refused.value.why
    assert name not in str(refused.value)  # it has the subject, and a case's failure goes to the ledger and by mail
    assert (tmp_path / name).read_bytes() == b"mine"
    assert len(list(tmp_path.iterdir())) == 1


def test_link_that_waits_under_the_name_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(CONTENT)
    (tmp_path / file_name(listed())).symlink_to(tmp_path / "elsewhere")

    with pytest.raises(BadInput, match="otro archivo"):
        write_message(tmp_path, listed(), CONTENT)


@pytest.fixture
def delivery(tmp_path: Path) -> FolderDelivery:
    folder = tmp_path / "correo"
    return FolderDelivery(folder, Target(folder=str(folder)), tmp_path / "state" / "journal.jsonl")


def messages(*ids: str) -> t.Any:
    return lambda: iter([(listed(id=key), lambda: CONTENT) for key in ids])


def test_second_delivery_writes_nothing(delivery: FolderDelivery) -> None:
    assert delivery.give(messages("aa", "bb"), report=ignore) == 2
    assert delivery.give(messages("aa", "bb"), report=ignore) == 0


def test_file_that_is_gone_or_differs_fails_the_proof_and_is_named(delivery: FolderDelivery, tmp_path: Path) -> None:
    delivery.give(messages("aa", "bb"), report=ignore)
    digest = hashlib.sha256(CONTENT).hexdigest()
    hashes = {"aa": digest, "bb": digest}
    files = {
        name: tmp_path / "correo" / name for name in RestoreJournal.read(tmp_path / "state/journal.jsonl").done.values()
    }
    first, second = files.values()

    assert delivery.prove(hashes, report=ignore) == 2
    second.write_bytes(b"other")
    with pytest.raises(NotEqual, match=r"no son iguales.*bb"):
        delivery.prove(hashes, report=ignore)
    first.unlink()
    with pytest.raises(NotEqual, match=r"faltan.*aa"):
        delivery.prove(hashes, report=ignore)
    assert delivery.give(messages("aa"), report=ignore) == 1
    assert read_digest(first.parent, first.name) == digest


def test_journal_forgets_what_was_lost_and_knows_what_is_doubtful(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with RestoreJournal(path) as journal:
        journal.found("aa", "1")
        journal.sent("bb")
        journal.found("cc", "3")
        journal.lost("cc")
    with path.open("ab") as stream:
        stream.write(b'{"id":"dd","sta')

    found = RestoreJournal.read(path)

    assert (found.done, found.doubtful, found.begun) == ({"aa": "1"}, {"bb"}, True)
    assert not RestoreJournal.read(tmp_path / "none.jsonl").begun
    assert not (tmp_path / "none.jsonl").exists()


@pytest.mark.parametrize(
    "name", ["", " x", "x" * 226, "inbox", "Sent", "category_social", "a//b", "/a", "a\nb", "\u202ea"]
)
def test_label_that_gmail_cannot_have_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="etiqueta"):
        check_label(name)


@pytest.mark.parametrize("name", ["Recuperado caso 1236", "Contratos, actas/2025", "Fiesta 🎉"])
def test_label_that_people_use_is_taken(name: str) -> None:
    assert check_label(name) == name


@pytest.mark.parametrize("place", ["state", "state/keys", "nowhere/folder", "file"])
def test_folder_of_the_installation_or_none_at_all_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "file").touch()

    with pytest.raises(BadInput, match="no se puede escribir"):
        check_folder(tmp_path / place, state=tmp_path / "state")
    assert check_folder(tmp_path / "correo", state=tmp_path / "state") == tmp_path / "correo"


def test_file_that_another_account_made_in_its_place_is_not_written_into(tmp_path) -> None:
    trap = tmp_path / f".{listed().id}.part"
    trap.write_bytes(b"")
    trap.chmod(0o666)
    seen = trap.open("rb")

    name = write_message(tmp_path, listed(), CONTENT)

    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    assert seen.read() == b""
    seen.close()


def test_labels_that_a_message_was_sent_without_are_known_when_its_answer_was_lost(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with RestoreJournal(path) as journal:
        journal.sent("m1", without=["Salud", "Ruta/Año"])
        journal.sent("m2", without=["Salud"])
        journal.sent("m3")
    assert RestoreJournal.read(path).unlabelled == {}

    with RestoreJournal(path) as journal:
        for key in ("m1", "m2", "m3"):
            journal.found(key, f"new-{key}")

    assert RestoreJournal.read(path).unlabelled == {"m1": ("Salud", "Ruta/Año"), "m2": ("Salud",)}


def test_message_that_is_sent_again_with_its_labels_lacks_none(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with RestoreJournal(path) as journal:
        journal.sent("m1", without=["Salud"])
        journal.found("m1", "new")
        journal.lost("m1")
        assert journal.unlabelled == {}

        journal.sent("m1")
        journal.found("m1", "newer")

    assert RestoreJournal.read(path).unlabelled == {}
