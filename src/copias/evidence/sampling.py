"""Drawing cases for an audit so that nobody can choose them, and anybody can draw the same again.

The population is recorded before there is a seed. Each case has a rank, the SHA-256 of ``SEED:NUMBER`` in hexadecimal;
the cases of the lowest ranks are drawn. By hand::

    for case in 1234 1235 1236; do echo "$(printf '%s' "SEED:$case" | sha256sum) $case"; done | sort | head -n 5

Events, both of the installation: ``audit.population`` (``from``, ``to``, ``cases``, ``sha256`` of the numbers, one a
line) and ``audit.sampled`` (``population``: number of that event; ``seed``, ``given``: whether a person gave it,
``drawn``, ``earlier``: draws of the same population before, which whoever wants another outcome cannot hide).
"""

from __future__ import annotations

import hashlib
import re
import secrets
import typing as t
from dataclasses import asdict, dataclass

from copias.errors import BadInput, NotReady
from copias.local_time import day_of

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from copias.ledger import Ledger
    from copias.office import Office

POPULATION: t.Final = "audit.population"
SAMPLED: t.Final = "audit.sampled"
_SEED: t.Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Cases that were drawn.

    Args:
        first: of the days from which cases were resolved, ISO 8601; empty: from the beginning.
        last: of those days.
        population: how many cases there were to draw from.
        sha256: of their numbers in order, one a line.
        seed: of the draw.
        given: whether a person chose the seed.
        drawn: numbers of the cases, in the order of their ranks.
        earlier: how often this population was drawn from before.
        event: number of the event in the ledger.
    """

    first: str
    last: str
    population: int
    sha256: str
    seed: str
    given: bool
    drawn: tuple[str, ...]
    earlier: int
    event: int

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data, for ``--json``."""
        return {**asdict(self), "drawn": list(self.drawn), "algorithm": "sha256(seed:number)"}


def draw_sample(
    office: Office, count: int, *, seed: str | None = None, first: date | None = None, last: date | None = None
) -> Sample:
    """Record the resolved cases of a period, then draw some of them.

    Args:
        office: of this installation.
        count: how many; all when there are fewer.
        seed: of an auditor; without one it is made after the population is recorded.
        first: day, in Colombia, from which they were resolved.
        last: day up to which they were.

    Raises:
        BadInput: the count is not positive, or the seed has other characters than letters, digits and ``. _ -``.
        NotReady: no case was resolved in the period.
    """
    _check(count, seed)
    ledger = office.book.ledger
    with ledger.transaction(office.actor.to_event()) as page:
        numbers = find_population(ledger, first=first, last=last)
        if not numbers:
            raise NotReady("no hay casos resueltos en ese período", repair="amplíelo con --from y --to")
        scope = {"from": first.isoformat() if first else "", "to": last.isoformat() if last else ""}
        digest = sum_of(numbers)
        told = page.append(POPULATION, {**scope, "cases": list(numbers), "sha256": digest})
        chosen = seed if seed is not None else secrets.token_hex(16)
        drawn = draw(chosen, numbers, count)
        earlier = sum(one["data"].get("of") == digest for one in ledger.data_of({SAMPLED}))
        facts = {"population": told.n, "of": digest, "seed": chosen, "given": seed is not None}
        event = page.append(SAMPLED, {**facts, "drawn": list(drawn), "earlier": earlier})
    return Sample(
        first=scope["from"],
        last=scope["to"],
        population=len(numbers),
        sha256=digest,
        seed=chosen,
        given=seed is not None,
        drawn=drawn,
        earlier=earlier,
        event=event.n,
    )


def find_population(ledger: Ledger, *, first: date | None = None, last: date | None = None) -> tuple[str, ...]:
    """Return the numbers of the cases whose last resolution lies in a period of days of Colombia, by number."""
    resolved: dict[str, date] = {}
    for event in ledger.events_of({"case.resolved", "case.reopened"}):
        if event.case is None:
            continue
        if event.event == "case.resolved":
            resolved[event.case] = day_of(event.when)
        else:
            resolved.pop(event.case, None)
    wanted = (
        number for number, day in resolved.items() if (first is None or day >= first) and (last is None or day <= last)
    )
    return tuple(sorted(wanted, key=lambda number: (len(number), number)))


def sum_of(numbers: Iterable[str]) -> str:
    """Return the SHA-256 of case numbers, one a line."""
    return hashlib.sha256("".join(f"{number}\n" for number in numbers).encode()).hexdigest()


def draw(seed: str, numbers: Sequence[str], count: int) -> tuple[str, ...]:
    """Return the cases of the lowest ranks, in the order of their ranks."""
    return tuple(sorted(numbers, key=lambda number: rank_of(seed, number))[:count])


def rank_of(seed: str, number: str) -> str:
    """Return the rank of a case under a seed."""
    return hashlib.sha256(f"{seed}:{number}".encode()).hexdigest()


def _check(count: int, seed: str | None) -> None:
    if count < 1:
        raise BadInput("hay que pedir al menos un caso", whose=f"--n {count}")
    if seed is not None and not _SEED.fullmatch(seed):
        raise BadInput(
            "la semilla no sirve", whose=ascii(seed[:80]), why="letras, dígitos y . _ -; de 1 a 64 caracteres"
        )
