"""The room of a repository on a server of SFTP is asked of a real sshd, where the repository lies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from copias.config import Deployment
from copias.keeping.repository_capacity import measure_repositories
from copias.office import Office
from copias.repository.settings import RepositorySettings
from tests.integration.store.ssh import SshServer
from tests.unit.night.conftest import open_forged


@pytest.fixture
def office(tmp_path: Path, ssh_server: SshServer) -> Office:
    """An office whose repository lies on the server."""
    folder = ssh_server.home / "noche"
    folder.mkdir()
    (folder / "config").write_bytes(b"x")
    settings = RepositorySettings(
        kind="sftp",
        path=folder,
        host=ssh_server.address,
        port=ssh_server.port,
        user=ssh_server.user,
        identity_file=ssh_server.identity,
        known_hosts=ssh_server.known_hosts,
        password_file=tmp_path / "p",
    )
    forged = open_forged(tmp_path)
    deployment: Deployment = forged.deployment.model_copy(update={"repositories": {"principal": settings}})
    return Office(deployment, forged.actor)


def test_free_room_is_that_of_the_servers_own_disk(office: Office, ssh_server: SshServer) -> None:
    (found,) = measure_repositories(office)

    facts = os.statvfs(ssh_server.home)
    assert found.trouble == ""
    assert found.free == pytest.approx(facts.f_bavail * facts.f_frsize, rel=0.1)
    assert found.size is None


def test_place_without_the_repository_is_not_measured(office: Office, ssh_server: SshServer) -> None:
    (ssh_server.home / "noche" / "config").unlink()

    (found,) = measure_repositories(office)

    assert found.free is None
    assert found.trouble
