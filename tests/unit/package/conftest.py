"""A draft of a manifest about invented people, and a key."""

from __future__ import annotations

import hashlib
import zlib
from datetime import UTC, datetime

import pytest

from copias.package import (
    Agent,
    AuthorisationFacts,
    CaseFacts,
    DumpFacts,
    MailboxFacts,
    Manifest,
    PackedMessage,
    Proof,
    ProofLevel,
    Scope,
    SigningKey,
    SinfaPackage,
    SourceFacts,
    Times,
    Versions,
    generate_key,
    load_trusted,
    public_path,
    seal_mailbox,
)
from copias.package.manifest import BESIDE

STARTED = datetime(2026, 11, 20, 13, 0, tzinfo=UTC)
SEALED = datetime(2026, 11, 20, 13, 5, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def dump_record() -> dict:
    return {
        "method": "hashtextextended/1",
        "tables": [
            {"schema": "public", "table": "predial", "rows": 1200, "xor": "-17", "total": "9223372036854775808123"},
            {"schema": "nómina", "table": "=HYPERLINK(1)", "rows": 3, "xor": "5", "total": "-8"},
        ],
        "sequences": {"public.predial_id_seq": "1200,true"},
        "schema": {"table public.predial": "00ff"},
        "schema_sha256": "ab" * 32,
        "large_objects": {"count": 0, "digest": "0"},
        "engine": "postgresql",
        "version": "15.18",
        "major": 15,
        "client_version": "15.18",
        "database": "sinfa",
        "encoding": "UTF8",
        "collation": "es_CO.UTF-8",
        "ctype": "es_CO.UTF-8",
        "bytes": 10,
        "sha256": "cd" * 32,
        "source_bytes": 100,
        "started": "2026-11-20T13:00:00Z",
        "finished": "2026-11-20T13:04:00.250000Z",
        "extensions": {"plpgsql": "1.0"},
        "roles": {"sinfa": True},
        "left_out": ["Las contraseñas de los roles"],
    }


@pytest.fixture(scope="session")
def draft(dump_record) -> Manifest:
    return Manifest(
        entity="Alcaldía de Villa Nueva",
        case=CaseFacts(
            number="1234",
            kind="sinfa",
            mode="on_site",
            subject="sinfa",
            requester="Rosalba Quintana Ñáñez",
            department="Secretaría de Hacienda",
            record_series="120-05 Copias de seguridad",
        ),
        authorisation=AuthorisationFacts(
            authoriser="Hernando Pedraza Ulloa",
            post="Secretario de Hacienda",
            document="Memorando 045 de 2026",
            motive="<script>alert('motivo')</script>",
        ),
        source=SourceFacts(system="PostgreSQL", version="15.18", host="sinfa-1", name="sinfa"),
        scope=Scope(included=("Todas las tablas",), excluded=("Las contraseñas de los roles",)),
        counts={"tables": 2, "rows": 1203},
        dump=DumpFacts.model_validate(dump_record),
        store="nas",
        versions=Versions(tool="0.1.0", procedure="20-PR-26 v1", work_instruction="Instructivo SINFA v1"),
        times=Times(requested=STARTED, started=STARTED, sealed=SEALED),
        agent=Agent(account="mrincon", name="Marta Rincón"),
        run="20261120T130000Z-1234",
        previous_ledger_hash="0" * 64,
        proof=Proof.at(ProofLevel.PENDING),
    )


@pytest.fixture(scope="session")
def key_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("keys") / "signing.pem"
    generate_key(path)
    return path


@pytest.fixture(scope="session")
def key(key_file) -> SigningKey:
    from copias.package import load_key

    return load_key(key_file)


@pytest.fixture(scope="session")
def trusted(key_file):
    return load_trusted([public_path(key_file)])


@pytest.fixture
def pack(tmp_path, draft, key):
    """Make a real package file of some dump bytes; returns its path and its outer manifest."""

    def make(dump: bytes, *, name: str = "sinfa-1234.zip"):
        path = tmp_path / name
        with path.open("wb") as stream:
            package = SinfaPackage(stream.write, database="sinfa", when=SEALED)
            for start in range(0, len(dump), 100_000):
                package.write(dump[start : start + 100_000])
            _, manifest = package.seal(draft, file_name=name, globals_sql=b"CREATE ROLE sinfa;\n", key=key)
        return path, manifest

    return make


ACCOUNT = "ana@villanueva.example"


@pytest.fixture(scope="session")
def message():
    """Make a message to be packed; what is not given is ordinary."""

    def make(key: str = "18c5e1a2b3c4d5e6", content: bytes = b"From: ana@villanueva.example\r\n\r\nHola\r\n", **facts):
        packer = zlib.compressobj(1, wbits=-zlib.MAX_WBITS)
        ordinary = {
            "thread_id": key,
            "labels": ("INBOX",),
            "state": "",
            "internal_date": 1_795_000_000_000,
            "date": "Wed, 18 Nov 2026 06:06:40 -0500",
            "sender": "Rosalba Quintana <rosalba@villanueva.example>",
            "recipients": ACCOUNT,
            "subject": "Acta de reunión",
            "message_id": f"<{key}@villanueva.example>",
        }
        return PackedMessage(
            id=key,
            content_bytes=len(content),
            crc=zlib.crc32(content),
            sha256=hashlib.sha256(content).hexdigest(),
            deflated=packer.compress(content) + packer.flush(),
            **{**ordinary, **facts},
        )

    return make


@pytest.fixture(scope="session")
def mailbox_draft(draft):
    """What the step of a case gives to the package: its manifest but for what only the package knows."""

    def make(facts):
        case = draft.case.model_copy(update={"kind": "mailbox", "mode": "remote", "subject": ACCOUNT})
        source = SourceFacts(system="Gmail", version="v1", host="gmail.googleapis.com", name=ACCOUNT)
        mailbox = MailboxFacts(account=ACCOUNT, history_id=7, listed_start=3, listed_end=3, sample=3)
        return draft.with_facts(case=case, source=source, dump=None, mailbox=mailbox, **facts)

    return make


@pytest.fixture
def pack_mailbox(tmp_path, mailbox_draft, key):
    """Make a real package of messages in the test's folder; returns its path and what was sealed."""

    def make(messages, *, name: str = "correo-ana-1234.zip", **options):
        sealed = seal_mailbox(tmp_path, name, messages, draft=mailbox_draft, key=key, when=SEALED, **options)
        (tmp_path / (name + BESIDE)).write_bytes(sealed.manifest.to_json())
        return tmp_path / name, sealed

    return make
