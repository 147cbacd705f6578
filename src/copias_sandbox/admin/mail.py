"""What tests and benchmarks do to mailboxes: fill one by a plan, let mail come in or go, forget the history."""

from __future__ import annotations

import hashlib
import typing as t
from collections.abc import Awaitable, Callable
from itertools import islice

import pybase64

from copias_sandbox.core.dispatch import Google
from copias_sandbox.core.errors import Json
from copias_sandbox.rooms.gmail.incoming import arrival
from copias_sandbox.rooms.gmail.labels import Labels
from copias_sandbox.rooms.gmail.mailbox import Mailbox
from copias_sandbox.rooms.gmail.mailboxes import SERVICE, Mailboxes
from copias_sandbox.rooms.gmail.tables import Mail
from copias_sandbox.seed.mail import WRITERS, MailPlan

Handler: t.TypeAlias = Callable[[Json], Awaitable[Json]]


class MailAdmin:
    """The admin port's part for Gmail.

    Args:
        google: the sandbox.
    """

    def __init__(self, google: Google) -> None:
        self._google = google

    def routes(self) -> dict[tuple[str, str], Handler]:
        """Return what to listen for."""
        return {
            ("POST", "/mailbox"): self._seed,
            ("POST", "/mailbox/deliver"): self._deliver,
            ("POST", "/mailbox/delete"): self._delete,
            ("POST", "/mailbox/relabel"): self._relabel,
            ("POST", "/mailbox/messages"): self._messages,
            ("POST", "/mailbox/expire-history"): self._expire_history,
        }

    def _open(self, body: Json) -> Mailbox:
        return self._mailboxes.open(str(body["email"]))

    @property
    def _mailboxes(self) -> Mailboxes:
        return t.cast("Mailboxes", self._google.services[SERVICE])

    async def _seed(self, body: Json) -> Json:
        """Make a mailbox anew; besides ``email`` the fields of :class:`MailPlan`, ``kinds`` may be ``all``."""
        fields = {name: value for name, value in body.items() if name != "email"}
        kinds = tuple(WRITERS) if fields.get("kinds") == "all" else tuple(fields.get("kinds", ()))
        plan = MailPlan(**{"count": len(kinds), **fields, "kinds": kinds})
        with self._google.state.transaction():
            return _described(self._mailboxes.make(str(body["email"]), plan))

    async def _deliver(self, body: Json) -> Json:
        """Let ``count`` messages of ``kind`` come in now, or one of the base64 bytes ``raw``, with ``labels``."""
        labels, now = tuple(body.get("labels", ("INBOX", "UNREAD"))), int(self._google.clock.now() * 1000)
        with self._google.state.transaction():
            box = self._open(body)
            if "raw" in body:
                content = pybase64.b64decode(str(body["raw"]))
                found = [box.add(arrival(box, content, labels=labels, date=now, received=now))]
            else:
                kind = str(body.get("kind", "plain"))
                count = int(body.get("count", 1))
                found = [box.add_seeded(kind=kind, date=now, labels=labels) for _ in range(count)]
            return {**_described(box), "ids": [mail.id for mail in found]}

    async def _delete(self, body: Json) -> Json:
        """Delete the messages ``ids``, or the ``newest`` so many."""
        with self._google.state.transaction():
            box = self._open(body)
            for mail in _chosen(box, body):
                box.remove(mail)
            return _described(box)

    async def _relabel(self, body: Json) -> Json:
        """Put labels ``add`` on messages and take ``remove`` off; names of labels that do not exist are made."""
        with self._google.state.transaction():
            box = self._open(body)
            add, remove = (_label_ids(box, body.get(name, ())) for name in ("add", "remove"))
            for mail in _chosen(box, body):
                box.relabel(mail, add=add, remove=remove)
            return _described(box)

    async def _messages(self, body: Json) -> Json:
        """Tell what a mailbox holds: ids, labels by name, dates, SHA-256 of the bytes when asked (``digests``)."""
        with self._google.state.transaction():
            box = self._open(body)
            names = {label["id"]: label["name"] for label in Labels(box).every()}
            found = [_message(box, mail, names, digests=bool(body.get("digests"))) for mail in box.select()]
            return {**_described(box), "messages": found}

    async def _expire_history(self, body: Json) -> Json:
        with self._google.state.transaction():
            box = self._open(body)
            box.expire_history()
            return _described(box)


def _described(box: Mailbox) -> Json:
    return {"email": box.email, "messages_total": box.count(), "history_id": box.history}


def _chosen(box: Mailbox, body: Json) -> list[Mail]:
    """Return the messages of ``ids``, or the ``newest`` so many.

    Raises:
        ValueError: one is not there.
    """
    if "ids" not in body:
        return list(islice(box.select(), int(body.get("newest", 1))))
    found = [box.find(int(identifier, 16)) for identifier in body["ids"]]
    if None in found:
        raise ValueError("there is no message of one of these ids")
    return [mail for mail in found if mail is not None]


def _label_ids(box: Mailbox, names: t.Iterable[str]) -> list[str]:
    """Return the ids of labels given by id or name; a name that there is not yet is made a label."""
    labels = Labels(box)
    known = {label["name"]: label["id"] for label in labels.every()}
    wanted = dict.fromkeys(names)
    return [name if labels.exists(name) else known.get(name) or labels.create(name)["id"] for name in wanted]


def _message(box: Mailbox, mail: Mail, names: dict[str, str], *, digests: bool) -> Json:
    shown: Json = {
        "id": mail.id,
        "thread": mail.thread_id,
        "internal_date": mail.date,
        "labels": [names[label] for label in mail.labels],
        "kind": mail.kind,
    }
    return {**shown, "sha256": hashlib.sha256(box.content(mail)).hexdigest()} if digests else shown
