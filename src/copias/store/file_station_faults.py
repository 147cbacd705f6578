"""File Station's status numbers and a broken line, said in the words of a place that keeps copies.

Addresses hold the session's number, so no text of the network's library that could quote one is repeated here.
"""

from __future__ import annotations

import ssl
import typing as t
from contextlib import contextmanager
from http.client import HTTPException

from copias.errors import BackupError, CopyFailed, NotReady, StoreUnavailable
from copias.store import faults

if t.TYPE_CHECKING:
    from collections.abc import Iterator

OK, LOGGED_OUT = 1, 3
EXISTS: t.Final = (2, 33)
"""There is something of that name; outside of calls that make names, 2 says that the session has ended."""
ABSENT: t.Final = (5,)
_STATION_OFF, _FULL, _SECOND_STEP = 8, 9, 69
_NOT_ALLOWED = frozenset({4, 10, 11, 52, 63})
_BAD_NAME = frozenset({12, 26})

WORDS: t.Final = {
    0: "error sin detalle",
    2: "ya existe o la sesión terminó",
    LOGGED_OUT: "la sesión no vale",
    4: "sin permiso",
    5: "no existe",
    7: "error de escritura",
    _STATION_OFF: "File Station está apagada",
    _FULL: "cuota o disco lleno",
    10: "no se permite",
    11: "no se permite",
    12: "nombre no permitido",
    24: "destino no válido",
    25: "destino no válido",
    26: "nombre de más de 255 caracteres",
    28: "otra operación está en curso",
    33: "nombre repetido",
    52: "acceso parcial",
    63: "no se pudo borrar",
    _SECOND_STEP: "pide verificación en dos pasos",
    93: "error del disco",
    106: "suma equivocada",
    107: "carga incompleta",
    109: "la carga falló",
}
"""What the numbers mean, as far as it is known."""


class Refused(Exception):
    """File Station answered with a status that is not success."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Unreadable(Exception):
    """The answer is none of File Station's: a page, or nothing that can be read."""


@contextmanager
def translate(store: str, doing: str) -> Iterator[None]:
    """Turn what a call raises into errors that say what was being done, and where; ours pass."""
    try:
        yield
    except Refused as refused:
        raise of_status(refused.status, store=store, doing=doing) from None
    except Unreadable as error:
        raise faults.unavailable(store, f"no se pudo {doing}: {error}") from None
    except ssl.SSLCertVerificationError as error:
        raise strange_certificate(store, error.verify_message) from None
    except (OSError, HTTPException) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise faults.unavailable(store, f"no se pudo {doing}: {why}") from None


def of_status(status: int, *, store: str, doing: str) -> BackupError:
    """Return the error that a status stands for; what is not known counts as transient."""
    why = f"File Station respondió {status} ({WORDS.get(status, 'sin documentar')})"
    if status == _FULL:
        return faults.full(store, why)
    if status in ABSENT:
        return faults.absent(store, doing)
    if status in EXISTS:
        return faults.taken(store, doing)
    if status in _NOT_ALLOWED:
        repair = (
            "dé a la cuenta de las copias lectura y escritura en esa carpeta compartida (Panel de control > Privilegio)"
        )
        return NotReady(f"el destino no permite {doing}", whose=store, why=why, repair=repair)
    if status in _BAD_NAME:
        return CopyFailed(
            f"no se pudo {doing}", whose=store, why=why, repair="revise la ruta del destino en copias.yml"
        )
    if status == _STATION_OFF:
        repair = "encienda File Station en la NAS (Panel de control > Aplicaciones)"
        return NotReady(f"no se pudo {doing}", whose=store, why=why, repair=repair)
    if status == _SECOND_STEP:
        return second_step(store)
    return faults.unavailable(store, f"no se pudo {doing}: {why}")


def second_step(store: str) -> NotReady:
    """Return the error of an account that is asked for a second step, which nobody is there to do at night."""
    return NotReady(
        "la NAS pide verificación en dos pasos",
        whose=store,
        why="la cuenta de las copias tiene activa la verificación en dos pasos (2SV)",
        repair="apáguela solo en esa cuenta, que no debe ser administradora ni ver otras carpetas",
    )


def refused_account(store: str, user: str) -> NotReady:
    """Return the error of a wrong name or password; never tried again, because a NAS locks accounts out."""
    return NotReady(
        "la NAS no acepta la cuenta de las copias",
        whose=f"{store}: {user!a}",
        why="el nombre o la contraseña no valen, o la NAS bloqueó la cuenta",
        repair="corrija password_file del destino y revise la cuenta y la lista de bloqueos de la NAS",
    )


def https_only(store: str) -> NotReady:
    """Return the error of a NAS that sends plain http to https; the password is not sent along by itself."""
    return NotReady(
        "la NAS solo atiende por https",
        whose=store,
        why="respondió a http con un desvío",
        repair="en el destino de copias.yml ponga tls: true, el puerto de https y la huella de su certificado",
    )


def strange_certificate(store: str, why: str) -> NotReady:
    """Return the error of a certificate that is not the one that the deployment knows."""
    return NotReady(
        "el certificado de la NAS no es el esperado",
        whose=store,
        why=why,
        repair="compare la huella en la NAS (Panel de control > Seguridad > Certificado); si cambió a propósito, "
        "corrija certificate del destino",
    )


def strange_answer(store: str, doing: str) -> StoreUnavailable:
    """Return the error of an answer that says success and shows none."""
    return faults.unavailable(store, f"no se pudo {doing}: la NAS dijo que sí y no lo hizo")
