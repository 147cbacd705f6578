"""The demo's Drive: a shared drive for copies, and for some people folders, files, documents and shortcuts."""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import random
import typing as t

from copias_sandbox.core.contents import Contents
from copias_sandbox.core.dispatch import Google
from copias_sandbox.core.errors import Json
from copias_sandbox.rooms.drive.drives import drive_id
from copias_sandbox.rooms.drive.files import (
    DOCUMENT,
    FOLDER,
    PRESENTATION,
    SHORTCUT,
    FileStore,
    in_shared_drive,
    new_drive,
    new_file,
    permission,
    rfc3339,
)
from copias_sandbox.seed.people import agents, demo_requester
from copias_sandbox.seed.words import HELP_DESK

SHARED_DRIVE: t.Final = "Copias de seguridad"
CREATED: t.Final = 1_767_358_800.0
"""The morning of 2 January 2026: when all of it was made."""
_LETTER: t.Final = (
    "Señores contribuyentes:",
    "El plazo del impuesto predial con descuento va hasta el 31 de marzo.",
    "Documento de ejemplo; ninguna persona ni cifra es real.",
)


class Planter:
    """Puts files into a drive, with ids that depend only on where they lie.

    Args:
        google: the sandbox.
        owner: whose drive; or nobody's, for a shared one.
        drive: the shared drive.
        seed: goes into the ids.
    """

    def __init__(self, google: Google, *, owner: str = "", drive: str = "", seed: int = 0) -> None:
        self._google = google
        self._owner = owner
        self._drive = drive
        self._seed = seed
        self._store = FileStore(google.state)
        self._top = drive or str(self._store.ensure_root(owner, CREATED)["id"])

    def folder(self, path: str) -> str:
        """Return the id of a folder, made with those above it when it is not there."""
        parent = self._top
        for name in path.split("/") if path else ():
            found = [
                one for one in self._store.children((parent,)) if one["name"] == name and one["mimeType"] == FOLDER
            ]
            parent = str(found[0]["id"]) if found else self._put(name, parent, FOLDER, {})
        return parent

    def file(self, path: str, content: bytes) -> str:
        """Put a file with content, and return its id."""
        kept = Contents(self._google.state).keep(content)
        facts = {"size": str(kept.size), "md5Checksum": kept.md5}
        revision = "0B" + _digest(path, kept.sha256, "revision")
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        entry = {"id": revision, "mimeType": kind, "modifiedTime": rfc3339(CREATED), **facts}
        content_facts = {
            **facts,
            "sha1Checksum": kept.sha1,
            "sha256Checksum": kept.sha256,
            "headRevisionId": revision,
            "originalFilename": path.rpartition("/")[2],
            "_revisions": [{**entry, "_sha256": kept.sha256, "_by": self._owner or HELP_DESK}],
        }
        return self._at(path, kind, content_facts)

    def document(self, path: str, lines: t.Sequence[str], *, kind: str = DOCUMENT, picture: int = 0) -> str:
        """Put one of Google's own documents, with so many bytes of pictures, and return its id."""
        facts: Json = {"_text": list(lines), "size": str(sum(map(len, lines)) + picture)}
        return self._at(path, kind, {**facts, "_picture": picture} if picture else facts)

    def shortcut(self, path: str, target: str) -> str:
        """Put a shortcut to a file, and return its id."""
        found = self._store.find(target) or {}
        return self._at(path, SHORTCUT, {"shortcutDetails": {"targetId": target, "targetMimeType": found["mimeType"]}})

    def share(self, identifier: str, email: str, role: str) -> None:
        """Share a file."""
        file = self._store.find(identifier) or {}
        entries = [*file["permissions"], permission(email, role)]
        self._store.put({**file, "permissions": entries, "sharedWithMeTime": rfc3339(CREATED)}, CREATED)

    def _at(self, path: str, kind: str, facts: Json) -> str:
        folder, _, name = path.rpartition("/")
        return self._put(name, self.folder(folder), kind, facts)

    def _put(self, name: str, parent: str, kind: str, facts: Json) -> str:
        identifier = "1" + _digest(str(self._seed), self._top, parent, name, kind)[:32]
        file = new_file(identifier, name, owner=self._owner or HELP_DESK, now=CREATED, mime_type=kind)
        if self._drive:
            file = in_shared_drive(file, self._drive)
        self._store.put({**file, "parents": [parent], **facts}, CREATED)
        return identifier


def _digest(*words: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256("/".join(words).encode()).digest()).decode()[:42]


def fill_drive(google: Google, services: t.Sequence[str], seed: int) -> str:
    """Make the demo's Drive and return the shared drive's id.

    Args:
        google: the sandbox, with its people.
        services: the service accounts' addresses: content managers of the shared drive.
        seed: of the ids and the files' bytes.
    """
    drive = new_drive(drive_id(f"{seed}/{SHARED_DRIVE}"), SHARED_DRIVE, member=HELP_DESK, now=CREATED)
    managers = [*services, *(person.email for person in agents())]
    drive["permissions"] += [permission(email, "fileOrganizer") for email in managers]
    FileStore(google.state).put(drive, CREATED)
    _fill_requester(Planter(google, owner=demo_requester().email, seed=seed), random.Random(seed))
    _fill_agent(Planter(google, owner=agents()[1].email, seed=seed), random.Random(seed + 1))
    return str(drive["id"])


def _fill_requester(planter: Planter, source: random.Random) -> None:
    planter.file("Contratos/2025/Acta de entrega.pdf", b"%PDF-1.4\n" + source.randbytes(40_000))
    planter.file("Contratos/2026/Relación de pagos, enero.csv", "mes;valor\r\nenero;1.250.000\r\n".encode("cp1252"))
    planter.file("Contratos/2026/vacío.txt", b"")
    planter.file("Fotos/IMG_0001.jpg", b"\xff\xd8\xff\xe0" + source.randbytes(700_000))
    planter.file("Fotos/¿Reunión? 'fin de año' [1].jpg", b"\xff\xd8\xff\xe0" + source.randbytes(300_000))
    letter = planter.document("Circular predial", _LETTER)
    planter.document("Informe con fotos", _LETTER, picture=11 * 2**20)
    planter.document("Rendición de cuentas", ("Avances de 2025", "Metas de 2026"), kind=PRESENTATION)
    planter.shortcut("Contratos/Circular (acceso directo)", letter)
    planter.share(planter.folder("Contratos"), agents()[1].email, "reader")


def _fill_agent(planter: Planter, source: random.Random) -> None:
    planter.file("Instaladores/lector-pdf.exe", b"MZ" + source.randbytes(250_000))
    planter.file("Manual del usuario.pdf", b"%PDF-1.4\n" + source.randbytes(90_000))
    planter.document("Lista de chequeo", ("Equipo", "Red", "Impresora"))
