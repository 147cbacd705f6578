"""The places outside that may hold heads of the ledger, and how each is read."""

from __future__ import annotations

import asyncio
import typing as t
from email import message_from_bytes
from email.policy import SMTP

from copias.errors import NotReady
from copias.ledger.witnesses import Witness, find_heads, heads_of_rows, read_head

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from copias.case.notice_settings import NoticeSettings
    from copias.config import Deployment
    from copias.office import Office
    from copias.repository.repository import Repository
    from copias.repository.snapshots import Snapshot

Look: t.TypeAlias = "Callable[[list[str]], Iterable[Witness]]"
"""Yields what a place holds; of what means to be a head and is none, says where in the list that it is given."""

_MAILS: t.Final = 40
"""Mails that are read, the newest."""
_SNAPSHOTS: t.Final = 2
"""Copies of the ledger of each repository that are read: the newest, and the oldest that is kept."""
_LIMIT: t.Final = 120.0
"""Seconds for all mails."""


def list_sources(office: Office) -> Iterator[tuple[str, Look]]:
    """Yield the places that this deployment has, by their name in Spanish."""
    deployment = office.deployment
    if deployment.help_desk.control_tab:
        yield "hoja de control", lambda strange: _in_control_sheet(office, strange)
    tab = deployment.night.heartbeat_tab
    if tab:
        yield f"pestaña «{tab}»", lambda _: _in_heartbeat(office, tab)
    notices = deployment.notices
    if notices:
        yield "correos enviados", lambda _: asyncio.run(_in_mails(deployment, notices))
    for name in deployment.repositories:
        yield f"repositorio {name}", lambda strange, name=name: _in_repository(office, name, strange)  # type: ignore[misc]


def _in_control_sheet(office: Office, strange: list[str]) -> Iterator[Witness]:
    for row in office.help_desk.control_rows():
        where = f"hoja de control, fila {row.row}" + (f" (caso {row.number})" if row.number else "")
        if row.head:
            yield Witness(*row.head, where)
        elif row.has_head:
            strange.append(where)


def _in_heartbeat(office: Office, tab: str) -> Iterator[Witness]:
    for row, head in heads_of_rows(office.help_desk.control_cells(tab)):
        yield Witness(head.count, head.sha256, f"pestaña «{tab}», fila {row}")


def _in_repository(office: Office, name: str, strange: list[str]) -> Iterator[Witness]:
    """Yield the heads of copies of the ledger itself, which each night leaves: nothing of them is believed but it."""
    from copias.night.state_copy import HOST, TAG
    from copias.repository.opening import open_repository
    from copias.repository.snapshots import list_snapshots

    try:
        repository = open_repository(office, name)
    except NotReady as error:
        if any(office.book.ledger.events_of({"night.state"})):
            raise
        strange.append(f"repositorio {name}: {error.what}")
        return
    kept = [one for one in list_snapshots(repository) if one.host == HOST and TAG in one.tags]
    for snapshot in {one.id: one for one in (*kept[:1], *kept[1 - _SNAPSHOTS :])}.values():
        yield _read_snapshot(repository, snapshot)


def _read_snapshot(repository: Repository, snapshot: Snapshot) -> Witness:
    with repository.read(snapshot.id, f"{snapshot.paths[0]}/ledger.jsonl") as stream:
        head = read_head(stream)
    where = f"repositorio {repository.name}, copia del {snapshot.time:%d/%m/%Y} ({snapshot.id[:8]})"
    return Witness(head.count, head.sha256, where)


async def _in_mails(deployment: Deployment, notices: NoticeSettings) -> list[Witness]:
    """Return the heads in the newest mails that the product sent: whoever got one has the same head."""
    from copias.case.posting import open_hasty_session
    from copias.errors import Unavailable
    from copias.google.gmail import Gmail
    from copias.google.scopes import GMAIL_READ

    found: list[Witness] = []
    try:
        async with asyncio.timeout(_LIMIT), open_hasty_session(deployment) as session:
            gmail = Gmail(session, notices.sender, (GMAIL_READ,))
            async for page in gmail.list_ids(query="in:sent subject:copias"):
                for identifier in page[: _MAILS - len(found)]:
                    found += _read_mail((await gmail.raw(identifier)).content)
                if len(found) >= _MAILS:
                    break
    except TimeoutError as error:
        raise Unavailable("no se leyeron los correos enviados", whose=notices.sender, why="tardó demasiado") from error
    return found


def _read_mail(content: bytes) -> list[Witness]:
    message = message_from_bytes(content, policy=SMTP)
    body = t.cast("t.Any", message).get_body(("plain", "html"))
    try:
        text = body.get_content() if body is not None else ""
    except (LookupError, ValueError):
        return []  # of a character set that nobody knows: none of ours
    where = f"correo del {message.get('Date') or 'día que no dice'}"
    return [Witness(head.count, head.sha256, where) for head in find_heads(text)]
