"""Reading a part of the mirrors' snapshot back, from where it would be recovered from, and comparing every file."""

from __future__ import annotations

import hashlib
import subprocess
import tarfile
import typing as t
from pathlib import Path, PurePosixPath

from copias.errors import Altered
from copias.findings import open_finding
from copias.night.catalogue import VOIDED
from copias.night.mirrors_view import DAYS, name_of, view_of
from copias.progress import Step
from copias.repository.faults import Locked
from copias.repository.mirroring import reading

if t.TYPE_CHECKING:
    from copias.office import Office
    from copias.repository.repository import Repository

_BLOCK: t.Final = 1 << 20

Digests: t.TypeAlias = "dict[str, tuple[int, str]]"
"""Path within the part → bytes and SHA-256."""


def read_back(office: Office, name: str, *, snapshot: str, path: str, part: int) -> dict[str, t.Any]:
    """Compare one part of a snapshot with the frozen view that it was made from; return what was compared.

    Args:
        office: of this installation.
        name: of the repository.
        snapshot: restic's full id.
        path: of the view in the snapshot.
        part: 0 to 29.

    Raises:
        Altered: it is not what was stored: the snapshot counts no more, and a finding is open.
        StoreUnavailable: the repository does not answer.
    """
    folder = view_of(office.deployment) / f"{part:02}"
    ours = dict(_digest_folder(folder)) if folder.is_dir() else {}
    told = {"part": f"{part + 1}/{DAYS}", "accounts": len({PurePosixPath(file).parts[0] for file in ours})}
    if ours:
        with reading(office, name) as repository, Step(f"Releer los espejos de {name}"):
            theirs = _read_part(repository, snapshot, f"{path}/{part:02}")
        # What was disposed of here since is in the snapshot still.
        known = {PurePosixPath(file).parts[0] for file in ours}
        files = ours.keys() | {file for file in theirs if PurePosixPath(file).parts[0] in known}
        differing = sorted(file for file in files if ours.get(file) != theirs.get(file))
        if differing:
            raise _void(office, name, snapshot, differing)
    return {**told, "bytes": sum(size for size, _ in ours.values())}


def _digest_folder(folder: Path) -> t.Iterator[tuple[str, tuple[int, str]]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as stream:
                yield str(path.relative_to(folder)), _digest(stream)


def _digest(stream: t.IO[bytes]) -> tuple[int, str]:
    total, count = hashlib.sha256(), 0
    while block := stream.read(_BLOCK):
        total.update(block)
        count += len(block)
    return count, total.hexdigest()


def _read_part(repository: Repository, snapshot: str, path: str) -> Digests:
    """Have restic give a folder as one stream, and digest its files as they come: nothing is written."""
    try:
        return _stream(repository, snapshot, path)
    except Locked:
        repository.unlock()
        return _stream(repository, snapshot, path)


def _stream(repository: Repository, snapshot: str, path: str) -> Digests:
    found: Digests = {}
    command = ["dump", f"{snapshot}:{path}", "/"]
    with repository.start(command, stdout=subprocess.PIPE, json=False) as running:
        stream = running.process.stdout
        if stream is None:
            raise AssertionError("restic has no pipe")
        try:
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                for member in archive:
                    content = archive.extractfile(member) if member.isfile() else None
                    if content is not None:
                        found[str(PurePosixPath(member.name.lstrip("/")))] = _digest(content)
            while stream.read(_BLOCK):  # the padding after the archive's end
                pass
        except tarfile.TarError:
            running.require_done("leer los espejos del repositorio")
            raise
        running.require_done("leer los espejos del repositorio")
    return found


def _void(office: Office, name: str, snapshot: str, differing: list[str]) -> Altered:
    copy, shown = name_of(snapshot), ", ".join(differing[:3])
    what = f"la copia de los espejos en {name} no es lo que se guardó"
    why = f"{len(differing)} archivos son otros: {shown}{' …' if len(differing) > 3 else ''}"
    repair = "revise el disco de la NAS; la noche siguiente guarda otra copia, y las anteriores siguen ahí"
    # The finding first, as for a dump: after a power cut between the two it is found again.
    open_finding(office, about=copy, what=what, why=why, repair=repair)
    office.record(VOIDED, {"copy": copy, "why": why})
    return Altered(what, whose=name, why=why, repair=repair)
