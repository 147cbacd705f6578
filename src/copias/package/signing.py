"""Ed25519 signatures: keys in files, and signing of any plain data in its canonical form."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import stat
import typing as t
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from copias.errors import BadConfiguration
from copias.files import make_private_directory, write_atomically

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ALGORITHM: t.Final = "Ed25519"
_OTHERS = 0o077


@dataclass(frozen=True, repr=False)
class SigningKey:
    """A private key and the id of its public half."""

    private: Ed25519PrivateKey
    key_id: str

    def sign(self, content: bytes) -> str:
        """Return the signature, in base64."""
        return base64.b64encode(self.private.sign(content)).decode()


TrustedKeys: t.TypeAlias = "Mapping[str, Ed25519PublicKey]"
"""Public keys by their id."""


def public_path(path: Path) -> Path:
    """Return where the public half of a key file lies: beside it, with ``.pub``."""
    return path.with_name(path.name + ".pub")


def generate_key(path: Path) -> SigningKey:
    """Make a key: ``path`` (PEM, mode 0600) and its public half beside it (PEM, mode 0644).

    Raises:
        BadConfiguration: there is a key already; it is never replaced.
    """
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = private.public_key()
    public_pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    new = path.with_name(path.name + ".new")
    make_private_directory(path.parent)
    write_atomically(new, pem)
    try:
        os.link(new, path)  # a whole key or none, and never over another
    except FileExistsError as error:
        raise _bad_key(path, "ya existe", "use la que hay, o guárdela antes en otro lugar") from error
    finally:
        new.unlink()
    write_atomically(public_path(path), public_pem, mode=0o644)
    return SigningKey(private, key_id(public))


def load_key(path: Path) -> SigningKey:
    """Read a private key.

    Raises:
        BadConfiguration: it is missing, is no Ed25519 key, or other accounts can read it.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & _OTHERS:
            raise _bad_key(path, f"otras cuentas la pueden leer (modo {mode:04o})", f"chmod 600 {path}")
        private = load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise _bad_key(path, error.strerror or str(error)) from error
    except (ValueError, TypeError) as error:
        raise _bad_key(path, "no es una llave privada PEM sin contraseña") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise _bad_key(path, "no es Ed25519")
    return SigningKey(private, key_id(private.public_key()))


def load_trusted(paths: Iterable[Path]) -> dict[str, Ed25519PublicKey]:
    """Read the public keys whose signatures count, by their id.

    Raises:
        BadConfiguration: one is missing or no Ed25519 key.
    """
    found: dict[str, Ed25519PublicKey] = {}
    for path in paths:
        try:
            public = load_pem_public_key(path.read_bytes())
        except OSError as error:
            raise _bad_key(path, error.strerror or str(error)) from error
        except ValueError as error:
            raise _bad_key(path, "no es una llave pública PEM") from error
        if not isinstance(public, Ed25519PublicKey):
            raise _bad_key(path, "no es Ed25519")
        found[key_id(public)] = public
    return found


def key_id(public: Ed25519PublicKey) -> str:
    """Return a key's name: the first 16 hexadecimal digits of the SHA-256 of its 32 bytes."""
    return hashlib.sha256(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def is_signed(content: bytes, value: str, public: Ed25519PublicKey) -> bool:
    """Tell whether ``value``, in base64, is the key's signature of ``content``."""
    try:
        public.verify(base64.b64decode(value, validate=True), content)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _bad_key(path: Path, why: str, repair: str = "genere una llave nueva o recupere la guardada") -> BadConfiguration:
    return BadConfiguration("la llave de firma no se puede usar", whose=str(path), why=why, repair=repair)
