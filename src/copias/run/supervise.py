"""The process of a run: starts the playbook with ansible-runner, watches for a stop, writes what came of it.

Usage: ``python -m copias.run.supervise FOLDER``. It is started by :mod:`copias.run.start`, detached.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import sys
import typing as t
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil

from copias.case.claim import describe_process
from copias.errors import EXIT_DONE, EXIT_FAILED, BackupError
from copias.files import make_private_directory
from copias.run.folder import MIRRORS, NIGHTS, Request, Result, RunFolder, sweep_dead_runs
from copias.run.night_clock import NightClock
from copias.run.recorder import recorder_environment

if t.TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType

_PR_SET_CHILD_SUBREAPER = 36

PROJECT = Path(__file__).resolve().parents[3]
"""The checkout: the collection's playbooks and ansible.cfg."""


class Supervisor:
    """One run, from its request to its result."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.request: Request = folder.request
        self.failures: list[dict[str, t.Any]] = []
        self.untold: BackupError | None = None
        self.tasks: dict[str, int] = {}

    def run(self) -> Result:
        """Run the playbook to its end and return what came of it, once it is on the disk."""
        self.folder.write_supervisor(describe_process())
        _adopt_orphans()
        signal.signal(signal.SIGTERM, self._ask_to_stop)
        signal.signal(signal.SIGINT, self._ask_to_stop)
        sweep_dead_runs(self.folder.path.parent, self.request.series)
        status = self._play()
        _reap_children()
        if self._is_night:
            self._close_night()
        result = Result(
            exit_code=self._exit_code(status),
            message=self._message(status),
            finished=datetime.now(UTC).isoformat(),
            tasks=self.tasks,
        )
        self.folder.write_result(result)
        # Runner's own folder holds nothing that the run's folder does not.
        shutil.rmtree(self.folder.runner, ignore_errors=True)
        return result

    def _play(self) -> str:
        from ansible_runner.interface import init_runner

        config = Path(self.request.config)
        runner = init_runner(
            private_data_dir=str(make_private_directory(self.folder.runner)),
            project_dir=str(PROJECT),
            playbook=str(PROJECT / "playbooks" / self.request.playbook),
            inventory=str(config),  # not its folder, where keys and the people's file may lie too
            # A case's number, or switches of ours; nothing that anybody typed, since they are templates.
            extravars={"case": self.request.case} if self.request.case else dict.fromkeys(self.request.switches, True),
            limit=self.request.limit or None,
            envvars=self._environment(),
            cmdline="--check --diff" if self.request.check else None,
            event_handler=self._handle_event,
            cancel_callback=NightClock(self.folder, self._read_limit())
            if self._is_night
            else self.folder.stop_mark.exists,
            quiet=True,
            settings={"suppress_env_files": True, "idle_timeout": 0, "job_timeout": 0, "pexpect_use_poll": True},
        )
        # Were we killed, ansible-playbook would go on with nobody to record its end.
        runner.config.command = ["setpriv", "--pdeathsig", "KILL", "--", *runner.config.command]
        runner.run()
        return str(runner.status)

    @property
    def _is_night(self) -> bool:
        return self.request.series == NIGHTS and not self.request.check

    def _read_limit(self) -> float:
        """Return the seconds that a night may last; by default when the deployment, which fails it, says nothing."""
        from copias.config import load_deployment
        from copias.night.settings import NightSettings

        try:
            night = load_deployment(Path(self.request.config)).night
        except BackupError:
            night = NightSettings()
        return night.time_limit.total_seconds()

    def _close_night(self) -> None:
        """Tell how the night went if its own last step did not, and let it go; its trouble must not hide the run's."""
        from copias.night.ending import close_run
        from copias.office import open_office

        try:
            close_run(open_office(Path(self.request.config)), self.folder)
        except BackupError as error:
            self.failures.append({"msg": str(error), "exit_code": error.exit_code})
            self.untold = error

    def _environment(self) -> dict[str, str]:
        programs = str(Path(sys.executable).parent)
        return {
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg"),
            # Not in the home folder, where what a killed run leaves would stay for ever.
            "ANSIBLE_LOCAL_TEMP": str(self.folder.runner / "local"),
            "ANSIBLE_REMOTE_TEMP": str(self.folder.runner / "remote"),
            "COPIAS_CONFIG": self.request.config,
            # A case's run adds what it copies by itself: a slow Directory, or none, must not stop a database's copy.
            "COPIAS_DIRECTORY": "true" if self.request.series in {MIRRORS, NIGHTS} else "false",
            # A night without the Directory copies its databases all the same, and tells.
            "COPIAS_DIRECTORY_REQUIRED": "false" if self.request.series == NIGHTS else "true",
            # cron's own is C, in which Ansible refuses to work.
            "LC_ALL": "C.UTF-8",
            "COPIAS_PROGRESS": str(self.folder.progress),
            "COPIAS_RUN": self.request.run,
            "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            **recorder_environment(self.folder.path.parents[1], os.environ),
        }

    def _handle_event(self, event: dict[str, t.Any]) -> bool:
        data = event.get("event_data", {})
        if event.get("event") == "runner_on_failed" and not data.get("ignore_errors"):
            self.failures.append({"task": data.get("task"), **(data.get("res") or {})})
        if event.get("event") == "runner_on_unreachable":
            self.failures.append({"msg": _say_unreachable(data)})
        if event.get("event") == "playbook_on_stats":
            for kind in ("ok", "changed", "failures", "skipped", "rescued"):
                self.tasks[kind] = sum((data.get(kind) or {}).values())
        if text := event.get("stdout"):
            with self.folder.output.open("a", encoding="utf-8") as log:
                log.write(f"{text}\n")
        return True  # anything else makes runner drop the event

    def _ask_to_stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.folder.stop_mark.touch()

    def _exit_code(self, status: str) -> int:
        if status == "successful":
            return self.untold.exit_code if self.untold else EXIT_DONE
        codes = [failure["exit_code"] for failure in self.failures if isinstance(failure.get("exit_code"), int)]
        # Not Ansible's own code: its 2 and 4 mean other things than ours.
        return codes[0] if codes and codes[0] else EXIT_FAILED

    def _message(self, status: str) -> str:
        if status == "successful":
            return str(self.untold) if self.untold else ""  # what failed besides was rescued
        if status == "canceled":
            verb = "copias run" if self.request.case else self.request.verb
            if self._is_night and not self.folder.asked_to_end:  # see NightClock
                return f"Algo eliminó un proceso de Ansible (¿faltó memoria?) y la noche no podía seguir; use `{verb}`."
            return f"La ejecución fue detenida; `{verb}` la continúa desde donde quedó."
        if self.failures:
            message = self.failures[0].get("msg", "")
            return message if isinstance(message, str) else ""  # a report of one host of many is no sentence
        return f"La ejecución terminó sin explicación ({status}); vea {self.folder.output}"


def _say_unreachable(data: Mapping[str, t.Any]) -> str:
    """Return what to say of a host that Ansible could not reach; why, in Ansible's own words."""
    why = str((data.get("res") or {}).get("msg") or "no se sabe").strip()
    repair = "vea que esté encendido y responda, y repita"
    return f"{data.get('host')}: Ansible no pudo llegar a este equipo\nPor qué: {why}\nQué hacer: {repair}"


def _adopt_orphans() -> None:
    """Become the parent of what the playbook leaves behind, so that it can be found and ended."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _reap_children() -> None:
    """End what the playbook left behind: a cancel or a time limit of runner leaves children alive."""
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            child.kill()


def main() -> int:
    """Run the folder named on the command line."""
    folder = RunFolder(Path(sys.argv[1]))
    try:
        return Supervisor(folder).run().exit_code
    except Exception as error:
        finished = datetime.now(UTC).isoformat()
        folder.write_result(Result(EXIT_FAILED, f"La ejecución no pudo empezar: {error!r}", finished, {}))
        raise


if __name__ == "__main__":
    sys.exit(main())
