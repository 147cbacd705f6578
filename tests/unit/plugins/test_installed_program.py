"""The command that role control_node installs: whoever root is, what it writes is the service account's."""

from __future__ import annotations

import subprocess
import typing as t
from pathlib import Path

import jinja2
import pytest

TEMPLATES = Path(__file__).parents[3] / "roles" / "control_node" / "templates"
Install: t.TypeAlias = "t.Callable[[int], Path]"


@pytest.fixture
def install(tmp_path: Path) -> Install:
    """Return what installs the command in a folder, called by an account of that number."""
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)

    def write(path: Path, text: str) -> Path:
        path.write_text(text)
        path.chmod(0o755)
        return path

    def call(uid: int) -> Path:
        for name, said in (("id", f"{uid}"), ("runuser", 'runuser "$@"'), ("copias", 'copias "$@"')):
            write(programs / name, f"#!/bin/sh\necho {said}\n")
        known = {"control_node_checkout": tmp_path, "control_node_user": "servicio", "control_node_state": tmp_path}
        known |= {"control_node_config": tmp_path / "copias.yml", "control_node_program": "/opt/copias"}
        template = jinja2.Template((TEMPLATES / "copias.sh.j2").read_text(), undefined=jinja2.StrictUndefined)
        return write(tmp_path / "command", template.render(ansible_managed="de Ansible", **known) + "\n")

    return call


def call(program: Path, *arguments: str) -> str:
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=True).stdout


def test_root_runs_it_as_the_service_account_which_could_not_write_on_what_root_left(install: Install) -> None:
    assert call(install(0), "nightly", "--only", "dos palabras") == (
        "runuser -u servicio -- /opt/copias nightly --only dos palabras\n"
    )


def test_service_account_runs_it_itself(install: Install) -> None:
    assert call(install(998), "nightly") == "copias nightly\n"
