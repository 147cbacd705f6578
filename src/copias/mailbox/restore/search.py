"""What is looked for among the messages of a copy."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, fields
from datetime import timedelta

from copias.errors import BadInput
from copias.helpdesk.words import plain
from copias.local_time import read_day, start_of

if t.TYPE_CHECKING:
    from datetime import date

    from copias.package.message_list import ListedMessage


@dataclass(frozen=True)
class Query:
    """What a message must have; an empty field takes everything. Texts are compared without case or accents.

    Args:
        sender: a part of the From header.
        subject: a part of the subject.
        since: milliseconds since 1970; the message is of then or later.
        until: milliseconds since 1970; the message is of before then.
        label: name of a label that it has.
    """

    sender: str = ""
    subject: str = ""
    since: int | None = None
    until: int | None = None
    label: str = ""

    @property
    def used(self) -> tuple[str, ...]:
        """Return the names of the fields that ask for something."""
        return tuple(one.name for one in fields(self) if getattr(self, one.name) not in {"", None})

    def takes(self, message: ListedMessage) -> bool:
        """Tell whether a message is one of those."""
        return (
            plain(self.sender) in plain(message.sender)
            and plain(self.subject) in plain(message.subject)
            and (self.since is None or message.internal_date >= self.since)
            and (self.until is None or message.internal_date < self.until)
            and (not self.label or plain(self.label) in map(plain, message.labels))
        )


def query_of_days(
    *, since: str | None = None, until: str | None = None, sender: str = "", subject: str = "", label: str = ""
) -> Query:
    """Return a query whose dates are whole days of Colombia, ``31/12/2026`` or ``2026-12-31``, both included.

    Raises:
        BadInput: a date is none, or the first is after the last.
    """
    first, last = (None if text is None else read_day(text) for text in (since, until))
    if first and last and first > last:
        raise BadInput("la primera fecha es después de la última", whose=f"{since} y {until}")
    return Query(
        sender=sender,
        subject=subject,
        since=_milliseconds(first) if first else None,
        until=_milliseconds(last + timedelta(days=1)) if last else None,
        label=label,
    )


def _milliseconds(day: date) -> int:
    return int(start_of(day).timestamp()) * 1000
