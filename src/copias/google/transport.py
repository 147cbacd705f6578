"""The HTTP side of googleapiclient, on ``requests``.

Its own ``httplib2`` sends a request *again*, POST included, when the server closes the connection without an answer
(``httplib2.Http._conn_request``): an append whose answer is lost would be made twice. ``requests`` never does.
"""

from __future__ import annotations

import typing as t

import google.auth.exceptions
import google.auth.transport.requests
import requests
import urllib3.exceptions
from requests.auth import AuthBase

from copias.google.retry import Sort, Trouble

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from copias.google.credentials import TokenSource
    from copias.google.settings import GoogleSettings

_NOT_SENT = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NameResolutionError,
)


class _Bearer(AuthBase):
    """Puts a token on each request, fetching one when there is none or it is old."""

    def __init__(self, credentials: TokenSource, request: t.Any) -> None:
        self._credentials = credentials
        self._request = request

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        # Not before_request(): that also looks up the account's region, in a thread and on the open network.
        if not self._credentials.valid:
            self._credentials.refresh(self._request)
        headers: dict[str, str] = {}
        self._credentials.apply(headers)
        prepared.headers.update(headers)
        return prepared

    def forget(self) -> None:
        """Make the next request fetch a new token."""
        self._credentials.token = None


class Answer(dict[str, str]):
    """An answer's headers in lower case and its status: what googleapiclient takes for an ``httplib2.Response``."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__({name.lower(): value for name, value in response.headers.items()})
        self.status = response.status_code
        self.reason = response.reason
        self["status"] = str(response.status_code)


class RequestsHttp:
    """What googleapiclient takes for an ``httplib2.Http``: one method, ``request``. Threads may share it."""

    def __init__(self, credentials: TokenSource, settings: GoogleSettings) -> None:
        self._session = _session(settings)
        token_session = _session(settings)
        self._bearer = _Bearer(
            credentials, _with_timeout(google.auth.transport.requests.Request(token_session), settings.timeout)
        )
        self._session.auth = self._bearer
        self._timeout = settings.timeout

    def request(
        self, uri: str, method: str = "GET", body: t.Any = None, headers: Mapping[str, str] | None = None, **_: t.Any
    ) -> tuple[Answer, bytes]:
        """Send one request, once; a second time only with a new token after a 401.

        Raises:
            Trouble: no answer, or no token.
        """
        answer = self._send(uri, method, body, headers)
        if answer.status_code == 401:
            self._bearer.forget()
            answer = self._send(uri, method, body, headers)
        return Answer(answer), answer.content

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _send(self, uri: str, method: str, body: t.Any, headers: Mapping[str, str] | None) -> requests.Response:
        try:
            return self._session.request(
                method, uri, data=body, headers=dict(headers or {}), timeout=self._timeout, allow_redirects=False
            )
        except google.auth.exceptions.GoogleAuthError as error:
            raise classify_token_error(error) from error
        except requests.RequestException as error:
            raise classify_network_error(error) from error


def _session(settings: GoogleSettings) -> requests.Session:
    session = requests.Session()
    # The environment's proxy and certificates are for the real Google, never for this machine.
    session.trust_env = settings.endpoint is None
    session.auth = leave_alone
    return session


def leave_alone(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep a request's own authorisation, in whose place requests would put what ``~/.netrc`` has for the host."""
    return request


def _with_timeout(request: t.Any, timeout: float) -> t.Any:
    def call(url: str, method: str = "GET", **options: t.Any) -> t.Any:
        options["timeout"] = timeout
        return request(url, method, **options)

    return call


def classify_token_error(error: Exception) -> Trouble:
    """Understand why no token was given; the request itself was not sent."""
    if isinstance(error, google.auth.exceptions.TransportError):
        # What the network's library says besides is for programmers, and in English.
        return Trouble(
            Sort.TRANSIENT, type(_root(error)).__name__, "no hubo conexión con Google para pedir el permiso de acceso"
        )
    arguments = getattr(error, "args", ())
    answer = next((item for item in arguments if isinstance(item, dict)), {})
    reason = str(answer.get("error", "")) or type(error).__name__
    message = str(answer.get("error_description") or (arguments[0] if arguments else error))
    return Trouble(Sort.TRANSIENT if getattr(error, "retryable", False) else Sort.REFUSED, reason, message)


def classify_network_error(error: Exception) -> Trouble:
    """Understand a request without a whole answer; it had no effect only if no connection was made."""
    cause = _root(error)
    return Trouble(
        Sort.TRANSIENT, type(cause).__name__, "no hubo respuesta completa", maybe_done=not isinstance(cause, _NOT_SENT)
    )


def _root(error: Exception) -> BaseException:
    """Return the network library's own error under those that wrap it."""
    inner: t.Any = error
    for _ in range(5):
        following = getattr(inner, "reason", None) or (inner.args[0] if inner.args else None)
        if isinstance(inner, _NOT_SENT) or not isinstance(following, BaseException):
            break
        inner = following
    return t.cast("BaseException", inner)
