"""A client of the admin port, for tests, the demo and ``copias sandbox``."""

from __future__ import annotations

import typing as t
import urllib.request
from urllib.error import HTTPError

import orjson

from copias.errors import BadInput
from copias_sandbox.core.errors import Json


class AdminClient:
    """Does things to a running sandbox.

    Args:
        url: of the admin port, ``http://127.0.0.1:1234``.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    def request(self, verb: str, path: str, body: Json | None = None) -> Json:
        """Send one request.

        Raises:
            BadInput: the sandbox refuses it; the message says why.
        """
        data = orjson.dumps(body) if body is not None else None
        request = urllib.request.Request(self._url + path, data=data, method=verb)  # noqa: S310 -- our own loopback port
        # No proxy: the environment may name the sandbox's own, which is for Google only.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as response:
                return t.cast("Json", orjson.loads(response.read()))
        except HTTPError as error:
            raise BadInput("El entorno de pruebas no acepta eso", why=error.read().decode()) from error

    def seed(self, *, cases: int = 300, seed: int = 20260101, layout: str = "two-tabs") -> Json:
        """Empty it and fill it with demo data."""
        return self.request("POST", "/seed", {"cases": cases, "seed": seed, "layout": layout})

    def reset(self, **options: t.Any) -> Json:
        """Become as after a start: seeded, no faults, calls, tokens or quota; ``options`` are those of a seed."""
        return self.request("POST", "/reset", options)

    def calls(self, method: str = "") -> list[Json]:
        """Return the call log, oldest first; of one method id only, if given."""
        calls: list[Json] = self.request("GET", "/calls")["calls"]
        return [call for call in calls if not method or call["method"] == method]

    def clear_calls(self) -> None:
        """Forget the call log."""
        self.request("DELETE", "/calls")

    def fault(self, kind: str, method: str = "*", **options: t.Any) -> None:
        """Plan a fault; the options are the fields of :class:`copias_sandbox.core.faults.Fault`."""
        self.request("POST", "/faults", {"kind": kind, "method": method, **options})

    def clear_faults(self) -> None:
        """Forget all planned faults and end an outage."""
        self.request("DELETE", "/faults")

    def outage(self, seconds: float = 0, *, mode: str = "503") -> None:
        """Go down, for a time or until :meth:`clear_faults`; ``mode`` is ``503`` or ``refuse``."""
        self.request("POST", "/outage", {"seconds": seconds, "mode": mode})

    def edit(self, spreadsheet: str, action: str, **options: t.Any) -> None:
        """Edit a sheet as a person would; see :func:`copias_sandbox.admin.edits.apply_edit`."""
        self.request("POST", "/edit", {"spreadsheet": spreadsheet, "action": action, **options})

    def revoke_tokens(self) -> None:
        """Make every access token invalid."""
        self.request("POST", "/revoke", {})

    def advance_clock(self, seconds: float) -> None:
        """Move the sandbox's clock forward."""
        self.request("POST", "/clock", {"advance": seconds})

    def settings(self, **options: t.Any) -> Json:
        """Set ``strict`` (true or false) and ``quota`` (``off``, ``google`` or limits)."""
        return self.request("POST", "/settings", options)

    def share(self, spreadsheet: str, email: str, role: str) -> None:
        """Give an account a role in a spreadsheet; ``none`` takes it away."""
        self.request("POST", "/share", {"spreadsheet": spreadsheet, "email": email, "role": role})

    def snapshot(self, name: str = "default") -> None:
        """Keep a copy of everything under a name."""
        self.request("POST", "/snapshot", {"name": name})

    def restore(self, name: str = "default") -> None:
        """Become again what was kept under a name."""
        self.request("POST", "/restore", {"name": name})
