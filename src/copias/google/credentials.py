"""The service account's key, checked before Google's libraries are loaded, and tokens made with it."""

from __future__ import annotations

import json
import stat
import typing as t

from copias.errors import BadConfiguration

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from copias.google.settings import GoogleSettings

_NEEDED = ("client_email", "private_key", "token_uri")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class TokenSource(t.Protocol):
    """The part of google-auth's credentials that we use."""

    token: str | None

    @property
    def valid(self) -> bool:
        """Tell whether there is a token that is not about to expire."""

    def refresh(self, request: t.Any) -> None:
        """Fetch a token."""

    def apply(self, headers: dict[str, str]) -> None:
        """Put the token on a request's headers."""


def read_key(path: Path) -> dict[str, t.Any]:
    """Return the content of a service account's key file.

    Raises:
        BadConfiguration: it is missing, readable by others, or no service account's key. Nothing of its content is
            in the message.
    """
    try:
        mode = path.stat().st_mode
        content = path.read_bytes()
    except OSError as error:
        raise _bad(path, error.strerror or type(error).__name__, "revise google.key_file en copias.yml") from error
    if mode & _OTHERS:
        why = f"otras cuentas pueden leerla (permisos {stat.S_IMODE(mode):04o})"
        raise _bad(path, why, f"chmod 600 {path}; si estuvo expuesta, cree otra y anule esta")
    try:
        key = json.loads(content)
    except ValueError:
        raise _bad(path, "no es un archivo JSON", "descárguela otra vez de la consola de Google Cloud") from None
    missing = [name for name in _NEEDED if not isinstance(key, dict) or not key.get(name)]
    if missing or key.get("type") != "service_account":
        why = f"no es la clave de una cuenta de servicio (falta {', '.join(missing) or 'type: service_account'})"
        raise _bad(path, why, "descargue la clave JSON de la cuenta de servicio")
    return t.cast("dict[str, t.Any]", key)


def _bad(path: Path, why: str, repair: str) -> BadConfiguration:
    return BadConfiguration("no se puede usar la clave de Google", whose=str(path), why=why, repair=repair)


def load_credentials(settings: GoogleSettings, scopes: Sequence[str]) -> TokenSource:
    """Return credentials that ask for a token at their first use.

    Raises:
        BadConfiguration: the key file cannot be used.
    """
    key = read_key(settings.key_file)
    from google.oauth2.service_account import Credentials

    make: t.Any = Credentials.from_service_account_info
    try:
        credentials: TokenSource = make(key, scopes=list(scopes), subject=settings.subject)
    except ValueError:
        raise damaged_key(settings.key_file) from None
    return credentials


class Signer(t.Protocol):
    """The part of google-auth's signers that we use."""

    @property
    def key_id(self) -> str | None:
        """Return the name that Google gave the key."""

    def sign(self, message: bytes) -> bytes:
        """Return a signature."""


def make_signer(key: Mapping[str, t.Any], path: Path) -> Signer:
    """Return what signs with a key, for any number of accounts: its checks of the key take 40 ms of processor.

    Args:
        key: the content of its file.
        path: of that file, for the message.

    Raises:
        BadConfiguration: the private key is damaged.
    """
    from google.auth.crypt import RSASigner

    make: t.Any = RSASigner.from_service_account_info
    try:
        signer: Signer = make(key)
    except ValueError:
        raise damaged_key(path) from None
    return signer


def damaged_key(path: Path) -> BadConfiguration:
    """Return the error of a key file whose private key cannot be read."""
    return _bad(path, "la clave privada que contiene está dañada", "descargue otra clave de la cuenta de servicio")
