"""The one way to Google's APIs for work in bulk: token, quota, retry, memory, for each call."""

from __future__ import annotations

import asyncio
import ssl
import typing as t
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cached_property

import aiohttp
import orjson
from yarl import URL

from copias.errors import BadConfiguration
from copias.google.bodies import Bodies
from copias.google.clock import Clock, SystemClock
from copias.google.consent_file import open_consents, read_client
from copias.google.credentials import Signer, make_signer, read_key
from copias.google.errors import GoogleBadRequest, GoogleRefused
from copias.google.proxy import EnvironmentProxy
from copias.google.refusals import Asker, explain_bad_request, explain_refusal
from copias.google.retry import Retry, Sort, Trouble, classify_answer
from copias.google.tokens import ConsentGrant, DelegatedGrant, Grant, MissingScopes, Tokens

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from copias.google.budget import QuotaBudget
    from copias.google.settings import GoogleSettings

PER_ACCOUNT: t.Final = 10
"""Calls in flight for one account; Gmail refuses more as too many concurrent requests of a user."""
_READ_BUFFER: t.Final = 2**20
_HOSTS: t.Final = {"drive": "www.googleapis.com"}
_NOT_SENT: t.Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


@dataclass(frozen=True)
class ApiCall:
    """One call of an API's method.

    Args:
        method: its id, ``gmail.users.messages.get``: where it goes and what it costs.
        account: whom it is for.
        scopes: what its token must cover.
        path: after the host, with its query, encoded; or the whole address that Google gave for an upload.
        what: what could not be done, for the message.
        whose: what it was done to; the account when empty.
        repeatable: doing it twice is the same as once.
        good: statuses, beside 2xx, that are an answer and no failure.
        paid: an earlier call paid for it: a part of an upload.
        read: makes the body into the answer's value; a ``ValueError``, ``LookupError`` or ``TypeError`` means that the
            body is broken, and the call is tried again.
    """

    method: str
    account: str
    scopes: tuple[str, ...]
    path: str
    what: str
    whose: str = ""
    verb: str = "GET"
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True
    good: frozenset[int] = frozenset()
    paid: bool = False
    read: Callable[[bytes], t.Any] = orjson.loads


@dataclass(frozen=True)
class ApiAnswer:
    """An answer that is no failure; header names in any case."""

    status: int
    headers: Mapping[str, str]
    value: t.Any


class _TokenRefused(Trouble):
    """A 401."""


