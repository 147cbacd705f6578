"""What standing authorisation and policies name in vain is told, and an open case hides no mailbox that is late."""

from __future__ import annotations

import dataclasses
import typing as t
from datetime import UTC, datetime, timedelta

import pytest

from copias.audit.inventory import Inventory, SeenAccount
from copias.audit.ordered import say_ordered
from copias.audit.whole import AuditOptions, make_audit
from copias.config import Deployment
from copias.errors import Unavailable
from copias.mailbox.mirror import Mirror
from copias.mailbox.status import mirror_folder
from copias.office import Office
from tests.unit.audit.conftest import NOW, Place, describe
from tests.unit.audit.test_inventory import keep

ANA = SeenAccount("ana@x.example", "Secretaría de Hacienda", "/Hacienda/Tesorería", "active", True)
ACT = {"authoriser": "M", "post": "P", "document": "Resolución 100", "motive": "R", "until": "2099-12-31"}
GRANT = {"authoriser": "M", "post": "P", "document": "D", "motive": "R"}


def make_office(place: Place, *, policies: dict[str, t.Any] | None = None, **standing: t.Any) -> Office:
    described = describe(place.folder)
    described["mailboxes"] = {"domains": ["x.example"], "administrator": "admin@x.example", "store": "nas"}
    if standing:
        described["mailboxes"]["standing"] = {**ACT, **standing}
    described["policies"] = policies or described["policies"]
    deployment = Deployment.model_validate(described, context={"folder": place.folder})
    return Office(deployment, place.office.actor)


def whose(place: Place, inventory: Inventory, **options: t.Any) -> list[tuple[str, str]]:
    return [(one.severity, one.whose) for one in say_ordered(make_office(place, **options), inventory)]


def test_names_that_somebody_has_are_not_told_however_they_are_written(place: Place) -> None:
    policies = {"p": {"departments": ["SECRETARIA DE HACIENDA"], "org_units": ["/hacienda"], "accounts": [ANA.address]}}

    told = whose(
        place,
        Inventory(accounts=(ANA,)),
        policies=policies,
        departments=["secretaria de hacienda"],
        accounts=[ANA.address],
    )

    assert told == []


def test_a_department_and_an_account_that_nobody_has_are_told(place: Place) -> None:
    told = whose(place, Inventory(accounts=(ANA,)), departments=["Hacienda"], accounts=["beto@x.example"])

    assert told == [("yellow", "Buzón beto@x.example"), ("yellow", "Hacienda")]


def test_what_a_policy_names_in_vain_is_told(place: Place) -> None:
    policies = {"p": {"departments": ["Salud"], "org_units": ["/Hacienda/Rentas"], "accounts": ["beto@x.example"]}}

    told = whose(place, Inventory(accounts=(ANA,)), policies=policies)

    assert told == [("yellow", "beto@x.example"), ("yellow", "Salud"), ("yellow", "/Hacienda/Rentas")]


def test_a_directory_that_shows_nobody_is_told(place: Place) -> None:
    assert ("yellow", "Google Workspace") in whose(place, Inventory(), departments=["Hacienda"])


def test_a_directory_that_does_not_answer_accuses_no_name(place: Place) -> None:
    assert whose(place, Inventory(error=Unavailable("no responde")), departments=["Salud"]) == []


def test_an_act_that_ended_is_told_and_its_names_no_more(place: Place) -> None:
    told = whose(place, Inventory(accounts=(ANA,)), until="2020-01-31", departments=["Salud"])

    assert told == [("yellow", "Resolución 100")]


