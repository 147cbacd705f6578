"""The Gmail room."""

from __future__ import annotations

import typing as t

from copias_sandbox.core.room import Handler, Room
from copias_sandbox.rooms.gmail import changes, drafts, effects, history, incoming, label_methods, messages, threads
from copias_sandbox.rooms.gmail.mailboxes import SERVICE, Mailboxes

_USERS: t.Final = "gmail.users."
_MESSAGES: t.Final = f"{_USERS}messages."
_LABELS: t.Final = f"{_USERS}labels."
_THREADS: t.Final = f"{_USERS}threads."

HANDLERS: t.Final[dict[str, Handler]] = {
    f"{_USERS}getProfile": messages.get_profile,
    f"{_USERS}history.list": history.list_history,
    f"{_MESSAGES}get": messages.get_message,
    f"{_MESSAGES}list": messages.list_messages,
    f"{_MESSAGES}attachments.get": messages.get_attachment,
    f"{_MESSAGES}import": incoming.import_message,
    f"{_MESSAGES}insert": incoming.insert_message,
    f"{_MESSAGES}send": incoming.send_message,
    f"{_MESSAGES}modify": changes.modify_message,
    f"{_MESSAGES}batchModify": changes.batch_modify,
    f"{_MESSAGES}batchDelete": changes.batch_delete,
    f"{_MESSAGES}delete": changes.delete_message,
    f"{_MESSAGES}trash": changes.trash_message,
    f"{_MESSAGES}untrash": changes.untrash_message,
    f"{_LABELS}list": label_methods.list_labels,
    f"{_LABELS}get": label_methods.get_label,
    f"{_LABELS}create": label_methods.create_label,
    f"{_LABELS}patch": label_methods.patch_label,
    f"{_LABELS}update": label_methods.update_label,
    f"{_LABELS}delete": label_methods.delete_label,
    f"{_THREADS}list": threads.list_threads,
    f"{_THREADS}get": threads.get_thread,
    f"{_THREADS}modify": threads.modify_thread,
    f"{_THREADS}trash": threads.trash_thread,
    f"{_THREADS}untrash": threads.untrash_thread,
    f"{_THREADS}delete": threads.delete_thread,
    f"{_USERS}drafts.list": drafts.list_drafts,
    f"{_USERS}drafts.get": drafts.get_draft,
}

GMAIL = Room(
    document="gmail.v1",
    prefix="/gmail/v1/",
    hosts=frozenset({"gmail.googleapis.com", "www.googleapis.com"}),
    mixed_errors=True,
    handlers=HANDLERS,
    services=lambda state: {SERVICE: Mailboxes(state)},
    effects={"deleted": effects.delete_message, "expired": effects.expire_history},
    before_upload={f"{_MESSAGES}{name}": effects.check_upload for name in ("import", "insert", "send")},
)
