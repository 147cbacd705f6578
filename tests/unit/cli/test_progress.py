"""What a person sees of a run under way: done and total, bytes, pace, and when it will end."""

from __future__ import annotations

import re
import time

import pytest

from copias.case.claim import describe_process
from copias.cli.progress import _say_amount, _say_pace, watch
from copias.errors import EXIT_FAILED, NotReady
from copias.progress import ENVIRONMENT, Step
from copias.run import follow
from copias.run.folder import Result, RunFolder, new_run
from copias.run.follow import Progress, follow_run, stop_run


@pytest.fixture
def run(tmp_path, monkeypatch) -> RunFolder:
    folder = RunFolder(tmp_path)
    monkeypatch.setenv(ENVIRONMENT, str(folder.progress))
    return folder


def last(run: RunFolder) -> Progress:
    run.write_result(Result(0, "", "", {}))
    return [state for state in follow_run(run) if isinstance(state, Progress)][-1]


def test_what_an_earlier_run_did_is_done_and_says_nothing_of_the_pace(run) -> None:
    step = Step("Copiar", 1000, unit="messages", done=900, size=lambda: 64_000)
    step.__enter__()
    time.sleep(0.3)

    step(10)

    state = last(run)
    assert (state.done, state.total, state.bytes) == (910, 1000, 64_000)
    assert 0 < state.rate < 40
    assert state.seconds_left == pytest.approx(90 / state.rate)


def test_messages_are_told_with_their_bytes() -> None:
    state = Progress("Copiar", 1200, 3000, 4.0, "messages", 45_000_000)

    assert _say_amount(state) == "1.200 mensajes de 3.000 mensajes, 45,0 MB"


@pytest.mark.parametrize(
    ("left", "told"),
    [(50, r".*faltan 50 s$"), (7200, r".*, hasta las \d\d:\d\d$"), (10**6, r".*, hasta el ../../.... ..:..$")],
)
def test_end_is_told_by_the_clock_when_it_is_far(left, told) -> None:
    assert re.match(told, _say_pace(Progress("Copiar", 0, left, 1.0, "messages")))


def test_run_that_nobody_looks_at_says_nothing_on_the_error_stream_which_cron_mails(run, capsys) -> None:
    with Step("Copiar", 1000) as step:
        step(1000)
    run.write_result(Result(0, "", "", {}))

    watch(run, quiet=False)

    told = capsys.readouterr()
    assert (told.out, told.err) == ("  Copiar …\n", "")


def test_run_that_stands_still_is_not_waited_for_without_end_when_it_is_stopped(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(follow, "STOP_LIMIT", 0.05)
    run = new_run(tmp_path, playbook="nightly.yml", case="", config=tmp_path, check=False, account="ana")
    run.write_supervisor(describe_process())

    with pytest.raises(NotReady, match="no se detuvo"):
        stop_run(run)

    assert run.asked_to_end


def test_run_whose_folder_somebody_removed_is_no_success_and_no_fault_of_the_program(tmp_path) -> None:
    (result,) = follow_run(RunFolder(tmp_path / "night-20260725t060000-abcdef"))

    assert isinstance(result, Result)
    assert result.exit_code == EXIT_FAILED
    assert "borró la carpeta" in result.message
