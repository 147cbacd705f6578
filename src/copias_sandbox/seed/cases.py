"""A year of the help desk: mostly printers and passwords, some copies, and the mistakes that people make."""

from __future__ import annotations

import random
import typing as t
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from copias_sandbox.seed import words
from copias_sandbox.seed.people import Person, demo_requester, requesters

DEMO_CASE: t.Final = 1234
MAILBOX_CASE: t.Final = 1235
YEAR_START: t.Final = datetime(2026, 1, 5, 7, 30)  # noqa: DTZ001 -- the sheet's own local time
YEAR_DAYS: t.Final = 350
COPY_SHARE: t.Final = 0.13
"""Part of the requests that are copies: 40 of 300."""


@dataclass(frozen=True)
class Case:
    """One row of the help desk, as people filled it in."""

    received: datetime
    requester: Person
    email: str
    name: str
    department: str
    site: str
    service: str
    description: str
    number: int | str
    agent: str
    status: str
    kind: str = ""
    """What the request is in truth: a key of :data:`words.COPIES`, or nothing."""


def generate(count: int, seed: int) -> list[Case]:
    """Return ``count`` cases in the order in which they came; the same for the same arguments."""
    source = random.Random(seed)
    people = requesters(source)
    first = 1001 if count > DEMO_CASE - 1001 else DEMO_CASE - count // 2
    cases = [_draw(source, people, first + index, index / count) for index in range(count)]
    for index, change in _exceptions(first, count).items():
        cases[index] = change(cases[index])
    return cases


def _draw(source: random.Random, people: tuple[Person, ...], number: int, part: float) -> Case:
    person = source.choice(people)
    kind = _kind(source)
    service, description = _request(source, person, kind)
    open_case = part > 0.85 and source.random() < 0.7
    status = source.choice(words.OPEN_STATUSES if open_case else words.DONE_STATUSES)
    return Case(
        received=_moment(source, part),
        requester=person,
        email=person.email,
        name=_untidy(source, person.name),
        department=_untidy(source, person.department),
        site=person.site,
        service=service,
        description=_untidy(source, description),
        number=number,
        agent="" if status == "Registrado" else source.choice(words.AGENTS),
        status=status,
        kind=kind,
    )


def _kind(source: random.Random) -> str:
    if source.random() >= COPY_SHARE:
        return ""
    return source.choices(list(words.COPY_WEIGHTS), weights=list(words.COPY_WEIGHTS.values()))[0]


def _request(source: random.Random, person: Person, kind: str) -> tuple[str, str]:
    if kind:
        return words.COPY_SERVICE, source.choice(words.COPIES[kind]).format(email=person.email)
    service, texts = source.choice(words.SERVICES)
    return service, source.choice(texts)


def _moment(source: random.Random, part: float) -> datetime:
    """Return a moment of a working day; ``part`` of the year has passed."""
    day = YEAR_START + timedelta(days=int(part * YEAR_DAYS))
    day -= timedelta(days=max(0, day.weekday() - 4))
    return day + timedelta(seconds=int(part * YEAR_DAYS % 1 * 28_000) + source.randrange(600))


def _untidy(source: random.Random, text: str) -> str:
    """Now and then add the stray spaces that forms collect."""
    draw = source.random()
    if draw < 0.05:
        return text + " "
    if draw < 0.08:
        return "  " + text
    return text.replace(" ", "  ", 1) if draw < 0.10 else text


Change: t.TypeAlias = Callable[[Case], Case]


def _exceptions(first: int, count: int) -> dict[int, Change]:
    """Return what is special, by row; small sheets have only what fits into them."""
    changes: dict[int, Change] = {DEMO_CASE - first: _demo} if count else {}
    if count > MAILBOX_CASE - first:
        changes[MAILBOX_CASE - first] = _demo_mailbox
    if count < 100:
        return changes
    special: tuple[Change, ...] = (
        lambda case: _copy(case, "mailbox", words.HOSTILE),
        lambda case: replace(case, service="Impresoras", description=words.FORMULA_LIKE, kind=""),
        lambda case: replace(case, status=words.UNKNOWN_STATUS),
        lambda case: replace(case, number=f" {case.number} "),
        lambda case: replace(case, number=""),
        lambda case: replace(case, number="por asignar"),
        lambda case: replace(_copy(case, "mailbox", words.COPIES["mailbox"][0]), status="Asignado"),
        lambda case: replace(
            _copy(case, "mailbox", words.COPIES["mailbox"][1]), status="Asignado", number=t.cast("int", case.number) - 1
        ),
        *(_department(text) for text in words.DEPARTMENT_TYPOS),
    )
    start = count - 40 if DEMO_CASE - first < count - 40 else count - 90
    return changes | {start + 2 * (place // 2) + place % 2: change for place, change in enumerate(special)}


def _department(text: str) -> Change:
    return lambda case: replace(case, department=text)


def _copy(case: Case, kind: str, description: str) -> Case:
    return replace(case, service=words.COPY_SERVICE, description=description, kind=kind)


def _demo(case: Case) -> Case:
    return _demo_copy(case, "sinfa", words.DEMO_DESCRIPTION, DEMO_CASE)


def _demo_mailbox(case: Case) -> Case:
    description = words.DEMO_MAILBOX.format(email=demo_requester().email)
    return _demo_copy(case, "mailbox", description, MAILBOX_CASE)


def _demo_copy(case: Case, kind: str, description: str, number: int) -> Case:
    person = demo_requester()
    return replace(
        _copy(case, kind, description),
        requester=person,
        email=person.email,
        name=person.name,
        department=person.department,
        site=person.site,
        number=number,
        agent=words.DEMO_AGENT,
        status="Asignado",
    )
