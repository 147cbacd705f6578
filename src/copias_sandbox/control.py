"""Starting, stopping and asking a sandbox from outside of its process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import psutil

from copias.errors import BackupError, NotReady
from copias.files import locked, make_private_directory
from copias_sandbox.admin.client import AdminClient
from copias_sandbox.home import Home, Running
from copias_sandbox.qnap.beside import SHARE, USER

ENVIRONMENT: t.Final = "COPIAS_SANDBOX_HOME"
DEFAULT_HOME: t.Final = Path(".work/sandbox")
START_LIMIT: t.Final = 20.0
"""Seconds for a start on a busy machine; on an idle one it takes less than 2."""
STOP_LIMIT: t.Final = 5.0
"""Seconds between asking a sandbox to stop and killing it."""


def default_home() -> Path:
    """Return ``$COPIAS_SANDBOX_HOME``, or ``.work/sandbox``."""
    return Path(os.environ.get(ENVIRONMENT) or DEFAULT_HOME)


def running(home: Path) -> Running | None:
    """Return the sandbox that runs in a folder; one that died is none."""
    found = Home(home.absolute()).read()
    return found if found is not None and _process(found) is not None else None


def start(home: Path, *, cases: int = 300, strict: bool = False, nas: bool = False) -> Running:
    """Start a sandbox in its own session and wait until it answers; one that runs already is returned as it is.

    Args:
        home: its folder; made when absent, taken up again when it was used before.
        cases: how many the first start seeds; 0 leaves it empty.
        strict: check each answer by Google's own schema; a violation becomes a 500.
        nas: serve an emulated QNAP beside it.

    Raises:
        NotReady: it did not come up; the message says what the log says. Or one runs already, without a QNAP.
    """
    place = Home(make_private_directory(home.absolute()))
    with locked(place.path / "lock"):
        found = running(place.path)
        if found is not None:
            _require_nas(found, wanted=nas)
            return found
        return _wait_until_ready(place, _spawn(place, cases=cases, strict=strict, nas=nas))


def _require_nas(found: Running, *, wanted: bool) -> None:
    if wanted and not found.nas:
        raise NotReady(
            "El entorno de pruebas ya está en marcha, sin la NAS",
            whose=found.url,
            repair="copias sandbox stop, y después copias sandbox start --nas",
        )


def _spawn(place: Home, *, cases: int, strict: bool, nas: bool) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "copias_sandbox.daemon", str(place.path), str(cases)]
    with place.log_file.open("wb") as log:
        return subprocess.Popen(
            [*command, "strict" if strict else "lenient", "nas" if nas else "no-nas"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
        )


def _wait_until_ready(place: Home, child: subprocess.Popen[bytes]) -> Running:
    limit = time.monotonic() + START_LIMIT
    while time.monotonic() < limit and child.poll() is None:
        found = place.read()
        if found is not None and found.pid == child.pid:
            child.returncode = 0  # it lives on by itself: Python must not warn that nobody waits for it
            return found
        time.sleep(0.02)
    child.kill()
    child.wait()
    lines = place.log_file.read_text(errors="replace").strip().splitlines()
    raise NotReady(
        "El entorno de pruebas no arrancó",
        whose=str(place.path),
        why=lines[-1] if lines else "no respondió a tiempo",
        repair=f"revise {place.log_file}",
    )


def stop(home: Path) -> bool:
    """Stop the sandbox of a folder and prove that it is gone; tell whether there was one.

    Raises:
        BackupError: it is still there after SIGKILL.
    """
    place = Home(home.absolute())
    if not place.path.is_dir():
        return False
    with locked(place.path / "lock"):
        found = place.read()
        process = _process(found) if found is not None else None
        if process is None:
            return False
        process.terminate()
        if not _gone(process):
            process.kill()
        if not _gone(process):
            raise BackupError("El entorno de pruebas no termina", whose=str(home), why=f"proceso {process.pid}")
        return True


def _gone(process: psutil.Process) -> bool:
    """Wait until a process has ended; a zombie has, even when whoever started it never asks."""
    limit = time.monotonic() + STOP_LIMIT
    while time.monotonic() < limit:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                process.wait(0)  # reaps it when it is our own child
                return True
        except (psutil.NoSuchProcess, psutil.TimeoutExpired):
            return True
        time.sleep(0.02)
    return False


def _process(found: Running) -> psutil.Process | None:
    """Return the process that wrote ``found``; another one with its number is not it."""
    try:
        process = psutil.Process(found.pid)
        same = abs(process.create_time() - found.started) < 1.0
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None


def required(home: Path) -> Running:
    """Return the running sandbox of a folder.

    Raises:
        NotReady: none runs there.
    """
    found = running(home)
    if found is None:
        raise NotReady("No hay un entorno de pruebas en marcha", whose=str(home), repair="copias sandbox start")
    return found


def admin(home: Path) -> AdminClient:
    """Return a client of the admin port.

    Raises:
        NotReady: no sandbox runs there.
    """
    return AdminClient(required(home).admin_url)


def seed(home: Path, *, cases: int = 300, seed: int = 20260101, layout: str = "two-tabs") -> Running:
    """Empty a running sandbox and fill it with demo data; the same for the same arguments.

    Raises:
        NotReady: no sandbox runs there.
    """
    admin(home).seed(cases=cases, seed=seed, layout=layout)
    return required(home)


def env(home: Path, *, clients: bool = False) -> dict[str, str]:
    """Return what a program needs to reach the sandbox.

    Args:
        home: the sandbox's folder.
        clients: add what unmodified third-party clients need: proxy and certificate authority.

    Raises:
        NotReady: no sandbox runs there.
    """
    found = required(home)
    variables = {
        ENVIRONMENT: str(home.absolute()),
        "COPIAS_SANDBOX_URL": found.url,
        "COPIAS_SANDBOX_ADMIN_URL": found.admin_url,
        "COPIAS_GOOGLE_KEY": found.key,
        "COPIAS_OAUTH_CLIENT": found.oauth_client,
        "COPIAS_SPREADSHEET": found.spreadsheet,
        "COPIAS_CONTROL_SPREADSHEET": found.control_spreadsheet,
        "COPIAS_SHARED_DRIVE": found.shared_drive,
    }
    if found.nas:
        variables |= {
            "COPIAS_QNAP_PORT": str(found.nas),
            "COPIAS_QNAP_USER": USER,
            "COPIAS_QNAP_SHARE": SHARE,
            "COPIAS_QNAP_PASSWORD_FILE": str(Home(home.absolute()).nas_password_file),
        }
    if clients:
        proxy = f"http://127.0.0.1:{found.proxy}"
        variables |= dict.fromkeys(("HTTPS_PROXY", "https_proxy"), proxy)
        variables |= dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost")
        variables |= dict.fromkeys(("REQUESTS_CA_BUNDLE", "HTTPLIB2_CA_CERTS", "SSL_CERT_FILE"), found.ca)
    return variables
