"""A message as the API shows it, in each format."""

from __future__ import annotations

import orjson
import pybase64

from copias_sandbox.core.errors import GoogleError, Json
from copias_sandbox.core.fields import Mask, mentions
from copias_sandbox.core.room import Call
from copias_sandbox.rooms.gmail.access import sees_only_metadata
from copias_sandbox.rooms.gmail.mailbox import Mailbox
from copias_sandbox.rooms.gmail.mime import header_list, payload, snippet
from copias_sandbox.rooms.gmail.tables import Mail


def reference(mail: Mail, *, labels: bool = False) -> Json:
    """Return what lists and the history show of a message."""
    shown: Json = {"id": mail.id, "threadId": mail.thread_id}
    return {**shown, "labelIds": list(mail.labels)} if labels and mail.labels else shown


def show(call: Call, box: Mailbox, mail: Mail, mask: Mask | None = None) -> Json:
    """Return a message in the format that the call asks for.

    Args:
        call: with ``format`` and ``metadataHeaders``.
        box: the message's mailbox.
        mail: the message.
        mask: what is wanted of it, when that is not the call's own mask.

    Raises:
        GoogleError: 403, the token is for metadata only.
    """
    wanted = call.mask if mask is None else mask
    form = check_format(call)
    content = box.content(mail)
    shown = _minimal(mail, content, wanted)
    if form == "raw" and mentions(wanted, "raw"):
        # A fragment goes into the answer as it is: the light path of a copy, 25 MB without a look at them.
        shown["raw"] = orjson.Fragment(b'"' + pybase64.b64encode(content, b"-_") + b'"')
    elif form == "metadata":
        only = call.query.get("metadataHeaders", ())
        kind = payload(content, message=mail.number)["mimeType"]
        shown["payload"] = {"mimeType": kind, "headers": header_list(content, only)}
    elif form == "full":
        shown["payload"] = payload(content, message=mail.number)
    return shown


def check_format(call: Call) -> str:
    """Return the format that is asked for.

    Raises:
        GoogleError: 403, the token is for metadata only.
    """
    form = str(call.query.get("format", "full"))
    if form in {"full", "raw"} and sees_only_metadata(call):
        raise GoogleError(403, f"Metadata scope doesn't allow format {form.upper()}", reason="forbidden")
    return form


def _minimal(mail: Mail, content: bytes, wanted: Mask) -> Json:
    shown = reference(mail, labels=True)
    if mentions(wanted, "snippet"):
        shown["snippet"] = snippet(content)
    return {**shown, "historyId": str(mail.history), "internalDate": str(mail.date), "sizeEstimate": len(content)}
