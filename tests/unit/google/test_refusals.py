"""What to do about a refusal, as the sandbox gives them: the page of the console, the account, the scope."""

from __future__ import annotations

import asyncio
import typing as t
from pathlib import Path

import pytest

from copias.google.directory import Directory
from copias.google.errors import AccountMissing, AccountSuspended, GoogleBadRequest, GoogleRefused
from copias.google.scopes import DIRECTORY_READ, GMAIL_READ
from copias.google.session import ApiCall
from copias_sandbox.seed.people import demo_requester
from copias_sandbox.seed.words import DOMAIN, HACIENDA, HELP_DESK

MARTA = demo_requester().email
CLIENT_ID = "100000000000000000001"
DELEGATION = "https://admin.google.com/ac/owl/domainwidedelegation"
USERS = "https://admin.google.com/ac/users"


def read_mailbox(sandbox, folder: Path, account: str = MARTA, times: int = 1, between: t.Any = None) -> None:
    """Read a profile so many times, with one session."""
    call = ApiCall(
        method="gmail.users.getProfile",
        account=account,
        scopes=(GMAIL_READ,),
        path="gmail/v1/users/me/profile",
        what="no se leyó el buzón",
    )

    async def work() -> None:
        async with sandbox.session(folder) as session:
            for number in range(times):
                if number and between:
                    between()
                await session.request(call)

    asyncio.run(work())


def directory(sandbox, administrator: str = HELP_DESK) -> Directory:
    return Directory(sandbox.settings(), administrator=administrator)


def test_scope_that_is_not_delegated_names_scope_number_and_page(sandbox, tmp_path) -> None:
    sandbox.admin.delegate(CLIENT_ID, [DIRECTORY_READ])

    with pytest.raises(GoogleRefused) as caught:
        read_mailbox(sandbox, tmp_path)

    for part in (GMAIL_READ, CLIENT_ID, DELEGATION):
        assert part in caught.value.repair


def test_token_that_the_api_finds_too_small_names_the_page_too(sandbox, tmp_path) -> None:
    sandbox.admin.fault("status", "gmail.*", status=403, reason="insufficientPermissions")

    with pytest.raises(GoogleRefused) as caught:
        read_mailbox(sandbox, tmp_path)

    assert DELEGATION in caught.value.repair


def test_account_suspended_while_its_mailbox_is_read_is_told_as_such(sandbox, tmp_path) -> None:
    with pytest.raises(AccountSuspended) as caught:
        read_mailbox(sandbox, tmp_path, times=2, between=lambda: sandbox.admin.suspend(MARTA))

    assert (caught.value.whose, USERS in caught.value.repair) == (MARTA, True)


def test_account_that_was_deleted_is_told_as_missing_until_it_is_given_back(sandbox, tmp_path) -> None:
    sandbox.admin.delete_user(MARTA)

    with pytest.raises(AccountMissing) as caught:
        read_mailbox(sandbox, tmp_path)
    assert USERS in caught.value.repair

    sandbox.admin.undelete_user(MARTA)
    read_mailbox(sandbox, tmp_path)


def test_directory_without_its_scope_names_scope_and_page(sandbox) -> None:
    sandbox.admin.delegate(CLIENT_ID, [GMAIL_READ])

    with pytest.raises(GoogleRefused) as caught:
        directory(sandbox).user(MARTA)

    assert DIRECTORY_READ in caught.value.repair
    assert DELEGATION in caught.value.repair


def test_who_is_no_administrator_is_told_to_become_one(sandbox) -> None:
    with pytest.raises(GoogleRefused, match=r"https://admin\.google\.com/ac/roles") as caught:
        directory(sandbox, MARTA).user(HELP_DESK)

    assert MARTA in caught.value.repair


def test_administrator_who_is_suspended_is_told_as_such(sandbox) -> None:
    sandbox.admin.suspend(HELP_DESK)

    with pytest.raises(AccountSuspended, match=HELP_DESK):
        directory(sandbox).user(MARTA)


def test_directory_tells_what_an_account_is(sandbox) -> None:
    kiosk, gone = directory(sandbox).user(f"quiosco@{DOMAIN}"), directory(sandbox).user(f"ligia.borrada@{DOMAIN}")

    assert kiosk is not None
    assert (kiosk.has_mailbox, kiosk.suspended, gone) == (False, False, None)


def test_alias_is_no_account(sandbox) -> None:
    assert directory(sandbox).user(f"tesoreria@{DOMAIN}") is None


def test_listing_takes_a_search_in_the_directorys_language(sandbox) -> None:
    found = [user.address for user in directory(sandbox).users(f"orgUnitPath='/{HACIENDA}' isSuspended=false")]

    assert MARTA in found
    assert f"berta.supuesta@{DOMAIN}" in found, "units below are in it"
    assert HELP_DESK not in found
    with pytest.raises(GoogleBadRequest):
        list(directory(sandbox).users("planeta=marte"))
