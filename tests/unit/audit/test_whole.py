"""The parts of the audit, from forged ledgers: what is missing, old, altered or failed is named, and nothing else."""

from __future__ import annotations

import hashlib
import typing as t
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from copias.audit.model import Remark, Section
from copias.audit.pages import render_audit
from copias.audit.whole import AuditOptions, make_audit
from copias.cli.app import app
from copias.ledger import Head
from copias.local_time import BOGOTA
from tests.unit.audit.conftest import NOW, Place


def look(place: Place, part: str, **options: t.Any) -> Section:
    return make_audit(place.office, AuditOptions(parts=(part,), **options), now=NOW).sections[0]


def red(section: Section) -> list[Remark]:
    return [remark for remark in section.remarks if remark.severity == "red"]


def row_of(section: Section, name: str, key: str = "name") -> dict[str, t.Any]:
    return next(row for row in section.rows if row[key] == name)


# Coverage


def test_a_database_copied_last_night_is_up_to_date(place: Place) -> None:
    place.add_night(ago=5)

    section = look(place, "coverage")

    assert row_of(section, "hacienda")["verdict"] == "al día"
    assert row_of(section, "hacienda")["age_hours"] == 5.0
    assert red(section) == []


def test_a_database_whose_night_took_long_is_not_late_before_the_night_is_over(place: Place) -> None:
    place.add_night(ago=26)

    assert red(look(place, "coverage")) == []


def test_a_database_whose_copy_is_too_old_is_red_with_the_command_that_repeats_it(place: Place) -> None:
    place.add_night(ago=60)

    (remark,) = red(look(place, "coverage"))

    assert remark.whose == "Base hacienda"
    assert remark.repair == "copias nightly --only hacienda"
    assert "A.8.13" in remark.to_dict()["clause"]


def test_a_copy_that_was_never_read_back_is_no_copy(place: Place) -> None:
    place.add_night(ago=1, verified=False)

    section = look(place, "coverage")

    assert row_of(section, "hacienda")["verdict"] == "SIN COPIA"
    assert len(red(section)) == 1


def test_a_voided_night_does_not_cover(place: Place) -> None:
    name = place.add_night(ago=1)
    place.add("night.voided", {"copy": name, "why": "alterada"})

    assert row_of(look(place, "coverage"), "hacienda")["verdict"] == "SIN COPIA"


def test_a_proven_package_of_a_case_covers_its_database(place: Place) -> None:
    place.add_package(ago=3)

    row = row_of(look(place, "coverage"), "hacienda")

    assert (row["verdict"], row["source"]) == ("al día", "caso 1234, nas")


def test_a_spoilt_package_does_not_cover(place: Place) -> None:
    copy = place.add_package(ago=3)
    place.add("copy.spoilt", {"copy": copy, "why": "cambió"}, case="1234")

    assert row_of(look(place, "coverage"), "hacienda")["verdict"] == "SIN COPIA"


def test_a_database_that_no_policy_and_no_repository_covers_is_a_warning(place: Place) -> None:
    place.add_night(ago=1)

    section = look(place, "coverage")

    assert [(one.severity, one.whose) for one in section.remarks] == [("yellow", "Base archivo")]


def test_drives_are_said_not_to_be_copied_by_nights(place: Place) -> None:
    assert "no los copian todavía" in dict(look(place, "coverage").summary)["Drives"]


# The ledger


def test_a_whole_ledger_with_signed_manifests_is_valid(place: Place) -> None:
    place.add_night()
    place.add_package()

    section = look(place, "ledger")

    assert section.remarks == ()
    assert section.facts["valid"] is True
    assert section.facts["count"] == len(place.lines())
    assert dict(section.summary)["Firmas revisadas"] == "2"


@pytest.mark.parametrize("line", [1, 3, 5])
def test_an_altered_line_is_named_and_only_that_one(place: Place, line: int) -> None:
    for _ in range(6):
        place.add("case.noted", {"text": "bien"}, case="1")

    place.alter(line, b"bien", b"mal!")
    section = look(place, "ledger")

    assert [remark.whose for remark in red(section)] == [f"línea {line}"]
    assert section.facts["valid"] is False


def test_a_line_that_was_taken_out_is_told_once(place: Place) -> None:
    for _ in range(6):
        place.add("case.noted", {"text": "bien"}, case="1")
    lines = place.lines()
    place.ledger.write_bytes(b"".join(one + b"\n" for one in (*lines[:2], *lines[3:])))

    (remark,) = red(look(place, "ledger"))

    assert remark.whose == "línea 3"
    assert "lleva el número 4" in remark.why


def test_a_line_of_rubbish_is_named(place: Place) -> None:
    place.add("case.noted", {}, case="1")
    with place.ledger.open("ab") as stream:
        stream.write(b'{"n":2,"event":"copy.made" \xff\n')

    whose = {remark.whose: remark.why for remark in red(look(place, "ledger"))}

    assert whose == {"línea 2": "no es un evento"}


