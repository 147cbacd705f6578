"""The night as a playbook and as a verb: each database a host of its own, and a second run changes nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
import yaml

from copias.database import Connection
from copias.errors import BackupError
from copias.night.plan import plan_night
from copias.office import open_office
from tests.integration.night.conftest import DATABASE, Town

PROJECT = Path(__file__).parents[3]
PROGRAMS = Path(sys.executable).parent
PATIENCE = 180.0


def call(town: Town, *command: str) -> subprocess.CompletedProcess[str]:
    """Run one of the programs of this environment on an installation."""
    home = town.folder / "home"
    home.mkdir(exist_ok=True)
    own = {
        "HOME": str(home),
        "ANSIBLE_HOME": str(home / "ansible"),
        "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg"),
        "ANSIBLE_NOCOLOR": "1",
        "COPIAS_CONFIG": str(town.config),
        "COLUMNS": "200",
    }
    program, *arguments = command
    return subprocess.run(
        [PROGRAMS / program, *arguments],
        env={**os.environ, **own},
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def play(town: Town, *options: str) -> dict[str, tuple[int, int]]:
    """Play the night and return how many tasks changed something, and failed, by host."""
    done = call(town, "ansible-playbook", "-i", str(town.config), "playbooks/nightly.yml", *options)
    found = re.findall(r"^(\S+) +: ok=\d+ +changed=(\d+) +unreachable=0 +failed=(\d+)", done.stdout, re.MULTILINE)
    assert found, done.stdout + done.stderr
    return {host: (int(changed), int(failed)) for host, changed, failed in found}


@pytest.fixture
def two(town: Town) -> Town:
    """An installation with a second database, whose copy nobody authorised."""
    content = yaml.safe_load(town.config.read_text())
    content["directory"] = False
    store = Path(content["stores"]["nas"]["path"])
    store.mkdir()
    town.office.open_store("nas").prepare()
    content["databases"]["sin_permiso"] = {**content["databases"][DATABASE]}
    del content["databases"]["sin_permiso"]["authorisation"]
    town.config.write_text(yaml.safe_dump(content, allow_unicode=True))
    return town


def test_database_that_fails_stops_neither_the_others_nor_the_check_and_a_second_run_changes_nothing(two: Town) -> None:
    looked = play(two, "--check")
    before = two.events()
    first = play(two)
    second = play(two)

    assert looked == {DATABASE: (1, 0), "control": (3, 0), "nas": (1, 0), "sin_permiso": (0, 1)}
    assert before == ["repository.made"]
    assert first == {DATABASE: (1, 0), "control": (3, 1), "nas": (1, 0), "sin_permiso": (0, 1)}
    assert second == {DATABASE: (0, 0), "control": (0, 1), "nas": (0, 0), "sin_permiso": (0, 1)}


def test_verb_makes_the_copies_and_ends_with_the_code_of_the_trouble(two: Town) -> None:
    done = call(two, "copias", "nightly", "--json")

    told = orjson.loads(done.stdout)
    assert done.returncode == told["exit_code"] == 3
    assert told["databases"][DATABASE]["status"] == "read"
    assert told["databases"]["sin_permiso"]["error"]["what"] == "la copia nocturna no está autorizada"
    assert told["steps"]["nas-check"]["outcome"] == "done"


def test_verb_believes_a_much_smaller_dump_only_when_it_is_told_to(town: Town, big_database: Connection) -> None:
    # The file names the small database; the copy that it is compared with is of the big one.
    town.config.write_text(yaml.safe_dump({**yaml.safe_load(town.config.read_text()), "directory": False}))
    town.change(database=big_database.database)
    town.night()
    with pytest.raises(BackupError, match="mucho más pequeño"):
        plan_night(open_office(town.config), DATABASE, force=True).run()

    done = call(town, "copias", "nightly", "--only", DATABASE, "--force", "--smaller", "--json")

    believed = orjson.loads(done.stdout)
    assert believed["databases"][DATABASE]["status"] == "read"
    assert len(town.snapshots()) == 2


def test_database_that_the_run_never_came_to_is_told_and_is_no_success(two: Town) -> None:
    variables = two.config.parent / "host_vars" / "sin_permiso.yml"
    variables.parent.mkdir()
    variables.write_text(f"sinfa_night_database: {DATABASE}\n")

    done = call(two, "copias", "nightly", "--json")

    told = orjson.loads(done.stdout)
    assert done.returncode == told["exit_code"] == 1
    assert told["databases"][DATABASE]["status"] == "read"
    assert "sin decir nada" in told["databases"]["sin_permiso"]["error"]["what"]


def test_verbs_of_a_repository_show_it_and_make_the_key_for_the_envelope(two: Town, tmp_path: Path) -> None:
    two.night()

    key = call(two, "copias", "repository", "key", "nas", "--out", str(tmp_path / "sobre.txt"))
    listed = call(two, "copias", "repository", "list", "nas", "--json")
    again = call(two, "copias", "repository", "init", "nas", "--json")

    assert key.returncode == 0, key.stderr
    assert "sobre opaco" in key.stdout
    opened = two.restic("--password-file", str(tmp_path / "sobre.txt"), "snapshots")
    assert opened.returncode == 0, opened.stderr
    assert (tmp_path / "sobre.txt").stat().st_mode & 0o077 == 0
    told = orjson.loads(listed.stdout)
    assert [row["status"] for row in told["snapshots"]] == ["read"]
    assert len(told["keys"]) == 2
    assert orjson.loads(again.stdout)["created"] is False


def test_module_tells_how_a_repository_stands(town: Town) -> None:
    module = ["-m", "funza.copias.repository_info", "-a", f"config={town.config}"]

    done = call(
        town,
        "ansible",
        "localhost",
        "-i",
        "localhost,",
        "-c",
        "local",
        "-e",
        f"ansible_python_interpreter={sys.executable}",
        *module,
    )

    assert "=>" in done.stdout, done.stdout + done.stderr
    (nas,) = yaml.safe_load(done.stdout.partition("=>")[2])["repositories"].values()
    assert (nas["snapshots"], nas["keys"], nas["error"]) == (0, 1, None)
    assert nas["restic"] >= "0.19.1"
