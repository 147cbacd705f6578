"""Reminders of what a provider promised: on business days, each once; and the administrator told when it is late."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from copias.business_time import add_business_days, count_business_days, is_business_day
from copias.case.notices import queue_notice
from copias.local_time import day_of, say_moment
from copias.provider.letters import remind
from copias.provider.request import LATE, REMINDED

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from copias.case.story import Story
    from copias.office import Office
    from copias.provider.request import DeliveryRequest
    from copias.provider.settings import ProviderSettings, Reminders


@dataclass(frozen=True)
class Reminder:
    """One reminder: its name, which the ledger keeps, its day, and whether the promise is broken by then."""

    name: str
    day: date
    late: bool = False


def find_due(request: DeliveryRequest, schedule: Reminders, *, now: datetime) -> Reminder | None:
    """Return the reminder to send now; nothing on a day of rest, or when it was sent.

    Of several days that were missed, because this machine was off, only the last one's is sent. No reminder is due on
    the day on which the promise was made, and none of lateness before the promised moment has passed.
    """
    today = day_of(now)
    if not is_business_day(today):
        return None
    made = day_of(request.promised_at)
    due = [one for one in _list(request, schedule, now=now) if made < one.day <= today]
    last = max(due, key=lambda one: one.day, default=None)
    return last if last and last.name not in request.reminders else None


def tell_due(office: Office, story: Story, request: DeliveryRequest, *, now: datetime) -> Reminder | None:
    """Queue the reminder that is due and record it; return it if it is new."""
    settings = office.deployment.providers[request.provider]
    due = find_due(request, settings.reminders, now=now)
    if due:
        remind(office, story, request, reminder=due.name, late=due.late)
        office.book.record(story.number, REMINDED, {"reminder": due.name, "promised": request.promised.isoformat()})
    return due


def tell_late(office: Office, story: Story, request: DeliveryRequest, *, now: datetime) -> bool:
    """Tell the administrator that what was promised did not come, once a promise; return whether that is new."""
    if request.late_told or now <= request.promised:
        return False
    notices = office.deployment.notices
    administrator = notices.administrator if notices else None
    if administrator:
        facts = _describe(office, request)
        queue_notice(office, story, "provider_late", to=administrator, facts=facts, mark=str(request.promise))
    late = {"promised": request.promised.isoformat(), "told": administrator is not None}
    office.book.record(story.number, LATE, late)
    return True


def _list(request: DeliveryRequest, schedule: Reminders, *, now: datetime) -> Iterator[Reminder]:
    promised = day_of(request.promised)
    if now <= request.promised:
        for days in schedule.days_before:
            yield Reminder(f"before-{days}", add_business_days(promised, -days))
        if schedule.on_the_day:
            yield Reminder("day", promised)
    passed = count_business_days(promised, day_of(now))
    if schedule.late_every and now > request.promised and passed >= schedule.late_every:
        days = passed - passed % schedule.late_every
        yield Reminder(f"late-{days}", add_business_days(promised, days), late=True)


def _describe(office: Office, request: DeliveryRequest) -> dict[str, t.Any]:
    settings: ProviderSettings = office.deployment.providers[request.provider]
    contact = settings.contact
    return {
        "company": settings.name,
        "contract": settings.contract,
        "contact": f"{contact.name}, {contact.post} ({', '.join(contact.addresses)})",
        "database": request.database,
        "requested": say_moment(request.requested_at),
        "promised": say_moment(request.promised),
        "reminders": len(request.reminders),
    }