@pytest.mark.parametrize(
    ("days", "verdict", "red"), [(0, "al día", 0), (9, "VENCIDA", 1)], ids=["young copy", "old copy"]
)
def test_a_mailbox_that_the_act_covers_is_judged_by_age_although_a_case_is_open(
    place: Place, days: int, verdict: str, red: int
) -> None:
    office = make_office(place, accounts=[ANA.address])
    with Mirror.open(mirror_folder(office.deployment, ANA.address), account=ANA.address) as mirror:
        mirror.set_state(history_id=1, messages_total=0, full=True)
        mirror.commit()
    keep(place, ANA, ago=1)
    of = {"kind": "mailbox", "subject": ANA.address}
    place.add("case.classified", {**of, "mode": "remote"}, case="77")
    place.add("case.authorised", {**GRANT, "of": of}, case="77")

    # The mirror was made now, which is long after NOW where the suite is long.
    moment = datetime.now(UTC) + timedelta(days=days)

    section = make_audit(office, AuditOptions(parts=("coverage",)), now=moment).sections[0]

    row = next(row for row in section.rows if row["name"] == ANA.address)
    of_mailboxes = [one for one in section.remarks if one.severity == "red" and one.whose.startswith("Buzón")]
    assert (row["verdict"], len(of_mailboxes)) == (verdict, red)


@pytest.mark.parametrize(("copies", "told"), [(40, 0), (90, 1)], ids=["as many as a month adds", "far more"])
def test_a_repository_that_only_appends_and_that_nobody_thins_is_told(place: Place, copies: int, told: int) -> None:
    described = describe(place.folder)
    secrets = {"password_file": str(place.folder / "clave"), "url_file": str(place.folder / "url")}
    described["repositories"] = {"nas": {"kind": "rest", "append_only": True, **secrets}}
    deployment = Deployment.model_validate(described, context={"folder": place.folder})
    for number in range(copies):
        place.add_night(ago=24.0 * (copies - number), signed=False)

    section = make_audit(Office(deployment, place.office.actor), AuditOptions(parts=("coverage",)), now=NOW).sections[0]

    assert [one.whose for one in section.remarks if "retención" in one.what] == ["Repositorio nas"] * told
    assert "nas" in dict(section.summary)["Sin retención por la noche"]


def test_a_mailbox_of_an_open_case_alone_shows_the_case(place: Place) -> None:
    office = make_office(place, accounts=["otra@x.example"])
    keep(place, ANA, ago=1)
    of = {"kind": "mailbox", "subject": ANA.address}
    place.add("case.classified", {**of, "mode": "remote"}, case="77")
    place.add("case.authorised", {**GRANT, "of": of}, case="77")

    section = make_audit(office, AuditOptions(parts=("coverage",)), now=NOW).sections[0]

    assert next(row for row in section.rows if row["name"] == ANA.address)["verdict"] == "caso 77 abierto"


def test_a_suspended_account_that_was_to_be_copied_and_never_was_is_told(place: Place) -> None:
    office = make_office(place, departments=[ANA.department])
    keep(place, dataclasses.replace(ANA, state="suspended"), ago=1)

    section = make_audit(office, AuditOptions(parts=("coverage",)), now=NOW).sections[0]

    assert f"Buzón {ANA.address}" in [one.whose for one in section.remarks]


@pytest.mark.parametrize(("ago", "told"), [(24, 1), (24 * 200, 0)], ids=["copied lately", "long retired"])
def test_a_database_that_nobody_names_any_more_is_told_for_a_while(place: Place, ago: float, told: int) -> None:
    place.add_night(ago=ago, database="nomina")

    section = make_audit(place.office, AuditOptions(parts=("coverage",)), now=NOW).sections[0]

    assert [one.whose for one in section.remarks if "ya no la copian" in one.what] == ["Base nomina"] * told


def test_a_database_whose_repository_is_gone_is_told_as_one_that_nights_copied(place: Place) -> None:
    place.add_night(database="archivo")

    section = make_audit(place.office, AuditOptions(parts=("coverage",)), now=NOW).sections[0]

    (remark,) = (one for one in section.remarks if "ya no la copian" in one.what)
    assert (remark.whose, "ya no tiene repository" in remark.why) == ("Base archivo", True)


def test_a_file_that_names_nothing_is_not_all_green(place: Place) -> None:
    empty = place.office.deployment.model_copy(update={"databases": {}})

    section = make_audit(Office(empty, place.office.actor), AuditOptions(parts=("coverage",)), now=NOW).sections[0]

    assert [one.what for one in section.remarks] == ["copias.yml no dice que se copie nada"]
