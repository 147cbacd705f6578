"""What is kept of users' own consents: one file each, and one while the user's answer is awaited; all mode 0600.

A refresh token reads a mailbox until it is revoked, so the files are as secret as the service account's key.
"""

from __future__ import annotations

import json
import re
import stat
import typing as t
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from copias.errors import BadConfiguration, BadInput
from copias.files import make_private_directory, sync_directory, write_atomically

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.google.settings import GoogleSettings

_ADDRESS: t.Final = re.compile(r"[a-z0-9][a-z0-9._+'-]{0,63}@[a-z0-9][a-z0-9.-]{0,190}", re.ASCII)
_OTHERS: t.Final = stat.S_IRWXG | stat.S_IRWXO
_NEEDED: t.Final = ("client_id", "client_secret", "auth_uri", "token_uri")
_LOOPBACK: t.Final = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class OAuthClient:
    """The program in whose name users consent, as the Cloud console's JSON describes it."""

    client_id: str
    client_secret: str
    auth_uri: str
    token_uri: str

    @property
    def revoke_uri(self) -> str:
        """Return where tokens are taken back: beside where they are given."""
        return self.token_uri.rpartition("/")[0] + "/revoke"


@dataclass(frozen=True)
class Consent:
    """What a user allowed.

    Args:
        account: whose mailbox it opens.
        client_id: the OAuth client that it was given to.
        refresh_token: the secret.
        scopes: what it covers.
        given: when, as ISO 8601.
        by: the account of this machine that asked for it.
    """

    account: str
    client_id: str
    refresh_token: str
    scopes: tuple[str, ...]
    given: str
    by: str


@dataclass(frozen=True)
class Asked:
    """A consent that was asked for and not answered: ``state`` and ``verifier`` tie the answer to the question."""

    account: str
    client_id: str
    state: str
    verifier: str
    asked: str


class ConsentFolder:
    """The folder of consents.

    Args:
        path: the folder; made at the first writing, mode 0700.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self, account: str) -> Consent | None:
        """Return an account's consent, ``None`` when there is none.

        Raises:
            BadConfiguration: its file cannot be read, or others can read it.
        """
        raw = _read(self._file(account))
        return Consent(**{**raw, "scopes": tuple(raw["scopes"])}) if raw else None

    def every(self) -> list[Consent]:
        """Return all consents, by account.

        Raises:
            BadConfiguration: a file cannot be read, or others can read it.
        """
        accounts = sorted(path.stem for path in self._path.glob("*@*.json"))
        found = (self.find(account) for account in accounts if _ADDRESS.fullmatch(account))
        return [consent for consent in found if consent is not None]

    def keep(self, consent: Consent) -> None:
        """Keep a consent, in place of the account's older one, and forget that it was asked for."""
        make_private_directory(self._path)
        write_atomically(self._file(consent.account), json.dumps(asdict(consent), indent=2).encode())
        self._asked_file(consent.account).unlink(missing_ok=True)

    def remove(self, account: str) -> None:
        """Forget an account's consent, so that a power cut does not bring it back."""
        self._file(account).unlink(missing_ok=True)
        if self._path.is_dir():
            sync_directory(self._path)

    def ask(self, asked: Asked) -> None:
        """Keep a question, in place of the account's older one."""
        make_private_directory(self._path)
        write_atomically(self._asked_file(asked.account), json.dumps(asdict(asked)).encode())

    def asked(self, account: str) -> Asked | None:
        """Return the question to an account that has no answer yet.

        Raises:
            BadConfiguration: its file cannot be read.
        """
        raw = _read(self._asked_file(account))
        return Asked(**raw) if raw else None

    def _file(self, account: str) -> Path:
        return self._path / f"{check_address(account)}.json"

    def _asked_file(self, account: str) -> Path:
        return self._path / f"{check_address(account)}.asked"


def check_address(account: str) -> str:
    """Return an account's address.

    Raises:
        BadInput: it is none that a file may be named by.
    """
    if not _ADDRESS.fullmatch(account):
        raise BadInput(
            "no es la dirección de una cuenta",
            whose=ascii(account[:80]),
            repair="escriba la dirección principal completa, en minúsculas",
        )
    return account


def open_consents(settings: GoogleSettings) -> ConsentFolder | None:
    """Return the folder of consents, ``None`` where the deployment takes none."""
    return ConsentFolder(settings.consents) if settings.consents and settings.oauth_client else None


def read_client(path: Path) -> OAuthClient:
    """Return the OAuth client of a file that the Cloud console gave.

    Raises:
        BadConfiguration: it is missing, readable by others, of another kind, or would send secrets in clear. Nothing of
            its content is in the message.
    """
    raw = _read(path)
    client = (raw or {}).get("installed")
    if raw is None or not isinstance(client, dict) or not all(client.get(name) for name in _NEEDED):
        why = "no existe" if raw is None else "no es el JSON de un cliente OAuth de tipo «App de escritorio»"
        raise _bad(path, why, "descárguelo de la consola de Google Cloud, en API y servicios > Credenciales")
    if not all(_is_safe(str(client[name])) for name in ("auth_uri", "token_uri")):
        raise _bad(path, "sus direcciones no son https://", "descárguelo otra vez, sin cambiarlo")
    return OAuthClient(*(str(client[name]) for name in _NEEDED))


def _is_safe(address: str) -> bool:
    """Tell whether a secret may be sent to an address: encrypted, or to this machine."""
    try:
        parts = urlsplit(address)
        named = bool(parts.hostname) and parts.username is None
    except ValueError:
        return False
    return named and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK))


def _read(path: Path) -> dict[str, t.Any] | None:
    """Return a file's JSON object, ``None`` when there is no file."""
    try:
        mode, content = path.stat().st_mode, path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _bad(path, error.strerror or type(error).__name__, f"revise {path.name}") from error
    if mode & _OTHERS:
        why = f"otras cuentas pueden leerlo (permisos {stat.S_IMODE(mode):04o})"
        raise _bad(path, why, f"chmod 600 {path}; si estuvo expuesto, revóquelo y haga otro")
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise _bad(path, "no es un objeto JSON", "bórrelo y pida otra vez el consentimiento")
    return t.cast("dict[str, t.Any]", found)


def _bad(path: Path, why: str, repair: str) -> BadConfiguration:
    return BadConfiguration("no se puede usar un archivo de consentimiento", whose=str(path), why=why, repair=repair)
