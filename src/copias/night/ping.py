"""A watchman outside, in the manner of healthchecks: he hears of the start and the end of each night, or calls.

The address is a secret, whoever has it can speak for this machine: it is in a file of mode 0600 and in no message.
"""

from __future__ import annotations

import stat
import typing as t
import uuid
from urllib.parse import urlsplit

import requests

from copias.errors import BackupError, BadConfiguration, Unavailable
from copias.night.report import FINISHED, STARTED
from copias.night.told import tell_once

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.night.report import NightReport
    from copias.office import Office

_TIME_LIMIT: t.Final = (5, 5)
"""Seconds to connect and to answer: the night does not wait for a watchman."""
_LONGEST: t.Final = 2000
_LOOPBACK: t.Final = frozenset({"127.0.0.1", "localhost", "::1"})


def ping_start(office: Office, run: str) -> bool:
    """Say that a night begins, and tell whether somebody heard it; one who does not answer keeps no night back."""
    try:
        return _ping(office, "/start", run, "")
    except BackupError:
        return False


def ping_night(office: Office, report: NightReport) -> bool:
    """Say how a night of everything ended, once, and tell whether something was done.

    Of one that a newer one followed nothing is said any more: who hears it would take it for the newest.

    Raises:
        Unavailable: he does not answer.
        BadConfiguration: the file of his address cannot be used.
    """
    if office.deployment.night.ping_url_file is None or report.only or _is_past(office, report.run):
        return False
    told = ", ".join(f"{outcome} {count}" for outcome, count in sorted(report.counts.items()))
    end, words = "" if report.good else "/fail", f"{report.run}: {report.ended}; {told}"
    return tell_once(office, report.run, "ping", lambda _: _ping(office, end, report.run, words))


def _is_past(office: Office, run: str) -> bool:
    newest = run
    for event in office.book.ledger.events_of({STARTED, FINISHED}):
        if not event.data.get("only"):
            newest = event.data["run"]
    return bool(newest != run)


def _ping(office: Office, end: str, run: str, body: str) -> bool:
    file = office.deployment.night.ping_url_file
    if file is None:
        return False
    parts = urlsplit(_read_address(file))
    address = parts._replace(path=parts.path.rstrip("/") + end, query="", fragment="").geturl()
    # One id for start and end, so that he measures how long the night took; it has to be a UUID.
    identifier = str(uuid.uuid5(uuid.NAMESPACE_OID, run))
    try:
        answer = requests.post(
            address,
            params={"rid": identifier},
            data=body.encode(),
            timeout=_TIME_LIMIT,
            allow_redirects=False,
            stream=True,  # what he answers is not read
        )
    except requests.RequestException as error:
        raise _silent(file, type(error).__name__) from None  # its text has the address
    with answer:
        if answer.status_code // 100 != 2:
            raise _silent(file, f"contestó {answer.status_code}")
    return True


def _read_address(file: Path) -> str:
    """Return the address on the file's only line.

    Raises:
        BadConfiguration: it is missing, others can read it, or it holds no address.
    """
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
        lines = file.read_text(encoding="ascii")[: _LONGEST + 1].split()
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(file, getattr(error, "strerror", None) or "no es texto") from None
    if mode & 0o077:
        raise _unusable(file, f"lo pueden leer otras cuentas (modo {mode:04o}); use chmod 600")
    if len(lines) != 1 or len(lines[0]) > _LONGEST or not _is_address(lines[0]):
        raise _unusable(file, "debe tener una sola línea, con una dirección https://")
    return lines[0]


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK))


def _unusable(file: Path, why: str) -> BadConfiguration:
    repair = "ponga en él la dirección que da el servicio de vigilancia"
    return BadConfiguration("el archivo night.ping_url_file no se puede usar", whose=str(file), why=why, repair=repair)


def _silent(file: Path, why: str) -> Unavailable:
    return Unavailable(
        "el vigilante externo no contestó",
        whose=str(file),
        why=why,
        repair="revise la salida a internet de este servidor, y que la dirección siga viva",
    )
