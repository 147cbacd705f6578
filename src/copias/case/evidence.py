"""What lies beside a package on its store: manifest, proof and certificate; and trust in what is kept here."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

from copias.case.copy_folder import CopyFolder
from copias.errors import Altered
from copias.package import (
    Proof,
    ProofLevel,
    check_signature,
    load_key,
    load_trusted,
    public_path,
    read_manifest,
    render_certificate,
    sign_manifest,
)

if t.TYPE_CHECKING:
    from copias.case.story import CopyRecord
    from copias.office import Office
    from copias.package import Manifest
    from copias.store import Store

MANIFEST: t.Final = "manifest.json"


def manifest_name(package: str) -> str:
    """Return the name of the manifest beside a package."""
    return package + ".manifest.json"


def put_small(store: Store, name: str, content: bytes) -> None:
    """Store and publish a small file; the same content there already counts as done."""
    with store.create(name, expected_bytes=len(content)) as upload:
        upload.write(content)
        upload.finish()
    store.publish(name)


def write_manifest(office: Office, store: Store, copy: CopyRecord) -> None:
    """Put the sealed manifest beside its package: the last file, and the commit."""
    content = CopyFolder(office.deployment, copy.copy_id).read_bytes(MANIFEST)
    put_small(store, manifest_name(copy.package), content)


def read_trusted_manifest(office: Office, copy: CopyRecord) -> Manifest:
    """Return the manifest that was sealed, of the package that the ledger knows.

    Raises:
        Altered: it is not signed by this installation, or is of another package.
    """
    manifest = read_manifest(CopyFolder(office.deployment, copy.copy_id).read_bytes(MANIFEST))
    check_signature(manifest, load_trusted([public_path(office.deployment.signing_key)]))
    if manifest.package is None or manifest.package.sha256 != copy.sha256:
        raise Altered("el manifiesto guardado es de otro paquete", whose=copy.copy_id)
    return manifest


def publish_proof(office: Office, copy: CopyRecord, *, level: ProofLevel = ProofLevel.RESTORED) -> None:
    """Put the proven manifest and the printable certificate beside the package.

    What a run that died here published is another signature of the same facts, and is replaced.
    """
    folder = CopyFolder(office.deployment, copy.copy_id)
    sealed = read_manifest(folder.read_bytes(MANIFEST))
    proven = sealed.with_facts(proof=Proof.at(level, datetime.now(UTC)))
    signed = sign_manifest(proven, load_key(office.deployment.signing_key))
    store = office.open_store(_find_store(office, copy))
    for ending, content in ((".prueba.json", signed.to_json()), (".constancia.html", render_certificate(signed))):
        folder.write_bytes(ending[1:], content)
        name = copy.package.removesuffix(".zip") + ending
        store.remove(name)
        put_small(store, name, content)


def _find_store(office: Office, copy: CopyRecord) -> str:
    """Return where a copy lies now: proving takes hours, and its store may have been replaced meanwhile."""
    moves = office.book.ledger.events_of({"copy.moved"})
    return ([copy.store, *(str(move.data["store"]) for move in moves if move.data["copy"] == copy.copy_id)])[-1]
