"""A Google API, built from the discovery document that comes with the client library.

The document's ``rootUrl`` is rewritten when an endpoint is configured: of the ways to reach a local server it is the
one by which batches and media follow too.
"""

from __future__ import annotations

import json
import typing as t
import warnings
from functools import cached_property

import orjson

from copias.google.credentials import load_credentials, read_key
from copias.google.errors import GoogleRefused
from copias.google.refusals import Asker, explain_refusal
from copias.google.retry import Retry, Sort, Trouble, classify_answer

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from copias.google.settings import GoogleSettings
    from copias.google.transport import RequestsHttp

Result = t.TypeVar("Result")

SHEETS_SCOPES: t.Final = ("https://www.googleapis.com/auth/spreadsheets",)


class GoogleService:
    """One API of Google for one account; nothing is loaded or sent before the first call.

    Args:
        api: name and version, such as ``("sheets", "v4")``.
        settings: how to get there.
        scopes: what is asked for.
        retry: how failed calls are tried again.
    """

    def __init__(
        self, api: tuple[str, str], settings: GoogleSettings, *, scopes: Sequence[str], retry: Retry | None = None
    ) -> None:
        self._api = api
        self._settings = settings
        self._scopes = scopes
        self._retry = retry or Retry(attempts=settings.attempts, patience=settings.patience)
        key = read_key(settings.key_file)
        self._asker = Asker.of_key(key, api=api[0], scopes=scopes, account=settings.subject)
        self.account = self._asker.client
        """The service account's e-mail: what a sheet or drive is shared with."""

    @cached_property
    def http(self) -> RequestsHttp:
        """Return what carries the requests; threads may share it."""
        from copias.google.transport import RequestsHttp

        return RequestsHttp(load_credentials(self._settings, self._scopes), self._settings)

    @cached_property
    def resource(self) -> t.Any:
        """Return googleapiclient's resource, whose methods make requests for :meth:`call`."""
        with warnings.catch_warnings():
            # Debian 12 has Python 3.11: what Google says of it, at each start, no agent can do anything about.
            warnings.filterwarnings("ignore", r"\s*You are using a Python version", FutureWarning)
            from googleapiclient.discovery import build_from_document

        return build_from_document(_document(self._api, self._settings.endpoint), http=self.http)

    def call(self, request: t.Any, *, what: str, whose: str, repeatable: bool = True) -> dict[str, t.Any]:
        """Execute a request and return its answer; see :meth:`run`.

        Args:
            request: what a method of :attr:`resource` returned.
            what: what could not be done, for the message.
            whose: what it was done to.
            repeatable: doing it twice is the same as once.
        """
        return self.run(lambda: execute(request), what=what, whose=whose, repeatable=repeatable)

    def run(self, once: Callable[[], Result], *, what: str, whose: str, repeatable: bool = True) -> Result:
        """Return what ``once`` returns, tried again where that helps; see :meth:`copias.google.retry.Retry.run`."""
        try:
            return self._retry.run(once, what=what, whose=whose, repeatable=repeatable)
        except GoogleRefused as refusal:
            raise explain_refusal(refusal, self._asker) from refusal


def _document(api: tuple[str, str], endpoint: str | None) -> dict[str, t.Any]:
    from googleapiclient.discovery_cache import get_static_doc

    content = get_static_doc(*api)
    if content is None:
        raise LookupError(f"google-api-python-client brings no document of {api}")
    document: dict[str, t.Any] = json.loads(content)
    # The client prints every schema into docstrings that nobody reads: most of the time of its start.
    for schema in document["schemas"].values():
        schema.pop("properties", None)
    if endpoint:
        document["rootUrl"] = endpoint
        document.pop("mtlsRootUrl", None)
    return document


def execute(request: t.Any) -> dict[str, t.Any]:
    """Make one try of a request of googleapiclient's.

    Raises:
        Trouble: it failed.
    """
    from googleapiclient.errors import HttpError

    # The client's own reading takes three times as long, which large sheets feel.
    request.postproc = _read_answer
    try:
        return t.cast("dict[str, t.Any]", request.execute(num_retries=0))
    except HttpError as error:
        raise classify_answer(int(error.resp.status), error.resp, error.content) from error
    except ValueError as error:  # a body that is no JSON: cut, or a page of some proxy
        raise Trouble(Sort.TRANSIENT, "answer", "la respuesta llegó incompleta", maybe_done=True) from error


def _read_answer(_: t.Any, content: bytes) -> t.Any:
    """Return an answer's JSON; an empty body is an empty answer.

    Raises:
        ValueError: it is no JSON.
    """
    return orjson.loads(content) if content else {}
