"""What keeps a nightly copy, or all of them, whatever the schedule says: each with its name."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from datetime import datetime, timedelta

from copias.local_time import day_of
from copias.retention.night_model import STATE, NightFacts, Pair, Refusal, SortedOut

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from copias.retention.settings import RetentionSettings

LONGEST_BACKUP: t.Final = timedelta(hours=24)
"""A snapshot is dated when its backup began, and its copy when it ended."""
_CLOCK: t.Final = "ponga en hora esta máquina y la NAS (timedatectl) y repita; no se borró nada"


def check_repository(facts: NightFacts, settings: RetentionSettings, found: SortedOut) -> Iterable[Refusal]:
    """Yield what makes the whole repository, or this machine's clock, unworthy of belief."""
    latest = facts.now + settings.floors.clock_tolerance
    ahead = [snapshot for snapshot in facts.snapshots if snapshot.time > latest]
    if ahead:
        named = ", ".join(f"{one.id[:8]} ({_say_day(one.time)})" for one in ahead[:5])
        yield Refusal(why=f"hay {len(ahead)} instantáneas con fecha futura: {named}", repair=_CLOCK)
    if facts.ledger_time is not None and facts.ledger_time > latest:
        day = _say_day(facts.ledger_time)
        yield Refusal(why=f"la bitácora ya llegó al {day}: el reloj de esta máquina está atrasado", repair=_CLOCK)
    if settings.nights.is_empty:
        yield Refusal(why="la política no conserva ninguna copia", repair="corrija retention.nights en copias.yml")
    if facts.unread:
        named = ", ".join(copy.copy for copy in facts.unread[:5])
        yield Refusal(
            why=f"el repositorio no deja leer la instantánea de {len(facts.unread)} copias: {named}",
            repair=f"no borre nada; ejecute `copias repository check {facts.repository}` y revise el disco de la NAS",
        )
    if found.vanished and not found.copies:
        yield Refusal(
            why=f"no está ninguna de las {len(found.vanished)} copias que dice la bitácora",
            repair="revise que la NAS esté montada y que el repositorio sea el que era; no se borró nada",
        )


def check_database(
    facts: NightFacts, settings: RetentionSettings, database: str, pairs: Sequence[Pair]
) -> Iterable[Refusal]:
    """Yield what makes removing anything of a database unwise."""
    floors = settings.floors
    for copy, snapshot in pairs:
        started = datetime.fromisoformat(copy.started) - LONGEST_BACKUP
        if not started <= snapshot.time <= copy.finished_at + floors.clock_tolerance:
            yield Refusal(
                database=database,
                why=f"{copy.copy}: el repositorio la fecha el {_say_day(snapshot.time)} "
                f"y la bitácora el {_say_day(copy.finished_at)}",
                repair="alguien cambió la fecha de la instantánea o un reloj estaba mal: revísela antes de borrar nada",
            )
    verified = [copy.finished_at for copy, _ in pairs if copy.verified]
    if not verified or facts.now - max(verified) > floors.freshness:
        hours = round(floors.freshness.total_seconds() / 3600)
        newest = f"la última es del {_say_day(max(verified))}" if verified else "no hay ninguna"
        yield Refusal(
            database=database,
            why=f"no hay una copia verificada de las últimas {hours} horas: {newest}",
            repair="haga y verifique una copia nueva con `copias nightly`; mientras tanto no se borra ninguna",
        )
    if not any(snapshot.id in facts.kept for _, snapshot in pairs):
        yield Refusal(
            database=database,
            why="el plan de restic quitaría todas sus copias",
            repair="revise retention.nights, y si en el repositorio hay instantáneas que no hizo copias",
        )


def find_floors(facts: NightFacts, settings: RetentionSettings, pairs: Sequence[Pair]) -> dict[str, tuple[str, ...]]:
    """Return the copies of a database that stay whatever the schedule says, by name, each with why."""
    found: dict[str, list[str]] = defaultdict(list)
    verified = [copy for copy, _ in pairs if copy.verified]
    word = "guardada" if pairs[0][0].database == STATE else "verificada"
    if verified:
        found[verified[-1].copy].append(f"es la copia {word} más nueva de {verified[-1].database}")
    least = settings.floors.least_copies
    for copy in verified[-least:]:
        found[copy.copy].append(f"siempre quedan al menos {least} copias {word}s")
    newest = verified[-1].finished_at if verified else None
    for copy, _ in pairs:
        if not copy.verified and (newest is None or copy.finished_at > newest):
            found[copy.copy].append("todavía no se ha verificado")
        if (hold := facts.holds.find(copy=copy.copy, subject=copy.database)) is not None:
            found[copy.copy].append(f"está retenida: {hold}")
    return {name: tuple(reasons) for name, reasons in found.items()}


def check_count(facts: NightFacts, settings: RetentionSettings, count: int) -> Iterable[Refusal]:
    """Yield a refusal when more copies would go at once than a person foresaw."""
    most = facts.most if facts.most is not None else settings.floors.most_removals
    if count > most:
        yield Refusal(
            why=f"el plan quita {count} copias y en una vez no se quitan más de {most}",
            repair=f"revise `copias retention plan {facts.repository}`; si está bien, un administrador usa "
            f"`copias retention apply {facts.repository} --most CUÁNTAS`",
        )


def _say_day(moment: datetime) -> str:
    return f"{day_of(moment):%d/%m/%Y}"
