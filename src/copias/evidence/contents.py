"""What a pack holds of each case: its story, authorisations, manifests, proofs and mails, each as it is kept."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

import orjson

from copias.case.copy_folder import CopyFolder
from copias.case.mail_folder import MailFolder
from copias.case.notice_mail import write_draft, write_letter
from copias.case.story import is_notice
from copias.errors import Altered, BackupError

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from copias.case.story import Story
    from copias.config import Deployment
    from copias.ledger import Event

OF_A_COPY: t.Final = {
    "manifest.json": ("manifiesto firmado de la copia", True),
    "prueba.json": ("manifiesto firmado después de la prueba", True),
    "constancia.html": ("constancia de copia, para imprimir", False),
    "proof.json": ("qué se comparó en la prueba", False),
    "reconciliation.json": ("conciliación del buzón con el origen", False),
    "load.json": ("carga de lo que entregó el proveedor", False),
    "night.json": ("manifiesto firmado de la copia nocturna", True),
}
"""File of a copy's folder → what it is, and whether it bears a signature."""
_SAFE: t.Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}", re.ASCII)
_COPY: t.Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+'@-]{0,250}", re.ASCII)
"""Names of copies: those of mailboxes hold the address."""
_INDENTED: t.Final = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS


@dataclass(frozen=True)
class PackFile:
    """A file of a pack: its name there, what it is in Spanish, and whether it bears a signature of its own."""

    name: str
    content: bytes
    what: str
    signed: bool = False


@dataclass(frozen=True)
class Missing:
    """What ought to be in a pack and is not, in Spanish."""

    what: str
    whose: str
    why: str


@dataclass
class Contents:
    """What was collected so far."""

    files: list[PackFile] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)

    def add(self, name: str, content: bytes, what: str, *, signed: bool = False) -> None:
        """Take a file; of a name that is taken the first stays."""
        if name not in {file.name for file in self.files}:
            self.files.append(PackFile(name, content, what, signed))

    def miss(self, what: str, whose: str, why: str) -> None:
        """Say what is not there."""
        self.missing.append(Missing(what, whose, why))


def collect_case(deployment: Deployment, story: Story, contents: Contents) -> None:
    """Collect what is kept of a case."""
    folder = f"casos/{story.number}"
    contents.add(f"{folder}/historia.json", to_json(map(describe_event, story.events)), "historia del caso")
    grants = [describe_event(event) for event in story.events if event.event in {"case.authorised", "case.started"}]
    contents.add(f"{folder}/autorizaciones.json", to_json(grants), "quién autorizó, con documento y motivo")
    for copy in story.copies:
        must = copy.status in {"verified", "removed", "spoilt"}
        collect_copy(deployment, copy.copy_id, f"{folder}/copias", contents, must=must)
    for name, content, what in _mails(deployment, story, contents):
        contents.add(f"{folder}/correos/{name}", content, what)


def collect_copy(deployment: Deployment, copy: str, folder: str, contents: Contents, *, must: bool) -> None:
    """Collect what is kept of a copy; ``must``: without a signed manifest something is missing."""
    if not _COPY.fullmatch(copy):  # from the ledger, which somebody may have written
        contents.miss("los registros de una copia", ascii(copy[:80]), "su nombre no es de los que da este programa")
        return
    kept, signed = CopyFolder(deployment, copy), False
    for name, (what, bears) in OF_A_COPY.items():
        try:
            content = kept.read_bytes(name)
        except OSError:
            continue
        signed = signed or bears
        contents.add(f"{folder}/{copy}/{name}", content, what, signed=bears)
    if must and not signed:
        contents.miss("el manifiesto de la copia", copy, "su archivo no está en el estado de esta instalación")


def describe_event(event: Event) -> dict[str, t.Any]:
    """Return an event as people read it."""
    return {
        "n": event.n,
        "time": event.time,
        "event": event.event,
        "actor": event.actor,
        "run": event.run,
        "data": event.data,
    }


def to_json(data: Iterable[t.Any]) -> bytes:
    """Return plain data as people and programs read it."""
    return orjson.dumps(list(data), option=_INDENTED)


def _mails(deployment: Deployment, story: Story, contents: Contents) -> Iterator[tuple[str, bytes, str]]:
    """Yield name, content and description of each mail of a case."""
    folder = MailFolder(deployment, story.number)
    for event in story.events:
        kept = _kept_mail(event)
        try:
            if kept:
                name = str(kept["name"])
                yield name, folder.read(name, str(kept["sha256"])), "correo, como se guardó"
            elif event.event == "outbox.queued" and is_notice(event.data):
                name = f"{event.data['key']}.eml"
                if not _SAFE.fullmatch(name):
                    raise Altered("la clave del aviso no es de este programa")
                yield name, _write_again(deployment, event.data), _WRITTEN_AGAIN
        except (BackupError, ValueError, LookupError, TypeError) as error:
            why = error.what if isinstance(error, BackupError) else "lo que dice la bitácora de él no se entiende"
            contents.miss("un correo", f"caso {story.number}, línea {event.n} de la bitácora", why)


_WRITTEN_AGAIN: t.Final = "aviso, compuesto otra vez con lo que guarda la bitácora; no es el archivo que se envió"


def _kept_mail(event: Event) -> Mapping[str, t.Any] | None:
    """Return name and SHA-256 of the mail that an event says was kept."""
    found = event.data.get("eml") if event.event == "outbox.queued" else event.data
    if event.event not in {"outbox.queued", "provider.mail"} or not isinstance(found, dict):
        return None
    return found if {"name", "sha256"} <= found.keys() else None


def _write_again(deployment: Deployment, row: Mapping[str, t.Any]) -> bytes:
    if deployment.notices is None:
        return write_draft(deployment, row)
    return write_letter(deployment, deployment.notices, row).content
