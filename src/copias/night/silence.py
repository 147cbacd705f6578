"""`copias watch`: an independent look at whether the nights go on, and the alarm when they do not.

Everything is caught: a check that cannot be made is an alarm of its own, and an alarm that cannot be mailed is still
printed and exits with 1, which cron mails by itself.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import UTC, datetime

from copias.errors import BackupError
from copias.findings import Found, open_all, treat_all
from copias.letters import Draft, deliver_letters, queue_letter
from copias.local_time import BOGOTA
from copias.night.ending import close_dead_nights
from copias.night.silence_checks import (
    DEAD_NIGHT,
    LOST_LETTER,
    Alarm,
    check_disk,
    check_ledger,
    check_night,
    check_outbox,
    check_standing,
    check_told,
    newest_night,
)
from copias.night.telling import list_open_findings, summary_recipients, tell_again

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from copias.findings import Finding
    from copias.office import Office

_ABOUT: t.Final = "vigilancia-"
_BLIND: t.Final = "revision-"
"""Beginning of the name of the alarm of a look that cannot be made."""


def close_dead(office: Office, _: datetime) -> Iterator[Alarm]:
    """Close the nights that died, and tell of each, once."""
    for report in close_dead_nights(office):
        repair = "vea por qué (corte de energía, memoria) y haga la noche con `copias nightly`"
        yield Alarm(DEAD_NIGHT, "una noche murió antes de terminar", report.run, repair)


def try_again(office: Office, _: datetime) -> Iterator[Alarm]:
    """Tell the newest nights to whoever did not hear them; what fails again is found by the check of it."""
    tell_again(office)
    yield from ()


CHECKS: t.Final[dict[str, Callable[[Office, datetime], Iterator[Alarm]]]] = {
    "cierre": close_dead,
    "reintento": try_again,
    "bitacora": check_ledger,
    "noche": check_night,
    "avisos": check_told,
    "bandeja": check_outbox,
    "autorizacion": check_standing,
    "disco": check_disk,
}
"""What is looked at, in this order."""


@dataclass
class Watched:
    """What was seen.

    Args:
        alarms: the first is the one to look at first.
        troubles: why an alarm could not be recorded or mailed, in Spanish; cron's own mail has to do.
    """

    alarms: list[Alarm] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        return {"alarms": [alarm.to_dict() for alarm in self.alarms], "troubles": self.troubles}


def watch(office: Office, *, now: datetime | None = None) -> Watched:
    """Close the nights that died, tell again what was not heard, look at everything, and raise the alarm.

    Args:
        office: of this installation.
        now: the present; another one in tests only.
    """
    moment = now or datetime.now(UTC)
    seen = Watched()
    for name, look in CHECKS.items():
        try:
            seen.alarms += look(office, moment)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one look must not hide the others
            seen.alarms.append(_say_blind(name, error))
    if not office.book.ledger.path.exists():
        # A new one would hide that the old one is gone, or lie under a disk that is not mounted now.
        seen.troubles.append("sin bitácora no se anota ni se manda nada: avise usted")
        return seen
    for act in (_record, _mail):
        try:
            act(office, seen, moment)
        except (BackupError, OSError) as error:
            seen.troubles.append(str(error))
    return seen


def _say_blind(name: str, error: Exception) -> Alarm:
    """Return the alarm of a look that cannot be made."""
    why = str(error) or type(error).__name__
    return Alarm(f"{_BLIND}{name}", f"no se pudo revisar: {name}", why, "corrija la causa, o llame al administrador")


def _record(office: Office, seen: Watched, moment: datetime) -> None:
    """Open a finding for each alarm, and treat those of alarms that are over."""
    if seen.alarms:
        open_all(office, [Found(_ABOUT + one.name, one.what, one.why, one.repair) for one in seen.alarms])
    now = {(_ABOUT + alarm.name, alarm.what) for alarm in seen.alarms}
    known = [finding for finding in list_open_findings(office) if finding.about.startswith(_ABOUT)]
    if any(alarm.name.startswith(_BLIND) for alarm in seen.alarms):
        # What was not looked at is not over: only that a look could not be made is, of those that were made now.
        known = [finding for finding in known if finding.about.startswith(_ABOUT + _BLIND)]
    over = [one for one in known if (one.about, one.what) not in now and _is_over(office, one, moment)]
    if over:
        treat_all(office, over, action="`copias watch` ya no lo encuentra")


def _is_over(office: Office, finding: Finding, moment: datetime) -> bool:
    """Tell whether what an alarm saw once is over, now that it is not seen: what happened does not stop being so.

    A night that died is made good by a later one that came to its end; a letter that nobody takes, by a person.
    """
    name = finding.about.removeprefix(_ABOUT)
    if name == DEAD_NIGHT:
        last = newest_night(office, moment)
        return last is not None and last.when > datetime.fromisoformat(finding.opened_at)
    return name != LOST_LETTER


def _mail(office: Office, seen: Watched, moment: datetime) -> None:
    """Mail each alarm once a day; what waits from before is sent too."""
    to = summary_recipients(office)
    day = moment.astimezone(BOGOTA)
    for alarm in seen.alarms if to else ():
        draft = Draft(f"[copias] Alarma: {alarm.what}", _write(office, alarm))
        queue_letter(office, f"alarma-{alarm.name}-{day:%Y%m%d}", draft, to=to)
    posted = deliver_letters(office)
    if posted.trouble is not None:
        seen.troubles.append(f"el correo no salió: {posted.trouble}")


def _write(office: Office, alarm: Alarm) -> str:
    called = office.deployment.night.whom_to_call
    lines = [
        office.deployment.entity,
        "",
        f"ALARMA: {alarm.what}.",
        f"Qué se vio: {alarm.why}",
        f"Qué hacer: {alarm.repair}",
        *([f"Llamar a: {called}"] if called else []),
        "",
        "La vigilancia (`copias watch`) manda este aviso una vez al día mientras dure.",
    ]
    return "\n".join(lines) + "\n"
