"""A sandbox for these tests, and help desks that talk to it by HTTP."""

from __future__ import annotations

import threading
import time
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from copias.google import GoogleSettings
from copias.helpdesk import ControlRow, HelpDesk, HelpDeskSettings, Response, Waiting, open_help_desk
from copias_sandbox import control
from copias_sandbox.admin.client import AdminClient
from copias_sandbox.home import Running

CASE = "1234"
MOMENT = datetime(2026, 11, 3, 15, 4, 5, tzinfo=UTC)


@dataclass
class Town:
    """A running sandbox and what a town hall would configure for it."""

    running: Running
    admin: AdminClient
    one_tab: bool = False

    def settings(self, **given: t.Any) -> HelpDeskSettings:
        tabs = {"requests_tab": "Mesa de Ayuda"} if self.one_tab else {"requests_tab": "Solicitudes"}
        if not self.one_tab:
            tabs["responses_tab"] = "Respuestas"
        base = {
            "spreadsheet": self.running.spreadsheet,
            "control_spreadsheet": self.running.control_spreadsheet,
            "control_tab": "Control",
            "systems": {"contabilidad": "contabilidad"},
            "settle_seconds": 0,
        }
        return HelpDeskSettings.model_validate({**base, **tabs, **given})

    def google(self, **given: t.Any) -> GoogleSettings:
        base = {"key_file": self.running.key, "endpoint": self.running.url, "attempts": 3, "patience": 8, "timeout": 10}
        return GoogleSettings.model_validate({**base, **given})

    def desk(self, *, waiting: Waiting | None = None, attempts: int = 3, **given: t.Any) -> HelpDesk:
        """Open a help desk. Of an outage that does not end two attempts tell as much as three, which wait 4 s."""
        return open_help_desk(self.settings(**given), self.google(attempts=attempts), waiting=waiting)

    @property
    def requests_tab(self) -> str:
        return "Mesa de Ayuda" if self.one_tab else "Solicitudes"

    @property
    def responses_tab(self) -> str:
        return "Mesa de Ayuda" if self.one_tab else "Respuestas"

    def edit(self, action: str, *, sheet: str = "", **options: t.Any) -> None:
        """Do what a person does in the browser, to the requests unless said otherwise."""
        self.admin.edit(self.running.spreadsheet, action, sheet=sheet or self.requests_tab, **options)

    def edit_after(self, method: str, *, nth: int = 1, edit: t.Callable[[], None]) -> threading.Thread:
        """Do an edit after the ``nth`` call of a method from now on had its effect, and before its answer arrives."""
        self.admin.fault("latency", method, seconds=0.5, nth=nth)
        known = len(self.admin.calls(method))

        def wait_and_edit() -> None:
            limit = time.monotonic() + 60
            while len(self.admin.calls(method)) < known + nth and time.monotonic() < limit:
                time.sleep(0.02)
            edit()

        thread = threading.Thread(target=wait_and_edit)
        thread.start()
        return thread

    def count(self, method: str) -> int:
        """Return how many calls of a method reached the sandbox."""
        return len(self.admin.calls(f"sheets.spreadsheets.{method}"))


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Running]]:
    home = tmp_path_factory.mktemp("sandbox")
    yield home, control.start(home, cases=120)
    control.stop(home)


def _town(sandbox: tuple[Path, Running], *, one_tab: bool) -> Town:
    home, running = sandbox
    admin = control.admin(home)
    admin.reset(cases=120, layout="one-tab" if one_tab else "two-tabs")
    return Town(running, admin, one_tab)


@pytest.fixture
def town(sandbox: tuple[Path, Running]) -> Town:
    """Two tabs."""
    return _town(sandbox, one_tab=False)


@pytest.fixture(params=[False, True], ids=["two-tabs", "one-tab"])
def either_town(sandbox: tuple[Path, Running], request: pytest.FixtureRequest) -> Town:
    """Each of the two layouts."""
    return _town(sandbox, one_tab=request.param)


@pytest.fixture
def response() -> t.Callable[..., Response]:
    """Make a response for the demo's case."""

    def make(status: str = "En proceso", key: str = "1234/1/started", **given: t.Any) -> Response:
        base = {
            "number": CASE,
            "agent": "Ana Prueba",
            "done": "Copia en curso",
            "evidence": "acta 12",
            "moment": MOMENT,
        }
        return Response(status=status, key=key, **{**base, **given})

    return make


@pytest.fixture
def control_row() -> ControlRow:
    return ControlRow(
        key="1234/1/registered",
        made_at=MOMENT,
        department="Secretaría de Hacienda",
        number=CASE,
        requester="Marta Ejemplo",
        kind="SINFA (en sitio)",
        subject="contabilidad",
        agent="Ana Prueba",
        place="nas",
        package="contabilidad-2026-11-03.zip",
        size=1_234_567_890_123,
        sha256="ab" * 32,
        proof="probada por restauración",
        ledger_count=17,
        ledger_hash="cd" * 32,
    )
