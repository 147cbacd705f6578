"""What restic's exit codes and words mean, in our errors."""

from __future__ import annotations

import re
import typing as t

import orjson

from copias.errors import (
    AlreadyRunning,
    Altered,
    BackupError,
    BadConfiguration,
    CopyFailed,
    NotAllowed,
    NotReady,
    StoreFull,
    StoreUnavailable,
)

FAILED: t.Final = 1
INCOMPLETE: t.Final = 3
NO_REPOSITORY: t.Final = 10
LOCKED: t.Final = 11
WRONG_PASSWORD: t.Final = 12
CANCELLED: t.Final = 130
NO_SESSION: t.Final = "unable to start the sftp session"
"""What restic says when its ssh failed; why, ssh knows: see :func:`copias.repository.place.ask_ssh`."""


class Locked(AlreadyRunning):
    """Another program has the repository locked."""


class NoRepository(NotReady):
    """There is no repository in that place."""


class Incomplete(CopyFailed):
    """restic did a part only. What a backup stored so counts as no copy."""


_HOLDER = re.compile(r"locked (exclusively )?by PID (\d+) on (\S+) by (\S+)")
_SINCE = re.compile(r"lock was created at (\S+ \S+)")
_WORDS: t.Final[tuple[tuple[type[BackupError], str, str, str], ...]] = (
    # The first that matches counts: a full disk often ends in a broken connection too.
    (
        StoreFull,
        r"no space left|disk quota exceeded|insufficient storage|\b507\b",
        "el repositorio no tiene espacio",
        "libere espacio en la NAS o aplique la retención (`copias retention`); las copias anteriores siguen sanas",
    ),
    (
        NotReady,
        r"host key verification failed|host key is known|remote host identification has changed",
        "el servidor del repositorio no es el que se conocía",
        "compare su llave con la que muestra la NAS y corrija known_hosts",
    ),
    (
        NotReady,
        r"permission denied \(|\b401\b|unauthorized",
        "el servidor del repositorio no acepta la cuenta",
        "revise el usuario y el archivo de la llave o de la dirección",
    ),
    (
        NotAllowed,
        r"\b403\b|forbidden",
        "el servidor del repositorio solo deja agregar",
        "para borrar use las credenciales de mantenimiento",
    ),
    (
        Altered,
        # The last three are of a pack that is cut or gone, which each kind of place says in its own words.
        (
            r"ciphertext verification|does not match|invalid data|hash mismatch|contains errors|damaged|pack size|"
            r"in index|file is too short|out of bounds|ReadFull\(<\w+/\w+>\).*(no such file|does not exist)"
        ),
        "lo que guarda el repositorio no es lo que se guardó",
        "no borre nada; ejecute `copias repository check` y avise al administrador",
    ),
    (
        StoreUnavailable,
        r"sftp|ssh|connect|dial|timed? ?out|\beof\b|no route|broken pipe|input/output|\b50[0234]\b|stale|no such host",
        "no se llega al repositorio",
        "revise que la NAS esté encendida y la red, y repita",
    ),
)


def words_of(complaints: str) -> str:
    """Return what restic said it failed of: its last ``exit_error``, else its last lines."""
    told: list[str] = []
    for line in complaints.splitlines():
        try:
            entry = orjson.loads(line)
        except orjson.JSONDecodeError:
            told.append(line.strip())
            continue
        if isinstance(entry, dict):
            error = entry.get("error")
            message = error.get("message") if isinstance(error, dict) else entry.get("message")
            told.append(str(message or "").strip())
    return " · ".join(" ".join(line.split()) for line in told[-6:] if line)[:2000]


def explain(name: str, code: int, complaints: str, *, doing: str) -> BackupError:
    """Return the error of a restic that ended with ``code``.

    Args:
        name: logical name of the repository.
        code: not 0; negative is a signal.
        complaints: all it wrote on its error stream.
        doing: the verb phrase, in Spanish, of what it did.
    """
    words = words_of(complaints)
    if code == LOCKED:
        return _locked(name, words)
    if code == INCOMPLETE:
        return Incomplete(f"no se pudo {doing} por completo", whose=name, why=words, repair="corrija la causa y repita")
    if code == NO_REPOSITORY:
        return _absent(name, words)
    if code == WRONG_PASSWORD:
        return _wrong_password(name, words)
    for kind, pattern, what, repair in _WORDS:
        # In all that was said: what ssh said first may be far from the end of it.
        if re.search(pattern, complaints, re.IGNORECASE):
            return kind(what, whose=name, why=f"no se pudo {doing}: {words}", repair=repair)
    how = f"lo mató la señal {-code}" if code < 0 else f"terminó con código {code}"
    if code == CANCELLED:
        how = "fue cancelado"
    return CopyFailed(
        f"no se pudo {doing}",
        whose=name,
        why=f"restic {how}. {words}".strip(),
        repair="corrija la causa y repita; lo que ya estaba en el repositorio sigue igual",
    )


def _absent(name: str, words: str) -> NoRepository:
    return NoRepository(
        "el repositorio no existe en ese lugar",
        whose=name,
        why=words,
        repair=f"revise que la NAS esté montada; si es nuevo, créelo con `copias repository init {name}`",
    )


def _wrong_password(name: str, words: str) -> BadConfiguration:
    return BadConfiguration(
        "la contraseña no abre el repositorio",
        whose=name,
        why=words,
        repair="revise password_file; la segunda llave está en el sobre sellado",
    )


def _locked(name: str, words: str) -> Locked:
    holder, since = _HOLDER.search(words), _SINCE.search(words)
    who = f"lo tiene el proceso {holder[2]} de {holder[4]} en {holder[3]}" if holder else words
    return Locked(
        "el repositorio está bloqueado",
        whose=name,
        why=f"{who}{f', desde {since[1]}' if since else ''}",
        repair=(
            "espere a que termine; el bloqueo de otra máquina que murió se quita solo a los 30 minutos, "
            f"o con `copias repository unlock {name} --force` si está seguro de que nadie lo usa"
        ),
    )
