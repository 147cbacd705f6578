"""The end of a night, which always comes: by its own last step, else by its supervisor, else by whoever finds it dead.

All that was due is told. Of what nothing was heard, nothing good is told: silence is never success.
"""

from __future__ import annotations

import typing as t
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson

from copias.case.claim import NIGHT
from copias.errors import EXIT_DONE, BackupError, CopyFailed
from copias.files import locked, make_private_directory
from copias.mailbox.standing_copy import read_copy
from copias.mailbox.status import mirror_folder
from copias.night.catalogue import EVENTS, list_night_copies
from copias.night.outcome import read_due, read_mailboxes, read_outcomes
from copias.night.planning import newest_good
from copias.night.report import FINISHED, STARTED, Item, NightReport, keep_report, read_report
from copias.night.stepping import NightEnded
from copias.night.steps import MIRRORS, kind_of_item
from copias.run.folder import NIGHTS, RunFolder, find_runs

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from copias.ledger import Event
    from copias.night.report import Ended, Kind, Outcome
    from copias.office import Office

_STARTING: t.Final = timedelta(minutes=10)
"""After which a run that no process says to be its own is not starting any more."""
_NEWS: t.Final = timedelta(days=3)
"""Age at which a run that never began is no news any more: what it did not copy has been told since."""
_NAMED: t.Final = 50
"""Names of failed things that the ledger repeats; all are in the report."""


def asked_to_end(folder: RunFolder) -> bool:
    """Tell whether nothing else may be begun: the night was stopped, or its time is over."""
    return folder.asked_to_end


def read_deadline(folder: RunFolder) -> datetime | None:
    """Return when the time of a night is over; ``None`` for a run that is no night under way."""
    try:
        return datetime.fromisoformat(orjson.loads((folder.path / "night.json").read_bytes())["deadline"])
    except (OSError, ValueError, KeyError):
        return None


def end_night(office: Office, folder: RunFolder, *, ended: Ended = "finished") -> NightReport:
    """Tell how a night went: its report, then the ledger, then everybody else; once, however often it is called.

    Args:
        office: of this installation.
        folder: of the run; what is left of it, if it died.
        ended: how, unless a mark in the folder says that it was stopped or late.

    Raises:
        LedgerBroken: the report of a night that ended already is not what the ledger says.
    """
    from copias.night.telling import tell_night

    run = folder.path.name
    with locked(make_private_directory(office.deployment.state) / "night-ending.lock"):
        known = _find(office, FINISHED).get(run)
        report = read_report(office.deployment, run, known.data["report"]) if known else None
        if report is None:
            report = collect_report(office, folder, ended=ended)
            sha256 = keep_report(office.deployment, report)
            failed = [item.name for item in report.items if not item.good][:_NAMED]
            facts = {"run": run, "ended": report.ended, "only": report.only, "counts": report.counts}
            office.record(FINISHED, {**facts, "failed": failed, "report": sha256})
    tell_night(office, report)
    return report


def close_dead_nights(office: Office) -> list[NightReport]:
    """End the nights of which nobody told the end and whose process is gone; return their reports.

    Those too that were killed before they could say that they began: of them only the folder of the run tells.
    """
    began, finished = _find(office, STARTED), _find(office, FINISHED)
    runs = [*began, *(run for run in _list_asked(office) if run not in began)]
    left = [RunFolder(office.deployment.runs / run) for run in runs if run not in finished]
    closed = []
    for folder in left:
        if not _is_alive(office, folder):
            # One of which nothing can be said any more must not keep the next night from beginning.
            with suppress(BackupError):
                closed.append(end_night(office, folder, ended="broken"))
    return closed


def close_run(office: Office, folder: RunFolder) -> NightReport | None:
    """End the night of a run whose playbook is gone, and let the night go.

    ``None`` for one of some things only that never began: who asked for it is told in the terminal. A night whose own
    last step was done is only told again where somebody did not hear it.
    """
    run = folder.path.name
    told = _is_of_everything(folder) or run in _find(office, STARTED)
    report = end_night(office, folder, ended="broken") if told else None
    office.claims.release(NIGHT, run)
    return report


