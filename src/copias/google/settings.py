"""What the deployment says of Google: whose key, on whose behalf, and how patiently."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from copias.google.tariff import TariffName
from copias.local_path import LocalPath


class GoogleSettings(BaseModel):
    """How Google's APIs are reached; the key is named by its path, never held here."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key_file: LocalPath
    """The service account's JSON key; a relative path starts at the ``folder`` of the validation's context."""
    subject: str | None = None
    """The account to act for, by domain-wide delegation; ``None`` is the service account itself."""
    endpoint: str | None = None
    """Base address that replaces ``https://<api>.googleapis.com/``: the sandbox."""
    timeout: float = Field(default=60, gt=0)
    """Seconds to wait for a connection, and then for each part of an answer."""
    attempts: int = Field(default=7, ge=1, le=10)
    """Tries of one call, the first included."""
    patience: float = Field(default=90, ge=0)
    """Seconds after which no new try of a call is begun."""
    ca_file: LocalPath | None = None
    """Certificate authority of an ``https://`` endpoint; ``None`` is the machine's own."""
    compressed: bool = False
    """Ask for compressed answers: cheaper on a slow line, dearer in processor time on a fast one."""
    tariff: TariffName = "new"
    """Gmail's prices and limits for this project; its Cloud console says which."""
    quota_share: float = Field(default=1.0, gt=0, le=1)
    """Part of the quota that copies may use, when the project has other work."""
    oauth_client: LocalPath | None = None
    """The OAuth client's JSON, for users who give their own consent."""
    consents: LocalPath | None = None
    """Folder of the users' consents: one file each, mode 0600."""

    @field_validator("endpoint")
    @classmethod
    def _check_endpoint(cls, endpoint: str | None) -> str | None:
        """Refuse to send tokens in clear to another machine."""
        if endpoint is None or not endpoint.strip():
            return None
        parts = urlsplit(endpoint.strip())
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("endpoint debe ser una dirección http:// o https://")
        if parts.scheme == "http" and not _is_loopback(parts.hostname):
            raise ValueError("endpoint por http:// solo puede ser esta máquina (127.0.0.1)")
        return endpoint.strip().rstrip("/") + "/"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
