"""The progress bar of a run: step, bytes, rate, time left."""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta

from copias.cli.output import say_bytes, say_seconds
from copias.local_time import BOGOTA
from copias.run.folder import Result
from copias.run.follow import Progress, follow_run

if t.TYPE_CHECKING:
    from copias.run.folder import RunFolder

LONG: t.Final = 120.0
DAY: t.Final = 20 * 3600.0
"""Seconds left from which the time of the end is told, and from which its day."""

_UNITS: t.Final = {"messages": "mensajes", "accounts": "cuentas"}
"""What is counted, beside bytes, in words."""


def watch(folder: RunFolder, *, quiet: bool) -> Result:
    """Follow a run to its end and return its result; ``quiet`` shows nothing."""
    if quiet:
        return _last(folder, lambda _: None)
    from rich.console import Console

    console = Console(stderr=True)
    return _watch_live(folder) if console.is_terminal else _last(folder, _Lines())


def _last(folder: RunFolder, tell: t.Callable[[Progress], None]) -> Result:
    for state in follow_run(folder):
        if isinstance(state, Result):
            return state
        tell(state)
    raise AssertionError  # follow_run ends with a result


class _Lines:
    """One line a step, for a log or a pipe: on the output, for cron mails what comes on the error stream."""

    def __init__(self) -> None:
        self._step = ""

    def __call__(self, progress: Progress) -> None:
        import typer

        if progress.step != self._step:
            self._step = progress.step
            typer.echo(f"  {progress.step} …")


def _watch_live(folder: RunFolder) -> Result:
    from rich import progress as bars
    from rich.console import Console

    columns = (
        bars.SpinnerColumn(),
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.TextColumn("{task.fields[amount]}"),
        bars.TextColumn("{task.fields[pace]}"),
    )
    with bars.Progress(*columns, console=Console(stderr=True)) as bar:
        tasks: dict[str, bars.TaskID] = {}

        def tell(state: Progress) -> None:
            if state.step not in tasks:
                tasks[state.step] = bar.add_task(state.step, total=state.total, amount="", pace="")
            bar.update(
                tasks[state.step],
                completed=state.done,
                total=state.total,
                amount=_say_amount(state),
                pace=_say_pace(state),
            )

        return _last(folder, tell)


def _say_amount(state: Progress) -> str:
    done = _say_count(state.unit, state.done)
    amount = done if state.total is None else f"{done} de {_say_count(state.unit, state.total)}"
    return f"{amount}, {say_bytes(state.bytes)}" if state.bytes else amount


def _say_count(unit: str, count: float) -> str:
    return say_bytes(count) if unit == "bytes" else f"{count:,.0f} {_UNITS.get(unit, unit)}".replace(",", ".")


def _say_pace(state: Progress) -> str:
    """Return the rate since the step began and the time left; the bar's own clock only sees when we look."""
    # Of accounts a second there is less than one.
    pace = f"{_say_count(state.unit, state.rate)}/s" if state.rate and state.unit != "accounts" else ""
    left = state.seconds_left
    return ", ".join(filter(None, (pace, f"faltan {say_seconds(left)}{_say_end(left)}" if left else "")))


def _say_end(left: float) -> str:
    """Return when a step will end, in Colombia, where it takes long enough to go and do something else."""
    if left < LONG:
        return ""
    end = datetime.now(BOGOTA) + timedelta(seconds=left)
    return f", hasta las {end:%H:%M}" if left < DAY else f", hasta el {end:%d/%m/%Y %H:%M}"
