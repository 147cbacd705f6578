"""The methods of labels."""

from __future__ import annotations

from copias_sandbox.core.errors import Json, invalid
from copias_sandbox.core.room import Call
from copias_sandbox.rooms.gmail.access import mailbox
from copias_sandbox.rooms.gmail.labels import Labels


def list_labels(call: Call) -> Json:
    """Do ``labels.list``, without numbers of messages."""
    return {"labels": Labels(mailbox(call)).every()}


def get_label(call: Call) -> Json:
    """Do ``labels.get``, with numbers of messages."""
    return Labels(mailbox(call)).counted(call.path["id"])


def create_label(call: Call) -> Json:
    """Do ``labels.create``."""
    return Labels(mailbox(call)).create(call.body.get("name", ""), call.body)


def patch_label(call: Call) -> Json:
    """Do ``labels.patch``."""
    return Labels(mailbox(call)).change(call.path["id"], call.body)


def update_label(call: Call) -> Json:
    """Do ``labels.update``, which wants the label's id and name again."""
    if call.body.get("id") != call.path["id"] or not call.body.get("name"):
        raise invalid("Invalid label id" if call.body.get("name") else "Missing label name")
    return Labels(mailbox(call)).change(call.path["id"], call.body)


def delete_label(call: Call) -> Json:
    """Do ``labels.delete``: it is taken off all messages, too."""
    Labels(mailbox(call)).delete(call.path["id"])
    return {}
