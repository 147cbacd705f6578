"""A real sandbox: its own process, sockets on loopback, answers checked by Google's schemas."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from copias_sandbox import control
from copias_sandbox.admin.client import AdminClient
from copias_sandbox.home import Running


@pytest.fixture(scope="session")
def home(tmp_path_factory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("entorno") / "sandbox"
    control.start(home, cases=60, strict=True)
    yield home
    control.stop(home)


@pytest.fixture
def admin(home) -> Iterator[AdminClient]:
    """Give a sandbox as new; afterwards none of its answers may have been against Google's schema."""
    admin = control.admin(home)
    admin.reset(cases=60)
    yield admin
    admin.clear_faults()
    assert [call for call in admin.calls() if call["violations"]] == []


@pytest.fixture
def running(home, admin) -> Running:
    return control.required(home)


@pytest.fixture
def through_proxy(home, admin, monkeypatch) -> None:
    """Set the environment that unmodified clients need."""
    for name, value in control.env(home, clients=True).items():
        monkeypatch.setenv(name, value)


PROGRAM = """
import json, os, sys
from google.oauth2.service_account import Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

def service(name, version, scope, subject=None):
    scopes = ["https://www.googleapis.com/auth/" + scope]
    made = Credentials.from_service_account_file(os.environ["COPIAS_GOOGLE_KEY"], scopes=scopes, subject=subject)
    return build(name, version, credentials=made, cache_discovery=False)

book = os.environ["COPIAS_SPREADSHEET"]
"""


@pytest.fixture
def program(home, admin):
    """Run a program of google-api-python-client in a process of its own: httplib2 reads its CA when it is imported."""

    def run(code: str) -> Any:
        environment = {**os.environ, **control.env(home, clients=True)}
        command = [sys.executable, "-c", PROGRAM + code]
        done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr.decode()
        return orjson.loads(done.stdout)

    return run
