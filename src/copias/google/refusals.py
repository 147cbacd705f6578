"""What to do about a refusal: Google's word for it becomes the page of the console to visit."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from copias.google.errors import (
    AccountMissing,
    AccountSuspended,
    ConsentNeeded,
    GoogleBadRequest,
    GoogleRefused,
    MailNotEnabled,
)

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DELEGATION_PAGE: t.Final = (
    "consola de administración > Seguridad > Acceso y control de datos > Controles de API > "
    "Delegación de todo el dominio (https://admin.google.com/ac/owl/domainwidedelegation)"
)
USERS_PAGE: t.Final = "consola de administración > Directorio > Usuarios (https://admin.google.com/ac/users)"
ROLES_PAGE: t.Final = (
    "consola de administración > Cuenta > Funciones de administrador (https://admin.google.com/ac/roles)"
)
_NO_API: t.Final = frozenset({"accessNotConfigured", "SERVICE_DISABLED"})
_NO_SCOPE: t.Final = frozenset({"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})


@dataclass(frozen=True)
class Asker:
    """Who asked Google for what.

    Args:
        api: name of the API, ``gmail``.
        client: the service account's e-mail.
        client_id: its number, which delegation goes by.
        scopes: those asked for.
        account: whom it acted for; empty for the service account itself.
        consent: the account's own consent was used, not delegation.
    """

    api: str
    client: str
    client_id: str
    scopes: Sequence[str]
    account: str = ""
    consent: bool = False

    @classmethod
    def of_key(cls, key: Mapping[str, t.Any], *, api: str, scopes: Sequence[str], account: str | None) -> Asker:
        """Return who asks with a service account's key."""
        return cls(api, str(key["client_email"]), str(key.get("client_id", "")), scopes, account or "")


def explain_refusal(error: GoogleRefused, asker: Asker) -> GoogleRefused:
    """Return the same refusal with its repair, as the class that names it when there is one."""
    if error.repair:
        return error
    kind, repair = _kind_and_repair(error, asker)
    return kind(error.what, reason=error.reason, whose=error.whose, why=error.why, repair=repair)


def explain_bad_request(error: GoogleBadRequest, asker: Asker) -> GoogleBadRequest | MailNotEnabled:
    """Return a 400 as what it means when it is about the account and not about the request."""
    if "mail service not enabled" not in error.why.lower():
        return error
    repair = (
        f"asígnele una licencia con Gmail a {asker.account}, o active Gmail en su unidad organizativa: {USERS_PAGE}"
    )
    return MailNotEnabled(
        "la cuenta no tiene Gmail", reason="failedPrecondition", whose=asker.account, why=error.why, repair=repair
    )


def _kind_and_repair(error: GoogleRefused, asker: Asker) -> tuple[type[GoogleRefused], str]:
    if error.reason in _NO_API:
        return GoogleRefused, f"active la API {asker.api} en el proyecto de Google Cloud de {asker.client}"
    if error.reason == "invalid_grant" and (found := _fault_of_account(error, asker)):
        return found
    if asker.consent and error.reason == "invalid_client":
        return GoogleRefused, "descargue otra vez el JSON del cliente OAuth: google.oauth_client en copias.yml"
    if asker.consent and error.reason in _NO_SCOPE | {"invalid_grant", "unauthorized_client"}:
        return ConsentNeeded, f"pida otra vez el consentimiento de {asker.account}: copias consent {asker.account}"
    if error.reason == "unauthorized_client" or (error.reason in _NO_SCOPE and asker.account):
        return GoogleRefused, _delegate(asker)
    if error.reason == "invalid_grant":
        return GoogleRefused, f"revise la clave de {asker.client}, la cuenta {asker.account} y la hora de la máquina"
    if error.reason == "dailyLimitExceeded":
        return GoogleRefused, "repita mañana: la cuota del día del proyecto está agotada"
    if asker.api == "admin":
        return GoogleRefused, f"dé a {asker.account} una función de administrador que lea usuarios: {ROLES_PAGE}"
    if asker.api == "gmail":
        return GoogleRefused, f"revise la cuenta {asker.account} en {USERS_PAGE} y la delegación de {asker.client}"
    return GoogleRefused, f"comparta el recurso con {asker.account or asker.client} como editor"


def _delegate(asker: Asker) -> str:
    number = f", id de cliente {asker.client_id}," if asker.client_id else ""
    return f"delegue {' '.join(asker.scopes)} a {asker.client}{number} en {DELEGATION_PAGE}"


def _fault_of_account(error: GoogleRefused, asker: Asker) -> tuple[type[GoogleRefused], str] | None:
    """Return what is wrong with the account, when a refused grant says so."""
    text = error.why.lower()
    if "account has been disabled" in text:
        return AccountSuspended, f"reactive la cuenta {asker.account} en {USERS_PAGE}; la copia sigue después"
    if "invalid email or user id" in text or "account has been deleted" in text:
        return AccountMissing, f"revise la dirección {asker.account} en {USERS_PAGE}"
    return None
