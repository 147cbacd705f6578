"""scripts/role_readmes: the roles' READMEs say what the roles' files say."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest


@pytest.fixture
def copy(project, tmp_path):
    shutil.copytree(project / "roles", tmp_path / "roles")
    (tmp_path / "scripts").mkdir()
    shutil.copy(project / "scripts" / "role_readmes", tmp_path / "scripts")
    return tmp_path


def call(folder, *arguments):
    line = [sys.executable, str(folder / "scripts" / "role_readmes"), *arguments]
    return subprocess.run(line, capture_output=True, text=True, check=False)


def test_readmes_of_the_repository_are_up_to_date(project):
    checked = call(project, "--check")

    assert checked.returncode == 0, checked.stdout


def test_changed_argument_makes_the_check_fail_and_is_written(copy):
    specs = copy / "roles" / "case_close" / "meta" / "argument_specs.yml"
    specs.write_text(specs.read_text().replace("1 to 10 digits", "1 to 10 digits, no more"))

    checked = call(copy, "--check")
    untouched = (copy / "roles" / "case_close" / "README.md").read_text()
    written = call(copy)

    assert checked.returncode == 1
    assert checked.stdout == "out of date: roles/case_close/README.md\n"
    assert "no more" not in untouched
    assert written.returncode == 0
    assert "no more" in (copy / "roles" / "case_close" / "README.md").read_text()
    assert call(copy, "--check").returncode == 0


def test_missing_readme_is_written(copy):
    (copy / "roles" / "copy_store" / "README.md").unlink()

    assert call(copy, "--check").returncode == 1
    assert call(copy).returncode == 0
    assert "funza.copias.copy_store" in (copy / "roles" / "copy_store" / "README.md").read_text()


def test_unknown_option_is_refused(copy):
    assert call(copy, "--chek").returncode == 2
