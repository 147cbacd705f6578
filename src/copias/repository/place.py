"""How restic is told where a repository is and how to open it: by paths of files, never by a secret."""

from __future__ import annotations

import stat
import subprocess
import typing as t

from copias.database.children import child_environment, memory_file, spawn, stop, tail_of
from copias.errors import BadConfiguration

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.repository.settings import RepositorySettings

ALIVE: t.Final = 5
"""Seconds between two signs of life of an SSH connection; three without an answer end it."""
ASK_SECONDS: t.Final = 30
"""For which ssh is asked why restic could not connect."""


def options_for(settings: RepositorySettings) -> list[str]:
    """Return the options of restic that say how the place is reached."""
    if settings.kind == "rest" and settings.certificate is not None:
        return [f"--cacert={settings.certificate}"]
    if settings.kind != "sftp":
        return []
    return ["-o", "sftp.args=" + " ".join(map(_quote, _ssh_arguments(settings)))]


def ask_ssh(settings: RepositorySettings) -> str:
    """Return what ssh complains of when it connects as restic lets it, one line each; nothing when it connects.

    restic hands on what its ssh says, but often ends before it has: that the server is another one, or refuses the
    key, would then pass for a NAS that is off.
    """
    if settings.kind != "sftp":
        return ""
    account = ["-p", str(settings.port), "-l", settings.user, "-s", settings.host, "sftp"]
    with memory_file() as complaints:
        process = spawn(
            ["ssh", *_ssh_arguments(settings), *account],
            environment=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
        )
        try:
            process.wait(ASK_SECONDS)
        except subprocess.TimeoutExpired:
            return ""
        finally:
            stop(process)
        return tail_of(complaints)


def environment_for(name: str, settings: RepositorySettings) -> dict[str, str]:
    """Return the environment of restic: a short list of ours, and the paths of its files.

    Raises:
        BadConfiguration: a file of a secret is missing, empty, or other accounts can read it.
    """
    require_private(settings.password_file, whose=name, key="password_file")
    place = {"RESTIC_REPOSITORY": location_of(settings)}
    if settings.kind == "rest":
        url_file = settings.url_file
        if url_file is None:
            raise AssertionError("a repository of kind rest has a url_file")
        require_private(url_file, whose=name, key="url_file")
        place = {"RESTIC_REPOSITORY_FILE": str(url_file)}
    return child_environment(**place, RESTIC_PASSWORD_FILE=str(settings.password_file), RESTIC_PROGRESS_FPS="2")


def location_of(settings: RepositorySettings) -> str:
    """Return where it is, as restic writes it; of kind ``rest`` only the kind: its URL is a secret."""
    if settings.kind == "path":
        return str(settings.path)
    if settings.kind == "rest":
        return "rest"
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    # A path after one more slash is absolute; without it, it starts at the account's own folder.
    return f"sftp://{settings.user}@{host}:{settings.port}/{settings.path}"


def require_private(path: Path, *, whose: str, key: str) -> None:
    """Raise unless a file of a secret is there, is not empty, and is this account's alone."""
    why = ""
    try:
        facts = path.stat()
        if facts.st_mode & 0o077:
            why = f"lo pueden leer otras cuentas (modo {stat.S_IMODE(facts.st_mode):04o}); use chmod 600"
        elif not facts.st_size:
            why = "está vacío"
        else:
            path.open("rb").close()
    except OSError as error:
        why = error.strerror or str(error)
    if why:
        raise BadConfiguration(
            f"el archivo {key} del repositorio no se puede usar",
            whose=whose,
            why=f"{path}: {why}",
            repair="corríjalo; la contraseña del repositorio también está en el sobre sellado",
        )


def require_one_line(path: Path, *, whose: str) -> None:
    """Raise unless the password of a repository that is to be made stands on the only line of its file.

    restic takes all lines of it for the password: whoever keeps the first one on paper could open nothing with it.
    """
    require_private(path, whose=whose, key="password_file")
    lines = path.read_bytes().strip().splitlines()
    if len(lines) != 1:
        raise BadConfiguration(
            "la contraseña del repositorio debe estar en una sola línea",
            whose=whose,
            why=f"{path}: tiene {len(lines)} líneas" if lines else f"{path}: está en blanco",
            repair="deje en password_file solo la contraseña; no se creó ningún repositorio",
        )


def _ssh_arguments(settings: RepositorySettings) -> list[str]:
    return [
        *("-F", "none", "-i", str(settings.identity_file), "-o", f"UserKnownHostsFile={settings.known_hosts}"),
        *("-o", "GlobalKnownHostsFile=none", "-o", "StrictHostKeyChecking=yes", "-o", "IdentitiesOnly=yes"),
        *("-o", "BatchMode=yes", "-o", "ConnectTimeout=15"),
        *("-o", f"ServerAliveInterval={ALIVE}", "-o", "ServerAliveCountMax=3"),
    ]


def _quote(argument: str) -> str:
    # restic splits the line as a shell does, but knows no escape within double quotes.
    if "'" in argument:
        raise BadConfiguration("la ruta de un archivo del repositorio tiene una comilla", why=argument)
    return f"'{argument}'" if " " in argument else argument
