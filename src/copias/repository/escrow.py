"""The second key of a repository, on paper in a sealed envelope: whoever loses all keys has lost all copies.

Event of the installation: ``repository.key`` (``repository``, ``key``), the id of the key and never the key.
"""

from __future__ import annotations

import os
import secrets
import typing as t

from copias.errors import BadInput, CopyFailed
from copias.files import check_folder, sync_directory
from copias.repository.locks import hold_repository
from copias.repository.opening import open_repository
from copias.repository.repository import Repository

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.office import Office

KEY_ADDED: t.Final = "repository.key"
LABEL: t.Final = "sobre-sellado"
LETTERS: t.Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that a person takes for another: i l o 0 1."""
GROUPS, LENGTH = 8, 4
"""158 bits, in groups that can be typed from paper."""


def add_escrow_key(office: Office, name: str, file: Path) -> str:
    """Make a second password, write it to a new file of mode 0600, let it open the repository, and try that it does.

    Args:
        office: of this installation.
        name: of the repository.
        file: where the password goes, for printing; it must not exist.

    Returns:
        The id of the key in the repository.

    Raises:
        BadInput: the file exists, or lies in a folder of this program.
        CopyFailed: the new key does not open the repository; the file is removed again.
    """
    check_folder(file.parent, state=office.deployment.state)
    with hold_repository(office, name):
        repository = open_repository(office, name)
        before = {key.id for key in repository.list_keys()}
        _write_new(file, "-".join(_group() for _ in range(GROUPS)))
        try:
            repository.add_key(file.absolute(), label=LABEL)
            settings = repository.settings.model_copy(update={"password_file": file.absolute()})
            found = Repository(name, settings, cache=repository.cache).list_keys()
        except BaseException:
            file.unlink()
            raise
    new = [key.id for key in found if key.id not in before and key.current]
    if len(new) != 1:
        file.unlink()
        raise CopyFailed("la llave nueva no quedó en el repositorio", whose=name)
    office.record(KEY_ADDED, {"repository": name, "key": new[0]})
    return new[0]


def say_escrow(name: str, key: str, file: Path) -> str:
    """Return how the key is kept, for the administrator."""
    return f"""\
La segunda llave del repositorio {name} ({key[:8]}) está en {file}.
Guárdela en papel, y solo en papel:
  1. Imprima el archivo, o cópielo a mano y compárelo grupo por grupo, con este título:
     «Copias de seguridad, repositorio {name}, llave {key[:8]}».
  2. Métalo en un sobre opaco, séllelo, y fírmenlo sobre la solapa dos personas: la administradora y quien lo custodia.
  3. Entréguelo con acta a la Secretaría General, que lo guarda fuera de este edificio.
  4. Borre el archivo: shred -u {file}
Si se abre el sobre, cree otra llave con esta misma orden. Sin ninguna llave nadie puede leer las copias."""


def _group() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def _write_new(file: Path, password: str) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise BadInput(
            "no se pudo crear el archivo de la llave",
            whose=ascii(str(file)[:200]),
            why=error.strerror or str(error),
            repair="dé con --out un archivo que no exista",
        ) from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(f"{password}\n")
        stream.flush()
        os.fsync(stream.fileno())
    sync_directory(file.parent)
