"""The certificate of idempotence: playbooks are run once more, and what would change again is named by role.

After its work was done, a playbook that is run again must change nothing. What it would change is either work that is
due, or a role that is not idempotent; both are named by role and task, and the trend is kept.

There are two ways. On this installation a playbook is run in check mode (``check``), which changes nothing. In a
sandbox of its own, which is thrown away, it is really run twice and the second run is counted (``again``).

Event of the installation: ``audit.idempotence`` (``where``: ``installation`` or ``sandbox``, ``playbooks``: for each
``playbook``, ``way``, ``status``, ``first``: what its first run changed, ``tasks``, ``changed``, ``roles``: role →
task → hosts that would change, and ``why``: of one that was left out, or that failed).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import typing as t
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import orjson

from copias.errors import NotReady
from copias.files import make_private_directory

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from copias.office import Office

CERTIFIED: t.Final = "audit.idempotence"
PROJECT: t.Final = Path(__file__).resolve().parents[3]
NO_ROLE: t.Final = "(sin rol)"
SECONDS: t.Final = 3600
SANDBOX: t.Final = "copias_sandbox.certify"
"""The program that runs playbooks twice; the product itself knows nothing of the sandbox."""

LEFT_OUT: t.Final = "left out"
"""Status of a playbook that could not be run here: nothing is certified of it, for or against."""

_FIRST: t.Final = "first: "
_STATUS_WORDS: t.Final = {
    "successful": "terminó bien",
    "failed": "falló",
    "canceled": "se detuvo",
    "timeout": "se le acabó el tiempo",
    LEFT_OUT: "no se corrió",
}
WHERE_WORDS: t.Final = {"sandbox": "entorno de prueba", "installation": "esta instalación"}

Way: t.TypeAlias = t.Literal["check", "again"]
Where: t.TypeAlias = t.Literal["installation", "sandbox"]


@dataclass
class Certificate:
    """What came of one playbook.

    Args:
        playbook: its file name.
        way: how it was run.
        status: ``successful``, :data:`LEFT_OUT`, or what ansible-runner calls its end.
        first: how many results changed something in the run before, where there was one.
        tasks: results that were looked at.
        roles: role → task → how many hosts it would change.
        why: it was left out, or the role and task that failed; never what a task said.
    """

    playbook: str
    way: Way = "check"
    status: str = ""
    first: int | None = None
    tasks: int = 0
    roles: dict[str, dict[str, int]] = field(default_factory=dict)
    why: str = ""

    @property
    def changed(self) -> int:
        """Return how many results would change something."""
        return sum(sum(tasks.values()) for tasks in self.roles.values())

    @property
    def good(self) -> bool:
        """Tell whether it ran to its end and would change nothing."""
        return self.status == "successful" and self.tasks > 0 and not self.changed

    @property
    def left_out(self) -> bool:
        """Tell whether it was not run at all."""
        return self.status == LEFT_OUT

    @classmethod
    def from_dict(cls, data: dict[str, t.Any]) -> Certificate:
        """Return what :meth:`to_dict` told.

        Raises:
            TypeError: it is of another shape.
        """
        return cls(**{name: value for name, value in data.items() if name != "changed"})

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        return {**asdict(self), "changed": self.changed}

    def take(self, event: dict[str, t.Any]) -> bool:
        """Count an event of ansible-runner; ``True`` keeps it."""
        data = event.get("event_data", {})
        if event.get("event") == "runner_on_failed" and not data.get("ignore_errors"):
            self.why = f"{data.get('role') or NO_ROLE} · {data.get('task', '')}"
        if event.get("event") == "runner_on_ok":
            self.tasks += 1
            if (data.get("res") or {}).get("changed"):
                tasks = self.roles.setdefault(str(data.get("role") or NO_ROLE), {})
                task = str(data.get("task", ""))
                tasks[task] = tasks.get(task, 0) + 1
        return True


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Where playbooks are run.

    Args:
        config: the inventory's file.
        state: folder for what ansible-runner leaves while it runs.
        environment: variables that the playbooks need beside this process's.
    """

    config: Path
    state: Path
    environment: Mapping[str, str] = field(default_factory=dict)


def certify(office: Office, playbooks: Sequence[Path], *, config: Path) -> list[Certificate]:
    """Run playbooks again in check mode, one after the other, and record what each would change.

    Args:
        office: of this installation.
        playbooks: of the product, or others.
        config: the deployment's file, which is the inventory.
    """
    state = make_private_directory(office.deployment.state)
    ground = Ground(config=config, state=state, environment={"COPIAS_DIRECTORY": "false"})
    return _record(office, "installation", [_run(playbook, ground, "--check") for playbook in playbooks])


