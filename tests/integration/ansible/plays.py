"""Real ``ansible-playbook`` runs on an installation, and what they leave."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from copias_sandbox.world import PROJECT
from tests.e2e.town import CASE, CONTROL, REQUESTS, RESPONSES, Town

PROGRAMS = Path(sys.executable).parent
ATTEND_CASE = PROJECT / "playbooks" / "attend_case.yml"
PATIENCE = 120.0
_RECAP = re.compile(r"^(\S+) +: (ok=.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Played:
    """What one run came to."""

    code: int
    text: str

    @property
    def recap(self) -> dict[str, dict[str, int]]:
        """Counts by host."""
        return {
            host: {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", counts)}
            for host, counts in _RECAP.findall(self.text)
        }

    @property
    def changed(self) -> dict[str, int]:
        """Changed tasks by host."""
        return {host: counts["changed"] for host, counts in self.recap.items()}


def environment(town: Town) -> dict[str, str]:
    """Return the environment of Ansible's programs, which leave nothing outside the installation's folder."""
    own = {"ANSIBLE_HOME": str(town.temporary / "ansible"), "ANSIBLE_NOCOLOR": "1", "PYTHONUNBUFFERED": "1"}
    return {**town.environment, **own, "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg")}


def command(town: Town, *arguments: str, case: str | None = CASE, playbook: Path = ATTEND_CASE) -> list[str]:
    """Return the command that attends a case."""
    given = [] if case is None else ["-e", json.dumps({"case": case})]
    return [str(PROGRAMS / "ansible-playbook"), "-i", str(town.config), str(playbook), *given, *arguments]


def play(town: Town, *arguments: str, **options: Any) -> Played:
    """Run a playbook to its end."""
    return run(town, command(town, *arguments, **options))


def run(town: Town, line: list[str]) -> Played:
    """Run one of Ansible's programs to its end."""
    done = subprocess.run(
        line,
        env=environment(town),
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return Played(done.returncode, done.stdout + done.stderr)


def start(town: Town, *arguments: str) -> subprocess.Popen[str]:
    """Start attending the case, and do not wait."""
    return subprocess.Popen(
        command(town, *arguments),
        env=environment(town),
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def everything(town: Town) -> dict[str, Any]:
    """Return all that a run could change: state with ledger and claims, what is on the NAS, each cell of the sheets."""
    folders = (town.world.state, town.world.nas)
    files = {
        str(path): path.read_bytes() if path.is_file() else b""
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.suffix != ".lock"
    }
    return files | {tab: town.rows(tab) for tab in (REQUESTS, RESPONSES, CONTROL)}
