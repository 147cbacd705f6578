"""A client of the admin port, for tests, the demo and ``copias sandbox``."""

from __future__ import annotations

import base64
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

    def advance_clock(self, seconds: float) -> Json:
        """Move the sandbox's clock forward; return ``now`` and ``quota_now``."""
        return self.request("POST", "/clock", {"advance": seconds})

    def quota_speed(self, speed: float) -> None:
        """Let the quotas' minutes pass so many times as fast as real ones; 0 lets them pass by advance only."""
        self.request("POST", "/clock", {"speed": speed})

    def quota_spent(self) -> Json:
        """Return the units spent since the last setting, by API and by ``<api>/<user>``."""
        return t.cast("Json", self.request("GET", "/status")["quota"]["spent"])

    def user(self, email: str, **fields: t.Any) -> None:
        """Add an account to the Directory, or change one; the fields are those of Google's ``User``."""
        self.request("POST", "/user", {"primaryEmail": email, **fields})

    def suspend(self, email: str, *, reason: str = "ADMIN") -> Json:
        """Suspend an account."""
        return self.request("POST", "/user/suspend", {"email": email, "reason": reason})

    def reactivate(self, email: str) -> Json:
        """End an account's suspension."""
        return self.request("POST", "/user/reactivate", {"email": email})

    def delete_user(self, email: str) -> Json:
        """Delete an account; for 20 days it can be given back."""
        return self.request("POST", "/user/delete", {"email": email})

    def undelete_user(self, email: str) -> Json:
        """Give a deleted account back."""
        return self.request("POST", "/user/undelete", {"email": email})

    def delegate(self, client_id: str, scopes: t.Sequence[str]) -> None:
        """Set the scopes with which a service account may act as anybody; none takes the delegation away."""
        self.request("POST", "/delegation", {"client_id": client_id, "scopes": list(scopes)})

    def consents(self) -> list[Json]:
        """Return the consents that wait for a person: ``id``, ``client_id``, ``scope``, ``login_hint``."""
        return t.cast("list[Json]", self.request("GET", "/consents")["pending"])

    def approve_consent(self, identifier: str, email: str, *, scopes: t.Sequence[str] | None = None) -> str:
        """Consent as ``email``, to all or only to ``scopes``; return where the browser is sent to."""
        body = {"id": identifier, "email": email, "scopes": list(scopes) if scopes is not None else None}
        return str(self.request("POST", "/consents/approve", body)["location"])

    def deny_consent(self, identifier: str) -> str:
        """Refuse a consent; return where the browser is sent to."""
        return str(self.request("POST", "/consents/deny", {"id": identifier})["location"])

    def consent_at_once(self, email: str = "", *, scopes: t.Sequence[str] | None = None) -> None:
        """Let ``email`` consent whenever a browser asks; without one, nobody does."""
        body = {"email": email, "scopes": list(scopes) if scopes is not None else None}
        self.request("POST", "/consents/auto", body)

    def revoke_consents(self, email: str) -> int:
        """Take back all that a person consented to; return how many consents there were."""
        return int(self.request("POST", "/consents/revoke", {"email": email})["revoked"])

    def mailbox(self, email: str, **plan: t.Any) -> Json:
        """Make somebody's mailbox anew, by the fields of :class:`copias_sandbox.seed.mail.MailPlan`.

        ``mailbox(email, count=200_000, mean_bytes=4000, seed=1)``; ``kinds="all"`` is one message of each kind.
        """
        return self.request("POST", "/mailbox", {"email": email, **plan})

    def deliver(self, email: str, count: int = 1, **options: t.Any) -> list[str]:
        """Let mail come in now and return the ids; ``kind``, ``labels``, or ``raw`` (base64) for one's own bytes."""
        answer = self.request("POST", "/mailbox/deliver", {"email": email, "count": count, **options})
        return t.cast("list[str]", answer["ids"])

    def delete_mail(self, email: str, ids: t.Sequence[str]) -> Json:
        """Delete messages for good, as their owner would."""
        return self.request("POST", "/mailbox/delete", {"email": email, "ids": list(ids)})

    def relabel_mail(
        self, email: str, ids: t.Sequence[str], *, add: t.Sequence[str] = (), remove: t.Sequence[str] = ()
    ) -> Json:
        """Put labels on messages and take others off; by id or name, a name that there is not yet is made a label."""
        changes = {"email": email, "ids": list(ids), "add": list(add), "remove": list(remove)}
        return self.request("POST", "/mailbox/relabel", changes)

    def mail(self, email: str, *, digests: bool = False) -> list[Json]:
        """Return what a mailbox holds, newest first: id, labels by name, dates; the bytes' SHA-256 on request."""
        answer = self.request("POST", "/mailbox/messages", {"email": email, "digests": digests})
        return t.cast("list[Json]", answer["messages"])

    def expire_history(self, email: str) -> Json:
        """Make every history id of a mailbox too old."""
        return self.request("POST", "/mailbox/expire-history", {"email": email})

    def settings(self, **options: t.Any) -> Json:
        """Set ``strict`` (true or false) and ``quota`` (``off``, ``google``, or limits and tariffs)."""
        return self.request("POST", "/settings", options)

    def share(self, spreadsheet: str, email: str, role: str) -> None:
        """Give an account a role in a spreadsheet; ``none`` takes it away."""
        self.request("POST", "/share", {"spreadsheet": spreadsheet, "email": email, "role": role})

    def drive_role(self, role: str, **options: t.Any) -> None:
        """Give the service account (or ``email``) a role in the shared drive (or ``drive``); ``""`` takes it out.

        It lasts until :meth:`clear_faults`.
        """
        self.request("POST", "/member", {"role": role, **options})

    def drive_limits(self, **limits: t.Any) -> Json:
        """Set fields of :class:`copias_sandbox.rooms.drive.limits.Limits`; ``None`` is Google's own number again."""
        return self.request("POST", "/drive/limits", limits)

    def put_file(self, path: str, content: bytes = b"", **options: t.Any) -> str:
        """Put a file into the shared drive, or into that of ``owner``, as a person would; return its id.

        ``text=["a", "b"]`` makes one of Google's own documents instead, ``picture=11_000_000`` a large one.
        """
        body = {"path": path, "content": base64.b64encode(content).decode(), **options}
        return str(self.request("POST", "/drive/file", body)["id"])

    def snapshot(self, name: str = "default") -> None:
        """Keep a copy of everything under a name."""
        self.request("POST", "/snapshot", {"name": name})

    def restore(self, name: str = "default") -> None:
        """Become again what was kept under a name."""
        self.request("POST", "/restore", {"name": name})
