"""A user's own consent: a link to send, the address that comes back, and a token that lasts.

There is no browser on the server. The user opens the link at any computer, agrees, and the browser ends at an address
of *that* computer where nothing listens; its text is all that is needed. The state in it and the verifier that never
leaves this machine (PKCE) make sure that it answers our question and is of use to nobody else.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import secrets
import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlencode, urlsplit

from copias.errors import BackupError, BadConfiguration, BadInput
from copias.google.consent_file import Asked, Consent, OAuthClient, check_address, open_consents, read_client
from copias.google.errors import ConsentNeeded
from copias.google.scopes import VERB_SCOPES

if t.TYPE_CHECKING:
    from copias.google.consent_file import ConsentFolder
    from copias.google.consent_http import ConsentHttp
    from copias.google.settings import GoogleSettings

REDIRECT: t.Final = "http://127.0.0.1:48127/"
"""Where the browser ends. Google takes any port of the user's own computer for a desktop client."""
SCOPES: t.Final = VERB_SCOPES["consent"]
_PERMISSIONS: t.Final = "https://myaccount.google.com/permissions"


@dataclass(frozen=True)
class ConsentDesk:
    """Asks for consents, takes them in and gives them back.

    Args:
        client: the OAuth client.
        folder: where consents are kept.
        http: how Google is asked.
    """

    client: OAuthClient
    folder: ConsentFolder
    http: ConsentHttp

    def ask(self, account: str) -> str:
        """Return the link that the user opens; an older link of the account is of no use from now on.

        Raises:
            BadInput: it is no address.
        """
        asked = Asked(
            account=check_address(account),
            client_id=self.client.client_id,
            state=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(64),
            asked=_now(),
        )
        self.folder.ask(asked)
        query = {
            "client_id": self.client.client_id,
            "redirect_uri": REDIRECT,
            "response_type": "code",
            "scope": " ".join(SCOPES),
            "state": asked.state,
            "code_challenge": _challenge(asked.verifier),
            "code_challenge_method": "S256",
            "access_type": "offline",
            "prompt": "consent",
            "login_hint": account,
        }
        return f"{self.client.auth_uri}?{urlencode(query)}"

    def finish(self, account: str, address: str, *, by: str) -> Consent:
        """Take in the address at which the user's browser ended, and keep the consent.

        Args:
            account: who was asked.
            address: what stands in the browser's address line.
            by: the account of this machine that does it.

        Raises:
            BadInput: nobody was asked, or the address answers another question or comes from another account.
            ConsentNeeded: the user refused, or allowed less than is needed.
            GoogleUnavailable: Google does not answer.
        """
        asked = self._asked(account)
        code = _read_code(address.strip(), asked)
        given = self.http.exchange(code, verifier=asked.verifier, redirect=REDIRECT, account=account)
        email = ""
        try:
            email = self.http.email(given.access_token, account=account).lower()
            self._check(account, given.scopes, email)
            if not given.refresh_token:
                why = "Google no dio un permiso que dure"
                raise _needed(account, why, f"que quite el acceso en {_PERMISSIONS} y abra un enlace nuevo")
        except BackupError:
            self._let_go(given.refresh_token or given.access_token, email or account)
            raise
        consent = Consent(account, self.client.client_id, given.refresh_token, given.scopes, _now(), by)
        self.folder.keep(consent)
        return consent

    def revoke(self, account: str) -> None:
        """Give a consent back: Google ends it, then its file goes.

        Raises:
            BadInput: there is none.
            GoogleUnavailable: Google does not answer; the consent stays.
        """
        consent = self.folder.find(account)
        if consent is None:
            repair = "vea cuáles hay: copias consent list"
            raise BadInput("no hay consentimiento de esa cuenta", whose=account, repair=repair)
        self.http.revoke(consent.refresh_token, account=account)
        self.folder.remove(account)

    def _let_go(self, token: str, owner: str) -> None:
        """End what is not kept: it may be another person's.

        Google ends by this all that the owner allowed us, so not where there is an older consent that is good.
        """
        with contextlib.suppress(BackupError):
            if owner not in {consent.account for consent in self.folder.every()}:
                self.http.revoke(token, account=owner)

    def _asked(self, account: str) -> Asked:
        asked = self.folder.asked(check_address(account))
        if asked is None or asked.client_id != self.client.client_id:
            raise BadInput(
                "no se ha pedido el consentimiento de esa cuenta",
                whose=account,
                repair=f"pídalo primero: copias consent {account}",
            )
        return asked

    def _check(self, account: str, scopes: t.Sequence[str], email: str) -> None:
        if email != account:
            raise BadInput(
                "el consentimiento es de otra cuenta",
                whose=account,
                why=f"lo dio {email[:80]!a}",
                repair=f"que abra el enlace con la sesión de {account}, por ejemplo en una ventana de incógnito",
            )
        missing = [scope for scope in SCOPES if scope not in scopes]
        if missing:
            why = f"no marcó todos los permisos: falta {' '.join(missing)}"
            raise _needed(account, why, f"pida otro enlace y que marque todas las casillas: copias consent {account}")


def open_desk(settings: GoogleSettings) -> ConsentDesk:
    """Return the desk of a deployment.

    Raises:
        BadConfiguration: it takes no consents, or the OAuth client's file cannot be used.
    """
    from copias.google.consent_http import ConsentHttp

    folder = open_consents(settings)
    if folder is None or settings.oauth_client is None:
        raise BadConfiguration(
            "este despliegue no recibe consentimientos",
            why="faltan google.oauth_client y google.consents",
            repair="agréguelos a copias.yml; docs/es/google.md dice cómo crear el cliente",
        )
    client = read_client(settings.oauth_client)
    return ConsentDesk(client, folder, ConsentHttp(client, settings))


def _read_code(address: str, asked: Asked) -> str:
    """Return the code that an address carries.

    Raises:
        BadInput: it is not the address at which the browser ended, or it answers another question.
        ConsentNeeded: the user refused.
    """
    fields = _read_fields(address)
    if not fields.keys() & {"code", "error"}:
        raise BadInput(
            "esa no es la dirección en que terminó el navegador",
            whose=asked.account,
            repair=f"copie entera la línea de direcciones, que empieza por {REDIRECT}?",
        )
    if not secrets.compare_digest(fields.get("state", "").encode(), asked.state.encode()):
        raise BadInput(
            "esa dirección responde a otro enlace",
            whose=asked.account,
            repair=f"use el último enlace, o pida otro: copias consent {asked.account}",
        )
    if "code" not in fields:
        why = f"la persona no aceptó ({fields['error'][:40]!a})"
        raise _needed(asked.account, why, f"hable con ella y pida otro enlace: copias consent {asked.account}")
    return fields["code"]


def _read_fields(address: str) -> dict[str, str]:
    """Return the fields of an address that is ours, else nothing."""
    try:
        parts, expected = urlsplit(address), urlsplit(REDIRECT)
    except ValueError:
        return {}
    if (parts.scheme, parts.netloc) != (expected.scheme, expected.netloc):
        return {}
    return {name: values[0] for name, values in parse_qs(parts.query).items()}


def _needed(account: str, why: str, repair: str) -> ConsentNeeded:
    return ConsentNeeded("no hay consentimiento", reason="access_denied", whose=account, why=why, repair=repair)


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
