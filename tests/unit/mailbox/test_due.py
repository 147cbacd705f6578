"""What a night does of the mailboxes: by leave, policy and age, the most overdue first, as far as time allows."""

from __future__ import annotations

import time
import typing as t
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from copias.errors import NotAllowed
from copias.files import make_private_directory
from copias.google.budget import DAY, QuotaBudget
from copias.google.budget_file import BudgetFile, Window
from copias.google.errors import GoogleUnavailable
from copias.google.tariff import LEGACY, NEW
from copias.mailbox.absent import Accounts, find_absent
from copias.mailbox.account_round import Limit
from copias.mailbox.due import plan_mailboxes
from copias.mailbox.due_model import DueMailbox
from copias.mailbox.fitting import fit
from copias.mailbox.mirror import Mirror, NewMessage
from copias.mailbox.mirroring import SYNCED
from copias.mailbox.night_rounds import NightTerms
from copias.mailbox.outcome import Outcome
from copias.mailbox.permission import Leave, look_again
from copias.mailbox.status import mirror_folder
from copias.office import Office
from copias.people import Person, Role
from tests.deployment import describe_deployment, office_of

ANA, LUZ, PIA = ACCOUNTS = tuple(f"{name}.prueba@valleclaro.example" for name in ("ana", "luz", "pia"))
NOW = datetime(2026, 11, 26, 1, tzinfo=UTC)
STANDING = {
    "authoriser": "Mariela Ejemplo",
    "post": "Secretaria General",
    "document": "Resolución 100 de 2026",
    "motive": "Custodia",
    "until": "2099-12-31",
    "accounts": list(ACCOUNTS),
}


def make_office(folder: Path, *, standing: dict[str, t.Any] | None = STANDING, **given: t.Any) -> Office:
    own = {
        "google": {"key_file": "/nowhere/key.json", "tariff": "new"},
        "mailboxes": {
            "domains": ["valleclaro.example"],
            "administrator": ANA,
            "store": "nas",
            "standing": standing,
            "accounts_at_once": 4,
        },
        **given,
    }
    return office_of(describe_deployment(folder, **own), folder, person=Person(name="Ana Prueba", role=Role.AGENT))


def mirror(office: Office, account: str, *, days: float, messages: int = 0) -> None:
    """Make a mirror that was last found up to date so many days ago, with so many messages of that day."""
    moment = int((NOW - timedelta(days=days)).timestamp() * 1000)
    with Mirror.open(mirror_folder(office.deployment, account), account=account) as made:
        for number in range(messages):
            made.add(NewMessage(f"{number:016x}", f"{number:016x}", ("INBOX",), 1, moment, b"Subject: Acta"))
        made.set_state(history_id=1, messages_total=0, full=True, when=(NOW - timedelta(days=days)).timestamp())
        made.commit()


def due(office: Office, *accounts: str, **given: t.Any) -> list[str]:
    return [one.account for one in plan_mailboxes(office, accounts or ACCOUNTS, NOW, **given).due]


def make(account: str, *, units: int = 4, seconds: float = 1.0, first: bool = False) -> DueMailbox:
    overdue = float("inf") if first else 1.0
    return DueMailbox(
        account=account,
        policy="",
        leave=Leave("Oficio 1", "Mariela"),
        last_good=None if first else NOW,
        overdue=overdue,
        messages=0,
        units=units,
        seconds=seconds,
    )


def test_the_most_overdue_comes_first_whatever_nights_were_missed(tmp_path: Path) -> None:
    office = make_office(tmp_path)
    for account, days in ((ANA, 1), (LUZ, 9), (PIA, 3)):
        mirror(office, account, days=days)

    assert due(office) == [LUZ, PIA, ANA]


def test_a_copy_that_is_young_enough_until_the_next_night_is_not_due(tmp_path: Path) -> None:
    office = make_office(tmp_path, policies={"semanal": {"every": "P7D", "accounts": [ANA, LUZ]}})
    mirror(office, ANA, days=5)
    mirror(office, LUZ, days=6.5)
    mirror(office, PIA, days=5)

    plan = plan_mailboxes(office, ACCOUNTS, NOW)

    assert ([one.account for one in plan.due], plan.not_due) == ([PIA, LUZ], (ANA,))
    assert {one.account: one.policy for one in plan.due} == {PIA: "", LUZ: "semanal"}
    assert due(office, ANA, always=True) == [ANA]


def test_a_round_is_foreseen_by_the_mail_of_the_last_month_for_each_day_that_was_missed(tmp_path: Path) -> None:
    office = make_office(tmp_path)
    mirror(office, ANA, days=10, messages=60)
    mirror(office, LUZ, days=0.5, messages=60)
    mirror(office, PIA, days=0.5)

    found = {one.account: one for one in plan_mailboxes(office, ACCOUNTS, NOW, always=True).due}

    assert {account: one.messages for account, one in found.items()} == {ANA: 20, LUZ: 2, PIA: 0}
    quiet, day, ten = (found[account].units for account in (PIA, LUZ, ANA))
    assert ten - quiet == 10 * (day - quiet) > 0
    assert found[PIA].seconds < found[LUZ].seconds < found[ANA].seconds


