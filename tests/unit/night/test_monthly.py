"""Which months are to be sealed: each once, by its newest verified copy, and what was missed later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from copias.case.series import is_series, monthly_series
from copias.errors import NotReady
from copias.findings import list_findings, treat_finding
from copias.night.catalogue import VOIDED
from copias.night.steps import MONTHLY, list_monthly, list_steps
from copias.office import Office
from copias.sinfa.monthly import list_months, plan_monthly, tell_missing
from tests.unit.night.conftest import forge_copy, open_forged

NOW = datetime(2026, 12, 2, 3, 0, tzinfo=UTC)  # the evening of 1 December in Colombia
NOVEMBER = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)  # one in the morning after the night of 30 November


@pytest.fixture
def monthly(tmp_path: Path) -> Office:
    """An office that seals each month of one of its two databases."""
    return open_forged(tmp_path, policies={"hacienda": {"monthly_package": True, "databases": ["hacienda"]}})


def due(office: Office, now: datetime = NOW) -> dict[str, str]:
    """Return the newest copy of each month that is to be sealed."""
    return {month.name: month.nights[0].copy for month in list_months(office, "hacienda", now)}


def seal(office: Office, month: str, *, until: str = "copy.verified", tries: int = 1) -> None:
    """Write into the ledger that a month was sealed, or how far it came."""
    series, name = monthly_series("hacienda"), f"mensual-hacienda-{month}-{tries}"
    facts = {"copy": name, "generation": 1, "kind": "sinfa", "subject": "hacienda", "record_series": "200-15"}
    facts |= {"store": "nas", "package": f"{name}.zip", "bytes": 1, "sha256": "0" * 64, "month": month, "night": "n"}
    office.book.record(series, "copy.made", {**facts, "finished": NOVEMBER.isoformat()})
    for event in ("copy.stored", "copy.verified", "copy.removed"):
        if until == "copy.made":
            return
        office.book.record(series, event, {"copy": name})
        if event == until:
            return


def test_last_verified_copy_of_the_month_is_sealed_in_the_first_night_after_it(monthly: Office) -> None:
    forge_copy(monthly, "hacienda", NOVEMBER - timedelta(days=1))
    last = forge_copy(monthly, "hacienda", NOVEMBER)
    forge_copy(monthly, "hacienda", NOVEMBER + timedelta(days=1), verified=False)

    assert due(monthly) == {"2026-11": last}
    assert due(monthly, NOVEMBER + timedelta(hours=5)) == {}


def test_copy_that_was_not_read_back_is_never_sealed(monthly: Office) -> None:
    good = forge_copy(monthly, "hacienda", NOVEMBER - timedelta(days=2))
    forge_copy(monthly, "hacienda", NOVEMBER, verified=False)

    assert due(monthly) == {"2026-11": good}


@pytest.mark.parametrize("until", ["copy.verified", "copy.removed"])
def test_month_that_was_sealed_is_never_sealed_again(monthly: Office, until: str) -> None:
    forge_copy(monthly, "hacienda", NOVEMBER)
    seal(monthly, "2026-11", until=until)

    assert not plan_monthly(monthly, "hacienda", NOW).changes


@pytest.mark.parametrize("until", ["copy.made", "copy.stored"])
def test_package_that_was_begun_is_gone_on_with_though_its_nightly_copy_is_gone(monthly: Office, until: str) -> None:
    seal(monthly, "2026-11", until=until)

    (month,) = list_months(monthly, "hacienda", NOW)

    assert month.record is not None
    assert (month.name, month.record.status, month.nights) == ("2026-11", until.removeprefix("copy."), ())


def test_package_that_was_spoilt_is_made_again_under_another_name(monthly: Office) -> None:
    forge_copy(monthly, "hacienda", NOVEMBER)
    seal(monthly, "2026-11")
    monthly.book.record(monthly_series("hacienda"), "copy.spoilt", {"copy": "mensual-hacienda-2026-11-1", "why": "x"})

    (month,) = list_months(monthly, "hacienda", NOW)

    assert (month.record, month.tries) == (None, 1)


def test_missed_months_are_caught_up_with_the_oldest_first(monthly: Office) -> None:
    for months in range(5):
        forge_copy(monthly, "hacienda", NOVEMBER - timedelta(days=31 * months))

    planned = plan_monthly(monthly, "hacienda", NOW)

    assert list(due(monthly)) == ["2026-07", "2026-08", "2026-09", "2026-10", "2026-11"]
    assert [month.name for month in planned.months] == ["2026-07", "2026-08", "2026-09"]


def test_last_month_without_any_verified_copy_is_told(monthly: Office) -> None:
    name = forge_copy(monthly, "hacienda", NOVEMBER)
    monthly.record(VOIDED, {"copy": name, "why": "x"})

    with pytest.raises(NotReady, match="2026-11"):
        plan_monthly(monthly, "hacienda", NOW)


def missing(office: Office, now: datetime = NOW) -> list[str]:
    """Tell what is missing, twice, and return the findings."""
    tell_missing(office, "hacienda", now)
    tell_missing(office, "hacienda", now)
    return [one.what for one in list_findings(office.book.ledger.events()) if one.about == "hacienda"]


def test_month_that_cannot_be_sealed_any_more_stays_a_finding_in_the_months_after_it(monthly: Office) -> None:
    seal(monthly, "2026-08")
    for months in range(5):
        forge_copy(monthly, "hacienda", NOVEMBER - timedelta(days=31 * months), verified=months not in {1, 2})

    assert missing(monthly) == ["el mes 2026-09 no tiene copia mensual", "el mes 2026-10 no tiene copia mensual"]


def test_package_that_was_spoilt_once_its_nights_are_gone_is_a_finding(monthly: Office) -> None:
    seal(monthly, "2026-08")
    monthly.book.record(monthly_series("hacienda"), "copy.spoilt", {"copy": "mensual-hacienda-2026-08-1", "why": "x"})
    for months in range(3):
        forge_copy(monthly, "hacienda", NOVEMBER - timedelta(days=31 * months))

    assert missing(monthly) == ["el mes 2026-08 no tiene copia mensual"]


def test_finding_of_a_month_that_somebody_treated_is_not_opened_again(monthly: Office) -> None:
    forge_copy(monthly, "hacienda", NOVEMBER, verified=False)
    missing(monthly)

    treat_finding(monthly, "H-1", action="se pidió al proveedor")

    assert missing(monthly) == []


def test_months_before_the_first_package_are_no_findings(monthly: Office) -> None:
    forge_copy(monthly, "hacienda", NOVEMBER - timedelta(days=62), verified=False)
    forge_copy(monthly, "hacienda", NOVEMBER)
    seal(monthly, "2026-11")

    assert missing(monthly) == []


def test_installation_that_began_this_month_misses_nothing(monthly: Office) -> None:
    forge_copy(monthly, "hacienda", NOW)

    assert not plan_monthly(monthly, "hacienda", NOW + timedelta(days=3)).changes


def test_night_seals_only_where_a_policy_says_so(monthly: Office, tmp_path: Path) -> None:
    plain = open_forged(tmp_path / "otra")

    assert list_monthly(monthly.deployment) == ["hacienda"]
    steps = list_steps(monthly.deployment)
    assert steps.index(MONTHLY) < steps.index("principal-state")
    assert MONTHLY not in list_steps(plain.deployment)


def test_series_is_seen_by_what_keeps_packages_and_by_nothing_that_attends_cases(monthly: Office) -> None:
    seal(monthly, "2026-11")

    assert monthly.book.stories() == {}
    assert list(monthly.book.keepers()) == ["mensual-hacienda"]


@pytest.mark.parametrize("name", ["1234", "mensual-", "mensual-../x", "mensual-A", "mensual-a b", "MENSUAL-a"])
def test_nothing_else_is_taken_for_a_series(name: str) -> None:
    assert not is_series(name)
