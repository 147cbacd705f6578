"""The three calls that a consent takes: code for tokens, whose it is, take it back."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

import orjson
import requests

from copias.errors import BackupError
from copias.google.errors import ConsentNeeded, GoogleBadRequest, GoogleRefused
from copias.google.retry import Retry, Sort, Trouble, classify_answer
from copias.google.transport import classify_network_error, leave_alone

if t.TYPE_CHECKING:
    from copias.google.consent_file import OAuthClient
    from copias.google.settings import GoogleSettings

_USER_INFO: t.Final = "oauth2/v2/userinfo"


@dataclass(frozen=True)
class Given:
    """What a code was exchanged for; ``refresh_token`` may be empty."""

    access_token: str
    refresh_token: str
    scopes: tuple[str, ...]


class ConsentHttp:
    """Asks Google's OAuth endpoints, once each, or again where that is safe.

    Args:
        client: the OAuth client.
        settings: how Google is reached.
    """

    def __init__(self, client: OAuthClient, settings: GoogleSettings) -> None:
        self._client = client
        self._settings = settings
        self._retry = Retry(attempts=settings.attempts, patience=settings.patience)

    def exchange(self, code: str, *, verifier: str, redirect: str, account: str) -> Given:
        """Exchange a code.

        Raises:
            ConsentNeeded: the code is no longer good; it lasts about ten minutes and works once.
            GoogleRefused: the OAuth client is not accepted.
            GoogleUnavailable: Google does not answer.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": self._client.client_id,
            "client_secret": self._client.client_secret,
            "redirect_uri": redirect,
            "code_verifier": verifier,
        }
        what = "no se pudo recibir el consentimiento"
        try:
            body = self._post(self._client.token_uri, form, what=what, account=account)
        except GoogleRefused as refusal:
            raise _explain(refusal, account) from refusal
        scopes = tuple(str(body.get("scope", "")).split())
        return Given(str(body.get("access_token", "")), str(body.get("refresh_token", "")), scopes)

    def email(self, token: str, *, account: str) -> str:
        """Return whose a token is.

        Raises:
            ConsentNeeded: the user did not allow to see the address.
            GoogleUnavailable: Google does not answer.
        """
        address = (self._settings.endpoint or "https://www.googleapis.com/") + _USER_INFO
        headers = {"Authorization": f"Bearer {token}"}
        try:
            body = self._run(
                lambda: self._send("GET", address, headers=headers), what="no se pudo ver de quién es", account=account
            )
        except (GoogleRefused, GoogleBadRequest) as refusal:
            raise ConsentNeeded(
                "no hay consentimiento",
                reason=refusal.reason if isinstance(refusal, GoogleRefused) else "",
                whose=account,
                why="no permitió ver su dirección",
                repair=f"pida otro enlace y que marque todas las casillas: copias consent {account}",
            ) from refusal
        return str(body.get("email", ""))

    def revoke(self, token: str, *, account: str) -> None:
        """End a consent; one that has ended already is no error.

        Raises:
            GoogleUnavailable: Google does not answer.
        """
        try:
            self._post(self._client.revoke_uri, {"token": token}, what="no se pudo revocar", account=account)
        except (GoogleRefused, GoogleBadRequest) as refusal:
            if "invalid_token" not in refusal.why:
                raise

    def _post(self, address: str, form: dict[str, str], *, what: str, account: str) -> dict[str, t.Any]:
        return self._run(lambda: self._send("POST", address, data=form), what=what, account=account)

    def _run(self, once: t.Callable[[], dict[str, t.Any]], *, what: str, account: str) -> dict[str, t.Any]:
        return self._retry.run(once, what=what, whose=account)

    def _send(self, verb: str, address: str, **options: t.Any) -> dict[str, t.Any]:
        """Send one request and return its JSON.

        Raises:
            Trouble: there is none.
        """
        try:
            with requests.Session() as session:
                # The environment's proxy is for the real Google, never for this machine.
                session.trust_env = self._settings.endpoint is None
                session.auth = leave_alone
                if self._settings.ca_file is not None:
                    session.verify = str(self._settings.ca_file)
                response = session.request(
                    verb, address, timeout=self._settings.timeout, allow_redirects=False, **options
                )
        except requests.RequestException as error:
            raise classify_network_error(error) from error
        if response.status_code != 200:
            raise _classify(response)
        try:
            return t.cast("dict[str, t.Any]", orjson.loads(response.content or b"{}"))
        except orjson.JSONDecodeError as error:
            raise Trouble(Sort.TRANSIENT, "answer", "la respuesta llegó incompleta", maybe_done=True) from error


def _classify(response: requests.Response) -> Trouble:
    """Understand a refusal; the OAuth endpoints have a shape of their own, with a word where others have an object."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    trouble = classify_answer(response.status_code, headers, response.content)
    try:
        description = str(orjson.loads(response.content).get("error_description", ""))
    except (orjson.JSONDecodeError, AttributeError):
        description = ""
    sort = Sort.REFUSED if trouble.sort is Sort.BAD_REQUEST else trouble.sort
    return Trouble(sort, trouble.reason, description or trouble.message, retry_after=trouble.retry_after)


def _explain(refusal: GoogleRefused, account: str) -> BackupError:
    if refusal.reason == "invalid_client":
        repair = "descargue otra vez el JSON del cliente OAuth: google.oauth_client"
        return GoogleRefused(refusal.what, reason=refusal.reason, whose=account, why=refusal.why, repair=repair)
    repair = f"pida otro enlace, y pegue la dirección antes de diez minutos: copias consent {account}"
    return ConsentNeeded(refusal.what, reason=refusal.reason, whose=account, why=refusal.why, repair=repair)
