"""The audit asks the Directory itself: whom ``account_filter`` leaves out of the nights is told."""

from __future__ import annotations

from pathlib import Path

from copias.audit.whole import AuditOptions, make_audit
from copias.office import Office
from copias_sandbox import control
from copias_sandbox.seed.words import HACIENDA
from tests.integration.mailbox.many import ACCOUNTS, LUZ, STANDING, Many


def test_a_filter_that_leaves_a_whole_department_out_is_red_for_each_of_its_mailboxes(
    sandbox_home: Path, tmp_path: Path
) -> None:
    admin = control.admin(sandbox_home)
    admin.reset(cases=5)
    many = Many(admin, control.required(sandbox_home), tmp_path)
    many.fill(count=1)
    made = many.office(standing={**STANDING, "accounts": [], "departments": [HACIENDA]})
    filtered = made.deployment.model_copy(update={"account_filter": "orgUnitPath='/Ninguna'"})

    section = make_audit(Office(filtered, made.actor), AuditOptions(parts=("coverage",))).sections[0]

    red = {one.whose for one in section.remarks if one.severity == "red"}
    assert {f"Buzón {account}" for account in ACCOUNTS} <= red
    assert "el Directorio no mostró ninguna cuenta" in {one.what for one in section.remarks}


def test_a_copy_of_who_had_the_address_before_covers_nobody(sandbox_home: Path, tmp_path: Path) -> None:
    admin = control.admin(sandbox_home)
    admin.reset(cases=5)
    many = Many(admin, control.required(sandbox_home), tmp_path)
    many.fill(count=1)
    admin.user(LUZ, id="101")
    many.mirror()

    before = red_mailboxes(many.office())
    admin.user(LUZ, id="999")
    after = red_mailboxes(many.office())

    assert (f"Buzón {LUZ}" in before, f"Buzón {LUZ}" in after) == (False, True)


def red_mailboxes(office: Office) -> set[str]:
    section = make_audit(office, AuditOptions(parts=("coverage",))).sections[0]
    return {one.whose for one in section.remarks if one.severity == "red"}