def test_overdue_is_reckoned_by_each_ones_policy(tmp_path: Path) -> None:
    office = make_office(tmp_path, policies={"semanal": {"every": "P7D", "accounts": [ANA]}})
    mirror(office, ANA, days=8)
    mirror(office, LUZ, days=3)

    assert due(office, ANA, LUZ) == [LUZ, ANA]


def test_what_nobody_allowed_is_not_in_the_night_and_no_failure_of_it(tmp_path: Path) -> None:
    office = make_office(tmp_path, standing=None)

    plan = plan_mailboxes(office, ACCOUNTS, NOW)

    assert (plan.due, plan.refused, plan.not_allowed) == ((), {}, ACCOUNTS)


def test_one_that_was_asked_for_by_name_and_that_nobody_allowed_is_told(tmp_path: Path) -> None:
    office = make_office(tmp_path, standing=None)

    plan = plan_mailboxes(office, [ANA], NOW, always=True)

    assert "no está autorizado" in plan.refused[ANA].what


def test_an_act_that_has_ended_covers_nobody(tmp_path: Path) -> None:
    office = make_office(tmp_path, standing={**STANDING, "until": "2020-01-01"})

    assert plan_mailboxes(office, ACCOUNTS, NOW).not_allowed == ACCOUNTS


def test_an_act_that_ended_after_the_night_was_planned_allows_no_round_any_more(tmp_path: Path) -> None:
    planned = Leave("Resolución 100 de 2026", "Mariela Ejemplo", until=date(2020, 1, 1))

    found = look_again(make_office(tmp_path, standing={**STANDING, "until": "2020-01-01"}), ANA, planned)

    assert isinstance(found, NotAllowed)
    assert "terminó el 01/01/2020" in found.why


@pytest.mark.parametrize(
    ("until", "now", "minutes"),
    [
        (date(2026, 12, 31), datetime(2027, 1, 1, 4, 30, tzinfo=UTC), 30),
        (date(2028, 2, 29), datetime(2028, 3, 1, 4, 45, tzinfo=UTC), 15),
        (date(2028, 3, 1), datetime(2028, 3, 1, 4, 45, tzinfo=UTC), 120),
        (date(2026, 12, 31), datetime(2027, 1, 1, 5, 1, tzinfo=UTC), 0),
        (None, datetime(2027, 1, 1, 4, 30, tzinfo=UTC), 120),
    ],
    ids=["years_end", "leap_day", "day_before", "over", "without_end"],
)
def test_a_round_ends_with_the_last_day_of_its_leave_in_colombia(
    until: date | None, now: datetime, minutes: int
) -> None:
    leave = Leave("Resolución 100 de 2026", "Mariela Ejemplo", until=until)

    assert Limit(timedelta(hours=2), "dos horas").within(leave, now).span == timedelta(minutes=minutes)


def test_what_does_not_fit_into_the_time_is_named_and_what_is_more_overdue_fits(tmp_path: Path) -> None:
    office = make_office(tmp_path)
    wanted = [make(f"{number}@x", seconds=60.0) for number in range(12)]

    begun, postponed, seconds = fit(office, wanted, 120.0)

    assert [one.account for one in begun] == [f"{number}@x" for number in range(8)]
    assert [one.account for one, _ in postponed] == [f"{number}@x" for number in range(8, 12)]
    assert seconds == 120.0
    assert all(error.transient and "no cabe en el tiempo" in error.what for _, error in postponed)


def test_first_copies_hold_at_most_half_of_the_turns(tmp_path: Path) -> None:
    office = make_office(tmp_path)
    firsts = [make(f"f{number}@x", seconds=7200.0, first=True) for number in range(6)]
    quick = [make(f"q{number}@x") for number in range(50)]

    begun, postponed, _ = fit(office, [*firsts, *quick], 3600.0)

    assert [one.account for one in begun if one.is_first] == ["f0@x", "f1@x"]
    assert len(begun) - 2 == 50
    assert len(postponed) == 4


