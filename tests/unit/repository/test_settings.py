"""What the deployment may say of a repository, and what restic is told of it: paths, never a secret."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from pydantic import ValidationError

from copias.errors import BadConfiguration, NotReady
from copias.repository.place import environment_for, location_of, options_for, require_one_line
from copias.repository.program import find_restic
from copias.repository.repository import Repository
from copias.repository.settings import Maintenance, RepositorySettings

SFTP: dict[str, t.Any] = {
    "kind": "sftp",
    "path": "/copias/noches",
    "host": "nas.example",
    "user": "copias",
    "identity_file": "nas key",
    "known_hosts": "known_hosts",
    "password_file": "password",
}


def settings_of(folder: Path = Path("/etc/copias"), **given: t.Any) -> RepositorySettings:
    return RepositorySettings.model_validate(given, context={"folder": folder})


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"kind": "path", "password_file": "p"}, "un repositorio path necesita path"),
        ({"kind": "path", "path": "/nas"}, "password_file"),
        ({**SFTP, "append_only": True}, "un repositorio sftp no tiene append_only"),
        ({**SFTP, "host": "nas -o ProxyCommand=x"}, "host"),
        ({**SFTP, "user": "-oProxyCommand"}, "user"),
        ({"kind": "rest", "password_file": "p"}, "un repositorio rest necesita url_file"),
        ({"kind": "s3", "password_file": "p"}, "kind"),
    ],
)
def test_what_cannot_be_used_is_refused_and_named(given: dict[str, t.Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        settings_of(**given)


def test_sftp_reaches_the_known_server_with_our_key_and_nothing_else() -> None:
    settings = settings_of(**SFTP)

    (_, arguments) = options_for(settings)

    assert location_of(settings) == "sftp://copias@nas.example:22//copias/noches"
    assert "'/etc/copias/nas key'" in arguments
    assert "StrictHostKeyChecking=yes" in arguments
    assert "-F none" in arguments


def test_environment_has_paths_of_secrets_and_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTIC_PASSWORD", "de otro")
    for name, text in (("password", "muy secreta"), ("url", "rest:https://u:clave@nas.example:8000/")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    settings = settings_of(tmp_path, kind="rest", url_file="url", password_file="password")

    environment = environment_for("nas", settings)

    assert environment["RESTIC_REPOSITORY_FILE"] == str(tmp_path / "url")
    assert not {"muy secreta", "de otro"} & set(environment.values())
    assert not any("clave" in value for value in environment.values())


def test_maintenance_has_other_credentials_and_the_same_place(tmp_path: Path) -> None:
    settings = settings_of(
        tmp_path,
        kind="rest",
        url_file="url",
        password_file="password",
        append_only=True,
        maintenance={"url_file": "other.url"},
    )

    found = settings.for_maintenance("nas")

    assert (found.url_file, found.password_file) == (tmp_path / "other.url", tmp_path / "password")
    assert not found.append_only
    with pytest.raises(BadConfiguration, match="credenciales de mantenimiento"):
        settings.model_copy(update={"maintenance": None}).for_maintenance("nas")
    assert Maintenance().password_file is None


def test_restic_that_is_too_old_is_refused_and_setup_is_named(tmp_path: Path) -> None:
    old = tmp_path / "restic"
    old.write_text("#!/bin/sh\necho restic 0.14.0 compiled with go1.19\n")
    old.chmod(0o755)

    with pytest.raises(NotReady, match=r"0\.14\.0 y se necesita 0\.19\.1.*scripts/setup"):
        find_restic(old)


def test_restic_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="falta el programa restic"):
        find_restic(tmp_path / "restic")


@pytest.mark.parametrize(
    ("content", "why"), [(b"primera\nsegunda\n", "2 líneas"), (b" \n\n", "en blanco")], ids=["two", "none"]
)
def test_no_repository_is_made_whose_password_is_not_one_line(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "password").write_bytes(content)
    (tmp_path / "password").chmod(0o600)
    settings = settings_of(kind="path", path=str(tmp_path / "r"), password_file=str(tmp_path / "password"))

    with pytest.raises(BadConfiguration, match="una sola línea") as caught:
        Repository("nas", settings, cache=tmp_path / "cache").create()

    assert why in caught.value.why
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize("content", [b"clave\n", b"clave", b"clave con espacios\r\n", b"clave\n\n"])
def test_one_line_is_a_password_however_it_ends(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "password").write_bytes(content)
    (tmp_path / "password").chmod(0o600)

    require_one_line(tmp_path / "password", whose="nas")
