"""What is looked for among the messages of a copy."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from copias.errors import BadInput
from copias.helpdesk.words import plain
from copias.package.texts import BOGOTA

if t.TYPE_CHECKING:
    from copias.package.message_list import ListedMessage

_FORMS: t.Final = ("%d/%m/%Y", "%Y-%m-%d")


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
    first, last = _read_day(since), _read_day(until)
    if first and last and first > last:
        raise BadInput("la primera fecha es después de la última", whose=f"{since} y {until}")
    return Query(
        sender=sender,
        subject=subject,
        since=_milliseconds(first) if first else None,
        until=_milliseconds(last + timedelta(days=1)) if last else None,
        label=label,
    )


def _read_day(text: str | None) -> datetime | None:
    if text is None:
        return None
    for form in _FORMS:
        try:
            return datetime.strptime(text.strip(), form).replace(tzinfo=BOGOTA)
        except ValueError:
            continue
    raise BadInput("la fecha no se entiende", whose=ascii(text[:40]), repair="escríbala así: 31/12/2026")


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000
