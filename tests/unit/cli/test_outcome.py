"""Exit 0 of a run means that the case is resolved, whatever the playbook says."""

from __future__ import annotations

import pytest

from copias.case.story import Story, tell
from copias.cli.run import exit_code
from copias.ledger import Event
from copias.run.folder import Result

RUN = "7-20261122t100000-abcdef"
DONE = Result(0, "", "2026-11-22T10:00:00+00:00", {})
COPY = {"copy": "c1", "generation": 1, "subject": "hacienda", "package": "p", "store": "n"}
NAMES = ("case.assigned", "case.started", "copy.made", "copy.stored", "copy.verified", "case.resolved")


def story(*names: str, run: str = RUN) -> Story:
    data = {"case.started": {"authorisation": {"authoriser": "Mariela"}}, "copy.made": COPY}
    moment = "2026-11-22T10:00:00+00:00"
    return tell("7", [Event(1, moment, name, "7", run, {}, data.get(name, {"copy": "c1"}), "") for name in names])


@pytest.mark.parametrize("steps", range(len(NAMES)))
def test_a_playbook_that_succeeds_without_resolving_the_case_has_failed(steps: int) -> None:
    assert exit_code(DONE, story(*NAMES[:steps]), run=RUN, check=False) == 1


def test_a_resolved_case_is_done() -> None:
    assert exit_code(DONE, story(*NAMES), run=RUN, check=False) == 0


def test_a_case_reopened_since_does_not_make_the_run_that_resolved_it_fail() -> None:
    assert exit_code(DONE, story(*NAMES, "case.reopened"), run=RUN, check=False) == 0


def test_a_case_that_another_run_resolved_and_that_was_reopened_is_not_ours() -> None:
    assert exit_code(DONE, story(*NAMES, "case.reopened", run="another"), run=RUN, check=False) == 1


def test_a_rehearsal_resolves_nothing_and_is_done() -> None:
    assert exit_code(DONE, story(), run=RUN, check=True) == 0


@pytest.mark.parametrize("code", [1, 3, 4, 75])
def test_the_code_of_a_failed_run_is_kept(code: int) -> None:
    assert exit_code(Result(code, "x", "", {}), story(*NAMES), run=RUN, check=False) == code
