"""The admin port: JSON in, JSON out."""

from __future__ import annotations

import asyncio
import re
import typing as t
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path

import orjson
from aiohttp import web

from copias_sandbox.admin.accounts import AccountAdmin
from copias_sandbox.admin.drive import DriveAdmin
from copias_sandbox.admin.edits import apply_edit
from copias_sandbox.admin.mail import MailAdmin
from copias_sandbox.core.dispatch import Google
from copias_sandbox.core.errors import GoogleError, Json
from copias_sandbox.seed.sheets import Layout
from copias_sandbox.seed.workspace import Seeded, SeedOptions, fill
from copias_sandbox.transport.http import LOOPBACK, GooglePort

Handler: t.TypeAlias = Callable[[Json], Awaitable[Json]]
_SNAPSHOT_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")


class AdminPort:
    """Listens for what tests and the demo do to the sandbox.

    Args:
        google: the sandbox.
        ports: what an outage closes.
        folder: where snapshots are kept.
    """

    def __init__(self, google: Google, ports: t.Sequence[GooglePort], folder: Path) -> None:
        self._google = google
        self._ports = ports
        self._folder = folder
        self._runner: web.AppRunner | None = None
        self._recovery: asyncio.TimerHandle | None = None
        self._drive = DriveAdmin(google)
        self.seeded: Callable[[Seeded], None] = lambda _: None
        self.port = 0

    async def open(self, port: int = 0) -> None:
        """Listen; on ``port`` when it is free, else on any."""
        application = web.Application(client_max_size=64 * 2**20)
        for (verb, path), handler in self._routes().items():
            application.router.add_route(verb, path, _wrapped(handler))
        self._runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=1)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, LOOPBACK, port).start()
        except OSError:
            await web.TCPSite(self._runner, LOOPBACK, 0).start()
        self.port = int(self._runner.addresses[0][1])

    async def close(self) -> None:
        """Close the port."""
        if self._recovery is not None:
            self._recovery.cancel()
        if self._runner is not None:
            await self._runner.cleanup()

    def _routes(self) -> dict[tuple[str, str], Handler]:
        return {
            ("GET", "/status"): self._status,
            ("POST", "/seed"): self._seed,
            ("POST", "/reset"): self._reset,
            ("POST", "/snapshot"): self._snapshot,
            ("POST", "/restore"): self._restore,
            ("GET", "/calls"): self._calls,
            ("DELETE", "/calls"): self._clear_calls,
            ("POST", "/faults"): self._fault,
            ("DELETE", "/faults"): self._clear_faults,
            ("POST", "/outage"): self._outage,
            ("POST", "/edit"): self._edit,
            ("POST", "/revoke"): self._revoke,
            ("POST", "/clock"): self._clock,
            ("POST", "/settings"): self._settings,
            **AccountAdmin(self._google).routes(),
            **MailAdmin(self._google).routes(),
            **self._drive.routes(),
        }

    async def _status(self, _: Json) -> Json:
        google = self._google
        return {
            "calls": google.log.count,
            "faults": [fault.as_json() for fault in google.faults.faults],
            "down_until": google.faults.down_until,
            "strict": google.strict,
            "limits": google.quota.limits,
            "quota": google.quota.as_json(),
            "now": google.clock.now(),
        }

    async def _seed(self, body: Json) -> Json:
        if "layout" in body:
            body = {**body, "layout": Layout(body["layout"])}
        made = fill(self._google, SeedOptions(**body))
        self.seeded(made)
        return asdict(made)

    async def _reset(self, body: Json) -> Json:
        """Become as after a start: seeded, no faults, no calls, the real time, no quota."""
        await self._clear_faults({})
        self._google.log.clear()
        self._google.clock.reset()
        self._google.quota.configure("off")
        self._google.tokens.revoke_all()
        return await self._seed(body)

    def _snapshot_file(self, body: Json) -> Path:
        name = str(body.get("name", "default"))
        if not _SNAPSHOT_NAME.fullmatch(name):
            raise ValueError(f"a snapshot cannot be called {name!r}")
        self._folder.mkdir(mode=0o700, exist_ok=True)
        return self._folder / f"{name}.sqlite"

    async def _snapshot(self, body: Json) -> Json:
        path = self._snapshot_file(body)
        path.unlink(missing_ok=True)
        self._google.state.snapshot(path)
        return {"snapshot": path.stem}

    async def _restore(self, body: Json) -> Json:
        path = self._snapshot_file(body)
        if not path.exists():
            raise ValueError(f"there is no snapshot {path.stem!r}")
        self._google.state.restore(path)
        return {"snapshot": path.stem}

    async def _calls(self, _: Json) -> Json:
        return {"calls": self._google.log.as_json()}

    async def _clear_calls(self, _: Json) -> Json:
        self._google.log.clear()
        return {}

    async def _fault(self, body: Json) -> Json:
        self._google.faults.add(body)
        return {"faults": len(self._google.faults.faults)}

    async def _clear_faults(self, _: Json) -> Json:
        self._google.faults.clear()
        self._drive.recover()
        await self._clear_outage()
        return {}

    async def _outage(self, body: Json) -> Json:
        """Go down for ``seconds`` (0: until the faults are cleared); ``mode`` is ``503`` or ``refuse``."""
        seconds, mode = float(body.get("seconds", 0)), str(body.get("mode", "503"))
        if mode not in {"503", "refuse"}:
            raise ValueError(f"mode is {mode!r}, not 503 or refuse")
        await self._clear_outage()
        if mode == "503":
            self._google.faults.down_until = self._google.clock.now() + seconds if seconds else float(2**40)
            return {"mode": mode}
        for port in self._ports:
            await port.refuse()
        if seconds:
            loop = asyncio.get_running_loop()
            self._recovery = loop.call_later(seconds, lambda: loop.create_task(self._clear_outage()))
        return {"mode": mode}

    async def _clear_outage(self) -> None:
        if self._recovery is not None:
            self._recovery.cancel()
            self._recovery = None
        self._google.faults.down_until = 0.0
        for port in self._ports:
            await port.listen_again()

    async def _edit(self, body: Json) -> Json:
        apply_edit(self._google, body)
        return {}

    async def _revoke(self, _: Json) -> Json:
        return {"revoked": self._google.tokens.revoke_all()}

    async def _clock(self, body: Json) -> Json:
        """Move on by ``advance`` seconds, ``stop``, or let the quotas' time pass at another ``speed``."""
        clock = self._google.clock
        if body.get("stop"):
            clock.stop()
        if "speed" in body:
            clock.set_speed(float(body["speed"]))
        clock.advance(float(body.get("advance", 0)))
        return {"now": clock.now(), "quota_now": clock.quota_now()}

    async def _settings(self, body: Json) -> Json:
        """Set ``strict`` (answers checked by Google's schemas) and ``quota``; see :meth:`Quota.configure`."""
        if "strict" in body:
            self._google.strict = bool(body["strict"])
        if "quota" in body:
            self._google.quota.configure(body["quota"])
        return await self._status({})


def _wrapped(handler: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def respond(request: web.Request) -> web.Response:
        raw = await request.read()
        try:
            body = await handler(orjson.loads(raw) if raw else {})
        except (ValueError, TypeError, KeyError, GoogleError) as error:
            text = orjson.dumps({"error": f"{type(error).__name__}: {error}"})
            return web.Response(status=400, body=text, content_type="application/json")
        return web.Response(body=orjson.dumps(body), content_type="application/json")

    return respond
