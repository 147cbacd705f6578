"""A real night, audited: its signature, its snapshot, the ledger in the repository; and each when it is gone."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

from copias.audit.model import Section
from copias.audit.whole import AuditOptions, make_audit
from copias.night.state_copy import StatePlan
from tests.integration.night.conftest import DATABASE, REPOSITORY, Town


def look(town: Town, **options: t.Any) -> dict[str, Section]:
    report = make_audit(town.office, AuditOptions(parts=("coverage", "ledger", "evidence"), **options))
    return {section.part: section for section in report.sections}


def red(section: Section) -> list[tuple[str, str]]:
    return [(remark.whose, remark.what) for remark in section.remarks if remark.severity == "red"]


def test_a_real_night_is_covered_signed_and_read_back_and_each_loss_is_named(town: Town) -> None:
    town.night()
    StatePlan(town.office, REPOSITORY).run()
    good = look(town, read=True)
    (copy,) = [row["copy"] for row in good["evidence"].rows]
    opened = [event.data for event in town.office.book.ledger.events_of({"copy.opened"})]
    ledger = town.office.deployment.ledger
    whole = ledger.read_bytes()

    manifest = town.office.deployment.copies / copy / "night.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"tables"', b'"Tables"', 1))
    # Written anew with a valid chain of its own: only the copy in the repository can tell.
    ledger.write_bytes(b"")
    town.office.record("case.noted", {"text": f"{datetime.now(UTC)}"})
    rewritten = look(town)["ledger"]
    ledger.write_bytes(whole)
    changed = look(town)["ledger"]
    town.restic("forget", *[one.id for one in town.snapshots() if one.host == DATABASE])
    gone = look(town)["evidence"]

    assert [row["verdict"] for row in good["coverage"].rows] == ["al día"]
    assert good["evidence"].rows[0]["how"] == "leída"
    assert [one["copy"] for one in opened] == [copy]
    assert all(red(section) == [] for section in good.values())
    assert good["ledger"].facts["witnesses"]["met"] == 1
    assert f"repositorio {REPOSITORY}" in rewritten.remarks[0].whose
    assert red(changed) == [(copy, "el manifiesto de una copia no da fe de ella")]
    assert red(gone) == [(copy, "la copia nocturna no está en su repositorio")]
