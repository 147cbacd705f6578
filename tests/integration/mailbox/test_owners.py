"""An address that was given to another person: the mirror of who had it before takes nothing of the new one."""

from __future__ import annotations

import pytest

from copias.mailbox.mirror import MirrorReader, rebuild_index
from copias.mailbox.mirror.layout import INDEX
from copias.mailbox.night_rounds import mirror_night
from copias.mailbox.owner import OtherOwner
from copias.mailbox.status import mirror_folder
from copias_sandbox.seed.words import HACIENDA
from tests.integration.mailbox.many import ACCOUNTS, ANA, LUZ, PIA, STANDING, Many
from tests.integration.mailbox.office import PROFILE

USERS = "directory.users.list"


@pytest.fixture
def owned(many: Many) -> Many:
    """Each account with an id of Google's, as all have that Google made."""
    for place, account in enumerate(ACCOUNTS, 100):
        many.admin.user(account, id=str(place))
    return many


def give_away(many: Many, account: str, *, count: int = 3) -> None:
    """Delete an account, and give its address and a new mailbox to another person."""
    kept = {"isMailboxSetup": True, "suspended": False, "orgUnitPath": "/"}
    many.admin.delete_user(account)
    many.admin.user(account, id="999", name={"fullName": "Otra Persona"}, **kept)
    many.admin.mailbox(account, count=count, mean_bytes=900, seed=77)


def owner_of(many: Many, account: str) -> str:
    with MirrorReader.open(mirror_folder(many.office().deployment, account)) as mirror:
        return mirror.owner


def test_a_mirror_takes_nothing_of_who_got_the_address_later_and_the_others_go_on(owned: Many) -> None:
    owned.mirror()
    before = owned.held(LUZ)
    give_away(owned, LUZ)
    owned.admin.deliver(ANA)

    done = owned.mirror()

    assert [owner_of(owned, account) for account in ACCOUNTS] == ["100", "101", "102"]
    assert isinstance(done[LUZ].error, OtherOwner)
    assert (done[ANA].error, done[ANA].fetched, done[PIA].error) == (None, 1, None)
    assert owned.held(LUZ) == before


def test_a_longer_history_than_the_old_mailboxs_makes_no_difference(owned: Many) -> None:
    owned.mirror()
    before = owned.held(LUZ)
    give_away(owned, LUZ, count=200)

    done = owned.mirror()

    assert isinstance(done[LUZ].error, OtherOwner)
    assert owned.held(LUZ) == before


def test_a_night_tells_it_too_and_looking_does_so(owned: Many) -> None:
    mirror_night(owned.office(), ACCOUNTS)
    give_away(owned, LUZ)

    looked = mirror_night(owned.office(), ACCOUNTS, look=True)
    done = mirror_night(owned.office(), ACCOUNTS)

    assert isinstance(looked[LUZ].error, OtherOwner)
    assert isinstance(done[LUZ].error, OtherOwner)
    assert str(mirror_folder(owned.office().deployment, LUZ)) in done[LUZ].error.repair


def test_once_the_old_mirror_is_elsewhere_the_new_mailbox_is_copied_from_the_beginning(owned: Many) -> None:
    owned.mirror()
    give_away(owned, LUZ)
    mirror_folder(owned.office().deployment, LUZ).rename(owned.folder / "old")

    done = owned.mirror()

    assert done[LUZ].error is None
    assert (owned.held(LUZ), owner_of(owned, LUZ)) == (owned.mailbox(LUZ), "999")


def test_a_mirror_of_an_older_version_takes_the_id_at_its_next_round(many: Many) -> None:
    many.mirror()
    many.admin.user(LUZ, id="101")
    before = owner_of(many, LUZ)

    done = many.mirror()

    assert (before, owner_of(many, LUZ)) == ("", "101")
    assert not done[LUZ].changed


def test_an_index_that_is_made_anew_still_knows_whose_the_mirror_is(owned: Many) -> None:
    owned.mirror()
    folder = mirror_folder(owned.office().deployment, LUZ)
    (folder / INDEX).unlink()

    rebuild_index(folder)

    assert owner_of(owned, LUZ) == "101"


def test_an_account_that_only_changed_its_department_is_still_the_same(owned: Many) -> None:
    owned.mirror()
    owned.admin.user(LUZ, organizations=[{"department": "Otra", "primary": True}])

    assert owned.mirror()[LUZ].error is None


def test_a_mailbox_that_was_made_anew_for_the_same_account_is_copied_whatever_its_history_says(owned: Many) -> None:
    owned.mirror()
    owned.admin.mailbox(LUZ, count=3, mean_bytes=900, seed=78)

    done = owned.mirror()

    assert (done[LUZ].error, done[LUZ].fetched, done[LUZ].deleted) == (None, 3, 8)


@pytest.mark.parametrize("status", [403, 503], ids=["closed", "silent"])
def test_without_a_directory_a_history_that_went_back_without_a_message_of_ours_is_told(
    owned: Many, status: int
) -> None:
    owned.mirror()
    before = owned.held(LUZ)
    give_away(owned, LUZ)
    owned.admin.fault("status", "directory.users.get", status=status, times=0)

    done = owned.mirror()

    assert (done[ANA].error, done[PIA].error) == (None, None)
    assert isinstance(done[LUZ].error, OtherOwner)
    assert owned.held(LUZ) == before


def test_a_mailbox_that_its_owner_emptied_is_still_hers_without_a_directory(owned: Many) -> None:
    owned.mirror()
    owned.admin.delete_mail(LUZ, list(owned.mailbox(LUZ)))
    owned.admin.fault("status", "directory.users.get", status=503, times=0)

    done = owned.mirror()

    assert (done[LUZ].error, done[LUZ].deleted) == (None, 8)


def test_a_night_that_asked_the_directory_for_its_plan_asks_it_once(owned: Many) -> None:
    office = owned.office(standing={**STANDING, "accounts": [], "departments": [HACIENDA]})
    mirror_night(office, ACCOUNTS)
    owned.admin.clear_calls()

    mirror_night(office, ACCOUNTS)

    asked = [call["method"] for call in owned.admin.calls() if call["method"].startswith("directory.")]
    assert asked == [USERS]
    assert len(owned.admin.calls(PROFILE)) == len(ACCOUNTS)
