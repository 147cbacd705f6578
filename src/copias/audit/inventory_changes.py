"""What changed in the inventory between two dates: who appeared, left, moved or was suspended; and who reviewed it."""

from __future__ import annotations

import typing as t
from collections import Counter
from datetime import datetime, timedelta

from copias.audit.inventory import REVIEWED, SEEN, read_snapshot
from copias.audit.model import Column, Remark, Section, put_in_order, remark_of
from copias.errors import BackupError
from copias.package.texts import format_moment

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from copias.audit.inventory import Inventory, SeenAccount, SeenDatabase
    from copias.ledger import Event
    from copias.office import Office

CLAUSE: t.Final = "inventory"
LATELY: t.Final = timedelta(days=30)
COLUMNS: t.Final = (
    Column("seen", "Visto", "moment"),
    Column("change", "Qué cambió"),
    Column("name", "Quién"),
    Column("before", "Antes"),
    Column("after", "Después"),
)
_STATES: t.Final = {"active": "activa", "suspended": "suspendida", "archived": "archivada"}
_MAILBOXES: t.Final = {True: "con Gmail", False: "sin Gmail"}
Pair: t.TypeAlias = "tuple[SeenAccount | None, SeenAccount | None]"
Row: t.TypeAlias = "dict[str, t.Any]"


def inventory_section(
    office: Office, events: Sequence[Event], *, first: datetime | None, last: datetime | None, now: datetime
) -> Section:
    """Compare each snapshot of a period with the one before it.

    Args:
        office: of this installation.
        events: the snapshots and reviews of the ledger, in its order.
        first: beginning of the period; thirty days ago when absent.
        last: its end; now when absent.
        now: aware.
    """
    begin, end = first or now - LATELY, last or now
    seen = [event for event in events if event.event == SEEN and event.when < end]
    before = [event for event in seen if event.when < begin]
    wanted = [*before[-1:], *(event for event in seen if event.when >= begin)]
    rows, remarks = _compare_all(office, wanted)
    reviews = [event for event in events if event.event == REVIEWED]
    remarks += _judge_reviews(events, reviews)
    counts = Counter(str(row["change"]) for row in rows)
    return Section(
        part="inventory",
        title="Inventario: quién llegó, se fue o cambió, y quién lo revisó",
        summary=(
            ("Desde", format_moment(begin.isoformat())),
            ("Hasta", format_moment(end.isoformat())),
            ("Fotos comparadas", str(len(wanted))),
            *((change, str(count)) for change, count in sorted(counts.items())),
            ("Última revisión", _say_review(reviews[-1]) if reviews else "ninguna"),
        ),
        columns=COLUMNS,
        rows=tuple(rows),
        remarks=put_in_order(remarks),
        facts={"counts": dict(counts), "reviews": [_describe_review(event) for event in reviews]},
    )


def compare_inventories(before: Inventory, after: Inventory) -> Iterator[Row]:
    """Yield what differs between two snapshots, accounts first."""
    for old, new in _pair(before.accounts, after.accounts):
        yield from _compare_account(after.seen, old, new)
    bases, later = ({one.name: one for one in inventory.databases} for inventory in (before, after))
    yield from _compare_databases(after.seen, bases, later)


def _pair(before: Sequence[SeenAccount], after: Sequence[SeenAccount]) -> list[Pair]:
    """Return who is who, by the address: by Google's id, and by the address where a snapshot has no ids."""
    by_id, by_address = {one.id: one for one in after}, {one.address: one for one in after}
    pairs, met = list[Pair](), set[str]()
    for old in before:
        new = by_id.get(old.id) if old.id else None
        same = by_address.get(old.address)
        if new is None and same is not None and not (same.id and old.id):
            new = same
        pairs.append((old, new))
        met |= {new.address} if new else set()
    pairs += [(None, new) for new in by_address.values() if new.address not in met]
    return sorted(pairs, key=_address_of)


def _address_of(pair: Pair) -> str:
    return next(one.address for one in pair if one is not None)


def _compare_account(seen: str, old: SeenAccount | None, new: SeenAccount | None) -> Iterator[Row]:
    name = _address_of((new, old))
    if old is None or new is None:
        change = "apareció" if old is None else "se fue"
        yield _row(seen, change, name, old.department if old else "", new.department if new else "")
        return
    if old.address != new.address:
        yield _row(seen, "cambió de dirección", old.address, old.address, new.address)
    if old.department != new.department:
        yield _row(seen, "cambió de dependencia", name, old.department, new.department)
    elif old.org_unit != new.org_unit:
        yield _row(seen, "cambió de unidad", name, old.org_unit, new.org_unit)
    if old.state != new.state:
        yield _row(seen, "cambió de estado", name, _STATES[old.state], _STATES[new.state])
    if old.mailbox != new.mailbox:
        yield _row(seen, "cambió de buzón", name, _MAILBOXES[old.mailbox], _MAILBOXES[new.mailbox])


def _compare_databases(seen: str, old: Mapping[str, SeenDatabase], new: Mapping[str, SeenDatabase]) -> Iterator[Row]:
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        if before is None or after is None:
            change = "base nueva" if before is None else "base quitada"
            departments = (one.department if one else "" for one in (before, after))
            yield _row(seen, change, name, *departments)
            continue
        if before.department != after.department:
            yield _row(seen, "base de otra dependencia", name, before.department, after.department)
        if before.engine != after.engine:
            yield _row(seen, "base en otro motor", name, before.engine, after.engine)


def _row(seen: str, change: str, name: str, before: str, after: str) -> Row:
    return {"seen": seen, "change": change, "name": name, "before": before, "after": after}


def _compare_all(office: Office, events: Sequence[Event]) -> tuple[list[Row], list[Remark]]:
    rows, remarks = list[Row](), list[Remark]()
    before: Inventory | None = None
    for event in events:
        try:
            after = read_snapshot(office.deployment, event)
        except BackupError as error:
            remarks.append(remark_of(error, "red", clause=CLAUSE))
            continue  # the next one is compared with the last that can be read
        if before is not None:
            rows += compare_inventories(before, after)
        before = after
    return rows, remarks


def _judge_reviews(events: Sequence[Event], reviews: Sequence[Event]) -> Iterator[Remark]:
    seen = [event for event in events if event.event == SEEN]
    if not seen:
        what, repair = "no hay fotos del inventario", "copias audit inventory --record"
        yield Remark(severity="yellow", what=what, repair=repair, clause=CLAUSE)
    # By their order, not by the hash alone: who came and left again leaves the same inventory, and was never looked at.
    elif len(seen) > 1 and (not reviews or reviews[-1].n < seen[-1].n):
        yield Remark(
            severity="yellow",
            what="nadie ha revisado los últimos cambios del inventario",
            whose=f"foto del {format_moment(seen[-1].time)}",
            why=f"la última revisión: {_say_review(reviews[-1])}" if reviews else "no consta ninguna revisión",
            repair="mire los cambios y regístrelo: copias audit inventory --review …",
            clause=CLAUSE,
        )


def _say_review(event: Event) -> str:
    return f"{format_moment(event.time)}, {event.actor.get('name', '')}: {event.data['text']}"


def _describe_review(event: Event) -> dict[str, str]:
    return {
        "time": event.time,
        "by": str(event.actor.get("name", "")),
        "sha256": str(event.data["sha256"]),
        "text": str(event.data["text"]),
    }
