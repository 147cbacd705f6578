from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from copias.errors import BadConfiguration
from copias.store import StoreSettings, open_store

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


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"kind": "folder"}, "un destino folder necesita path"),
        ({"kind": "shared_drive"}, "un destino shared_drive necesita drive"),
        ({"kind": "shared_drive", "drive": ""}, "un destino shared_drive necesita drive"),
        ({"kind": "shared_drive", "drive": "0AxY", "path": "nas"}, "un destino shared_drive no tiene path"),
        ({"kind": "folder", "path": "nas", "drive": "0AxY"}, "un destino folder no tiene drive"),
        ({**SFTP, "chunk_bytes": 1 << 20}, "un destino sftp no tiene chunk_bytes"),
        ({"kind": "shared_drive", "drive": "0AxY", "folder": "a/b"}, "una sola carpeta"),
        ({"kind": "shared_drive", "drive": "0AxY", "folder": " a"}, "una sola carpeta"),
    ],
)
def test_each_kind_says_which_options_it_needs_and_has(settings, said) -> None:
    with pytest.raises(ValidationError, match=said):
        StoreSettings.model_validate(settings)


@pytest.mark.parametrize("change", [{"chunk_bytes": 100_000}, {"chunk_bytes": 0}, {"drive": "https://drive/0AxY"}])
def test_shared_drive_with_strange_values_is_refused(change) -> None:
    with pytest.raises(ValidationError):
        StoreSettings.model_validate({"kind": "shared_drive", "drive": "0AxY", **change})


def test_shared_drive_needs_the_key_and_the_state_of_the_deployment() -> None:
    settings = StoreSettings(kind="shared_drive", drive="0AxY", folder="Copias de seguridad")

    with pytest.raises(BadConfiguration, match="clave de Google"):
        open_store(settings, name="drive_copias")


STATION = {
    "kind": "file_station",
    "path": "/Copias/nas",
    "host": "nas",
    "port": 443,
    "user": "c",
    "password_file": "k/p",
}


def test_certificate_is_a_fingerprint_or_a_file_beside_the_deployment() -> None:
    context, fingerprint = {"folder": Path("/etc/copias")}, ":".join(["aB"] * 32)

    by_file = StoreSettings.model_validate({**STATION, "certificate": "nas.pem"}, context=context)
    by_fingerprint = StoreSettings.model_validate({**STATION, "certificate": fingerprint}, context=context)

    assert by_file.certificate == "/etc/copias/nas.pem"
    assert by_file.password_file == Path("/etc/copias/k/p")
    assert by_fingerprint.certificate == fingerprint


@pytest.mark.parametrize("path", ["Copias/nas", "/Copias", "/Copias/../otra", "/Copias/a:b", "/Copias/_sn_x"])
def test_path_that_a_nas_would_refuse_is_refused_here(path) -> None:
    with pytest.raises(ValidationError, match="path"):
        StoreSettings.model_validate({**STATION, "path": path})


def test_certificate_without_https_is_a_contradiction() -> None:
    with pytest.raises(ValidationError, match="tls"):
        StoreSettings.model_validate({**STATION, "tls": False, "certificate": "nas.pem"})