def test_first_copies_that_the_days_quota_does_not_pay_wait_and_the_others_do_not(tmp_path: Path) -> None:
    office = make_office(tmp_path)
    most = NEW.per_project_day
    assert most is not None
    wanted = [make("a@x", units=most // 2, first=True), make("b@x", units=most * 2 // 3, first=True), make("c@x")]

    begun, postponed, _ = fit(office, wanted, 3600.0)

    assert [one.account for one in begun] == ["a@x", "c@x"]
    assert [(one.account, "cuota de hoy" in error.what) for one, error in postponed] == [("b@x", True)]


def test_a_mailbox_larger_than_any_days_quota_is_begun_all_the_same(tmp_path: Path) -> None:
    office = make_office(tmp_path)
    most = NEW.per_project_day
    assert most is not None

    begun, postponed, _ = fit(office, [make("a@x", units=3 * most, first=True)], 3600.0)

    assert (len(begun), postponed) == (1, ())


def test_a_mailbox_larger_than_our_share_of_the_quota_is_begun_all_the_same(tmp_path: Path) -> None:
    google = {"key_file": "/nowhere/key.json", "tariff": "new", "quota_share": 0.25}
    office = make_office(tmp_path, google=google)

    begun, postponed, _ = fit(office, [make("a@x", units=30_000_000, first=True)], 3600.0)

    assert (len(begun), postponed) == (1, ())


def test_a_mailbox_larger_than_what_the_others_leave_each_night_is_begun_all_the_same(tmp_path: Path) -> None:
    office = make_office(tmp_path)
    nightly = 30_000_000
    file = BudgetFile(make_private_directory(office.deployment.state) / "google-quota.sqlite")
    day = Window(DAY, 80_000_000, 86_400 + 900, 900)
    assert file.exchange([day], least=nightly, most=nightly, now=time.time()).units == nightly
    file.close()

    begun, postponed, _ = fit(office, [make("a@x", units=40_000_000, first=True), make("c@x", units=nightly)], 3600.0)

    assert ([one.account for one in begun], postponed) == (["a@x", "c@x"], ())


def test_what_was_spent_today_is_not_spent_again(tmp_path: Path) -> None:
    import asyncio

    budget = QuotaBudget(tmp_path / "quota.sqlite", NEW)
    before = budget.left_of_day()
    asyncio.run(budget.take("gmail.users.messages.get", "ana"))
    budget.close()

    left = QuotaBudget(tmp_path / "quota.sqlite", NEW).left_of_day()

    assert before == NEW.per_project_day
    assert left is not None
    assert before is not None
    assert before - left == NEW.price("gmail.users.messages.get")
    assert QuotaBudget(tmp_path / "other.sqlite", LEGACY).left_of_day() is None


class TestTerms:
    """When a round of the night may begin, and how long it may take."""

    @staticmethod
    def terms(*, hours: float = 1.0, stopped: bool = False) -> NightTerms:
        until = datetime.now(UTC) + timedelta(hours=hours)
        longest = timedelta(minutes=5)
        return NightTerms(until, longest, patience=3, firsts=frozenset({ANA}), asked_to_end=lambda: stopped)

    def test_a_round_in_time_is_begun_with_its_own_limit(self) -> None:
        terms = self.terms()

        assert terms.refuse(ANA) is None
        assert terms.limit() == Limit(timedelta(minutes=5), "night.mailbox_time_limit")
        assert (terms.is_first(ANA), terms.is_first(LUZ)) == (True, False)

    def test_a_round_near_the_end_takes_no_longer_than_the_night(self) -> None:
        assert self.terms(hours=0.01).limit().span < timedelta(minutes=1)

    @pytest.mark.parametrize(
        ("given", "why"), [({"hours": -1.0}, "time_limit"), ({"stopped": True}, "orden de terminar")]
    )
    def test_nothing_is_begun_after_the_end(self, given: dict[str, t.Any], why: str) -> None:
        error = self.terms(**given).refuse(ANA)

        assert error is not None
        assert why in error.why
        assert Outcome(ANA, error=error).postponed

    def test_when_google_answers_nobody_the_rest_is_postponed_and_one_answer_begins_anew(self) -> None:
        terms, deaf = self.terms(), Outcome(LUZ, error=GoogleUnavailable("Google no responde"))
        for outcome in (deaf, deaf, Outcome(PIA), deaf, deaf):
            terms.hear(outcome)
        assert terms.refuse(ANA) is None

        terms.hear(deaf)

        error = terms.refuse(ANA)
        assert error is not None
        assert "3 buzones seguidos" in error.why


def test_deleted_account_is_told_when_the_standing_leave_last_wrote_its_mirror(tmp_path: Path) -> None:
    office = make_office(tmp_path, standing={**STANDING, "accounts": [], "departments": ["Hacienda"]})
    for account, case in ((ANA, ""), (LUZ, "77"), (PIA, "")):
        mirror(office, account, days=1)
        office.record(SYNCED, {"account": account, "leave": {"case": case}})
    office.record(SYNCED, {"account": "sin.espejo@valleclaro.example", "leave": {"case": ""}})

    gone = find_absent(office, [PIA], Accounts(asked=True))

    assert list(gone) == [ANA]
    assert "ya no existe" in gone[ANA].what


def test_deleted_account_that_the_leave_named_before_is_none_of_its_departments(tmp_path: Path) -> None:
    office = make_office(tmp_path, standing={**STANDING, "accounts": [PIA]})
    mirror(office, ANA, days=1)
    office.record(SYNCED, {"account": ANA, "leave": {"case": ""}})

    assert list(find_absent(office, [PIA], Accounts(asked=True))) == []
