"""A case that fails at a message tells nothing of what the message says."""

from __future__ import annotations

import pytest

from tests.e2e.test_mailbox_privacy import CASE, files_to_search, planted, says_something, traces
from tests.e2e.town import Town

pytestmark = pytest.mark.slow

__all__ = ["planted"]
GET = "gmail.users.messages.get"


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 503},
        {"kind": "truncated"},
        {"kind": "status", "status": 400, "reason": "failedPrecondition"},
    ],
)
def test_a_case_that_fails_at_a_message_says_nothing_of_it_but_its_id(town: Town, planted: str, fault: dict) -> None:
    town.admin.fault(method=GET, match=planted, times=0, **fault)

    done = town.run_case(CASE, "--json")
    told = [town.copias(*verb) for verb in (["show", CASE], ["show", CASE, "--json"], ["follow", CASE])]

    assert (done.code == 0) == (fault.get("status") == 400), done.text
    assert [call.text for call in [done, *told] if says_something(call.text.encode())] == []
    assert traces(town) == []
    assert any(planted.encode() in path.read_bytes() for path in files_to_search(town))
