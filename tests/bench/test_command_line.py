"""What the command line costs, beside programs that do the least of the same kind."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from copias_sandbox import control, world

COPIAS = Path(sys.executable).with_name("copias")
NUMBER = "1234"
# Between two runs on a shared machine each of two times moves, so that their ratio moves by this much.
SLACK = 1.35

GSPREAD = """
import gspread, sys
client = gspread.service_account(sys.argv[1])
book = client.open_by_key(sys.argv[2])
print(sum(len(book.worksheet(tab).get_all_values()) for tab in ("Solicitudes", "Respuestas")))
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[world.World]:
    home = tmp_path_factory.mktemp("world")
    for parent in (home, home.parent, home.parent.parent):
        parent.chmod(0o711)
    try:
        yield world.start(home / "w", cases=10_000, megabytes=5)
    finally:
        world.stop(home / "w")


def cpu(command: list[str | Path], environment: dict[str, str]) -> float:
    """CPU seconds of a command with its children: the least of three."""
    used = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL, cwd=world.PROJECT)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(used)


def test_help_costs_little_more_than_the_library_it_is_made_with() -> None:
    typer = cpu([sys.executable, "-c", "import typer.rich_utils"], dict(os.environ))
    ours = cpu([COPIAS, "--help"], dict(os.environ))

    print(f"\ncopias --help: CPU {ours:.2f} s (importing typer's help {typer:.2f} s)")
    assert ours <= 2.5 * typer


def test_listing_ten_thousand_cases_is_one_call_and_cheaper_than_reading_them_with_gspread(place: world.World) -> None:
    environment = world.environment_of(place)
    admin = control.admin(place.home / "google")
    admin.clear_calls()
    subprocess.run([COPIAS, "cases", "--json"], check=True, env=environment, stdout=subprocess.DEVNULL)
    calls = [call for call in admin.calls() if str(call["method"]).startswith("sheets.")]

    ours = cpu([COPIAS, "cases"], environment)
    clients = {**environment, **control.env(place.home / "google", clients=True)}
    gspread = cpu([sys.executable, "-c", GSPREAD, clients["COPIAS_GOOGLE_KEY"], clients["COPIAS_SPREADSHEET"]], clients)

    print(f"\n10,000 cases: {len(calls)} call, CPU {ours:.2f} s (gspread only reading both tabs {gspread:.2f} s)")
    assert len(calls) == 1
    assert ours <= 3 * SLACK * gspread


def test_run_on_a_resolved_case_costs_no_more_than_ansible_alone(place: world.World) -> None:
    environment = world.environment_of(place)
    done = subprocess.run([COPIAS, "run", NUMBER, "--yes"], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    ansible = Path(sys.executable).with_name("ansible")

    ours = cpu([COPIAS, "run", NUMBER, "--yes"], environment)
    playbook = cpu(
        [ansible.with_name("ansible-playbook"), "playbooks/attend_case.yml", "-e", f"case={NUMBER}"], environment
    )
    ping = cpu([ansible, "control", "-m", "ansible.builtin.ping"], environment)

    print(f"\nresolved case: copias run CPU {ours:.2f} s, playbook {playbook:.2f} s (ansible ping {ping:.2f} s)")
    assert ours <= ping
    assert playbook <= 4 * ping
