"""What CI does with tests that fail: once more alone, told when they pass then, and never passed over."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
UNSTABLE = """
from pathlib import Path
def test_it():
    seen = Path("seen")
    failed_before = seen.exists()
    seen.touch()
    assert failed_before
"""
BROKEN = "def test_it(): assert False\n"
GOOD = "def test_it(): pass\n"
UNREADABLE = "def test_it(:\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A folder with the scripts' library, its own tests, and this environment."""
    for folder in ("scripts", "tests", ".venv/bin"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "_lib.sh", tmp_path / "scripts")
    python = tmp_path / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (tmp_path / "scripts" / "test").write_text('source scripts/_lib.sh\nrun_pytest "$@"\n')
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path


def run(repository: Path, *words: str, **files: str) -> subprocess.CompletedProcess[str]:
    for name, text in files.items():
        (repository / "tests" / f"test_{name}.py").write_text(text)
    return subprocess.run(
        ["bash", "scripts/test", *words, "-q", "tests"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COPIAS"))},
    )


def test_test_that_passes_alone_is_named_and_does_not_fail_the_run(repository: Path) -> None:
    ran = run(repository, "--retry", good=GOOD, shaky=UNSTABLE)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "UNSTABLE" in ran.stderr
    assert ran.stderr.rstrip().endswith("tests/test_shaky.py::test_it")


def test_without_the_word_a_failure_is_a_failure(repository: Path) -> None:
    ran = run(repository, good=GOOD, shaky=UNSTABLE)

    assert ran.returncode == 1
    assert "once more" not in ran.stderr


@pytest.mark.parametrize(
    "files",
    [
        {"broken": BROKEN, "shaky": UNSTABLE},
        {"unreadable": UNREADABLE, "good": GOOD},
        {f"shaky_{number}": UNSTABLE.replace("seen", f"seen_{number}") for number in range(4)},
    ],
    ids=["one of two fails again", "not collected", "more than three"],
)
def test_what_is_no_instability_fails_the_run(repository: Path, files: dict[str, str]) -> None:
    ran = run(repository, "--retry", **files)

    assert ran.returncode != 0
    assert "UNSTABLE" not in ran.stderr


def test_failures_of_an_earlier_run_are_not_this_ones(repository: Path) -> None:
    run(repository, old=BROKEN)
    (repository / "tests" / "test_old.py").unlink()

    ran = run(repository, "--retry", shaky=UNSTABLE)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "test_old" not in ran.stderr
