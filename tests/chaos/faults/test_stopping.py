"""A run that is stopped in the middle of a program leaves nothing; one whose command line is killed goes on."""

from __future__ import annotations

import pytest

from tests.e2e.town import CASE, CONTROL, Town

pytestmark = pytest.mark.slow


def require_resolved_once(town: Town) -> None:
    assert town.answers() == ["En proceso", "Solucionado"]
    assert len(town.ours(CONTROL)) == 1
    assert len(town.stored("*.zip")) == 1
    assert town.stored("*.part") == []


@pytest.mark.parametrize("program", ["pg_dump", "pg_restore"])
def test_stop_ends_every_process_and_the_next_run_goes_on(town, program):
    town.detach()
    with town.stalled(program):
        stopped = town.copias("stop", CASE, "--json")

    town.require_quiet()
    left = town.story()[-1]["event"]
    again = town.run_case(CASE, "--json")

    assert stopped.code == 0, stopped.text
    assert "detenida" in stopped.json["message"]
    assert left in {"outbox.delivered", "copy.stored"}
    assert again.code == 0, again.text
    assert town.count("copy.made") == 1
    town.require_nothing_left()
    require_resolved_once(town)


def test_a_killed_command_line_leaves_the_run_running(town):
    calling = town.start("run", CASE, "--yes")
    town.wait(lambda: list(town.world.state.glob("runs/*/supervisor.json")), "the run")

    calling.kill()
    calling.communicate()
    refused = town.run_case(CASE, "--json")
    followed = town.follow()

    assert refused.code == 4
    assert followed.code == 0, followed.text
    assert followed.json["state"] == "resolved"
    require_resolved_once(town)
