"""What keeps a store from being released although all that can be moved from it was moved."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.case.story import CopyRecord
    from copias.office import Office


def find_blocking(office: Office, store: str) -> Iterator[str]:
    """Yield, in Spanish, what is still sent to a store, and what only it has; nothing is asked of any store."""
    yield from (f"copias.yml todavía guarda ahí {what}" for what in _users(office, store))
    for record in _last_spoilt(office, store):
        subject = record.data["subject"]
        yield f"la copia {record.copy_id} está alterada y no hay otra de {subject}: haga una, o rescátela"


def _users(office: Office, store: str) -> Iterator[str]:
    """Yield what the deployment's file still sends to a store."""
    deployment = office.deployment
    yield from (f"la base de datos {name}" for name, one in deployment.databases.items() if one.store == store)
    if deployment.mailboxes is not None and deployment.mailboxes.store == store:
        yield "los buzones"
    if deployment.deliveries is not None and deployment.deliveries.store == store:
        yield "las entregas de los usuarios"
    for name, one in deployment.repositories.items():
        if one.mirror is not None and one.mirror.store == store:
            yield f"el espejo del repositorio {name}"


def _last_spoilt(office: Office, store: str) -> Iterator[CopyRecord]:
    """Yield the altered copies of a store, which are not moved, whose subject has no other that is good."""
    records = [record for story in office.book.keepers().values() for record in story.copies]
    good = {_subject(record) for record in records if record.status in {"stored", "verified"}}
    yield from (
        record
        for record in records
        if record.status == "spoilt" and record.store == store and _subject(record) not in good
    )


def _subject(record: CopyRecord) -> tuple[str, str]:
    return str(record.data["kind"]), str(record.data["subject"])
