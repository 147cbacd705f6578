"""What is damaged, and a case that fails at a message, tell nothing of what the message says."""

from __future__ import annotations

import pytest

from tests.e2e.test_mailbox_privacy import ACCOUNT, CASE, files_to_search, planted, says_something, traces
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


def test_a_damaged_mirror_and_package_are_told_without_what_they_say(town: Town, planted: str) -> None:
    assert town.run_case(CASE).code == 0
    segment = next((town.world.state / "mirrors").rglob("segments/*"))
    content = bytearray(segment.read_bytes())
    for place in range(40, len(content), 400):
        content[place] ^= 0xFF
    segment.write_bytes(content)
    (package,) = town.stored("*.zip")
    package.chmod(0o600)
    package.write_bytes(package.read_bytes().replace(b"PK\x01\x02", b"PK\x01\x03", 1))

    told = [town.copias("mirror", "verify", ACCOUNT), town.copias("package", "verify", str(package), "--json")]

    assert [call.code for call in told] == [1, 1]
    assert [call.text for call in told if says_something(call.text.encode())] == []
    assert traces(town) == []
