"""Our own work on mailboxes in a process of its own, so that its memory and CPU are nobody else's.

``python ours.py VERB FACTS``; facts and figures are JSON. Verbs: ``copy``, ``night``, ``pack``.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from peak import peak_bytes

from copias.errors import CopyFailed
from copias.google import GoogleSettings
from copias.google.budget import QuotaBudget
from copias.google.gmail import Gmail
from copias.google.scopes import GMAIL_READ
from copias.google.session import GoogleSession
from copias.google.tariff import NEW, Tariff
from copias.mailbox.contents import MailboxContents
from copias.mailbox.copying import Copied, copy_mailbox
from copias.mailbox.mirror import Mirror, MirrorReader
from copias.mailbox.settings import MailboxSettings
from copias.mailbox.sync import MailboxSync, SyncReport

LIFTED = Tariff("lifted", 10**9, 10**9, None, NEW.prices)
"""Prices are counted, and nobody reaches the limits."""


def main() -> None:
    verb, facts = sys.argv[1], json.loads(sys.argv[2])
    if verb == "pack":
        import copias.package.mailbox  # noqa: F401 -- starting Python is no part of packing
    begun, before = time.perf_counter(), time.process_time()
    told = {"copy": copy, "night": night, "pack": pack}[verb](facts)
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures = {
        "wall": time.perf_counter() - begun,
        "cpu": time.process_time() - before,
        "all_cpu": used.ru_utime + used.ru_stime,
        "peak": peak_bytes(),
    }
    print(json.dumps({**told, **figures}))


def session(facts: dict[str, Any]) -> GoogleSession:
    google = GoogleSettings.model_validate(facts["google"])
    folder = Path(facts["folder"])
    folder.mkdir(exist_ok=True)
    return GoogleSession(google, QuotaBudget(folder / "quota.sqlite", LIFTED), connections=50)


def mirror_of(facts: dict[str, Any], account: str) -> Path:
    return Path(facts["folder"]) / account


def copy(facts: dict[str, Any]) -> dict[str, Any]:
    """Copy mailboxes, all at once; tell what each came to."""

    async def one(open_session: GoogleSession, account: str) -> Copied:
        gmail = Gmail(open_session, account, (GMAIL_READ,))
        with Mirror.open(mirror_of(facts, account), account=account) as mirror:
            return await copy_mailbox(gmail, mirror, at_once=50)

    async def everyone() -> list[Copied]:
        async with session(facts) as open_session:
            return await asyncio.gather(*(one(open_session, account) for account in facts["accounts"]))

    copied = asyncio.run(everyone())
    return {
        "messages": sum(one.report.fetched for one in copied),
        "bytes": sum(one.report.bytes for one in copied),
        "failures": [failure for failure in map(judge, facts["accounts"], copied) if failure],
    }


def judge(account: str, copied: Copied) -> dict[str, Any]:
    """Return what a case would fail with; nothing for one that is complete."""
    found = copied.reconciliation
    try:
        found.require_complete(account)
    except CopyFailed as error:
        return {"error": str(error), "ids": sorted({*found.missing, *found.failed})}
    return {}


def night(facts: dict[str, Any]) -> dict[str, Any]:
    """Do an ordinary night's round of one mailbox."""
    (account,) = facts["accounts"]

    async def work() -> SyncReport:
        async with session(facts) as open_session:
            with Mirror.open(mirror_of(facts, account), account=account) as mirror:
                return await MailboxSync(Gmail(open_session, account, (GMAIL_READ,)), mirror).run()

    report = asyncio.run(work())
    return {
        "full": report.full,
        "fetched": report.fetched,
        "relabelled": report.relabelled,
        "deleted": report.deleted,
        "unread": len(report.failed) + len(report.refused) + len(report.gone),
    }


def pack(facts: dict[str, Any]) -> dict[str, Any]:
    """Pack a whole mirror into a sealed package."""
    from copias.package import load_key
    from copias.package.mailbox import seal_mailbox

    (account,) = facts["accounts"]
    folder = Path(facts["package"])
    with MirrorReader.open(mirror_of(facts, account)) as mirror:
        sealed = seal_mailbox(
            folder,
            "correo.zip",
            packed_messages(mirror),
            draft=lambda known: draft(account, known),
            key=load_key(Path(facts["key"])),
            when=datetime(2026, 11, 20, 8, tzinfo=UTC),
        )
    return {"messages": sealed.messages, "bytes": sum(part.bytes for part in sealed.parts)}


def packed_messages(mirror: MirrorReader) -> Iterator[Any]:
    """Yield messages as a case does, everything of the mirror included."""
    settings = MailboxSettings(domains=("valleclaro.example",), administrator="a@valleclaro.example", store="nas")
    subject = SimpleNamespace(account=mirror.account, settings=settings)  # of no case
    found = {"started": datetime(2026, 11, 20, tzinfo=UTC).isoformat(), "refused": {}, "arrived": [], "vanished": []}
    contents = MailboxContents.gather(mirror, subject, mirror.ids(), found)
    return contents.messages(mirror)


def draft(account: str, known: dict[str, Any]) -> Any:
    """Return the manifest of a copy that no case asked for."""
    from copias.package import (
        Agent,
        AuthorisationFacts,
        CaseFacts,
        MailboxFacts,
        Manifest,
        Proof,
        ProofLevel,
        Scope,
        SourceFacts,
        Times,
        Versions,
    )

    moment = datetime(2026, 11, 20, 13, tzinfo=UTC)
    return Manifest(
        entity="Banco de pruebas",
        case=CaseFacts(
            number=None, kind="mailbox", mode="remote", subject=account, department="TIC", record_series="-"
        ),
        authorisation=AuthorisationFacts(authoriser="-", post="-", document="-", motive="-"),
        source=SourceFacts(system="Gmail", version="API v1", host="Google Workspace", name=account),
        scope=Scope(included=("todo",), excluded=()),
        mailbox=MailboxFacts(account=account, history_id=1, listed_start=0, listed_end=0, sample=0),
        store="nas",
        versions=Versions(tool="bench", procedure="-", work_instruction="-"),
        times=Times(started=moment, sealed=moment),
        agent=Agent(account="-", name="-"),
        run="",
        previous_ledger_hash="0" * 64,
        proof=Proof.at(ProofLevel.PENDING),
        **known,
    )


if __name__ == "__main__":
    main()
