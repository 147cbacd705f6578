"""JSON web tokens signed with RS256, really verified."""

from __future__ import annotations

import base64
import binascii
import typing as t

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from copias_sandbox.core.errors import Json
from copias_sandbox.oauth.accounts import Accounts, ServiceAccount

LONGEST_LIFE: t.Final = 3600
SKEW: t.Final = 300
"""Seconds by which a client's clock may be ahead."""


class BadToken(Exception):
    """A token that is not accepted; the text is Google's ``error_description``."""


def verify(token: str, accounts: Accounts, now: float) -> tuple[ServiceAccount, Json]:
    """Check form, issuer, signature and times; return the issuer and the claims.

    Raises:
        BadToken: any of them does not hold.
    """
    header, claims, signed, signature = _split(token)
    if header.get("alg") != "RS256":
        raise BadToken("Invalid JWT: unsupported algorithm.")
    account = accounts.service_account(str(claims.get("iss", "")))
    if account is None:
        raise BadToken("Invalid grant: account not found")
    if header.get("kid", account.key_id) != account.key_id:
        raise BadToken("Invalid JWT Signature.")
    public_key = t.cast("RSAPublicKey", load_pem_public_key(account.public_key.encode()))
    try:
        public_key.verify(signature, signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        raise BadToken("Invalid JWT Signature.") from None
    _check_times(claims, now)
    return account, claims


def _check_times(claims: Json, now: float) -> None:
    issued, expires = claims.get("iat"), claims.get("exp")
    if isinstance(issued, int) and isinstance(expires, int):
        short = expires - issued <= LONGEST_LIFE
        if short and expires > now - SKEW and issued <= now + SKEW:
            return
    raise BadToken(
        "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
        "Check your iat and exp values in the JWT claim."
    )


def _split(token: str) -> tuple[Json, Json, bytes, bytes]:
    parts = token.split(".")
    if len(parts) != 3:
        raise BadToken("Bad Request")
    try:
        header, claims = (orjson.loads(_decode(part)) for part in parts[:2])
        signature = _decode(parts[2])
    except (ValueError, binascii.Error):
        raise BadToken("Bad Request") from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise BadToken("Bad Request")
    return header, claims, f"{parts[0]}.{parts[1]}".encode(), signature


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