def test_a_torn_last_line_is_told_and_is_no_fault(place: Place) -> None:
    place.add_night()
    with place.ledger.open("ab") as stream:
        stream.write(b'{"n":3,"time":"2026')

    section = look(place, "ledger")

    assert [remark.severity for remark in section.remarks] == ["yellow"]
    assert "a medias" in section.remarks[0].what
    assert section.facts["valid"] is True


def test_a_cut_tail_is_caught_by_the_head_that_the_auditor_kept(place: Place) -> None:
    for _ in range(4):
        place.add("case.noted", {}, case="1")
    kept = place.office.book.ledger.head()
    place.ledger.write_bytes(b"".join(one + b"\n" for one in place.lines()[:-1]))

    (remark,) = red(look(place, "ledger", witness=kept))

    assert "testigo" in remark.what
    assert look(place, "ledger", witness=Head(2, "0" * 64)).facts["valid"] is False


def test_a_ledger_of_which_nothing_outside_vouches_for_the_newest_days_is_no_green(place: Place) -> None:
    for hours in (120, 60, 1):
        place.add("case.noted", {}, ago=hours)
    first, newer = (Head(count, hashlib.sha256(place.lines()[count - 1]).hexdigest()) for count in (1, 2))

    alone, old = look(place, "ledger"), look(place, "ledger", witness=first)
    (nobody,), (stale,) = ([one for one in found.remarks if "da fe" in one.what] for found in (alone, old))

    assert (nobody.severity, "no hay ningún testigo" in nobody.why) == ("yellow", True)
    assert "es del evento 1:" in stale.why
    assert look(place, "ledger", witness=newer).facts["witnesses"]["confirmed"] == 2


def test_a_ledger_that_a_witness_of_last_night_confirms_says_nothing_of_it(place: Place) -> None:
    for hours in (120, 25, 1):
        place.add("case.noted", {}, ago=hours)
    kept = Head(2, hashlib.sha256(place.lines()[1]).hexdigest())

    assert look(place, "ledger", witness=kept).remarks == ()


def test_a_night_manifest_that_was_changed_is_named(place: Place) -> None:
    name = place.add_night()
    path = place.office.deployment.copies / name / "night.json"
    path.write_bytes(path.read_bytes().replace(b'"rows":30', b'"rows":31'))

    (remark,) = red(look(place, "ledger"))

    assert remark.whose == name
    assert "no corresponde" in remark.why


def test_a_night_manifest_of_another_copy_is_named(place: Place) -> None:
    one, other = place.add_night(ago=1), place.add_night(ago=2)
    copies = place.office.deployment.copies
    (copies / one / "night.json").write_bytes((copies / other / "night.json").read_bytes())

    assert [(remark.whose, remark.why) for remark in red(look(place, "ledger"))] == [(one, "es de otra copia")]


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b'{"package":1}', b'{"a":1.5}'])
def test_a_manifest_that_is_missing_or_rubbish_is_named(place: Place, content: bytes | None) -> None:
    name = place.add_package()
    path = place.office.deployment.copies / name / "manifest.json"
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)

    assert [remark.whose for remark in red(look(place, "ledger"))] == [name]


@pytest.mark.parametrize("content", [None, b"{}"])
def test_a_report_of_a_night_that_is_missing_or_changed_is_named(place: Place, content: bytes | None) -> None:
    from copias.night.report import NightReport, keep_report, report_file

    kept = NightReport(run="night-1", started=NOW.isoformat(), finished=NOW.isoformat(), ended="finished")
    sha256 = keep_report(place.office.deployment, kept)
    place.add("night.finished", {"run": "night-1", "ended": "finished", "counts": {}, "failed": [], "report": sha256})
    whole = look(place, "ledger")
    path = report_file(place.office.deployment, "night-1")
    path.unlink() if content is None else path.write_bytes(content)

    assert whole.remarks == ()
    assert [remark.whose for remark in red(look(place, "ledger"))] == ["night-1"]


# Drills


def test_a_database_that_was_never_restored_is_red(place: Place) -> None:
    assert {remark.whose for remark in red(look(place, "drills"))} == {"Base hacienda", "Base archivo"}


def test_a_drill_in_time_is_green_and_timed(place: Place) -> None:
    place.add_drill(ago=24, seconds=12.0)

    row = row_of(look(place, "drills"), "hacienda", "database")

    assert (row["verdict"], row["recovery_seconds"]) == ("al día", 12.0)


def test_a_drill_of_the_oldest_copy_says_nothing_of_the_new_ones(place: Place) -> None:
    old = place.add_night(ago=24 * 200)
    place.add_night(ago=30)
    place.add_drill(ago=2, copy=old)

    row = row_of(look(place, "drills"), "hacienda", "database")

    assert (row["verdict"], row["drills"], row["failed"]) == ("NUNCA", 1, 0)


