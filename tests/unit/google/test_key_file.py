"""The key file is checked before anything is sent, and never shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from copias.errors import BadConfiguration
from copias.google import GoogleSettings
from copias.google.credentials import load_credentials, read_key

SECRET = "-----BEGIN PRIVATE KEY-----no es una clave-----END PRIVATE KEY-----"
KEY = {
    "type": "service_account",
    "client_email": "copias@prueba.example",
    "private_key": SECRET,
    "token_uri": "http://127.0.0.1:1/token",
}


def write(path: Path, content: object, *, mode: int = 0o600) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    path.chmod(mode)
    return path


def test_good_key_is_read(tmp_path: Path) -> None:
    assert read_key(write(tmp_path / "key.json", KEY))["client_email"] == "copias@prueba.example"


def test_missing_key_is_named_with_its_setting(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match=r"key\.json.*google\.key_file"):
        read_key(tmp_path / "key.json")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o601])
def test_key_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(BadConfiguration, match="chmod 600"):
        read_key(write(tmp_path / "key.json", KEY, mode=mode))


@pytest.mark.parametrize(
    "content",
    [
        "no es JSON",
        "[]",
        "3",
        {**KEY, "type": "authorized_user"},
        {name: value for name, value in KEY.items() if name != "private_key"},
        {**KEY, "client_email": ""},
    ],
)
def test_what_is_no_service_account_key_is_refused(tmp_path: Path, content: object) -> None:
    with pytest.raises(BadConfiguration) as caught:
        read_key(write(tmp_path / "key.json", content))

    assert SECRET not in str(caught.value)


def test_damaged_private_key_is_refused_without_showing_it(tmp_path: Path) -> None:
    settings = GoogleSettings(key_file=write(tmp_path / "key.json", KEY))

    with pytest.raises(BadConfiguration, match="dañada") as caught:
        load_credentials(settings, ["scope"])

    assert SECRET not in str(caught.value)


def test_relative_key_file_starts_at_the_configuration_folder(tmp_path: Path) -> None:
    settings = GoogleSettings.model_validate({"key_file": "claves/key.json"}, context={"folder": tmp_path})

    assert settings.key_file == tmp_path / "claves" / "key.json"


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:8080", "http://[::1]:8080/", "https://proxy.example/sheets"])
def test_endpoint_ends_in_a_slash(endpoint: str) -> None:
    assert GoogleSettings(key_file=Path("k"), endpoint=endpoint).endpoint == endpoint.rstrip("/") + "/"


@pytest.mark.parametrize(
    "endpoint", ["http://sheets.example/", "http://10.0.0.1:80", "ftp://127.0.0.1/", "127.0.0.1:80"]
)
def test_endpoint_that_would_carry_tokens_in_clear_is_refused(endpoint: str) -> None:
    with pytest.raises(ValidationError, match="endpoint"):
        GoogleSettings(key_file=Path("k"), endpoint=endpoint)
