"""The store fills up or goes away in the middle of a run, or gives back something else than it was given."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager

import pytest

from copias.store import StoreSettings, open_store
from copias_sandbox import world
from tests.e2e.town import CASE, CONTROL, DATABASE, Town
from tests.integration.store.conftest import SSHD, SshServer

pytestmark = pytest.mark.slow


@pytest.fixture
def server(town):
    if SSHD is None:
        pytest.skip("openssh-server is not installed")
    server = SshServer(town.temporary / "ssh")
    server.prepare()
    server.start()
    settings = {
        "kind": "sftp",
        "path": str(town.temporary / "nas"),
        "host": "127.0.0.1",
        "port": server.port,
        "user": server.user,
        "identity_file": str(server.identity),
        "known_hosts": str(server.known_hosts),
        "time_limit": 10,
        "least_free": 0,
    }
    town.hurry(stores__nas_principal=settings)
    assert town.copias("store", "init", "nas_principal").code == 0
    yield server
    server.stop()


def test_an_sftp_server_that_goes_away_in_mid_upload_means_try_later(town, server):
    files = town.temporary / "nas"
    town.detach()
    with town.stalled("pg_dump"):
        town.wait(lambda: list(files.rglob("*.part")), "upload")
        server.stop()
    followed = town.follow()
    server.start()
    again = town.run_case(CASE, "--json")

    assert followed.code == 75, followed.text
    assert again.code == 0, again.text
    assert again.json["state"] == "resolved"
    assert len(list(files.rglob("*.zip"))) == 1
    assert list(files.rglob("*.part")) == []
    assert town.answers() == ["En proceso", "Solucionado"]


def flip(path) -> None:
    """Change one bit in the middle of a file."""
    with path.open("r+b") as stream:
        stream.seek(path.stat().st_size // 2)
        byte = stream.read(1)[0]
        stream.seek(-1, os.SEEK_CUR)
        stream.write(bytes([byte ^ 1]))


def remove(path) -> None:
    path.unlink()


def test_what_was_altered_or_lost_after_storing_is_void_and_made_anew(town):
    meddling = [
        ("copy.made", lambda: flip(town.stored("*.zip.part")[0])),
        ("copy.stored", lambda: flip(town.stored("*.zip")[-1])),
        ("copy.stored", lambda: remove(town.stored("*.zip")[-1])),
    ]
    codes, messages = [], []
    for event, meddle in meddling:
        seen = town.count(event)
        town.detach()
        town.wait(lambda event=event, seen=seen: town.count(event) > seen, event)
        with town.between_steps(event):
            meddle()
        followed = town.follow()
        codes.append(followed.code)
        messages.append(followed.json["message"])
    last = town.run_case(CASE, "--json")
    shown = town.copias("show", CASE, "--json").json

    assert codes == [1, 1, 1], messages
    assert last.code == 0, last.text
    assert [copy["status"] for copy in shown["copies"]] == ["void", "void", "void", "verified"]
    assert last.json["copy"]["copy_id"] == f"sinfa-hacienda-{CASE}-4"
    assert town.stored("*.part") == []
    assert town.answers() == ["En proceso", "Solucionado"]
    (row,) = town.ours(CONTROL)
    assert row["Archivo"].endswith(f"sinfa-hacienda-{CASE}-4.zip")


def test_a_local_manifest_that_was_changed_proves_nothing(town):
    town.detach()
    with town.between_steps("copy.stored"):
        kept = next(town.world.state.glob("copies/*/manifest.json"))
        kept.write_bytes(kept.read_bytes().replace("Secretaría de Hacienda".encode(), b"Otra dependencia"))

    call = town.follow()

    assert call.code == 1, call.text
    assert "firma" in call.text
    assert town.count("copy.verified") == 0
    assert town.count("copy.voided") == 1
    assert town.rows(CONTROL) == []


@contextmanager
def small_disk(path, megabytes):
    """Mount a file system of a few megabytes, which only root can."""
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", path], capture_output=True)
    if done.returncode:
        pytest.skip(f"this root may not mount: {done.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", path], check=True, timeout=30)


@pytest.mark.root
def test_a_store_that_fills_up_in_mid_upload_fails_the_case_and_keeps_nothing(town):
    with small_disk(town.world.nas, 32):
        open_store(StoreSettings(kind="folder", path=town.world.nas), name=world.STORE).prepare()
        town.configure(stores__nas_principal__least_free=0)
        town.detach()
        with town.stalled("pg_dump"):
            free = os.statvfs(town.world.nas)
            with (town.world.nas / "lleno.bin").open("wb") as filler:
                os.posix_fallocate(filler.fileno(), 0, free.f_bavail * free.f_frsize - 65536)
        followed = town.follow()

        assert followed.code == 1, followed.text
        assert followed.json["state"] == "failed"
        assert "nas_principal" in followed.json["message"]
        assert [path.name for path in town.stored()] == ["lleno.bin"]


def test_a_copy_that_rots_on_the_nas_is_found_by_the_drill_and_counts_no_more(town: Town) -> None:
    assert town.run_case(CASE).code == 0
    package = town.stored("*.zip")[0]
    content = bytearray(package.read_bytes())
    content[len(content) // 2] ^= 1
    package.chmod(0o600)
    package.write_bytes(bytes(content))

    drill = town.copias("drill", DATABASE)
    again = town.copias("drill", DATABASE)

    assert drill.code == 1, drill.text
    assert again.code == 3, again.text
    assert town.count("copy.spoilt", CASE) == 1
    assert "dañada" in town.copias("show", CASE).text
    assert "el simulacro de restauración falló" in town.copias("finding", "list").text
    assert town.copias("copies", "--query", "copies[].[status, proven]", "--json").json == [["spoilt", False]]
