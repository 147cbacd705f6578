"""The quota budget: nearly all of what is allowed, never more, whoever else is there."""

from __future__ import annotations

import asyncio
import typing as t
from collections import Counter, deque

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copias.google.budget import PROJECT, QuotaBudget
from copias.google.errors import QuotaExhausted
from copias.google.tariff import LEGACY, NEW, Tariff

GET = "gmail.users.messages.get"
LIST = "gmail.users.messages.list"
SEND = "gmail.users.messages.send"


class Gate:
    """Google's side: counts units a user and minute, in a window that moves, or in one by the clock's full minutes."""

    def __init__(self, tariff: Tariff, *, moving: bool = True) -> None:
        self.tariff = tariff
        self.moving = moving
        self.used: Counter[str] = Counter()
        self.recent: dict[str, deque[tuple[float, int]]] = {}
        self.in_minute: Counter[str] = Counter()
        self.calls = 0
        self.refused = 0

    def accept(self, method: str, user: str, now: float) -> bool:
        self.calls += 1
        limits = {user: self.tariff.per_user_minute, PROJECT: self.tariff.per_project_minute}
        price = self.tariff.price(method)
        self._forget(limits, now)
        if any(self.in_minute[name] + price > limit for name, limit in limits.items()):
            self.refused += 1
            return False
        for name in limits:
            self.recent[name].append((now, price))
            self.in_minute[name] += price
            self.used[name] += price
        return True

    def _forget(self, names: t.Iterable[str], now: float) -> None:
        """Let go of what is older than the minute."""
        oldest = now - 60 if self.moving else now // 60 * 60
        for name in names:
            calls = self.recent.setdefault(name, deque())
            while calls and calls[0][0] < oldest:
                self.in_minute[name] -= calls.popleft()[1]


async def copy(budget, gate, user, until, *, clock, latency=0.08, method=GET) -> None:
    """Call until a time is up; as a session does, tell the budget of refusals."""
    while clock.now() < until:
        await budget.take(method, user)
        if clock.now() >= until:
            return
        await clock.sleep(latency)
        if not gate.accept(method, user, clock.now()):
            budget.refused(user, "rateLimitExceeded", message="Queries per minute per user")
            await clock.sleep(1)


@pytest.mark.parametrize("moving", [True, False], ids=["moving minute", "full minutes"])
def test_fifty_accounts_get_95_percent_of_their_quota_and_no_refusals(tmp_path, virtually, clock, moving) -> None:
    gate = Gate(NEW, moving=moving)
    minutes = 6

    async def work() -> None:
        budget = QuotaBudget(tmp_path / "quota", NEW, clock=clock)
        until = clock.now() + 60 * minutes
        users = [f"u{number}" for number in range(50)]
        await asyncio.gather(*(copy(budget, gate, user, until, clock=clock) for user in users for _ in range(4)))
        budget.close()

    virtually(work())

    assert gate.refused < 0.01 * gate.calls
    assert gate.used[PROJECT] >= 0.95 * 50 * NEW.per_user_minute * minutes


def test_project_limit_is_shared_by_its_users(tmp_path, virtually, clock) -> None:
    tariff = Tariff("small", 6_000, 20_000, None, NEW.prices)
    gate = Gate(tariff)

    async def work() -> None:
        budget = QuotaBudget(tmp_path / "quota", tariff, clock=clock)
        until = clock.now() + 300
        await asyncio.gather(*(copy(budget, gate, f"u{n % 10}", until, clock=clock) for n in range(40)))

    virtually(work())

    assert gate.refused < 0.01 * gate.calls
    assert gate.used[PROJECT] >= 0.95 * 20_000 * 5
    per_user = [gate.used[f"u{n}"] for n in range(10)]
    assert min(per_user) > 0.3 * max(per_user), "nobody starves"


def test_small_job_does_not_wait_at_all(tmp_path, virtually, clock) -> None:
    async def work() -> float:
        budget = QuotaBudget(tmp_path / "quota", NEW, clock=clock)
        return sum([await budget.take(GET, "u") for _ in range(250)])

    assert virtually(work()) == 0


def test_share_is_all_that_is_used(tmp_path, virtually, clock) -> None:
    gate = Gate(NEW)

    async def work() -> None:
        budget = QuotaBudget(tmp_path / "quota", NEW, share=0.5, clock=clock)
        until = clock.now() + 240
        await asyncio.gather(*(copy(budget, gate, "u", until, clock=clock) for _ in range(6)))

    virtually(work())

    assert 0.45 * 6_000 * 4 <= gate.used["u"] <= 0.5 * 6_000 * 4 + 3_000


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    calls=st.lists(
        st.tuples(st.sampled_from([GET, LIST, SEND]), st.sampled_from("abc"), st.floats(0, 20)), max_size=120
    ),
    limit=st.integers(100, 900),
)
def test_no_minute_ever_holds_more_than_its_limit_and_every_call_gets_its_turn(
    tmp_path_factory, virtually, clock, calls, limit
) -> None:
    tariff = Tariff("tiny", limit, 2 * limit, None, NEW.prices)
    made: list[tuple[float, str, int]] = []

    async def call(budget, method, user, delay) -> None:
        await clock.sleep(delay)
        await budget.take(method, user)
        made.append((clock.now(), user, tariff.price(method)))

    async def work() -> None:
        budget = QuotaBudget(tmp_path_factory.mktemp("budget") / "quota", tariff, clock=clock)
        await asyncio.gather(*(call(budget, *given) for given in calls))
        budget.close()

    virtually(work())

    assert len(made) == len(calls)
    for now, user, _ in made:
        minute = [(who, units) for then, who, units in made if now - 60 < then <= now]
        assert sum(units for who, units in minute if who == user) <= limit
        assert sum(units for _, units in minute) <= 2 * limit


