"""A delivery on an SFTP server: found in the folder of its case, read only, and never through a link."""

from __future__ import annotations

import hashlib
import os
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from copias.config import load_deployment
from copias.delivery.fetching import Room, delivery_folder, fetch_files
from copias.delivery.sftp_folder import SftpFolder
from copias.errors import BackupError, NotReady, StoreUnavailable
from copias.provider.arrival import date_by_sight, identify
from copias.provider.drop import open_drop
from copias.provider.drop_settings import DropSettings

CASE = "1240"
CONTENT = random.Random(4).randbytes(3_000_017)


@pytest.fixture
def drop(tmp_path) -> Path:
    folder = tmp_path / "entregas"
    (folder / CASE).mkdir(parents=True)
    return folder


@pytest.fixture
def place(ssh_server, drop, deployment):
    settings = DropSettings(
        kind="sftp",
        path=drop,
        host="127.0.0.1",
        port=ssh_server.port,
        user=ssh_server.user,
        identity_file=ssh_server.identity,
        known_hosts=ssh_server.known_hosts,
    )
    folder = open_drop(deployment, settings, CASE)
    assert isinstance(folder, SftpFolder)
    yield folder
    folder.close()


@pytest.fixture
def deployment(tmp_path):
    (tmp_path / "copias.yml").write_text(
        """
plugin: funza.copias.workspace
entity: Alcaldía de Valle Claro
state: state
people: people.yml
google: {key_file: key.json}
help_desk: {spreadsheet: a, requests_tab: a}
stores: {}
"""
    )
    return load_deployment(tmp_path / "copias.yml")


def fetch(deployment, place):
    room = Room(0, "no cabe")
    return fetch_files(deployment, place, place.files(), CASE, ending=".entrega", room=room)


def test_file_is_brought_here_and_stays_there(place, drop, deployment) -> None:
    (drop / CASE / "sinfa ñ.bak").write_bytes(CONTENT)

    (part,) = fetch(deployment, place)

    assert part.path.read_bytes() == CONTENT
    assert (part.name, part.sha256) == ("sinfa ñ.bak", hashlib.sha256(CONTENT).hexdigest())
    assert (drop / CASE / "sinfa ñ.bak").read_bytes() == CONTENT


def test_dead_run_is_gone_on_from(place, drop, deployment) -> None:
    (drop / CASE / "sinfa.bak").write_bytes(CONTENT)
    (part,) = fetch(deployment, place)
    part.path.rename(part.path.with_name(part.path.name + ".part"))
    part.path.with_name(part.path.name + ".part").write_bytes(CONTENT[:2_000_000])

    (again,) = fetch(deployment, place)

    assert again == part
    assert again.path.read_bytes() == CONTENT


def test_no_folder_of_the_case_is_no_delivery(place, drop) -> None:
    (drop / CASE).rmdir()

    assert place.files() == ()


def test_links_are_named_and_never_followed(place, drop, tmp_path) -> None:
    (tmp_path / "secreto").write_text("x")
    (drop / CASE / "sinfa.bak").symlink_to(tmp_path / "secreto")

    (file,) = place.files()

    assert "enlace" in file.fault
    with pytest.raises(NotReady, match="cambió"):
        place.open(file.__class__(file.name, 1, file.arrived, "1-1"))


def test_folder_of_a_case_that_is_a_link_is_refused(place, drop, tmp_path) -> None:
    (drop / CASE).rmdir()
    (tmp_path / "otra").mkdir()
    (drop / CASE).symlink_to(tmp_path / "otra")

    with pytest.raises(BackupError, match="enlace"):
        place.files()


def test_file_that_changed_since_it_was_listed_is_told(place, drop, deployment) -> None:
    (drop / CASE / "sinfa.bak").write_bytes(CONTENT)
    files = place.files()
    (drop / CASE / "sinfa.bak").write_bytes(CONTENT + b"x")

    with pytest.raises(NotReady, match="la entrega cambió mientras se leía"):
        fetch_files(deployment, place, files, CASE, ending=".entrega", room=Room(0, ""))

    assert not list(delivery_folder(deployment, CASE).glob("*.entrega"))


def test_server_that_does_not_answer_is_no_missing_delivery(place, ssh_server) -> None:
    ssh_server.stop()

    with pytest.raises(StoreUnavailable):
        place.files()


def test_date_that_its_sender_sets_makes_no_file_settled(place, drop, deployment) -> None:
    now = datetime.now(UTC)
    path = drop / CASE / "sinfa.bak"
    path.write_bytes(b"a")
    os.utime(path, (1, 1))

    def look(minutes: int) -> timedelta:
        moment = now + timedelta(minutes=minutes)
        identities = [identify(file) for file in place.files()]
        (since,) = date_by_sight(deployment, CASE, identities, remember=True, now=moment).values()
        return moment - since

    first, second = look(0), look(15)
    path.write_bytes(b"ab")
    third = look(16)

    assert (first, second, third) == (timedelta(0), timedelta(minutes=15), timedelta(0))
