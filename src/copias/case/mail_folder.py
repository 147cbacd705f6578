"""The mails of a case, kept as they are: one ``.eml`` file each, in the state of this installation."""

from __future__ import annotations

import hashlib
import re
import typing as t
from dataclasses import asdict, dataclass

from copias.case.book import check_number
from copias.errors import Altered, StoreFull
from copias.files import make_private_directory, write_atomically

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.config import Deployment

_NAME: t.Final = re.compile(r"[a-z0-9][A-Za-z0-9_-]{0,120}\.eml", re.ASCII)


@dataclass(frozen=True)
class MailFile:
    """What the ledger says of a kept mail, which is never its content; SHA-256 in hexadecimal."""

    name: str
    bytes: int
    sha256: str

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        return asdict(self)


class MailFolder:
    """The kept mails of one case."""

    def __init__(self, deployment: Deployment, number: str) -> None:
        self.path = deployment.state / "cases" / check_number(number) / "mail"

    def file(self, name: str) -> Path:
        """Return the path of a kept mail.

        Raises:
            ValueError: the name is none that this product gives.
        """
        if not _NAME.fullmatch(name):
            raise ValueError(f"not the name of a kept mail: {name[:40]!a}")
        return self.path / name

    def keep(self, name: str, content: bytes) -> MailFile:
        """Keep a mail, whole or not at all; the same name again replaces it, so its name must tell it apart.

        Raises:
            StoreFull: this machine has no room for it.
        """
        path = self.file(name)
        try:
            make_private_directory(self.path)
            write_atomically(path, content)
        except OSError as error:
            raise StoreFull(
                "no se pudo guardar el correo en esta máquina",
                whose=str(path),
                why=error.strerror or str(error),
                repair="libere espacio en el disco y repita",
            ) from error
        return MailFile(name, len(content), hashlib.sha256(content).hexdigest())

    def read(self, name: str, sha256: str) -> bytes:
        """Return a mail as it was kept.

        Raises:
            Altered: it is gone, or is not what it was.
        """
        try:
            content = self.file(name).read_bytes()
        except FileNotFoundError:
            content = b""
        if hashlib.sha256(content).hexdigest() != sha256:
            raise Altered(
                "el correo guardado no está, o no es el que se guardó",
                whose=str(self.file(name)),
                repair="recupérelo de la copia de seguridad de esta máquina",
            )
        return content
