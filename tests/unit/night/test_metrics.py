"""The metrics' file, read by Prometheus' own parser."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from copias.errors import NotReady
from copias.findings import open_finding
from copias.night.metrics import Metric, write_metrics
from copias.night.report import FINISHED, STARTED, Ended, Item, NightReport, keep_report
from copias.office import Office
from tests.unit.night.conftest import forge_copy, open_forged

Samples = dict[tuple[str, ...], float]


def read(path: Path) -> dict[str, Samples]:
    """Return name → labels' values → value, as Prometheus reads it."""
    families = text_string_to_metric_families(path.read_text(encoding="utf-8"))
    return {
        family.name: {tuple(sample.labels.values()): sample.value for sample in family.samples}
        for family in families
        if family.documentation and family.type == "gauge"
    }


def finish(office: Office, run: str, *items: Item, only: tuple[str, ...] = (), ended: Ended = "finished") -> None:
    """Write into the ledger that a night of half an hour ended now."""
    now = datetime.now(UTC)
    started = (now - timedelta(minutes=30)).isoformat()
    report = NightReport(run=run, started=started, finished=now.isoformat(), ended=ended, only=only, items=items)
    office.record(STARTED, {"run": run, "only": only})
    facts = {"run": run, "ended": ended, "only": only, "counts": report.counts, "failed": []}
    office.record(FINISHED, {**facts, "report": keep_report(office.deployment, report)})


@pytest.fixture
def measured(tmp_path: Path) -> Office:
    """An office whose numbers are collected."""
    folder = tmp_path / "collector"
    folder.mkdir()
    return open_forged(tmp_path, night={"metrics_file": str(folder / "copias.prom")})


def file_of(office: Office) -> Path:
    path = office.deployment.night.metrics_file
    assert path is not None
    return path


def test_night_is_told_in_numbers_that_prometheus_reads(measured: Office) -> None:
    made = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)
    forge_copy(measured, "hacienda", made)
    open_finding(measured, about="nas", what="lleno")
    good, bad = Item(kind="database", name="hacienda", outcome="done"), Item(kind="store", name="nas", outcome="failed")
    finish(measured, "n1", good)
    finish(measured, "n2", good, bad)

    assert write_metrics(measured)

    found = read(file_of(measured))
    assert found["copias_night_items"] == {("database", "done"): 1, ("store", "failed"): 1}
    assert found["copias_copy_last_good_timestamp_seconds"] == {
        ("database", "hacienda"): made.timestamp(),
        ("database", "nomina"): 0,
    }
    assert found["copias_night_duration_seconds"][()] == pytest.approx(1800, abs=1)
    assert found["copias_findings_open"] == {(): 1}
    assert found["copias_ledger_events"] == {(): measured.book.ledger.head().count}
    last, last_good = (found[f"copias_night_last_{end}_timestamp_seconds"][()] for end in ("finished", "good"))
    assert datetime.now(UTC).timestamp() - 60 < last_good < last


def test_night_of_one_thing_does_not_pass_for_a_whole_one(measured: Office) -> None:
    finish(measured, "n1", Item(kind="database", name="hacienda", outcome="failed"))
    before = write_metrics(measured) and read(file_of(measured))
    finish(measured, "n2", Item(kind="database", name="hacienda", outcome="done"), only=("hacienda",))

    write_metrics(measured)

    after = read(file_of(measured))
    assert before
    assert (
        after["copias_night_last_finished_timestamp_seconds"] == before["copias_night_last_finished_timestamp_seconds"]
    )
    assert after["copias_night_items"] == {("database", "failed"): 1}


def test_night_that_died_is_counted_and_is_no_sign_of_life(measured: Office) -> None:
    finish(measured, "n1", Item(kind="database", name="hacienda", outcome="done"))
    before = write_metrics(measured) and read(file_of(measured))
    finish(measured, "n2", Item(kind="database", name="hacienda", outcome="failed"), ended="broken")

    write_metrics(measured)

    after = read(file_of(measured))
    assert before
    finished = "copias_night_last_finished_timestamp_seconds"
    assert after[finished] == before[finished]
    assert after["copias_night_items"] == {("database", "failed"): 1}


def test_machine_without_any_night_has_a_file_that_is_read(measured: Office) -> None:
    write_metrics(measured)

    found = read(file_of(measured))
    assert "copias_night_last_finished_timestamp_seconds" not in found
    assert found["copias_ledger_events"] == {(): 0}


def test_file_is_whole_and_another_account_can_read_it(measured: Office) -> None:
    write_metrics(measured)
    write_metrics(measured)

    path = file_of(measured)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [one.name for one in path.parent.iterdir()] == ["copias.prom"]
    assert path.read_bytes().endswith(b"\n")


def test_folder_that_is_not_there_is_said_with_what_to_do(tmp_path: Path) -> None:
    office = open_forged(tmp_path, night={"metrics_file": str(tmp_path / "no" / "copias.prom")})

    with pytest.raises(NotReady, match="archivo de métricas") as caught:
        write_metrics(office)

    assert "cree su carpeta" in caught.value.repair


def test_changed_report_hides_only_what_it_held(measured: Office) -> None:
    finish(measured, "n1", Item(kind="store", name="nas", outcome="done"))
    (measured.deployment.reports / "n1.json").write_bytes(b"{}")

    write_metrics(measured)

    found = read(file_of(measured))
    assert "copias_night_items" not in found
    assert found["copias_night_last_good_timestamp_seconds"][()] > 0


def test_label_with_quotes_and_line_breaks_stays_one_sample(tmp_path: Path) -> None:
    strange = 'a"b\\c\nd} 9\n# HELP x'
    path = tmp_path / "x.prom"

    path.write_text("\n".join([*Metric("x", "A\nb\\", [({"name": strange}, 1.5)]).lines(), ""]))

    (family,) = text_string_to_metric_families(path.read_text())
    assert [(sample.labels, sample.value) for sample in family.samples] == [({"name": strange}, 1.5)]
    assert family.documentation == "A\nb\\"


def test_deployment_without_a_collector_writes_nothing(office: Office) -> None:
    assert not write_metrics(office)
