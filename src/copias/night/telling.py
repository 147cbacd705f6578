"""Tell how a night went: findings, the summary by mail, the heartbeat row, the ping and the metrics.

Each way is tried by itself, and nothing that goes wrong with one is ever raised: the night is over, and its report is
in the ledger. What failed is noted there too (:mod:`copias.night.told`), and `copias watch` tries it again.
"""

from __future__ import annotations

import shlex
import typing as t
from datetime import UTC, datetime

from copias.findings import EVENTS, Found, list_findings, open_all, treat_all
from copias.letters import deliver_letters, queue_letter
from copias.night.heartbeat import append_heartbeat
from copias.night.left_out import settle_left_out
from copias.night.metrics import write_metrics
from copias.night.report import FINISHED, read_report
from copias.night.steps import list_unretained
from copias.night.told import tell_once

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from copias.case.notice_settings import Address
    from copias.findings import Finding
    from copias.night.report import Item, NightReport
    from copias.office import Office

MOST: t.Final = 100
"""Failures of a night that get a finding each; of more, one finding tells how many."""
_NIGHT: t.Final = "noche"
_MANY: t.Final = f"la noche no pudo con más de {MOST} cosas"
_AGAIN: t.Final = 3
"""Nights that are told again where somebody did not hear them, the newest: older ones are no news. Of nights of some
things only as many more, for who repeats what failed must not keep the night that failed from being told."""


def tell_night(office: Office, report: NightReport) -> None:
    """Tell a night in every way that the deployment has, each once for each night; what fails waits."""
    for tell in (settle_findings, send_summary, append_heartbeat, _ping, _measure):
        _try(tell, office, report)


def tell_again(office: Office) -> None:
    """Tell the newest nights to whoever did not hear them, and send the letters that wait.

    Raises:
        LedgerBroken: the ledger cannot be read, or a report is not what it says.
    """
    ended = list(office.book.ledger.events_of({FINISHED}))
    whole, limited = ([event for event in ended if bool(event.data.get("only")) is some] for some in (False, True))
    for event in sorted([*whole[-_AGAIN:], *limited[-_AGAIN:]], key=lambda one: one.n):
        tell_night(office, read_report(office.deployment, event.data["run"], event.data["report"]))


def settle_findings(office: Office, report: NightReport) -> bool:
    """Open a finding for each failure that has none, and treat those of what went well since.

    Once for each night: what a person treated meanwhile is not opened again by the same night.
    """

    def tell(_: object) -> None:
        _settle(office, report)
        if not report.only:
            settle_left_out(office)

    return tell_once(office, report.run, "findings", tell)


def send_summary(office: Office, report: NightReport) -> bool:
    """Queue the summary and send what waits; without ``notices`` or anybody to write to, there is none."""
    to = summary_recipients(office)
    if not to or report.only:  # of a night of one thing, who asked for it is told in the terminal
        return False

    def tell(_: object) -> None:
        from copias.night.summary import write_summary

        red = {(item.name, _say_failure(item)) for item in report.items}
        draft = write_summary(
            report,
            entity=office.deployment.entity,
            head=office.book.ledger.head(),
            whom_to_call=office.deployment.night.whom_to_call,
            findings=[one for one in list_open_findings(office) if (one.about, one.what) not in red],
            drills=list_late_drills(office),
            unretained=list_unretained(office.deployment),
        )
        queue_letter(office, f"noche-{report.run}".lower(), draft, to=to)

    queued = tell_once(office, report.run, "summary", tell)
    deliver_letters(office)  # an outage leaves it in the queue, which `copias outbox` and `copias watch` empty
    return queued


def summary_recipients(office: Office) -> tuple[Address, ...]:
    """Return who hears of the nights by mail; nobody where the deployment sends no mail."""
    notices, settings = office.deployment.notices, office.deployment.night
    if notices is None:
        return ()
    return settings.summary_to or ((notices.administrator,) if notices.administrator else ())


def list_open_findings(office: Office) -> list[Finding]:
    """Return the findings that nobody treated yet, the oldest first."""
    return list_findings(office.book.ledger.events_of(EVENTS))


def list_late_drills(office: Office) -> list[str]:
    """Return a line for each database whose restore was not proven within what its policy says, as the audit judges."""
    from copias.drill.proving import DrillFold

    now, lines, found = datetime.now(UTC), [], DrillFold()
    for entry in office.book.ledger.data_of(found.events):
        found.take(entry)
    for name in sorted(office.deployment.databases):
        policy = office.deployment.known_policies.of_database(name)[1]
        last, limit = found.last_proof(name, policy, now), policy.drill_every.days
        if last is None:
            lines.append(f"{name}: nunca se ha probado que se pueda restaurar una copia reciente")
        elif last.age(now) > limit:
            lines.append(
                f"{name}: la última restauración probada es de hace {last.age(now)} días; el máximo son {limit}"
            )
    return lines


def _ping(office: Office, report: NightReport) -> bool:
    from copias.night.ping import ping_night

    return ping_night(office, report)


def _measure(office: Office, _: NightReport) -> bool:
    return write_metrics(office)


def _try(tell: Callable[[Office, NightReport], bool], office: Office, report: NightReport) -> None:
    try:
        tell(office, report)
    except Exception:  # noqa: BLE001 - even a fault of ours in one way must not keep the others from being gone through
        # It is in the ledger, unless that cannot be written, which `copias watch` finds by itself.
        return


def _settle(office: Office, report: NightReport) -> None:
    since = _went_well_since(office, report)
    failed = [item for item in report.items if item.outcome == "failed" and item.name not in since]
    found = [_find(item) for item in failed[:MOST]]
    if len(failed) > MOST:
        found.append(Found(_NIGHT, _MANY, f"{len(failed)} en la noche {report.run}", "vea `copias audit runs`"))
    open_all(office, found)
    good = {item.name: _say_failure(item) for item in report.items if item.good}
    if len(failed) <= MOST and not report.only:
        good[_NIGHT] = _MANY
    began = datetime.fromisoformat(report.started or report.finished)
    over = [
        finding
        for finding in list_open_findings(office)
        # A night that is told late says nothing of what failed after it.
        if good.get(finding.about) == finding.what and datetime.fromisoformat(finding.opened_at) <= began
    ]
    if over:
        treat_all(office, over, action=f"salió bien en la noche {report.run}")


def _went_well_since(office: Office, report: NightReport) -> set[str]:
    """Return the names of what a later night had good: a night that is told late opens nothing for them."""
    ended = list(office.book.ledger.events_of({FINISHED}))
    own = next((event.n for event in ended if event.data["run"] == report.run), None)
    later = [event for event in ended if own is not None and event.n > own]
    reports = [read_report(office.deployment, event.data["run"], event.data["report"]) for event in later]
    return {item.name for one in reports for item in one.items if item.good}


def _find(item: Item) -> Found:
    facts = item.error or {}
    why = ": ".join(str(facts[part]) for part in ("what", "why") if facts.get(part))
    command = f"repita con `copias nightly --only {shlex.quote(item.name)}`"
    return Found(item.name, _say_failure(item), why, f"{command}; {facts.get('repair', '')}".rstrip("; "))


def _say_failure(item: Item) -> str:
    return f"la noche no pudo con {item.name}"
