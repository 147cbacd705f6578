"""Accounts as hosts: their names, groups and variables."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copias.google.directory import DirectoryUser
from copias.google.roster import Roster, drive_host, group_word, make_roster
from copias.mailbox.settings import MailboxSettings

OURS = MailboxSettings(domains=("x.example",), administrator="a@x.example", store="nas")


def account(address: str, **given: t.Any) -> DirectoryUser:
    base = {"name": "Ana", "org_unit": "/Hacienda", "department": "Hacienda"}
    flags = {"suspended": False, "archived": False, "has_mailbox": True}
    return DirectoryUser(address=address, **{**base, **flags, **given})


def roster(*users: DirectoryUser, **options: t.Any) -> Roster:
    return make_roster(users, is_ours=OURS.is_account, **options)


def test_mailbox_and_drive_of_an_account_are_two_hosts() -> None:
    made = roster(account("ana@x.example"))

    assert made.members["mailboxes"] == ["ana@x.example"]
    assert made.members["drives"] == ["ana@x.example+drive"]
    assert made.hosts["ana@x.example"] == made.hosts["ana@x.example+drive"]


def test_drive_is_never_named_as_an_account_can_be() -> None:
    assert not OURS.is_account(drive_host("ana@x.example"))


@pytest.mark.parametrize(("flag", "group"), [("suspended", "suspended"), ("archived", "archived")])
def test_account_that_cannot_be_read_is_in_a_group_of_its_own(flag: str, group: str) -> None:
    made = roster(account("ana@x.example", **{flag: True}))

    assert made.members[group] == ["ana@x.example"]
    assert not made.members["mailboxes"] + made.members["drives"]


def test_account_without_gmail_has_a_drive_only() -> None:
    made = roster(account("ana@x.example", has_mailbox=False))

    assert set(made.hosts) == {"ana@x.example+drive"}


def test_what_is_no_address_of_ours_is_left_out() -> None:
    hostile = [
        "ana@otro.example",
        "{{x}}@x.example",
        "a b@x.example",
        "@x.example",
        "all",
        "ana@x.example\n",
        "-e@x.example",
    ]

    assert roster(*map(account, hostile)).hosts == {}


def test_spellings_of_one_department_are_one_group() -> None:
    made = roster(
        account("a@x.example", department="Secretaría de  Hacienda "),
        account("b@x.example", department="SECRETARIA DE HACIENDA"),
    )

    assert made.children["departments"] == ["department_secretaria_de_hacienda"]
    assert made.members["department_secretaria_de_hacienda"][::2] == ["a@x.example", "b@x.example"]


def test_units_lie_within_units_and_the_top_has_its_own_accounts() -> None:
    made = roster(
        account("a@x.example", org_unit="/"),
        account("b@x.example", org_unit="/Hacienda/Tesorería"),
        groups=["org_unit"],
    )

    assert made.members["org_units"] == ["a@x.example", "a@x.example+drive"]
    assert made.children["org_units"] == ["org_unit_hacienda"]
    assert made.children["org_unit_hacienda"] == ["org_unit_hacienda_tesoreria"]
    assert "departments" not in made.children


@given(st.text())
def test_group_is_always_a_name_that_ansible_takes(text: str) -> None:
    word = group_word(text)

    assert word
    assert f"department_{word}".isidentifier()
    assert word.isascii()


@given(department=st.text(), unit=st.text())
def test_variables_are_one_line_of_printable_text(department: str, unit: str) -> None:
    made = roster(
        account("ana@x.example", department=department, org_unit=f"/{unit}"), groups=["department", "org_unit"]
    )

    for value in made.hosts["ana@x.example"].values():
        assert value.isprintable()
        assert len(value) <= 200
