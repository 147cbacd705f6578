"""What holds for every test: which suites run, who needs root, and that nothing is left running."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator

import psutil
import pytest
from hypothesis import settings

NEEDS_ROOT = "needs root"
_MARK = "COPIAS_TEST_SESSION"

# How long one example takes says nothing on a shared machine.
settings.register_profile("copias", deadline=None, print_blob=True)
settings.load_profile("copias")

# Benches take minutes and a quiet machine: scripts/bench asks for them by setting this.
collect_ignore = [] if "COPIAS_BENCH" in os.environ else ["bench"]


def pytest_configure(config: pytest.Config) -> None:
    """Mark this run in the environment, which all processes that it starts inherit, its workers first."""
    config.stash[_FAULTS] = []
    if not _is_worker(config):
        os.environ[_MARK] = uuid.uuid4().hex


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes that are no text by their place among the parameters, and anything else as pytest does.

    Compressed or encrypted they are others in each process, whose workers must agree on the names of tests.
    """
    return argname if isinstance(val, bytes) and not val.decode("latin-1").isprintable() else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip by name what truly needs root, for an ordinary user."""
    if os.geteuid() == 0:
        return
    for item in items:
        if item.get_closest_marker("root"):
            item.add_marker(pytest.mark.skip(reason=f"{NEEDS_ROOT}: network namespaces or other accounts"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what makes the run fail beside its tests."""
    for fault in config.stash[_FAULTS]:
        terminalreporter.write_line(fault, red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run when processes outlive it, or when CI skipped what needs root.

    Of a run in several workers only the controller looks: they have ended by now, its reporter has their skips, and
    what a worker left that crashed is found too.
    """
    if _is_worker(session.config):
        return
    faults = [f"left running: {process}" for process in _left_running()]
    if "COPIAS_CI" in os.environ:
        faults += [f"skipped in CI: {name}" for name in _skipped_for_root(session.config)]
    session.config.stash[_FAULTS] += faults
    if faults and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


_FAULTS: pytest.StashKey[list[str]] = pytest.StashKey()


def _is_worker(config: pytest.Config) -> bool:
    """Tell whether this is one of pytest-xdist's workers, and not who hands out the tests to them."""
    return hasattr(config, "workerinput")


def _skipped_for_root(config: pytest.Config) -> Iterator[str]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    for report in reporter.stats.get("skipped", []) if reporter else []:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if reason.removeprefix("Skipped: ").startswith(NEEDS_ROOT):
            yield f"{report.nodeid}: {reason}"


def _left_running(patience: float = 30.0) -> list[str]:
    """Processes that this run started and that outlive it, after a moment to end by themselves."""
    deadline = time.monotonic() + patience
    while (left := list(_marked_processes())) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def _marked_processes() -> Iterator[str]:
    for process in psutil.process_iter(["pid", "cmdline", "status"]):
        if process.info["pid"] == os.getpid() or process.info["status"] == psutil.STATUS_ZOMBIE:
            continue
        try:
            environment = process.environ()
            if environment.get(_MARK) == os.environ[_MARK]:
                command = " ".join(process.info["cmdline"] or [])[:120]
                yield f"{process.info['pid']} {command} (of {environment.get('PYTEST_CURRENT_TEST', 'no test')})"
        except psutil.Error:
            continue  # ended meanwhile, or another account's, which a run of ours cannot have started
