"""What a manifest says of the messages of a package: made when it is sealed, and again when it is verified."""

from __future__ import annotations

import typing as t

from copias.package.facts import Period
from copias.package.mailbox_facts import MessagesFacts
from copias.package.mailbox_index import INDEX
from copias.package.message_entry import received_at
from copias.package.message_list import STATES

if t.TYPE_CHECKING:
    from datetime import date

    from copias.package.message_list import Summary


def describe(summary: Summary) -> dict[str, t.Any]:
    """Return a manifest's ``counts``, ``period`` and ``messages``."""
    states = {f"messages_{state}": summary.states[state] for state in STATES if state and state in summary.states}
    counts = {
        "messages": summary.count,
        "threads": summary.threads,
        "labels": summary.labels,
        "messages_deleted": summary.deleted,
        **states,
    }
    return {
        "counts": counts,
        "period": Period(first=_to_date(summary.first), last=_to_date(summary.last)),
        "messages": MessagesFacts(index=INDEX, count=summary.count, bytes=summary.bytes, sha256=summary.sha256),
    }


def _to_date(internal_date: int | None) -> date | None:
    return None if internal_date is None else received_at(internal_date).date()
