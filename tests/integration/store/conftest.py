"""Stores over real things: a folder, an unprivileged sshd, a QNAP and a Google of this machine."""

from __future__ import annotations

import os
import subprocess
import uuid
from dataclasses import dataclass

import pytest

from copias.google.settings import GoogleSettings
from copias.store import Store, StoredFile, StoreSettings
from copias.store.file_station import FileStationStore
from copias.store.folder import FolderStore
from copias.store.sftp import SftpStore
from copias.store.shared_drive import SharedDriveStore
from copias_sandbox import control
from copias_sandbox.admin.client import AdminClient
from copias_sandbox.home import Running
from tests.integration.store.media import DriveMedium, FolderMedium, Medium
from tests.integration.store.nas import Nas
from tests.integration.store.ssh import SSHD, Relay, SshServer


@pytest.fixture
def ssh_server(tmp_path):
    if SSHD is None:
        pytest.skip("openssh-server is not installed")
    server = SshServer(tmp_path / "ssh")
    server.prepare()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def relay(ssh_server):
    wire = Relay(ssh_server.port)
    ssh_server.write_known_hosts(port=wire.port)
    yield wire
    wire.close()


@pytest.fixture
def sftp_settings(ssh_server, tmp_path):
    """Settings of the server's store, as a function so that a test can change some."""

    def settings(**changes) -> StoreSettings:
        facts = {
            "kind": "sftp",
            "path": tmp_path / "nas",
            "host": "127.0.0.1",
            "port": ssh_server.port,
            "user": ssh_server.user,
            "identity_file": ssh_server.identity,
            "known_hosts": ssh_server.known_hosts,
            "time_limit": 20,
            "least_free": 0,
        }
        return StoreSettings(**{**facts, **changes})

    return settings


@dataclass(frozen=True)
class Sandbox:
    """A running Google with a shared drive of which the service account is a content manager."""

    running: Running
    admin: AdminClient

    @property
    def google(self) -> GoogleSettings:
        return GoogleSettings(key_file=self.running.key, endpoint=self.running.url, patience=20)

    @property
    def drive(self) -> str:
        return self.running.shared_drive

    def calls(self, method: str = "", part: str = "") -> list[dict]:
        """Return the calls of a method, or those whose address holds a text."""
        return [call for call in self.admin.calls(method) if part in call["target"]]

    def received(self) -> int:
        """Return how many bytes of content reached Google in chunks, kept or not."""
        return sum(call["bytes"] for call in self.calls(part="upload_id=") if call["verb"] == "PUT")

    def set_role(self, role: str) -> None:
        """Give the service account a role in the shared drive; ``""`` takes it out."""
        self.admin.request("POST", "/member", {"role": role})

    def set_full(self, reason: str) -> None:
        """Refuse new items for a reason; ``""`` makes room again."""
        self.admin.request("POST", "/full", {"reason": reason})


@pytest.fixture(scope="session")
def google_process(tmp_path_factory):
    home = tmp_path_factory.mktemp("google")
    yield control.start(home, cases=1, strict=True)
    control.stop(home)


@pytest.fixture
def sandbox(google_process) -> Sandbox:
    """The sandbox as on its first day but for what earlier tests put into folders of their own."""
    admin = AdminClient(google_process.admin_url)
    admin.clear_faults()
    admin.clear_calls()
    return Sandbox(google_process, admin)


@pytest.fixture
def drive_store(sandbox, tmp_path):
    """Open stores in a folder of the shared drive that only this test has."""
    folder = f"Copias {uuid.uuid4().hex[:8]}"
    opened = []

    def make(name="nas", *, journal=tmp_path / "journal", attempts=7, **changes) -> SharedDriveStore:
        settings = StoreSettings(**{"kind": "shared_drive", "drive": sandbox.drive, "folder": folder, **changes})
        google = sandbox.google.model_copy(update={"attempts": attempts})
        opened.append(SharedDriveStore(name, settings, google, journal=journal))
        return opened[-1]

    make.folder = folder
    yield make
    for store in opened:
        store.close()


@pytest.fixture
def drive_medium(sandbox, drive_store) -> DriveMedium:
    return DriveMedium(sandbox.google, sandbox.drive, drive_store.folder)


@pytest.fixture
def nas(tmp_path):
    """An emulated QNAP with an empty share."""
    made = Nas(tmp_path)
    yield made
    made.server.close()


@pytest.fixture
def station(nas):
    """Open stores on the emulated QNAP."""
    opened = []

    def make(**changes) -> FileStationStore:
        opened.append(FileStationStore("nas", nas.settings(**changes)))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


@pytest.fixture(params=["folder", "sftp", "file_station", "shared_drive"])
def store(request, tmp_path) -> Store:
    """Each kind of store, prepared."""
    if request.param == "folder":
        made: Store = FolderStore("nas", tmp_path / "nas")
    elif request.param == "file_station":
        made = request.getfixturevalue("station")()
    elif request.param == "sftp":
        made = SftpStore("nas", request.getfixturevalue("sftp_settings")())
    else:
        made = request.getfixturevalue("drive_store")(chunk_bytes=1 << 20)
    made.prepare()
    yield made
    made.close()


@pytest.fixture
def medium(store, request, tmp_path) -> Medium:
    """What lies where ``store`` keeps its copies."""
    if isinstance(store, SharedDriveStore):
        return request.getfixturevalue("drive_medium")
    if isinstance(store, FileStationStore):
        return FolderMedium(request.getfixturevalue("nas").root)
    return FolderMedium(tmp_path / "nas")


@pytest.fixture(params=["folder", "sftp"])
def file_store(request, tmp_path) -> Store:
    """Each kind of store over the folder ``nas`` of the test, prepared."""
    if request.param == "folder":
        made: Store = FolderStore("nas", tmp_path / "nas")
    else:
        made = SftpStore("nas", request.getfixturevalue("sftp_settings")())
    made.prepare()
    yield made
    made.close()


@pytest.fixture
def send():
    """Send blocks as one upload, and finish it."""

    def work(store: Store, name: str, blocks) -> StoredFile:
        with store.create(name) as upload:
            for block in blocks:
                upload.write(block)
            return upload.finish()

    return work


@pytest.fixture
def put(send):
    """Store and publish some bytes."""

    def work(store: Store, name: str, content: bytes) -> None:
        send(store, name, [content])
        store.publish(name)

    return work


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 8 MiB, which only root can mount."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    path = tmp_path / "small"
    path.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(path)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"this root may not mount: {done.stderr.strip()}")
    yield path
    subprocess.run(["umount", "--lazy", str(path)], check=True, timeout=30)


@pytest.fixture
def ordinary_user() -> None:
    """Skip what root is allowed to do anyway."""
    if os.geteuid() == 0:
        pytest.skip("permissions do not bind root")
