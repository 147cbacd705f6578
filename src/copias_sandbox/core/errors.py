"""Refusals in the shapes in which Google gives them."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

Json: t.TypeAlias = dict[str, t.Any]

STATUS_NAMES: t.Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
ERROR_INFO: t.Final = "type.googleapis.com/google.rpc.ErrorInfo"
BAD_REQUEST: t.Final = "type.googleapis.com/google.rpc.BadRequest"


@dataclass
class GoogleError(Exception):
    """A refusal of an API method.

    ``reason`` is the word of the older error shape (``rateLimitExceeded``); ``details`` those of the newer one.
    """

    code: int
    message: str
    reason: str = ""
    details: tuple[Json, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.code} {self.message}"

    def body(self, *, legacy: bool, mixed: bool = False) -> Json:
        """Return the answer's body; ``legacy`` is the shape of Drive v3 and the Directory, ``mixed`` that of Gmail."""
        error: Json = {"code": self.code, "message": self.message}
        if legacy or mixed:
            reason = self.reason or (MIXED_REASONS if mixed else LEGACY_REASONS).get(self.code, "backendError")
            domain = "usageLimits" if reason in USAGE_LIMITS else "global"
            error["errors"] = [{"message": self.message, "domain": domain, "reason": reason}]
        if legacy:
            return {"error": error}
        error["status"] = STATUS_OF_REASONS.get(self.reason) or STATUS_NAMES.get(self.code, "UNKNOWN")
        if self.details:
            error["details"] = list(self.details)
        return {"error": error}


LEGACY_REASONS: t.Final = {
    400: "invalid",
    401: "authError",
    403: "forbidden",
    404: "notFound",
    409: "conflict",
    429: "rateLimitExceeded",
}
MIXED_REASONS: t.Final = {**LEGACY_REASONS, 400: "invalidArgument", 409: "aborted"}
STATUS_OF_REASONS: t.Final = {"failedPrecondition": "FAILED_PRECONDITION"}
USAGE_LIMITS: t.Final = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "dailyLimitExceeded", "quotaExceeded"})


def invalid(message: str) -> GoogleError:
    """Return a plain 400."""
    return GoogleError(400, message)


def invalid_field(field: str, message: str) -> GoogleError:
    """Return a 400 that also names the field, as the request parser does."""
    violation = {"field": field, "description": message} if field else {"description": message}
    return GoogleError(400, message, details=({"@type": BAD_REQUEST, "fieldViolations": [violation]},))


def not_found() -> GoogleError:
    """Return the 404 of an entity."""
    return GoogleError(404, "Requested entity was not found.")


def forbidden() -> GoogleError:
    """Return the 403 of somebody without access to the document."""
    return GoogleError(403, "The caller does not have permission", reason="insufficientFilePermissions")


def unauthenticated(reason: str, service: str) -> GoogleError:
    """Return the 401 of a missing, unknown, expired or revoked token."""
    detail = {"@type": ERROR_INFO, "reason": reason, "domain": "googleapis.com", "metadata": {"service": service}}
    return GoogleError(
        401,
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
        "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
        details=(detail,),
        headers=(("WWW-Authenticate", 'Bearer realm="https://accounts.google.com/", error="invalid_token"'),),
    )


def missing_scope(method: str, service: str) -> GoogleError:
    """Return the 403 of a token whose scopes do not cover the method."""
    metadata = {"method": method, "service": service}
    detail = {
        "@type": ERROR_INFO,
        "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "domain": "googleapis.com",
        "metadata": metadata,
    }
    return GoogleError(
        403,
        "Request had insufficient authentication scopes.",
        reason="insufficientPermissions",
        details=(detail,),
        headers=(("WWW-Authenticate", 'Bearer realm="https://accounts.google.com/", error="insufficient_scope"'),),
    )