def certify_in_sandbox(office: Office, names: Sequence[str]) -> list[Certificate]:
    """Run playbooks twice, in an installation that is made for it and thrown away, and record what the second changed.

    Args:
        office: of this installation, whose ledger keeps what came of it.
        names: of playbooks, without ``.yml``; all when empty, where those that cannot be run there are left out.

    Raises:
        NotReady: the sandbox does not start here, or one that was named cannot be run there.
    """
    command = [sys.executable, "-m", SANDBOX, *names]
    try:
        done = subprocess.run(command, capture_output=True, cwd=PROJECT, timeout=SECONDS, check=True)
        found = [Certificate.from_dict(one) for one in orjson.loads(done.stdout)]
    except (subprocess.SubprocessError, OSError, ValueError, TypeError) as error:
        said = getattr(error, "stderr", None) or str(error).encode()
        raise NotReady(
            "no se pudo certificar en el entorno de prueba",
            why=said.decode(errors="replace").strip()[-300:],
            repair="necesita lo que instala scripts/setup (PostgreSQL y restic); pruebe antes `scripts/demo`",
        ) from error
    return _record(office, "sandbox", found)


def run_twice(playbook: Path, ground: Ground, *arguments: str) -> Certificate:
    """Run a playbook, and again; return what the second run changed, or of what the first one failed."""
    first = _run(playbook, ground, *arguments)
    if first.status != "successful":
        return replace(first, way="again", status=f"{_FIRST}{first.status}")
    return replace(_run(playbook, ground, *arguments), way="again", first=first.changed)


def say_status(status: str) -> str:
    """Return how a playbook ended to people; what ansible-runner calls its end by another name, as it says it."""
    ended = status.removeprefix(_FIRST)
    said = _STATUS_WORDS.get(ended, f"no se pudo correr ({ended})")
    return f"la primera vez {said}" if ended != status else said


def are_good(done: Sequence[Certificate]) -> bool:
    """Tell whether all that were run are good; where none was, nothing is certified."""
    ran = [one for one in done if not one.left_out]
    return bool(ran) and all(one.good for one in ran)


def trend(office: Office) -> dict[str, list[dict[str, t.Any]]]:
    """Return the certificates of each playbook, the oldest first: ``time``, ``where``, ``status``, ``changed``."""
    found: dict[str, list[dict[str, t.Any]]] = {}
    for event in office.book.ledger.events_of({CERTIFIED}):
        where = str(event.data.get("where", "installation"))
        for one in event.data["playbooks"]:
            told = {"time": event.time, "where": where, "status": str(one["status"]), "changed": int(one["changed"])}
            found.setdefault(str(one["playbook"]), []).append(told)
    return found


def _record(office: Office, where: Where, done: list[Certificate]) -> list[Certificate]:
    office.record(CERTIFIED, {"where": where, "playbooks": [one.to_dict() for one in done]})
    return done


def _run(playbook: Path, ground: Ground, *arguments: str) -> Certificate:
    from ansible_runner.interface import init_runner

    done = Certificate(playbook.name)
    folder = Path(tempfile.mkdtemp(dir=ground.state, prefix="idempotence-"))
    try:
        runner = init_runner(
            private_data_dir=str(folder),
            project_dir=str(PROJECT),
            playbook=str(playbook),
            inventory=str(ground.config.resolve()),
            envvars=_environment(ground, folder),
            cmdline=" ".join(arguments) or None,
            event_handler=done.take,
            quiet=True,
            settings={"suppress_env_files": True, "idle_timeout": 0, "job_timeout": SECONDS, "pexpect_use_poll": True},
        )
        runner.run()
        done.status = str(runner.status)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return done


def _environment(ground: Ground, folder: Path) -> dict[str, str]:
    programs = Path(sys.executable).parent
    return {
        "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg"),
        "ANSIBLE_LOCAL_TEMP": str(folder / "local"),
        "ANSIBLE_REMOTE_TEMP": str(folder / "remote"),
        "COPIAS_CONFIG": str(ground.config.resolve()),
        "LC_ALL": "C.UTF-8",  # cron's own is C, in which Ansible refuses to work
        "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        **ground.environment,
    }