class GoogleSession:
    """Connections to Google's APIs for any number of accounts; an asynchronous context manager.

    Args:
        settings: how Google is reached.
        budget: whose turn it is; shared by all runs of the machine.
        connections: open at a time.
        retry: how failed calls are tried again; by default as the settings say.
        clock: waits between tries.

    Raises:
        BadConfiguration: the key or the certificate authority cannot be used.
    """

    def __init__(
        self,
        settings: GoogleSettings,
        budget: QuotaBudget,
        *,
        connections: int = 50,
        retry: Retry | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._settings = settings
        self._budget = budget
        self._connections = connections
        self._retry = retry or Retry(attempts=settings.attempts, patience=settings.patience)
        self._clock = clock or SystemClock()
        self._key = read_key(settings.key_file)
        self._tokens = Tokens(self._grant)
        self._bodies = Bodies()
        # The environment's proxy is for the real Google, never for this machine.
        self._proxy = EnvironmentProxy() if settings.endpoint else EnvironmentProxy.read()
        self._turns: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(PER_ACCOUNT))

    async def __aenter__(self) -> t.Self:
        self._http = self._open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._tokens.close()
        await self._http.close()
        self._budget.close()

    async def request(self, call: ApiCall) -> ApiAnswer:
        """Make a call, again where that is safe and useful, and return its answer.

        Raises:
            GoogleUnavailable: it stayed transient; ``maybe_done`` when the last try may have had its effect.
            QuotaExhausted: the units of the day are spent.
            GoogleRefused, GoogleMissing, GoogleBadRequest: no try would help; the classes under
                :class:`GoogleRefused` name what is wrong with the account.
        """
        try:
            async with self._turns[call.account]:
                return await self._try(call)
        except GoogleRefused as refusal:
            raise explain_refusal(refusal, self._asker(call, refusal)) from refusal
        except GoogleBadRequest as error:
            raise explain_bad_request(error, self._asker(call, error)) from error

    async def _try(self, call: ApiCall) -> ApiAnswer:
        tries = self._retry.begin(what=call.what, whose=call.whose or call.account, repeatable=call.repeatable)
        while True:
            if not call.paid:
                tries.excuse(await self._budget.take(call.method, call.account))
            try:
                return await self._send(call)
            except Trouble as trouble:
                self._tell_budget(call, trouble)
                wait = tries.wait_after(trouble)
            await self._clock.sleep(wait)

    async def _send(self, call: ApiCall) -> ApiAnswer:
        """Make one try; a second time only with a new token after a 401.

        Raises:
            Trouble: it failed.
        """
        token = await self._tokens.get(call.account, call.scopes)
        try:
            return await self._exchange(call, token)
        except _TokenRefused:
            self._tokens.drop(call.account, call.scopes, token)
        return await self._exchange(call, await self._tokens.get(call.account, call.scopes))

    async def _exchange(self, call: ApiCall, token: str) -> ApiAnswer:
        url, headers = self._url(call), {**call.headers, "Authorization": f"Bearer {token}"}
        try:
            async with (
                self._http.request(
                    call.verb,
                    url,
                    data=call.body or None,
                    headers=headers,
                    allow_redirects=False,
                    proxy=self._proxy.of(url),
                ) as response,
                self._bodies.receive(response) as body,
            ):
                _check_status(call, response, body)
                return ApiAnswer(response.status, response.headers, _read_value(call, body))
        except (aiohttp.ClientError, OSError) as error:
            raise classify_client_error(error) from error

    def _url(self, call: ApiCall) -> URL:
        api = call.method.partition(".")[0]
        root = self._settings.endpoint or f"https://{_HOSTS.get(api, f'{api}.googleapis.com')}/"
        if not call.path.startswith("http"):
            return URL(root + call.path, encoded=True)
        url = URL(call.path, encoded=True)
        if url.origin() != URL(root).origin():
            raise Trouble(Sort.BAD_REQUEST, "location", "Google dio una dirección de otro servidor")
        return url

    def _tell_budget(self, call: ApiCall, trouble: Trouble) -> None:
        if trouble.limited:
            self._budget.refused(call.account, trouble.reason, message=trouble.message, retry_after=trouble.retry_after)

    def _asker(self, call: ApiCall, error: Exception) -> Asker:
        asker = Asker.of_key(
            self._key, api=call.method.partition(".")[0], scopes=call.scopes, account=call.account or None
        )
        cause = error.__cause__
        scopes = cause.scopes if isinstance(cause, MissingScopes) else call.scopes
        return replace(asker, scopes=scopes, consent=self._tokens.grant(call.account, call.scopes).consent)

    def _grant(self, account: str, scopes: tuple[str, ...]) -> Grant:
        """Return the account's own consent where it covers what is asked for, else delegation."""
        settings, folder = self._settings, open_consents(self._settings)
        consent = folder.find(account) if folder and account else None
        if consent and settings.oauth_client and frozenset(scopes) <= frozenset(consent.scopes):
            return ConsentGrant(consent, read_client(settings.oauth_client), self._post)
        return DelegatedGrant(self._key, self._signer, account or None, self._post)

    @cached_property
    def _signer(self) -> Signer:
        return make_signer(self._key, self._settings.key_file)

    async def _post(self, url: str, form: Mapping[str, str]) -> tuple[int, bytes]:
        try:
            proxy = self._proxy.of(url)
            async with self._http.post(url, data=form, allow_redirects=False, proxy=proxy) as response:
                return response.status, await response.read()
        except (aiohttp.ClientError, OSError) as error:
            trouble = classify_client_error(error)
            # A token that was given and lost had no effect on anything.
            raise Trouble(trouble.sort, trouble.reason, trouble.message) from error

    def _open(self) -> aiohttp.ClientSession:
        settings = self._settings
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=settings.timeout, sock_read=settings.timeout)
        client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._connections, ssl=_tls(settings), keepalive_timeout=60),
            timeout=timeout,
            read_bufsize=_READ_BUFFER,
            headers={"Accept-Encoding": "gzip" if settings.compressed else "identity"},
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        # There is one retry layer: aiohttp would by itself send a GET or PUT again whose connection closed.
        client._retry_connection = False  # noqa: SLF001 -- it has no public name
        return client


def _check_status(call: ApiCall, response: aiohttp.ClientResponse, body: bytes) -> None:
    if 200 <= response.status < 300 or response.status in call.good:
        return
    trouble = classify_answer(response.status, response.headers, body)
    if response.status == 401:
        raise _TokenRefused(trouble.sort, trouble.reason, trouble.message)
    raise trouble


def _read_value(call: ApiCall, body: bytes) -> t.Any:
    try:
        return call.read(body)
    except (ValueError, LookupError, TypeError) as error:
        raise Trouble(Sort.TRANSIENT, "answer", "la respuesta llegó incompleta", maybe_done=True) from error


def classify_client_error(error: Exception) -> Trouble:
    """Understand a request without a whole answer; it had no effect only if no connection was made."""
    return Trouble(
        Sort.TRANSIENT,
        type(error).__name__,
        "no hubo respuesta completa",
        maybe_done=not isinstance(error, _NOT_SENT),
    )


def _tls(settings: GoogleSettings) -> ssl.SSLContext | bool:
    if settings.ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise BadConfiguration(
            "no se puede usar la autoridad de certificación",
            whose=str(settings.ca_file),
            why=error.strerror or str(error),
            repair="revise google.ca_file en copias.yml",
        ) from error