@pytest.mark.parametrize("copy", ["x", "noche-archivo"], ids=["of no copy", "of another database"])
def test_a_drill_of_something_else_proves_nothing(place: Place, copy: str) -> None:
    other = place.add_night(ago=3, database="archivo")
    place.add_drill(ago=2, copy=other if copy != "x" else copy)

    assert row_of(look(place, "drills"), "hacienda", "database")["verdict"] == "NUNCA"


def test_a_drill_of_the_newest_copy_that_retention_has_removed_since_still_counts(place: Place) -> None:
    copy = place.add_night(ago=50)
    place.add_drill(ago=48, copy=copy)
    place.add("night.removed", {"copy": copy, "why": "w"}, ago=1)

    assert row_of(look(place, "drills"), "hacienda", "database")["verdict"] == "al día"


@pytest.mark.parametrize(("days", "verdict"), [(2, "al día"), (30, "VENCIDO")])
def test_a_certificate_is_as_old_as_the_restore_and_not_as_its_record(place: Place, days: int, verdict: str) -> None:
    restored = (NOW - timedelta(days=days)).astimezone(BOGOTA).date()
    place.add("drill.certified", {"database": "hacienda", "source": "provider", "date": restored.isoformat()}, ago=1)

    row = row_of(look(place, "drills"), "hacienda", "database")

    assert (row["verdict"], row["level"]) == (verdict, "certificada por el proveedor")


def test_a_certificate_that_is_recorded_late_does_not_take_the_place_of_a_younger_drill(place: Place) -> None:
    place.add_drill(ago=24)
    restored = (NOW - timedelta(days=30)).astimezone(BOGOTA).date()
    place.add("drill.certified", {"database": "hacienda", "source": "provider", "date": restored.isoformat()}, ago=1)

    assert row_of(look(place, "drills"), "hacienda", "database")["verdict"] == "al día"


def test_an_old_drill_and_a_failed_one_are_red(place: Place) -> None:
    place.add_drill(ago=24 * 9)
    place.add_drill(ago=1, passed=False)

    found = [remark for remark in red(look(place, "drills")) if remark.whose == "Base hacienda"]

    assert [remark.what for remark in found] == [
        "su último simulacro es más viejo de lo permitido",
        "su último simulacro falló",
    ]


def test_a_recovery_that_takes_longer_than_usual_is_a_warning(place: Place) -> None:
    for days in range(5, 0, -1):
        place.add_drill(ago=24 * days, seconds=10.0 if days > 1 else 40.0)

    section = look(place, "drills")

    assert row_of(section, "hacienda", "database")["trend"] == "más lenta"
    assert [one.whose for one in section.remarks if one.severity == "yellow"] == ["Base hacienda"]


# All of it


def test_an_event_that_no_part_understands_hides_no_other(place: Place) -> None:
    place.add("copy.made", {"strange": True}, case="1")
    place.add_night()

    assert row_of(look(place, "coverage"), "hacienda")["verdict"] == "al día"
    assert [remark.whose for remark in look(place, "ledger").remarks] == ["copy.made"]


# The page and the command


def test_hostile_names_stay_text_on_the_page(place: Place) -> None:
    place.add("finding.opened", {"finding": "H-1", "about": "<script>alert(1)</script>", "what": "{{ 7 * 7 }}"})
    place.add("mirror.synced", {"account": "x"}, run="<img src=x onerror=alert(1)>")

    page = render_audit(make_audit(place.office, AuditOptions(), now=NOW)).decode()

    assert "<script>alert" not in page
    assert "<img" not in page
    assert "{{ 7 * 7 }}" in page
    assert "default-src 'none'" in page


def test_the_command_ends_with_1_when_anything_is_red_and_writes_the_page(place: Place) -> None:
    config = place.write_config()
    page = place.folder / "auditoria.html"

    bad = CliRunner().invoke(app, ["audit", "--html", str(page), "--config", str(config)])
    place.add_night()
    good = CliRunner().invoke(app, ["audit", "coverage", "--config", str(config), "--query", "red"])

    assert bad.exit_code == 1
    assert "ROJO: Base hacienda" in bad.output
    assert "Cobertura" in page.read_text(encoding="utf-8")
    assert (good.exit_code, good.output.strip()) == (0, "0")


@pytest.mark.parametrize("name", ["state/ledger.jsonl", "state/auditoria.html", "people.yml"])
def test_the_page_replaces_nothing_of_the_installation(place: Place, name: str) -> None:
    config = place.write_config()
    place.add_night()
    target = place.folder / name
    before = target.read_bytes() if target.exists() else None

    done = CliRunner().invoke(app, ["audit", "--html", str(target), "--config", str(config)])

    assert done.exit_code == 2
    assert (target.read_bytes() if target.exists() else None) == before


def test_a_drill_of_a_day_to_come_proves_nothing(place: Place) -> None:
    place.add_drill(ago=-24 * 365)

    assert "Base hacienda" in {remark.whose for remark in red(look(place, "drills"))}
