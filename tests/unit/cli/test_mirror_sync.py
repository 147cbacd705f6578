"""How ``copias mirror sync`` ends: with 0 only when every mirror is up to date."""

from __future__ import annotations

from pathlib import Path

import pytest

from copias.cli.mirror_sync import find_exit_code
from copias.run.folder import MIRRORS, Result, RunFolder, find_runs, new_run
from copias.run.follow import follow_run

DONE, FAILED = Result(0, "", "", {}), Result(1, "", "", {})


def outcome(code: int | None) -> dict[str, object]:
    return {"changed": False, "error": None if code is None else {"exit_code": code}}


@pytest.mark.parametrize(
    ("codes", "result", "expected"),
    [
        ((None, None), DONE, 0),
        ((None, 75), FAILED, 75),
        ((75, 75), FAILED, 75),
        ((3, 75), FAILED, 1),
        ((None, 4), DONE, 4),
        ((None,), FAILED, 1),
        ((), DONE, 3),
    ],
)
def test_exit_code_is_what_all_troubles_share(codes: tuple[int | None, ...], result: Result, expected: int) -> None:
    mailboxes = {f"{place}@example.test": outcome(code) for place, code in enumerate(codes)}

    assert find_exit_code(result, mailboxes) == expected


def make_run(runs: Path, case: str = "") -> RunFolder:
    given = {"playbook": "mirror.yml", "config": runs / "copias.yml", "check": False, "account": "ana"}
    return new_run(runs, case=case, limit="" if case else "ana@example.test", **given)


def test_runs_of_mirrors_and_of_cases_are_apart(tmp_path: Path) -> None:
    mirrors, case = make_run(tmp_path), make_run(tmp_path, "1234")

    assert [run.path for run in find_runs(tmp_path, MIRRORS)] == [mirrors.path]
    assert [run.path for run in find_runs(tmp_path, "1234")] == [case.path]
    assert (mirrors.request.limit, case.request.limit) == ("ana@example.test", "")


@pytest.mark.parametrize(("case", "verb"), [("", "`copias mirror sync`"), ("1234", "`copias run 1234`")])
def test_run_that_died_says_which_command_goes_on(tmp_path: Path, case: str, verb: str) -> None:
    (result,) = follow_run(make_run(tmp_path, case))

    assert isinstance(result, Result)
    assert result.exit_code == 1
    assert verb in result.message
