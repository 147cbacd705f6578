"""Searching the copies of an account, for a case that allows it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from copias.mailbox.restore.gate import require_recovery
from copias.mailbox.restore.numbering import Numbering
from copias.mailbox.restore.opening import SourceName, choose_source, open_source
from copias.mailbox.restore.whose import require_same_person

if t.TYPE_CHECKING:
    from copias.mailbox.restore.search import Query
    from copias.office import Office
    from copias.package.message_list import ListedMessage

SEARCHED: t.Final = "recovery.searched"


@dataclass(frozen=True)
class Found:
    """What a search came to: the copy, and its messages by their numbers in the case."""

    source: SourceName
    messages: dict[int, ListedMessage]


def find_messages(office: Office, number: str, query: Query, *, account: str, copy_id: str | None = None) -> Found:
    """Search a copy of an account; the ledger gets who, for what account and case, before anything is returned.

    Of the words that are looked for, the ledger only gets which fields were used. They are personal data themselves
    (a name, an illness), the ledger is kept for ten years and can take nothing back, and a hash of a short word is
    found again by trying words.

    Raises:
        NotAllowed: the role does not include it.
        NotReady: the case does not allow it, the account has no copy, or it is of who had the address before.
        Altered: the copy is damaged, or nobody trusted signed it.
    """
    intake = require_recovery(office, number, account=account)
    source = choose_source(office, account, copy_id=copy_id)
    require_same_person(office, number, intake.authorisation, source, account=account)
    with open_source(office, source, account=account) as copy:
        messages = list(copy.find(query))
    numbers = Numbering(office, number).add(source, [message.id for message in messages])
    facts = {"account": account, "source": str(source), "fields": list(query.used), "found": len(messages)}
    office.book.record(intake.number, SEARCHED, facts)
    return Found(source, {numbers[message.id]: message for message in messages})
