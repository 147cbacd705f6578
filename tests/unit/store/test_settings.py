from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from copias.store import StoreSettings

SFTP = {"kind": "sftp", "path": "copias", "host": "nas", "user": "copias", "identity_file": "k/id", "known_hosts": "/k"}


def test_local_paths_start_at_the_folder_of_the_file_and_remote_ones_do_not() -> None:
    context = {"folder": Path("/etc/copias")}

    server = StoreSettings.model_validate(SFTP, context=context)
    folder = StoreSettings.model_validate({"kind": "folder", "path": "nas"}, context=context)

    assert server.path == Path("copias")
    assert server.identity_file == Path("/etc/copias/k/id")
    assert server.known_hosts == Path("/k")
    assert folder.path == Path("/etc/copias/nas")


@pytest.mark.parametrize("option", ["host", "user", "identity_file", "known_hosts"])
def test_server_without_an_option_is_refused_by_its_name(option) -> None:
    with pytest.raises(ValidationError, match=option):
        StoreSettings.model_validate({key: value for key, value in SFTP.items() if key != option})


@pytest.mark.parametrize("change", [{"password": "x"}, {"port": 0}, {"kind": "ftp"}, {"least_free": -1}])
def test_what_is_not_known_is_refused(change) -> None:
    with pytest.raises(ValidationError):
        StoreSettings.model_validate({**SFTP, **change})
