"""Starting and stopping: quick, idempotent, nothing left behind."""

from __future__ import annotations

import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import requests
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.service_account import Credentials
from typer.testing import CliRunner

from copias.errors import NotReady
from copias_sandbox import control
from copias_sandbox.cli import app
from copias_sandbox.home import Home

SHEETS = "https://www.googleapis.com/auth/spreadsheets"


@pytest.fixture
def place(tmp_path):
    yield tmp_path / "entorno"
    control.stop(tmp_path / "entorno")


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_start_is_quick_and_twice_is_once(place):
    began = time.monotonic()
    first = control.start(place)
    took = time.monotonic() - began

    assert control.start(place) == first
    assert psutil.Process(first.pid).is_running()
    assert all(listens(port) for port in (first.http, first.tls, first.proxy, first.admin))
    assert took < 30, "2 s on an idle machine; here others may be working"


def test_files_that_hold_secrets_are_private(place):
    found = control.start(place, cases=0)

    assert stat.S_IMODE(Path(found.key).stat().st_mode) == 0o600
    assert stat.S_IMODE((place / "tls" / "server.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE(place.stat().st_mode) == 0o700


def test_stop_leaves_no_process_and_no_port(place):
    found = control.start(place, cases=0)

    assert control.stop(place)

    assert not psutil.pid_exists(found.pid) or psutil.Process(found.pid).status() == psutil.STATUS_ZOMBIE
    assert not any(listens(port) for port in (found.http, found.tls, found.proxy, found.admin))
    assert not control.stop(place)
    with pytest.raises(NotReady, match="copias sandbox start"):
        control.env(place)


def test_what_was_written_is_there_after_a_restart_on_the_same_ports(place):
    first = control.start(place, cases=5)
    control.admin(place).edit(first.spreadsheet, "set", cell="A1", text="cambiado")
    control.stop(place)

    second = control.start(place, cases=99)

    assert (second.http, second.spreadsheet) == (first.http, first.spreadsheet)
    assert second.pid != first.pid
    session = AuthorizedSession(Credentials.from_service_account_file(second.key, scopes=[SHEETS]))
    found = session.get(f"{second.url}/v4/spreadsheets/{second.spreadsheet}/values/A1", timeout=5).json()
    assert found["values"] == [["cambiado"]]


def test_pid_of_another_process_is_not_taken_for_the_sandbox(place):
    found = control.start(place, cases=0)
    control.stop(place)
    home = Home(place)
    other = psutil.Process()
    home.write(type(found)(**{**vars(found), "pid": other.pid, "started": other.create_time() - 100}))

    assert control.running(place) is None
    assert not control.stop(place)
    assert other.is_running()


def test_sandbox_outlives_the_process_that_started_it(place):
    code = f"from pathlib import Path; from copias_sandbox import control; control.start(Path({str(place)!r}), cases=0)"
    subprocess.run([sys.executable, "-c", code], check=True)

    found = control.required(place)
    assert requests.get(f"{found.admin_url}/status", timeout=5).status_code == 200


def test_only_loopback_is_listened_on(place):
    found = control.start(place, cases=0)

    addresses = {connection.laddr.ip for connection in psutil.Process(found.pid).net_connections("tcp")}
    assert addresses == {"127.0.0.1"}


def test_proxy_leads_nowhere_but_to_google(place):
    found = control.start(place, cases=0)
    with socket.create_connection(("127.0.0.1", found.proxy)) as connection:
        connection.sendall(b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n")

        assert connection.recv(100).startswith(b"HTTP/1.1 403 ")


def test_verbs_of_the_command_line(place):
    runner = CliRunner()

    def run(*words):
        result = runner.invoke(app, [words[0], "--home", str(place), *words[1:]])
        return result.exit_code, result.output

    assert run("env")[0] == 3
    assert run("start", "--cases", "5")[0] == 0
    code, text = run("env", "--clients")
    assert code == 0
    assert {line.split("=")[0] for line in text.splitlines()} >= {
        "export COPIAS_SANDBOX_URL",
        "export COPIAS_GOOGLE_KEY",
        "export COPIAS_SPREADSHEET",
        "export COPIAS_CONTROL_SPREADSHEET",
        "export HTTPS_PROXY",
    }
    assert run("seed", "--cases", "12", "--layout", "one-tab")[0] == 0
    assert run("edit", "sort", "--header", "Estado")[0] == 0
    assert run("edit", "sort", "--header", "Nada")[0] == 2
    assert run("fault", "status", "--method", "sheets.*", "--status", "429")[0] == 0
    assert "Fallas planeadas: 1" in run("status")[1]
    assert run("fault", "clear")[0] == 0
    assert run("stop") == (0, "Entorno de pruebas detenido.\n")
    assert run("stop") == (0, "No había un entorno de pruebas en marcha.\n")
