"""Conversations: lists of them, and all messages of one."""

from __future__ import annotations

from collections.abc import Callable

from copias_sandbox.core.errors import Json, not_found
from copias_sandbox.core.room import Call
from copias_sandbox.rooms.gmail.access import mailbox, page_size, parse_number
from copias_sandbox.rooms.gmail.changes import read_labels, trash
from copias_sandbox.rooms.gmail.mailbox import Mailbox
from copias_sandbox.rooms.gmail.messages import UNKNOWN_SIZE, page_token, select_page
from copias_sandbox.rooms.gmail.mime import snippet
from copias_sandbox.rooms.gmail.resource import reference, show
from copias_sandbox.rooms.gmail.tables import Mail


def list_threads(call: Call) -> Json:
    """Do ``threads.list``: conversations by their newest message that the search finds."""
    box, size = mailbox(call), page_size(call)
    shown: dict[int, Mail] = {}
    newest = {mail.thread: mail.number for mail in box.select(oldest_first=True)}
    last = None
    for mail in select_page(call, box, box.count()):
        # On a later page, a conversation that an earlier page has shown does not come again.
        if mail.thread in shown or (call.query.get("pageToken") and newest[mail.thread] != mail.number):
            continue
        if len(shown) == size:
            break
        shown[mail.thread] = last = mail
    else:
        last = None
    threads = [_listed(box, mail) for mail in shown.values()]
    answer: Json = {**({"threads": threads} if threads else {}), "resultSizeEstimate": len(threads)}
    return {**answer, "nextPageToken": page_token(last), "resultSizeEstimate": UNKNOWN_SIZE} if last else answer


def _listed(box: Mailbox, mail: Mail) -> Json:
    return {"id": mail.thread_id, "snippet": snippet(box.content(mail)), "historyId": str(mail.history)}


def get_thread(call: Call) -> Json:
    """Do ``threads.get``: the messages, oldest first."""
    box, found = _found(call)
    mask = call.mask.get("messages", {})
    messages = [show(call, box, mail, mask) for mail in found]
    history = max(mail.history for mail in found)
    return {"id": found[0].thread_id, "historyId": str(history), "messages": messages}


def modify_thread(call: Call) -> Json:
    """Do ``threads.modify``, on each of its messages."""
    add, remove = read_labels(call, mailbox(call))
    return _changed(call, lambda box, mail: box.relabel(mail, add=add, remove=remove))


def trash_thread(call: Call) -> Json:
    """Do ``threads.trash``."""
    return _changed(call, trash)


def untrash_thread(call: Call) -> Json:
    """Do ``threads.untrash``."""
    return _changed(call, lambda box, mail: box.relabel(mail, remove=("TRASH",)))


def delete_thread(call: Call) -> Json:
    """Do ``threads.delete``: all of its messages, for good."""
    box, found = _found(call)
    for mail in found:
        box.remove(mail)
    return {}


def _found(call: Call) -> tuple[Mailbox, list[Mail]]:
    box = mailbox(call)
    found = list(box.select("thread = ?", (parse_number(call.path["id"]),), oldest_first=True))
    if not found:
        raise not_found()
    return box, found


def _changed(call: Call, change: Callable[[Mailbox, Mail], Mail]) -> Json:
    box, found = _found(call)
    changed = [change(box, mail) for mail in found]
    return {"id": changed[0].thread_id, "messages": [reference(mail, labels=True) for mail in changed]}
