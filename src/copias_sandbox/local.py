"""A client in the same process as the sandbox: tests without a socket."""

from __future__ import annotations

import typing as t
from urllib.parse import quote, urlencode

import orjson

from copias_sandbox.core.answer import Answer
from copias_sandbox.core.dispatch import Google, Request
from copias_sandbox.core.errors import Json
from copias_sandbox.core.room import Principal

SHEETS_SCOPE: t.Final = "https://www.googleapis.com/auth/spreadsheets"
DRIVE_SCOPE: t.Final = "https://www.googleapis.com/auth/drive"


class LocalClient:
    """Sends requests straight to ``dispatch``, with a token of its own.

    Args:
        google: the sandbox.
        email: the account that it acts as.
        scopes: what the token covers.
    """

    def __init__(
        self,
        google: Google,
        email: str = "ana@alcaldia.example",
        *,
        scopes: t.Collection[str] = (SHEETS_SCOPE, DRIVE_SCOPE),
    ) -> None:
        self.google = google
        self.token = google.tokens.give(Principal(email, "100000000000000000009", frozenset(scopes)))

    def send(self, verb: str, path: str, body: t.Any = None, **query: t.Any) -> Answer:
        """Send one request; a query's lists are repeated."""
        target = f"{path}?{urlencode(query, doseq=True)}" if query else path
        headers = {"authorization": f"Bearer {self.token}", "host": "127.0.0.1"}
        raw = b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
        return self.google.dispatch(Request("127.0.0.1", verb, target, headers, raw))

    def ask(self, verb: str, path: str, body: t.Any = None, **query: t.Any) -> Json:
        """Send one request and return its JSON; the sandbox's refusals come back as they are."""
        return t.cast("Json", orjson.loads(self.send(verb, path, body, **query).body or b"{}"))


class LocalSheet:
    """One spreadsheet of a :class:`LocalClient`, made for it, with a sheet ``Hoja 1``."""

    def __init__(self, client: LocalClient, *, locale: str = "es_CO") -> None:
        self.client = client
        made = client.ask("POST", "/v4/spreadsheets", {"properties": {"title": "Prueba", "locale": locale}})
        self.id = str(made["spreadsheetId"])

    def values(self, verb: str, cells: str, body: t.Any = None, *, action: str = "", **query: t.Any) -> Json:
        """Call a method of one range; ``action`` is ``:append`` or ``:clear``."""
        path = f"/v4/spreadsheets/{self.id}/values/{quote(cells, safe='')}{action}"
        return self.client.ask(verb, path, body, **query)

    def get(self, cells: str, **query: t.Any) -> list[list[t.Any]]:
        """Return the values of a range."""
        answer = self.values("GET", cells, **query)
        if "error" in answer:
            raise AssertionError(answer["error"])
        return t.cast("list[list[t.Any]]", answer.get("values", []))

    def put(self, cells: str, values: list[list[t.Any]], *, option: str = "RAW", **query: t.Any) -> Json:
        """Write the values of a range."""
        return self.values("PUT", cells, {"values": values}, valueInputOption=option, **query)

    def append(self, cells: str, values: list[list[t.Any]], *, insert: str = "OVERWRITE", **query: t.Any) -> Json:
        """Append rows to the table of a range."""
        options = {"valueInputOption": "RAW", "insertDataOption": insert, **query}
        return self.values("POST", cells, {"values": values}, action=":append", **options)

    def batch(self, *requests: Json, **body: t.Any) -> Json:
        """Do a ``batchUpdate``."""
        path = f"/v4/spreadsheets/{self.id}:batchUpdate"
        return self.client.ask("POST", path, {"requests": list(requests), **body})

    def call(self, verb: str, suffix: str, body: t.Any = None, **query: t.Any) -> Json:
        """Call any method of the spreadsheet; ``suffix`` follows its id in the path."""
        return self.client.ask(verb, f"/v4/spreadsheets/{self.id}{suffix}", body, **query)
