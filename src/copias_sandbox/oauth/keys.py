"""A service account's key file, as the Google console gives it, with its token endpoint on loopback."""

from __future__ import annotations

import typing as t
from pathlib import Path

import orjson
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from copias.files import make_private_directory, write_atomically
from copias_sandbox.core.errors import Json
from copias_sandbox.oauth.accounts import ServiceAccount

PROJECT: t.Final = "copias-sandbox"
ACCOUNT: t.Final = f"copias@{PROJECT}.iam.gserviceaccount.com"
CLIENT_ID: t.Final = "100000000000000000001"


def ensure_key(path: Path, token_uri: str) -> ServiceAccount:
    """Write a key file unless there is one, point it to ``token_uri``, and return what Google knows of it."""
    key = orjson.loads(path.read_bytes()) if path.exists() else new_key(ACCOUNT, CLIENT_ID)
    if key.get("token_uri") != token_uri:
        make_private_directory(path.parent)
        write_atomically(path, orjson.dumps({**key, "token_uri": token_uri}, option=orjson.OPT_INDENT_2))
    return account_of(key)


def new_key(email: str, client_id: str) -> Json:
    """Return the content of a new key file, without ``token_uri``."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": f"{private.public_key().public_numbers().n & (2**160 - 1):040x}",
        "private_key": pem,
        "client_email": email,
        "client_id": client_id,
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        "client_x509_cert_url": f"https://www.googleapis.com/robot/v1/metadata/x509/{email}",
        "universe_domain": "googleapis.com",
    }


def account_of(key: Json) -> ServiceAccount:
    """Return the public half of a key file."""
    private = load_pem_private_key(key["private_key"].encode(), password=None)
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return ServiceAccount(key["client_email"], key["client_id"], key["private_key_id"], public.decode())
