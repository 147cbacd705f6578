"""A package on its whole way: sealed, stored, read back, published with its manifest, taken out again."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from copias.errors import Altered
from copias.package import (
    Agent,
    AuthorisationFacts,
    CaseFacts,
    Manifest,
    Proof,
    ProofLevel,
    Scope,
    SinfaPackage,
    SourceFacts,
    Times,
    Versions,
    check_signature,
    extract_dump,
    generate_key,
    load_trusted,
    public_path,
    read_manifest,
    verify_package,
)
from copias.package.manifest import BESIDE
from copias.store import part_name, read_back

NAME = "sinfa/2026/sinfa-1234.zip"
WHEN = datetime(2026, 11, 20, 13, 5, tzinfo=UTC)
DUMP = random.Random(9).randbytes(2_000_000) + b"predial;1200\n" * 300_000

DRAFT = Manifest(
    entity="Alcaldía de Villa Nueva",
    case=CaseFacts(
        number="1234",
        kind="sinfa",
        mode="on_site",
        subject="sinfa",
        department="Secretaría de Hacienda",
        record_series="120-05",
    ),
    authorisation=AuthorisationFacts(
        authoriser="Hernando Pedraza", post="Secretario", document="M-45", motive="Cierre"
    ),
    source=SourceFacts(system="PostgreSQL", version="15", host="sinfa-1", name="sinfa"),
    scope=Scope(included=("Todas las tablas",), excluded=()),
    counts={"tables": 0, "rows": 0},
    store="nas",
    versions=Versions(tool="0.1.0", procedure="20-PR-26 v1", work_instruction="SINFA v1"),
    times=Times(started=WHEN, sealed=WHEN),
    agent=Agent(account="mrincon", name="Marta Rincón"),
    run="r1",
    previous_ledger_hash="0" * 64,
    proof=Proof.at(ProofLevel.PENDING),
)


@pytest.fixture
def stored(store, tmp_path, put):
    """The manifest of a package that was stored, read back and published."""
    key = generate_key(tmp_path / "keys" / "k.pem")
    with store.create(NAME) as upload:
        package = SinfaPackage(upload.write, database="sinfa", when=WHEN)
        for start in range(0, len(DUMP), 1 << 20):
            package.write(DUMP[start : start + (1 << 20)])
        sealed, manifest = package.seal(DRAFT, file_name="sinfa-1234.zip", globals_sql=b"-- roles\n", key=key)
        upload.finish()
    read_back(store, part_name(NAME), expected_bytes=sealed.bytes, expected_sha256=sealed.sha256)
    store.publish(NAME)
    put(store, NAME + BESIDE, manifest.to_json())
    return manifest


def test_package_comes_back_from_the_store(store, stored, tmp_path) -> None:
    trusted = load_trusted([public_path(tmp_path / "keys" / "k.pem")])
    with store.open(NAME + BESIDE) as stream:
        manifest = read_manifest(stream.read())

    check_signature(manifest, trusted)
    with store.open(NAME) as stream:
        assert verify_package(stream, manifest, trusted) == ()
    with store.open(NAME) as stream:
        extract_dump(stream, tmp_path / "sinfa.dump", manifest=manifest)

    assert manifest == stored
    assert (tmp_path / "sinfa.dump").read_bytes() == DUMP


def test_package_altered_in_the_store_does_not_come_out(store, stored, medium, tmp_path) -> None:
    changed = bytearray(medium.read(NAME))
    changed[1_000_000] ^= 1
    medium.write(NAME, bytes(changed))

    with store.open(NAME) as stream, pytest.raises(Altered):
        extract_dump(stream, tmp_path / "sinfa.dump", manifest=stored)

    assert not (tmp_path / "sinfa.dump").exists()
    assert not (tmp_path / "sinfa.dump.part").exists()