def test_calls_of_a_user_get_their_turn_in_order(tmp_path, virtually, clock) -> None:
    tariff = Tariff("tiny", 100, 1_000, None, NEW.prices)
    order: list[str] = []

    async def call(budget, method, name) -> None:
        await budget.take(method, "u")
        order.append(name)

    async def work() -> None:
        budget = QuotaBudget(tmp_path / "quota", tariff, clock=clock)
        await budget.take(GET, "u")
        await asyncio.gather(call(budget, SEND, "dear"), *(call(budget, LIST, f"cheap {n}") for n in range(10)))

    virtually(work())

    assert order[0] == "dear", "small calls do not overtake a large one for ever"


def test_refusal_silences_a_user_and_lowers_its_limit_which_recovers_slowly(tmp_path, virtually, clock) -> None:
    async def work() -> list[float]:
        budget = QuotaBudget(tmp_path / "quota", NEW, clock=clock)
        await budget.take(GET, "u")
        budget.refused("u", "userRateLimitExceeded", retry_after=7)
        found = [await budget.take(GET, "u"), await budget.take(GET, "other"), budget.factor("u")]
        await clock.sleep(120)
        found.append(budget.factor("u"))
        await clock.sleep(600)
        return [*found, budget.factor("u")]

    waited, others, lowered, later, recovered = virtually(work())

    assert waited == pytest.approx(7)
    assert others == 0
    assert lowered < 0.72
    assert lowered < later < 0.85
    assert recovered == 1


def test_refusals_of_calls_that_left_together_count_once(tmp_path, virtually, clock) -> None:
    async def work() -> float:
        budget = QuotaBudget(tmp_path / "quota", NEW, clock=clock)
        for _ in range(50):
            budget.refused("u", "rateLimitExceeded")
        return budget.factor("u")

    assert virtually(work()) == pytest.approx(0.7)


def test_refusal_of_the_project_silences_everybody(tmp_path, virtually, clock) -> None:
    async def work() -> float:
        budget = QuotaBudget(tmp_path / "quota", NEW, clock=clock)
        await budget.take(GET, "other")
        budget.refused("u", "rateLimitExceeded", message="limit 'Queries per minute' of service 'gmail'", retry_after=3)
        return await budget.take(GET, "other")

    assert virtually(work()) == pytest.approx(3)


def test_lower_limit_than_configured_is_found_without_a_storm(tmp_path, virtually, clock) -> None:
    gate = Gate(Tariff("real", 3_000, 1_200_000, None, NEW.prices))

    async def work() -> None:
        budget = QuotaBudget(tmp_path / "quota", NEW, clock=clock)
        until = clock.now() + 3_600
        await asyncio.gather(*(copy(budget, gate, "u", until, clock=clock) for _ in range(6)))

    virtually(work())

    assert gate.used["u"] >= 0.7 * 3_000 * 60
    assert gate.refused < 0.05 * gate.calls


def test_spent_day_ends_the_run_instead_of_waiting_for_hours(tmp_path, virtually, clock) -> None:
    tariff = Tariff("day", 6_000, 1_200_000, 1_000, NEW.prices)

    async def work() -> None:
        budget = QuotaBudget(tmp_path / "quota", tariff, clock=clock)
        for _ in range(51):
            await budget.take(GET, "u")

    with pytest.raises(QuotaExhausted, match=r"24\.\d horas"):
        virtually(work())


def test_clock_set_back_does_not_block_for_that_long(tmp_path, virtually, clock) -> None:
    class Shifted:
        ahead = 86_400.0

        def now(self) -> float:
            return clock.now() + self.ahead

        async def sleep(self, seconds: float) -> None:
            await clock.sleep(seconds)

    shifted = Shifted()

    async def work() -> float:
        budget = QuotaBudget(tmp_path / "quota", NEW, clock=shifted)
        for _ in range(300):
            await budget.take(GET, "u")
        shifted.ahead = 0.0
        return sum([await budget.take(GET, "u") for _ in range(10)])

    assert virtually(work()) < 2


@pytest.mark.parametrize(("tariff", "seconds"), [(LEGACY, 205), (NEW, 2_000)])
def test_prediction_says_what_a_mailbox_takes(tmp_path, tariff, seconds) -> None:
    prediction = QuotaBudget(tmp_path / "quota", tariff).predict(10_000)

    assert prediction.calls == 10_000 + 40 + 3
    assert prediction.units == 10_000 * tariff.price(GET) + 40 * 5 + 2 + 1
    assert prediction.seconds == pytest.approx(seconds, rel=0.1)


def test_prediction_holds(tmp_path, virtually, clock) -> None:
    async def work() -> tuple[float, float]:
        budget = QuotaBudget(tmp_path / "quota", NEW, clock=clock)
        begun = clock.now()
        for _ in range(2_000):
            await budget.take(GET, "u")
            await clock.sleep(0.02)
        return clock.now() - begun, budget.predict(2_000).seconds

    taken, predicted = virtually(work())

    assert taken == pytest.approx(predicted, rel=0.1)
