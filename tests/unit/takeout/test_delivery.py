"""A delivery on a folder of this server is found, brought here whole, and gone on with after a run died."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from copias.config import Deployment, load_deployment
from copias.delivery.fetching import delivery_folder
from copias.delivery.place import DeliveredFile, ServerFolder
from copias.errors import Altered, NotReady, StoreUnavailable
from copias.takeout.delivery import fetch_delivery, find_delivery
from tests.unit.takeout.conftest import part_file_name

CASE = "1240"


@pytest.fixture
def inbox(tmp_path) -> Path:
    folder = tmp_path / "entregas" / CASE
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def deployment(tmp_path, inbox) -> Deployment:
    content = """
plugin: funza.copias.workspace
entity: Alcaldía de Valle Claro
state: state
people: people.yml
google: {key_file: key.json}
help_desk: {spreadsheet: a, requests_tab: a, responses_tab: b, control_spreadsheet: b, control_tab: c}
stores: {}
deliveries: {folder: entregas, settle_minutes: 0}
"""
    (tmp_path / "copias.yml").write_text(content)
    return load_deployment(tmp_path / "copias.yml")


def put(inbox: Path, number: int, content: bytes = b"PK") -> Path:
    path = inbox / part_file_name(number)
    path.write_bytes(content)
    return path


def test_parts_are_brought_here_and_hashed_and_stay_where_they_were(deployment, inbox) -> None:
    contents = [os.urandom(3_000_000), b"dos"]
    for number, content in enumerate(contents, 1):
        put(inbox, number, content)

    fetched = fetch_delivery(deployment, find_delivery(deployment, CASE), CASE)

    assert [part.sha256 for part in fetched] == [hashlib.sha256(content).hexdigest() for content in contents]
    assert [part.path.read_bytes() for part in fetched] == contents
    assert [part.name for part in fetched] == sorted(path.name for path in inbox.iterdir())
    assert all(part.path.stat().st_mode & 0o777 == 0o600 for part in fetched)


def test_what_is_here_is_not_read_again(deployment, inbox) -> None:
    put(inbox, 1, b"x" * 2_000_000)
    delivery = find_delivery(deployment, CASE)
    (whole,) = fetch_delivery(deployment, delivery, CASE)
    part = whole.path.with_name(whole.path.name + ".part")
    whole.path.rename(part)
    os.truncate(part, 1_500_000)
    opened = []

    class Watched(ServerFolder):
        def open(self, file: DeliveredFile):
            stream = super().open(file)
            opened.append(stream)
            return stream

    watched = type(delivery)(Watched(inbox.parent, CASE), delivery.parts)
    (again,) = fetch_delivery(deployment, watched, CASE)
    fetch_delivery(deployment, watched, CASE)

    assert again == whole
    assert len(opened) == 1


def test_a_part_that_was_replaced_is_brought_anew(deployment, inbox) -> None:
    put(inbox, 1, b"uno")
    fetch_delivery(deployment, find_delivery(deployment, CASE), CASE)
    put(inbox, 1, b"dos")

    (part,) = fetch_delivery(deployment, find_delivery(deployment, CASE), CASE)

    assert part.path.read_bytes() == b"dos"
    assert [path.name for path in delivery_folder(deployment, CASE).iterdir()] == [part.path.name]


def test_a_delivery_that_changed_since_it_was_found_is_refused(deployment, inbox) -> None:
    put(inbox, 1, b"uno")
    delivery = find_delivery(deployment, CASE)
    put(inbox, 1, b"otro")

    with pytest.raises(NotReady, match="la entrega cambió mientras se leía"):
        fetch_delivery(deployment, delivery, CASE)


def test_what_is_not_what_the_place_says_is_refused_and_not_kept(deployment, inbox) -> None:
    put(inbox, 1, b"uno")
    delivery = find_delivery(deployment, CASE)
    (file,) = delivery.parts.files
    lying = DeliveredFile(file.name, file.bytes, file.arrived, file.key, sha256="0" * 64)
    parts = type(delivery.parts)(delivery.parts.export, (lying,), 0)

    with pytest.raises(Altered, match="se esperaban 3 bytes con SHA-256 000"):
        fetch_delivery(deployment, type(delivery)(delivery.place, parts), CASE)

    assert list(delivery_folder(deployment, CASE).iterdir()) == []


def test_links_and_devices_are_never_followed(deployment, inbox, tmp_path) -> None:
    (tmp_path / "secreto").write_bytes(b"PK secreto")
    (inbox / part_file_name(1)).symlink_to(tmp_path / "secreto")

    with pytest.raises(NotReady, match=r"no se puede leer.*es un enlace"):
        find_delivery(deployment, CASE)


def test_a_folder_of_a_case_that_is_a_link_is_refused(deployment, inbox, tmp_path) -> None:
    put(inbox, 1)
    inbox.rename(tmp_path / "otra")
    inbox.symlink_to(tmp_path / "otra")

    with pytest.raises(StoreUnavailable, match="no sea un enlace"):
        find_delivery(deployment, CASE)


def test_a_fifo_does_not_hold_the_run_up(deployment, inbox) -> None:
    os.mkfifo(inbox / part_file_name(1))

    with pytest.raises(NotReady, match="no es un archivo"):
        find_delivery(deployment, CASE)


def test_where_to_put_it_is_told(deployment, inbox) -> None:
    inbox.rmdir()

    with pytest.raises(
        NotReady, match=f"caso {CASE}: no hay ninguna entrega: se busca en la carpeta .*entregas/{CASE}"
    ):
        find_delivery(deployment, CASE)


def test_a_lost_mount_is_not_an_empty_folder(deployment, inbox) -> None:
    inbox.rmdir()
    inbox.parent.rmdir()

    with pytest.raises(StoreUnavailable, match="no está la carpeta de las entregas"):
        find_delivery(deployment, CASE)


def test_age_is_by_the_change_and_not_by_the_date_that_a_copy_keeps(deployment, inbox) -> None:
    path = put(inbox, 1)
    os.utime(path, (1_000_000_000, 1_000_000_000))
    patient = deployment.model_copy(
        update={"deliveries": deployment.deliveries.model_copy(update={"settle_minutes": 10})}
    )

    with pytest.raises(NotReady, match="puede estar todavía en camino"):
        find_delivery(patient, CASE)
    (file,) = ServerFolder(inbox.parent, CASE).files()
    assert (datetime.now(UTC) - file.arrived).total_seconds() < 60
