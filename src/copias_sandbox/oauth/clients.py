"""OAuth clients: programs in whose name a person consents."""

from __future__ import annotations

import base64
import binascii
import secrets
import typing as t
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from copias_sandbox.core.errors import Json
from copias_sandbox.oauth.refused import Refused
from copias_sandbox.state import State

CLIENT: t.Final = "oauth_client"
DEMO_CLIENT: t.Final = "100000000001-pruebas.apps.googleusercontent.com"
_LOOPBACK: t.Final = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class OAuthClient:
    """A desktop program, as the console registers it."""

    client_id: str
    client_secret: str

    def file(self, origin: str) -> Json:
        """Return what the console lets download, with Google's addresses replaced by ``origin``."""
        return {
            "installed": {
                "client_id": self.client_id,
                "project_id": "copias-sandbox",
                "auth_uri": f"{origin}/o/oauth2/v2/auth",
                "token_uri": f"{origin}/token",
                "client_secret": self.client_secret,
                "redirect_uris": ["http://localhost"],
            }
        }


class OAuthClients:
    """Reads and changes the clients in the state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def ensure(self, client_id: str = DEMO_CLIENT) -> OAuthClient:
        """Return a client, registered now unless it was before."""
        found = self.find(client_id)
        if found is None:
            found = OAuthClient(client_id, "GOCSPX-" + secrets.token_urlsafe(21))
            self._state.put(CLIENT, client_id, vars(found))
        return found

    def find(self, client_id: str) -> OAuthClient | None:
        """Return a client, or nothing."""
        found = self._state.get(CLIENT, client_id)
        return OAuthClient(**found) if found else None

    def authenticate(self, form: t.Mapping[str, str]) -> OAuthClient:
        """Return the client that sends a form.

        Raises:
            Refused: there is none of that id, or its secret is another.
        """
        found = self.find(form.get("client_id", ""))
        if found is None:
            raise Refused(401, "invalid_client", "The OAuth client was not found.")
        if not secrets.compare_digest(found.client_secret.encode(), form.get("client_secret", "").encode()):
            raise Refused(401, "invalid_client", "Unauthorized")
        return found


def is_loopback(address: str) -> bool:
    """Tell whether an address may get a desktop client's answer: this machine, any port and path."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme == "http" and parts.hostname in _LOOPBACK


def client_of(header: str) -> dict[str, str]:
    """Return id and secret of a ``Basic`` header, as a form has them; nothing when it is none."""
    kind, _, text = header.partition(" ")
    try:
        name, colon, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return {}
    if kind.lower() != "basic" or not colon:
        return {}
    return {"client_id": unquote(name), "client_secret": unquote(secret)}
