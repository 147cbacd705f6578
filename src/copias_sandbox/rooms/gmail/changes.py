"""Changing and removing messages: labels, trash, deletion, one by one and many at once."""

from __future__ import annotations

import typing as t

from copias_sandbox.core.errors import Json, invalid
from copias_sandbox.core.room import Call
from copias_sandbox.rooms.gmail.access import find_mail, mailbox, parse_number
from copias_sandbox.rooms.gmail.labels import Labels
from copias_sandbox.rooms.gmail.mailbox import Mailbox
from copias_sandbox.rooms.gmail.resource import reference
from copias_sandbox.rooms.gmail.tables import Mail

MOST_LABELS: t.Final = 100
MOST_MESSAGES: t.Final = 1000


def modify_message(call: Call) -> Json:
    """Do ``messages.modify``."""
    box = mailbox(call)
    add, remove = read_labels(call, box)
    return reference(box.relabel(find_mail(box, call.path["id"]), add=add, remove=remove), labels=True)


def batch_modify(call: Call) -> Json:
    """Do ``messages.batchModify``; ids that do not exist are passed over, as Google does."""
    box = mailbox(call)
    add, remove = read_labels(call, box)
    for mail in _listed(call, box):
        box.relabel(mail, add=add, remove=remove)
    return {}


def batch_delete(call: Call) -> Json:
    """Do ``messages.batchDelete``; nothing is said of ids that do not exist."""
    box = mailbox(call)
    for mail in _listed(call, box):
        box.remove(mail)
    return {}


def delete_message(call: Call) -> Json:
    """Do ``messages.delete``: at once and for good."""
    box = mailbox(call)
    box.remove(find_mail(box, call.path["id"]))
    return {}


def trash_message(call: Call) -> Json:
    """Do ``messages.trash``."""
    box = mailbox(call)
    return reference(trash(box, find_mail(box, call.path["id"])), labels=True)


def untrash_message(call: Call) -> Json:
    """Do ``messages.untrash``."""
    box = mailbox(call)
    return reference(box.relabel(find_mail(box, call.path["id"]), remove=("TRASH",)), labels=True)


def trash(box: Mailbox, mail: Mail) -> Mail:
    """Put a message in the trash and return it; it leaves the inbox and the spam."""
    return box.relabel(mail, add=("TRASH",), remove=("INBOX", "SPAM"))


def read_labels(call: Call, box: Mailbox) -> tuple[list[str], list[str]]:
    """Return the labels to add and to remove.

    Raises:
        GoogleError: 400, none is given, one is to be added and removed, or one cannot be.
    """
    add, remove = call.body.get("addLabelIds", []), call.body.get("removeLabelIds", [])
    if not add and not remove:
        raise invalid("No label add or removes specified")
    if set(add) & set(remove):
        raise invalid(f"Cannot both add and remove the same label: {min(set(add) & set(remove))}")
    if max(len(add), len(remove)) > MOST_LABELS:
        raise invalid("Too many labels")
    Labels(box).check((*add, *remove), by_hand=True)
    return add, remove


def _listed(call: Call, box: Mailbox) -> list[Mail]:
    identifiers = call.body.get("ids", [])
    if not identifiers:
        raise invalid("No message ids specified")
    if len(identifiers) > MOST_MESSAGES:
        raise invalid(f"Too many message ids: at most {MOST_MESSAGES}")
    found = [box.find(parse_number(identifier)) for identifier in dict.fromkeys(identifiers)]
    return [mail for mail in found if mail is not None]
