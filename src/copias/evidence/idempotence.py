"""The certificate of idempotence: playbooks are run once more in check mode, and what would change is named by role.

After its work was done, a playbook that is run again must change nothing. What it would change is either work that is
due, or a role that is not idempotent; both are named by role and task, and the trend is kept.

Event of the installation: ``audit.idempotence`` (``playbooks``: for each ``playbook``, ``status``, ``tasks``,
``changed``, and ``roles``: role → task → hosts that would change).
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import typing as t
from dataclasses import asdict, dataclass, field
from pathlib import Path

from copias.files import make_private_directory

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from copias.office import Office

CERTIFIED: t.Final = "audit.idempotence"
PROJECT: t.Final = Path(__file__).resolve().parents[3]
NO_ROLE: t.Final = "(sin rol)"
SECONDS: t.Final = 3600


@dataclass
class Certificate:
    """What came of one playbook.

    Args:
        playbook: its file name.
        status: ``successful``, or what ansible-runner calls its end.
        tasks: results that were looked at.
        roles: role → task → how many hosts it would change.
    """

    playbook: str
    status: str = ""
    tasks: int = 0
    roles: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def changed(self) -> int:
        """Return how many results would change something."""
        return sum(sum(tasks.values()) for tasks in self.roles.values())

    @property
    def good(self) -> bool:
        """Tell whether it ran to its end and would change nothing."""
        return self.status == "successful" and self.tasks > 0 and not self.changed

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        return {**asdict(self), "changed": self.changed}

    def take(self, event: dict[str, t.Any]) -> bool:
        """Count an event of ansible-runner; ``True`` keeps it."""
        if event.get("event") == "runner_on_ok":
            data = event.get("event_data", {})
            self.tasks += 1
            if (data.get("res") or {}).get("changed"):
                tasks = self.roles.setdefault(str(data.get("role") or NO_ROLE), {})
                task = str(data.get("task", ""))
                tasks[task] = tasks.get(task, 0) + 1
        return True


def certify(office: Office, playbooks: Sequence[Path], *, config: Path) -> list[Certificate]:
    """Run playbooks again in check mode, one after the other, and record what each would change.

    Args:
        office: of this installation.
        playbooks: of the product, or others.
        config: the deployment's file, whose folder is the inventory.
    """
    done = [_run(office, playbook, config) for playbook in playbooks]
    office.record(CERTIFIED, {"playbooks": [one.to_dict() for one in done]})
    return done


def trend(office: Office) -> dict[str, list[tuple[str, int]]]:
    """Return for each playbook the moments at which it was certified and how much would have changed then."""
    found: dict[str, list[tuple[str, int]]] = {}
    for event in office.book.ledger.events_of({CERTIFIED}):
        for one in event.data["playbooks"]:
            found.setdefault(str(one["playbook"]), []).append((event.time, int(one["changed"])))
    return found


def _run(office: Office, playbook: Path, config: Path) -> Certificate:
    from ansible_runner.interface import init_runner

    done = Certificate(playbook.name)
    state = make_private_directory(office.deployment.state)
    folder = Path(tempfile.mkdtemp(dir=state, prefix="idempotence-"))
    programs = Path(sys.executable).parent
    try:
        runner = init_runner(
            private_data_dir=str(folder),
            project_dir=str(PROJECT),
            playbook=str(playbook),
            inventory=str(config.resolve().parent),
            envvars={
                "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg"),
                "ANSIBLE_LOCAL_TEMP": str(folder / "local"),
                "ANSIBLE_REMOTE_TEMP": str(folder / "remote"),
                "COPIAS_CONFIG": str(config.resolve()),
                "COPIAS_DIRECTORY": "false",
                "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            },
            cmdline="--check",
            event_handler=done.take,
            quiet=True,
            settings={"suppress_env_files": True, "idle_timeout": 0, "job_timeout": SECONDS, "pexpect_use_poll": True},
        )
        runner.run()
        done.status = str(runner.status)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return done
