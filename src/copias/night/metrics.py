"""The night as numbers, for the textfile collector of Prometheus' node_exporter.

Moments are written, never ages: an age in a file that nobody writes any more stays young for ever. ``time() -
copias_night_last_finished_timestamp_seconds`` is the age that an alert asks for.
"""

from __future__ import annotations

import os
import typing as t
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from copias.errors import BackupError, NotReady
from copias.files import write_atomically
from copias.findings import OPENED, TREATED, list_findings
from copias.night.catalogue import EVENTS, list_night_copies
from copias.night.report import FINISHED, STARTED, read_report

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from copias.ledger import Event
    from copias.night.report import NightReport
    from copias.office import Office

Labels: t.TypeAlias = "dict[str, str]"


@dataclass(frozen=True)
class Metric:
    """One gauge and its samples.

    Args:
        name: without the prefix ``copias_``.
        words: what it is, in English as Prometheus' own.
        samples: labels and value of each.
    """

    name: str
    words: str
    samples: Sequence[tuple[Labels, float]]

    def lines(self) -> Iterator[str]:
        """Yield it in the text format of exposition."""
        name = f"copias_{self.name}"
        yield f"# HELP {name} {_escape(self.words)}"
        yield f"# TYPE {name} gauge"
        for labels, value in self.samples:
            inner = ",".join(f'{label}="{_escape(text, quoted=True)}"' for label, text in labels.items())
            yield f"{name}{{{inner}}} {value!r}" if labels else f"{name} {value!r}"


def write_metrics(office: Office) -> bool:
    """Write the metrics' file anew, whole; tell whether the deployment has one.

    Raises:
        NotReady: the file cannot be written there.
    """
    path = office.deployment.night.metrics_file
    if path is None:
        return False
    lines = [line for metric in collect_metrics(office) if metric.samples for line in metric.lines()]
    try:
        _write_readable(path, "\n".join([*lines, ""]).encode())
    except OSError as error:
        raise NotReady(
            "no se pudo escribir el archivo de métricas",
            whose=str(path),
            why=error.strerror or str(error),
            repair="cree su carpeta, con permiso de escritura para la cuenta de este programa",
        ) from error
    return True


def collect_metrics(office: Office) -> list[Metric]:
    """Return the numbers of now, from the ledger and the report of the newest whole night."""
    newest, finished, good = _newest_nights(office)
    report = _read(office, newest) if newest else None
    seconds = _seconds(report) if report else None
    findings = list_findings(office.book.ledger.events_of({OPENED, TREATED}))
    return [
        Metric("night_last_started_timestamp_seconds", "When a night last began.", _at(_newest_start(office))),
        Metric(
            "night_last_finished_timestamp_seconds",
            "When a night of everything last ended; one that died did not.",
            _at(finished),
        ),
        Metric("night_last_good_timestamp_seconds", "When a night last ended with nothing wanting.", _at(good)),
        Metric("night_items", "Things of the last night of everything by what came of them.", _items(report)),
        Metric("night_duration_seconds", "How long the last night of everything took.", _one(seconds)),
        Metric(
            "copy_last_good_timestamp_seconds",
            "When the newest verified nightly copy of a database was made; 0: it has none.",
            _copies(office),
        ),
        Metric("findings_open", "Findings that nobody treated yet.", _one(len(findings))),
        Metric("ledger_events", "Events of the ledger.", _one(office.book.ledger.head().count)),
    ]


def _newest_nights(office: Office) -> tuple[Event | None, Event | None, Event | None]:
    """Return the newest night of everything, the newest that came to an end of itself, and that with nothing wanting.

    The end of one that died is written by whoever finds it dead: that moment is no sign that nights come to their end.
    """
    newest = finished = good = None
    for event in office.book.ledger.events_of({FINISHED}):
        if not event.data.get("only"):
            newest = event
            finished = event if event.data["ended"] != "broken" else finished
            if event.data["ended"] == "finished" and set(event.data["counts"]) <= {"done", "unchanged"}:
                good = event
    return newest, finished, good


def _newest_start(office: Office) -> Event | None:
    newest = None
    for event in office.book.ledger.events_of({STARTED}):
        newest = event
    return newest


def _read(office: Office, finished: Event) -> NightReport | None:
    try:
        return read_report(office.deployment, finished.data["run"], finished.data["report"])
    except BackupError:
        return None  # the audit tells of it; what is known otherwise is still worth a file


def _items(report: NightReport | None) -> list[tuple[Labels, float]]:
    counts = Counter((item.kind, item.outcome) for item in report.items) if report else Counter()
    return [({"kind": kind, "outcome": outcome}, count) for (kind, outcome), count in sorted(counts.items())]


def _seconds(report: NightReport) -> float | None:
    if not report.started:
        return None
    passed = datetime.fromisoformat(report.finished) - datetime.fromisoformat(report.started)
    return max(0.0, passed.total_seconds())


def _copies(office: Office) -> list[tuple[Labels, float]]:
    """Return databases only: a line for each of thousands of accounts would fill a Prometheus."""
    newest = {name: 0.0 for name, one in sorted(office.deployment.databases.items()) if one.repository}
    for copy in list_night_copies(office.book.ledger.events_of(EVENTS)):
        if copy.verified and copy.database in newest:
            newest[copy.database] = max(newest[copy.database], copy.finished_at.timestamp())
    return [({"kind": "database", "name": name}, value) for name, value in newest.items()]


def _at(event: Event | None) -> list[tuple[Labels, float]]:
    return _one(event.when.timestamp() if event else None)


def _one(value: float | None) -> list[tuple[Labels, float]]:
    return [({}, value)] if value is not None else []


def _escape(text: str, *, quoted: bool = False) -> str:
    escaped = text.replace("\\", r"\\").replace("\n", r"\n")
    return escaped.replace('"', r"\"") if quoted else escaped


def _write_readable(path: Path, content: bytes) -> None:
    """Write it for the collector's account, which is another: there is no name and no secret in it."""
    write_atomically(path, content, mode=0o644)
    os.chmod(path, 0o644)  # noqa: PTH101  # whatever this account's mask is
