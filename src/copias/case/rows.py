"""The rows that a case leaves in the help desk: their keys and their words.

A key is the same however often a step is repeated: ``copias-<case>-<generation>-<what>``.
"""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

from copias.case.kinds import kind_of_copy
from copias.case.outbox import queue

if t.TYPE_CHECKING:
    from copias.case.story import CopyRecord, Story
    from copias.office import Office

MODE_WORDS: t.Final = {"on_site": "en sitio", "remote": "remota"}
STATUS_WORDS: t.Final = {
    "assigned": "Asignado",
    "in_progress": "En proceso",
    "on_hold": "En espera",
    "resolved": "Solucionado",
    "cancelled": "Cancelado",
}


def row_key(story: Story, what: str, mark: str = "") -> str:
    """Return the key of a row; ``mark`` tells apart what may happen more than once."""
    return "-".join(["copias", story.number, str(story.generation), what, *([mark] if mark else [])])


def queue_status(office: Office, story: Story, status: str, *, done: str, evidence: str = "", mark: str = "") -> Story:
    """Queue a row of the response form that moves the case to ``status``."""
    row = {
        "kind": "response",
        "number": story.number,
        "status": STATUS_WORDS[status],
        "agent": office.actor.person.name,
        "done": done,
        "evidence": evidence,
        "moment": datetime.now(UTC).isoformat(),
    }
    return queue(office.book, story.number, row_key(story, status, mark), row)


def queue_control(office: Office, story: Story, copy: CopyRecord) -> Story:
    """Queue the copy's row of the control sheet, with the ledger's head as a witness outside this machine."""
    head, started = office.book.ledger.head(), story.started
    row = {
        "kind": "control",
        "made_at": copy.data["finished"],
        "department": started.get("department", ""),
        "number": story.number,
        "requester": started.get("requester", ""),
        "copy_kind": kind_of_copy(copy).say_kind(started.get("mode", "")),
        "subject": copy.data["subject"],
        "agent": office.actor.person.name,
        "place": copy.store,
        "package": copy.package,
        "size": copy.bytes,
        "sha256": copy.sha256,
        "proof": say_level(copy),
        "record_series": copy.data["record_series"],
        "ledger_count": head.count,
        "ledger_hash": head.sha256,
    }
    return queue(office.book, story.number, row_key(story, "control"), row)


def say_level(copy: CopyRecord) -> str:
    """Return the words of the proof that the copy reached."""
    from copias.package.facts import ProofLevel

    return ProofLevel(copy.proof["level"]).text