def collect_report(office: Office, folder: RunFolder, *, ended: Ended) -> NightReport:
    """Return what came of all that a night was to do, from its folder and the ledger."""
    started = _find(office, STARTED).get(folder.path.name)
    told = {**read_outcomes(folder), **read_mailboxes(folder)}
    due = {name: kind for kind, names in read_due(folder).items() for name in names}
    if folder.mailboxes.exists():
        due.pop(MIRRORS, None)  # the accounts themselves are told of
    how: Ended = "stopped" if folder.stop_mark.exists() else "late" if folder.late_mark.exists() else ended
    goods = _LastGoods(office)
    items = [
        _make_item(name, t.cast("Kind", due.get(name) or kind_of_item(office.deployment, name)), told.get(name), how)
        for name in sorted({*told, *due})
    ]
    return NightReport(
        run=folder.path.name,
        started=started.time if started else folder.request.started,
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        ended=how,
        only=tuple(started.data["only"]) if started else (),
        items=tuple(goods.add(item) for item in items),
    )


def _make_item(name: str, kind: Kind, told: Mapping[str, t.Any] | None, ended: Ended) -> Item:
    if told is None:
        return _silent_item(name, kind, ended)
    outcome: Outcome = "done" if told.get("changed") else "unchanged"
    if told.get("error"):
        outcome = "postponed" if told.get("postponed") else "failed"
    return Item(
        kind=kind,
        name=name,
        outcome=outcome,
        copy=str(told.get("copy") or ""),
        bytes=int(told.get("bytes") or 0),
        seconds=float(told.get("seconds") or 0.0),
        error=told.get("error"),
    )


def _silent_item(name: str, kind: Kind, ended: Ended) -> Item:
    """Return the item of a thing that was due and of which nothing was heard."""
    if ended in {"late", "stopped"}:
        error = NightEnded(name, late=ended == "late").facts()
        return Item(kind=kind, name=name, outcome="postponed", error=error)
    why = "la noche murió antes (corte de energía o proceso eliminado)"
    failed = CopyFailed(
        "la noche terminó sin decir nada de esto",
        whose=name,
        why=why if ended == "broken" else "ninguna tarea llegó a decir qué pasó",
        repair=f"use `copias nightly --only {name}`; si se repite, vea el registro de la ejecución",
    )
    return Item(kind=kind, name=name, outcome="failed", error=failed.facts())


class _LastGoods:
    """The moment of the newest good copy of each thing, from the ledger and from the mirrors themselves."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._copies = list_night_copies(office.book.ledger.events_of(EVENTS))

    def add(self, item: Item) -> Item:
        if item.kind == "database":
            return replace(item, last_good=self._of_database(item.name))
        if item.kind == "mailbox":
            return replace(item, last_good=self._of_mailbox(item.name))
        return item

    def _of_database(self, name: str) -> str:
        copies = [copy for copy in self._copies if copy.database == name]
        good = newest_good(copies, datetime.now(UTC))
        return good.finished if good else ""

    def _of_mailbox(self, account: str) -> str:
        try:
            folder = mirror_folder(self._office.deployment, account)
        except BackupError:
            return ""  # no address of this deployment any more: it has no mirror
        last = read_copy(folder, datetime.now(UTC)).last_good
        return last.isoformat(timespec="seconds") if last else ""


def _list_asked(office: Office) -> Iterator[str]:
    """Yield the runs of the last days that were to be nights of everything, unless one may be starting right now."""
    now = datetime.now(UTC)
    for folder in find_runs(office.deployment.runs, NIGHTS):
        with suppress(OSError, ValueError, TypeError):  # half a folder, of who was killed while it was made
            age = now - datetime.fromisoformat(folder.request.started)
            known = folder.supervisor is not None or age > _STARTING
            if known and age < _NEWS and _is_of_everything(folder):
                yield folder.path.name


def _is_of_everything(folder: RunFolder) -> bool:
    """Tell whether a run was to be a night of everything, and no look at what one would do."""
    request, result = folder.request, folder.read_result()
    done = result is not None and result.exit_code == EXIT_DONE
    return not (request.check or request.only or request.limit or done)


def _is_alive(office: Office, folder: RunFolder) -> bool:
    claim = office.claims.active(NIGHT)
    return folder.is_alive() or (claim is not None and claim.run == folder.path.name)


def _find(office: Office, name: str) -> dict[str, Event]:
    """Return the events of a name by their run."""
    return {event.data["run"]: event for event in office.book.ledger.events_of({name})}
