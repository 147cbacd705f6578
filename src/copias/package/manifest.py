"""The manifest: what a package is, whose, from where, who allowed it, and how it was proven.

A version is fixed: a file of it holds every field, and reading writes back the same bytes, so a
signature can be checked from the model. A new field is a new version; version 2 brought those of a
mailbox, version 3 what a provider delivered, and a manifest of version 1 or 2 stays one. ``manifest.schema.json``
beside this file says the same to other programs, and ``manifest-1.schema.json`` and ``manifest-2.schema.json`` what the
earlier versions were; a test keeps the newest equal.
"""

from __future__ import annotations

import json
import typing as t

from pydantic import ValidationError, model_validator

from copias.errors import Altered, BadInput
from copias.package.canonical import parse_strictly, to_canonical
from copias.package.delivered_facts import DeliveredFacts
from copias.package.facts import (
    Agent,
    AuthorisationFacts,
    CaseFacts,
    Content,
    Count,
    DumpFacts,
    Encryption,
    EntryFacts,
    Facts,
    Hash,
    PackageFacts,
    Period,
    Proof,
    Scope,
    Signature,
    SourceFacts,
    Text,
    Times,
    Versions,
)
from copias.package.mailbox_facts import DeliveryFacts, MailboxFacts, MessagesFacts
from copias.package.signing import ALGORITHM, is_signed

if t.TYPE_CHECKING:
    from copias.package.signing import SigningKey, TrustedKeys

VERSION: t.Final = 3
NAME = "manifest.json"
"""Name of the manifest inside a package."""

BESIDE = ".manifest.json"
"""What the name of the manifest beside a package adds to the package's; it is published last."""

_SCHEMA_ID = f"urn:copias:manifest:{VERSION}"
_SINCE: t.Final = {"mailbox": 2, "messages": 2, "delivery": 2, "parts": 2, "delivered": 3}
"""Fields that not all versions have, and the first that does."""


class Manifest(Facts):
    """What a package is. See the module for what versions mean."""

    schema_version: t.Literal[1, 2, 3] = VERSION
    entity: Text
    case: CaseFacts
    authorisation: AuthorisationFacts
    source: SourceFacts
    scope: Scope
    counts: dict[Text, Count]
    period: Period = Period()
    content: Content | None = None
    dump: DumpFacts | None = None
    mailbox: MailboxFacts | None = None
    messages: MessagesFacts | None = None
    """The messages of a mailbox, which are not among ``entries``."""
    delivery: DeliveryFacts | None = None
    """What a user delivered, where the copy was made of that."""
    delivered: DeliveredFacts | None = None
    """What a provider delivered, where the copy is that."""
    entries: tuple[EntryFacts, ...] = ()
    store: Text
    versions: Versions
    times: Times
    agent: Agent
    run: Text
    previous_ledger_hash: Hash
    proof: Proof
    encryption: Encryption = Encryption()
    package: PackageFacts | None = None
    parts: tuple[PackageFacts, ...] = ()
    """The further zip files of a package that was split."""
    signature: Signature | None = None

    @model_validator(mode="after")
    def _refuse_newer_fields(self) -> t.Self:
        if newer := [name for name in _SINCE if name in self._unknown_fields() and getattr(self, name)]:
            raise ValueError(f"la versión {self.schema_version} no tiene {', '.join(newer)}")
        return self

    def _unknown_fields(self) -> set[str]:
        return {name for name, version in _SINCE.items() if version > self.schema_version}

    def to_data(self) -> dict[str, t.Any]:
        """Return plain JSON data, with the fields of the manifest's version."""
        return self.model_dump(mode="json", by_alias=True, exclude=self._unknown_fields())

    def to_json(self) -> bytes:
        """Return the file's content: the canonical order, indented for people."""
        text = json.dumps(self.to_data(), sort_keys=True, ensure_ascii=False, indent=2)
        return text.encode() + b"\n"

    def signed_part(self) -> bytes:
        """Return the bytes that a signature covers."""
        return to_canonical({key: value for key, value in self.to_data().items() if key != "signature"})

    def with_facts(self, **facts: t.Any) -> t.Self:
        """Return a copy with other facts, checked, and without the signature, which no longer holds."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self).model_validate({**fields, "signature": None, **facts})


def sign_manifest(manifest: Manifest, key: SigningKey) -> Manifest:
    """Return the manifest signed."""
    value = key.sign(manifest.signed_part())
    signature = Signature(algorithm=ALGORITHM, key_id=key.key_id, value=value)
    return manifest.with_facts(signature=signature)


def check_signature(manifest: Manifest, trusted: TrustedKeys) -> str:
    """Return the id of the trusted key that signed the manifest.

    Raises:
        Altered: it is not signed, by no trusted key, or changed afterwards.
    """
    signature = manifest.signature
    if signature is None:
        raise _distrust(manifest, "no está firmado")
    public = trusted.get(signature.key_id)
    if public is None:
        raise _distrust(manifest, f"lo firma la llave {signature.key_id}, que no es de confianza aquí")
    if not is_signed(manifest.signed_part(), signature.value, public):
        raise _distrust(manifest, f"la firma de la llave {signature.key_id} no corresponde al contenido")
    return signature.key_id


LARGEST: t.Final = 64 << 20
"""Bytes of a manifest's file that are read; more cannot be one of ours."""


def read_manifest_from(stream: t.BinaryIO) -> Manifest:
    """Read a manifest from where somebody else may have put anything; raises as :func:`read_manifest`."""
    content = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise _malformed(f"tiene más de {LARGEST} bytes")
    return read_manifest(content)


def read_manifest(content: bytes) -> Manifest:
    """Read a manifest's file.

    Raises:
        BadInput: it is no manifest, or one of a version that this program does not know.
    """
    data = parse_strictly(content)
    version = data.get("schema_version") if isinstance(data, dict) else None
    if type(version) is not int or not 1 <= version <= VERSION:
        raise BadInput(
            "este programa no conoce esa versión de manifiesto",
            why=f"dice {version!a}, se conocen de la 1 a la {VERSION}",
            repair="use la versión de copias que lo escribió, o una más nueva",
        )
    try:
        manifest = Manifest.model_validate_json(content)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise _malformed(faults) from error
    if manifest.to_data() != data:
        raise _malformed("le faltan campos o tiene valores en otra forma que la que escribe el programa")
    return manifest


def json_schema() -> dict[str, t.Any]:
    """Return the JSON Schema (draft 2020-12) of a file of the newest version."""
    schema = Manifest.model_json_schema(mode="serialization", by_alias=True)
    schema["properties"]["schema_version"] = {"const": VERSION, "title": "Schema Version", "type": "integer"}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": _SCHEMA_ID, **schema}


def _malformed(why: str) -> BadInput:
    return BadInput("el manifiesto no se entiende", why=why, repair="use el archivo tal como lo escribió el programa")


def _distrust(manifest: Manifest, why: str) -> Altered:
    return Altered(
        "la firma del manifiesto no da fe",
        whose=f"{manifest.case.kind} {manifest.case.subject!a}",
        why=why,
        repair="busque el manifiesto original en otra copia y revise quién cambió este",
    )
