"""Findings (*hallazgos*): what an audit must not forget. One stays open until it is treated and the treatment recorded.

Events, all of the installation: ``finding.opened`` (``finding``, ``about``, ``what``, ``why``, ``repair``) and
``finding.treated`` (``finding``, ``action``).
"""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass, replace

from copias.errors import BadInput

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from copias.ledger import Event
    from copias.office import Office

OPENED: t.Final = "finding.opened"
TREATED: t.Final = "finding.treated"
EVENTS: t.Final = frozenset({OPENED, TREATED})


@dataclass(frozen=True)
class Found:
    """What a finding is opened for; the fields are those of :class:`Finding`."""

    about: str
    what: str
    why: str = ""
    repair: str = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding.

    Args:
        finding: its number, ``H-12``.
        about: id of the copy, database, store or repository that it is about.
        what: what was found, one sentence in Spanish.
        why: the cause, as far as it is known.
        repair: what to do about it.
        opened_at: ISO 8601, UTC.
        action: what was done about it; empty while it is open.
        treated_at: ISO 8601, UTC; empty while it is open.
        treated_by: name of the person; empty while it is open.
    """

    finding: str
    about: str
    what: str
    why: str = ""
    repair: str = ""
    opened_at: str
    action: str = ""
    treated_at: str = ""
    treated_by: str = ""

    @property
    def is_open(self) -> bool:
        """Tell whether nobody treated it yet."""
        return not self.treated_at

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data, for ``--json``."""
        return {**asdict(self), "open": self.is_open}


def list_findings(events: Iterable[Event], *, treated: bool = False) -> list[Finding]:
    """Return the findings, the oldest first; those that were treated only if asked so."""
    found: dict[str, Finding] = {}
    for event in events:
        if event.event == OPENED:
            found[event.data["finding"]] = Finding(**event.data, opened_at=event.time)
        elif event.event == TREATED and event.data.get("finding") in found:
            number = event.data["finding"]
            found[number] = replace(
                found[number],
                action=event.data["action"],
                treated_at=event.time,
                treated_by=str(event.actor.get("name", "")),
            )
    return [finding for finding in found.values() if treated or finding.is_open]


def find_finding(events: Iterable[Event], number: str) -> Finding:
    """Return one finding by its number, treated or not.

    Raises:
        BadInput: there is none.
    """
    known = {finding.finding: finding for finding in list_findings(events, treated=True)}
    if number not in known:
        why, repair = "no hay ninguno con ese número", "vea `copias finding list --all`"
        raise BadInput("el hallazgo no existe", whose=ascii(number[:20]), why=why, repair=repair)
    return known[number]


def open_finding(office: Office, *, about: str, what: str, why: str = "", repair: str = "") -> Finding:
    """Open a finding, unless the same one about the same thing is open already; return it."""
    return open_all(office, [Found(about, what, why, repair)])[0]


def open_all(office: Office, found: Sequence[Found]) -> list[Finding]:
    """Open findings as :func:`open_finding` does each, reading the ledger once; return them in their order."""
    ledger = office.book.ledger
    opened: list[Finding] = []
    with ledger.transaction(office.actor.to_event()) as page:
        known = list_findings(ledger.events_of(EVENTS), treated=True)
        already = {(finding.about, finding.what): finding for finding in known if finding.is_open}
        count = len(known)
        for one in found:
            same = already.get((one.about, one.what))
            if same is None:
                count += 1
                facts = {"finding": f"H-{count}", **asdict(one)}
                same = Finding(**facts, opened_at=page.append(OPENED, facts).time)
                already[one.about, one.what] = same
            opened.append(same)
    return opened


def treat_all(office: Office, findings: Sequence[Finding], *, action: str) -> None:
    """Record what was done about several findings at once; one that somebody treated meanwhile stays as it is."""
    ledger = office.book.ledger
    with ledger.transaction(office.actor.to_event()) as page:
        still_open = {finding.finding for finding in list_findings(ledger.events_of(EVENTS))}
        for finding in findings:
            if finding.finding in still_open:
                page.append(TREATED, {"finding": finding.finding, "action": action})


def treat_finding(office: Office, number: str, *, action: str) -> Finding:
    """Record what was done about a finding, and return it.

    Raises:
        BadInput: there is no such finding, it was treated already, or nothing is said of what was done.
    """
    if not action.strip():
        raise BadInput("falta decir qué se hizo", whose=number, repair="escríbalo con --action")
    ledger = office.book.ledger
    with ledger.transaction(office.actor.to_event()) as page:
        known = {finding.finding: finding for finding in list_findings(ledger.events_of(EVENTS), treated=True)}
        finding = known.get(number)
        if finding is None or not finding.is_open:
            why = "no existe" if finding is None else f"ya se trató: {finding.action}"
            raise BadInput(
                "no hay un hallazgo abierto con ese número",
                whose=ascii(number[:20]),
                why=why,
                repair="vea los abiertos con `copias finding list`",
            )
        event = page.append(TREATED, {"finding": number, "action": action.strip()})
    return replace(finding, action=action.strip(), treated_at=event.time, treated_by=office.actor.person.name)
