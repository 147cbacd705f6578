"""Packages: the sealed result of a case, one zip file that opens anywhere, and its signed manifest."""

from copias.package.facts import (
    Agent,
    AuthorisationFacts,
    CaseFacts,
    DumpFacts,
    Period,
    Proof,
    ProofLevel,
    Scope,
    SourceFacts,
    Times,
    Versions,
)
from copias.package.manifest import Manifest, check_signature, read_manifest, sign_manifest
from copias.package.reader import extract_dump, read_inner_manifest, verify_package
from copias.package.signing import SigningKey, generate_key, load_key, load_trusted, public_path
from copias.package.sinfa import SinfaPackage
from copias.package.texts import render_certificate
from copias.package.writer import Entry, PackageWriter, SealedPackage

__all__ = [
    "Agent",
    "AuthorisationFacts",
    "CaseFacts",
    "DumpFacts",
    "Entry",
    "Manifest",
    "PackageWriter",
    "Period",
    "Proof",
    "ProofLevel",
    "Scope",
    "SealedPackage",
    "SigningKey",
    "SinfaPackage",
    "SourceFacts",
    "Times",
    "Versions",
    "check_signature",
    "extract_dump",
    "generate_key",
    "load_key",
    "load_trusted",
    "public_path",
    "read_inner_manifest",
    "read_manifest",
    "render_certificate",
    "sign_manifest",
    "verify_package",
]
