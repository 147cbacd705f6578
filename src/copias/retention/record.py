"""The record of a destruction (*acta de eliminación*): what went, whose series, when, and who approved it.

Signed JSON, and the same printable on paper. Both are kept in the state, which each night copies.
"""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import dataclass
from datetime import datetime

import orjson

from copias.files import make_private_directory, write_atomically
from copias.package.canonical import to_canonical
from copias.package.signing import ALGORITHM, load_key
from copias.retention.pages import render

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from copias.office import Office
    from copias.retention.approval import ApprovalList

FORMAT: t.Final = "copias-destruction-1"


@dataclass(frozen=True)
class WrittenRecord:
    """A record: the name of its two files without their endings, and the SHA-256 of the JSON."""

    name: str
    sha256: str


def write_record(
    office: Office,
    wanted: ApprovalList,
    entries: Sequence[dict[str, t.Any]],
    *,
    why: str,
    moment: datetime,
    elsewhere: int = 0,
) -> WrittenRecord:
    """Write the record of what is gone of a list.

    Args:
        office: of this installation.
        wanted: the list.
        entries: of it that are gone by it.
        why: what stopped the rest; empty when there is none.
        moment: aware.
        elsewhere: how many of it went by another list before, which has a record of its own.
    """
    content = _describe(office, wanted, entries, why=why, moment=moment, elsewhere=elsewhere)
    key = load_key(office.deployment.signing_key)
    signature = {"algorithm": ALGORITHM, "key_id": key.key_id, "value": key.sign(to_canonical(content))}
    sealed = orjson.dumps({"record": content, "signature": signature}, option=orjson.OPT_INDENT_2)
    digest = hashlib.sha256(sealed).hexdigest()
    name = f"acta-{wanted.short}-{len(entries)}"
    folder = make_private_directory(make_private_directory(office.deployment.copies) / name)
    write_atomically(folder / "acta.html", render_record(content, digest))
    write_atomically(folder / "acta.json", sealed)
    return WrittenRecord(name, digest)


def render_record(content: dict[str, t.Any], digest: str) -> bytes:
    """Return the record as one page for printing."""
    return render("acta.html.j2", r=content, digest=digest)


def _describe(
    office: Office,
    wanted: ApprovalList,
    entries: Sequence[dict[str, t.Any]],
    *,
    why: str,
    moment: datetime,
    elsewhere: int,
) -> dict[str, t.Any]:
    head = office.book.ledger.head()
    return {
        "format": FORMAT,
        "entity": office.deployment.entity,
        "procedure": f"{office.deployment.procedure.code} v{office.deployment.procedure.version}",
        "list": wanted.code,
        "moment": moment.isoformat(timespec="seconds"),
        "approvals": [approval.to_dict() for approval in wanted.approvals],
        "carried_out_by": office.actor.to_event(),
        "copies": list(entries),
        "bytes": sum(entry["bytes"] for entry in entries),
        "left": len(wanted.entries) - len(entries) - elsewhere,
        "elsewhere": elsewhere,
        "why": why,
        "ledger_head": str(head),
    }
