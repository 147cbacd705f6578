"""Drafts, for reading: a draft is a message with the label ``DRAFT``."""

from __future__ import annotations

from copias_sandbox.core.errors import Json, not_found
from copias_sandbox.core.fields import Mask
from copias_sandbox.core.room import Call
from copias_sandbox.rooms.gmail.access import find_mail, mailbox, page_size
from copias_sandbox.rooms.gmail.messages import UNKNOWN_SIZE, page_token, select_page
from copias_sandbox.rooms.gmail.resource import reference, show
from copias_sandbox.rooms.gmail.tables import Mail

PREFIX = "r"


def _identifier(mail: Mail) -> str:
    return f"{PREFIX}{mail.number}"


def list_drafts(call: Call) -> Json:
    """Do ``drafts.list``."""
    box, size = mailbox(call), page_size(call)
    found = select_page(call, box, size + 1, "instr(labels, ' DRAFT ')")
    drafts = [{"id": _identifier(mail), "message": reference(mail)} for mail in found[:size]]
    answer: Json = {**({"drafts": drafts} if drafts else {}), "resultSizeEstimate": len(drafts)}
    if len(found) <= size:
        return answer
    return {**answer, "nextPageToken": page_token(found[size - 1]), "resultSizeEstimate": UNKNOWN_SIZE}


def get_draft(call: Call) -> Json:
    """Do ``drafts.get``."""
    box, identifier = mailbox(call), call.path["id"]
    number = identifier.removeprefix(PREFIX)
    if not number.isdigit() or len(number) > 19:
        raise not_found()
    mail = find_mail(box, f"{int(number):x}")
    if "DRAFT" not in mail.labels:
        raise not_found()
    mask: Mask = call.mask.get("message", {})
    return {"id": _identifier(mail), "message": show(call, box, mail, mask)}
