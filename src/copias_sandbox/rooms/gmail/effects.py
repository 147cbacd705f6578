"""Faults that happen to a mailbox and not to an answer: a message gone since it was listed, a history too old."""

from __future__ import annotations

from copias_sandbox.core.room import Call
from copias_sandbox.rooms.gmail.access import find_mail, mailbox


def delete_message(call: Call) -> None:
    """Play ``deleted``: the message of the path is gone before it is asked for.

    Raises:
        GoogleError: 404, it was gone already.
    """
    box = mailbox(call)
    identifier = call.path.get("id") or call.path.get("messageId")
    if identifier:
        box.remove(find_mail(box, identifier))


def expire_history(call: Call) -> None:
    """Play ``expired``: the history reaches back no further than now."""
    mailbox(call).expire_history()


def check_upload(call: Call) -> None:
    """Check what can be checked before a message's bytes are here: whose mailbox it is.

    Raises:
        GoogleError: as :func:`copias_sandbox.rooms.gmail.access.mailbox`.
    """
    mailbox(call)
