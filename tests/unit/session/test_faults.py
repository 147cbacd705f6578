"""What fails a run of the tests beside its tests, whether it runs in this process or in several workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from copias_sandbox.world import PROJECT

LEAVES_A_PROCESS = """
import subprocess
from pathlib import Path

def test_leaves_a_process():
    process = subprocess.Popen(["sleep", "300"], start_new_session=True)
    Path(__file__).with_name("pid").write_text(str(process.pid))
"""
CRASHES = LEAVES_A_PROCESS + "    import os; os._exit(3)\n"
SKIPS = """
import pytest

def test_is_skipped():
    pytest.skip("needs root: mounting")
"""
PASSES = "def test_passes(): pass"
CHANGES = """
import os
import pytest

@pytest.mark.parametrize("content", [b"PK" + os.urandom(40), b"PK" + os.urandom(40)])
@pytest.mark.parametrize("name", ["a.zip", b"b.zip"])
def test_whatever_is_in_it(name, content): pass
"""


@pytest.fixture
def suite(tmp_path: Path):
    """Run these tests under what holds for every test, and end what they left."""

    def run(*tests: str, workers: int, **variables: str) -> tuple[int, list[str]]:
        (tmp_path / "conftest.py").write_text((PROJECT / "tests" / "conftest.py").read_text())
        for number, text in enumerate(tests):
            (tmp_path / f"test_{number}.py").write_text(text)
        options = ["-p", "no:cacheprovider", "-c", os.devnull, f"--rootdir={tmp_path}"]
        options += [f"-n{workers}", "--dist=loadfile", "--max-worker-restart=0"]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options, str(tmp_path)],
            env={**{name: value for name, value in os.environ.items() if name != "COPIAS_CI"}, **variables},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=180,
        )
        return done.returncode, done.stdout.splitlines()

    yield run
    if (tmp_path / "pid").exists():
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_process_that_outlives_the_run_fails_it_and_is_named_with_its_test(suite, workers):
    code, said = suite(LEAVES_A_PROCESS, PASSES, workers=workers)

    assert code == 1
    (fault,) = [line for line in said if line.startswith("left running: ")]
    assert "sleep 300" in fault
    assert "test_0.py::test_leaves_a_process" in fault
    assert "2 passed" in said[-1]


def test_what_a_worker_left_that_crashed_is_found_too(suite):
    code, said = suite(CRASHES, PASSES, workers=2)

    assert code == 1
    assert [line for line in said if line.startswith("left running: ") and "sleep 300" in line]


def test_what_ci_skips_for_want_of_root_fails_the_run(suite):
    code, said = suite(SKIPS, PASSES, workers=2, COPIAS_CI="1")

    assert code == 1
    (fault,) = [line for line in said if line.startswith("skipped in CI: ")]
    assert "test_0.py::test_is_skipped" in fault
    assert "needs root: mounting" in fault


def test_a_run_without_faults_ends_well(suite):
    code, said = suite(SKIPS, PASSES, workers=2)

    assert code == 0
    assert "1 passed, 1 skipped" in said[-1]


def test_workers_agree_on_the_names_of_tests_whose_parameters_are_never_the_same(suite):
    code, said = suite(CHANGES, workers=2)

    assert code == 0, said
    assert "4 passed" in said[-1]
