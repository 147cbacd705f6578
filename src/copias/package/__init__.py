"""Packages: the sealed result of a case, one zip file that opens anywhere, and its signed manifest."""

from copias.package.delivered import DeliveredPackage
from copias.package.delivered_facts import DeliveredFacts, LoadFacts
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
from copias.package.mailbox import MailboxPackage, PackedMessage, SealedMailbox, seal_mailbox
from copias.package.mailbox_facts import DeliveryFacts, DifferenceFacts, MailboxFacts, MessagesFacts
from copias.package.mailbox_reader import MailboxReader, open_mailbox
from copias.package.manifest import Manifest, check_signature, read_manifest, sign_manifest
from copias.package.message_list import ListedMessage, state_of
from copias.package.opening import OpenPackage, open_package
from copias.package.reader import extract_dump, read_inner_manifest
from copias.package.signing import SigningKey, generate_key, load_key, load_trusted, public_path
from copias.package.sinfa import SinfaPackage
from copias.package.texts import render_certificate
from copias.package.verification import verify_package
from copias.package.writer import Entry, PackageWriter, SealedPackage

__all__ = [
    "Agent",
    "AuthorisationFacts",
    "CaseFacts",
    "DeliveredFacts",
    "DeliveredPackage",
    "DeliveryFacts",
    "DifferenceFacts",
    "DumpFacts",
    "Entry",
    "ListedMessage",
    "LoadFacts",
    "MailboxFacts",
    "MailboxPackage",
    "MailboxReader",
    "Manifest",
    "MessagesFacts",
    "OpenPackage",
    "PackageWriter",
    "PackedMessage",
    "Period",
    "Proof",
    "ProofLevel",
    "Scope",
    "SealedMailbox",
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
    "open_mailbox",
    "open_package",
    "public_path",
    "read_inner_manifest",
    "read_manifest",
    "render_certificate",
    "seal_mailbox",
    "sign_manifest",
    "state_of",
    "verify_package",
]
