"""One run from the row to the proof, looked at from all sides. The run is made once for all tests of this file."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import orjson
import psutil
import pytest

from copias.files import write_atomically
from copias_sandbox import world
from tests.e2e.town import CASE, CONTROL, RESPONSES, Town

pytestmark = pytest.mark.slow


class Watcher(threading.Thread):
    """Looks at the arguments and the environment of every process, as ``ps`` can."""

    def __init__(self, secret: str) -> None:
        super().__init__(daemon=True)
        self.secret, self.seen, self.looks = secret.encode(), [], 0
        self.programs: set[str] = set()
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.05):
            self.looks += 1
            for process in psutil.process_iter():
                with suppress(OSError, psutil.Error):
                    self._look(process)

    def _look(self, process: psutil.Process) -> None:
        folder = Path("/proc") / str(process.pid)
        self.programs.add(process.name())
        for name in ("cmdline", "environ"):
            if self.secret in (folder / name).read_bytes():
                self.seen.append((process.pid, name, process.name()))


@pytest.fixture(scope="module")
def attended(running):
    """A case that two agents run at once: the calls of both, and what a watcher of ``ps`` saw."""
    running.fresh()
    watcher = Watcher(running.world.sinfa.reader.password())
    watcher.start()
    both = [running.start("run", CASE, "--yes", "--json") for _ in range(2)]
    calls = []
    for process in both:
        out, err = process.communicate(timeout=120)
        calls.append((process.returncode, out, err))
    watcher.ended.set()
    watcher.join()
    return running, sorted(calls), watcher


@pytest.fixture
def town(attended) -> Town:
    return attended[0]


def test_of_two_runs_at_once_one_wins_and_the_other_says_who_runs_it(attended):
    (code, out, _), (refused, said, _) = attended[1]

    assert (code, refused) == (0, 4)
    assert orjson.loads(out)["state"] == "resolved"
    error = orjson.loads(said)
    assert error["error"] == "AlreadyRunning"
    assert world.read_identity().account in error["why"]
    assert f"copias follow {CASE}" in error["repair"]


def test_the_refused_run_leaves_no_folder(town):
    assert len(list((town.world.state / "runs").iterdir())) == 1


def test_each_status_is_answered_once_and_the_copy_is_registered_once(town):
    assert town.answers() == ["En proceso", "Solucionado"]
    assert len(town.ours(CONTROL)) == 1
    assert all(row["Agente"] == "Ana Lucía Prueba" for row in town.ours(RESPONSES))


def test_the_control_row_carries_a_witness_of_the_ledger(town):
    row = town.ours(CONTROL)[0]

    call = town.copias("audit", "ledger", "--witness", f"{row['Bitácora (evento)']}:{row['Bitácora (hash)']}")

    assert call.code == 0, call.text


def test_one_copy_is_published_with_manifest_proof_and_certificate(town):
    names = [path.name for path in town.stored()]

    assert names == [
        f"sinfa-hacienda-{CASE}.constancia.html",
        f"sinfa-hacienda-{CASE}.prueba.json",
        f"sinfa-hacienda-{CASE}.zip",
        f"sinfa-hacienda-{CASE}.zip.manifest.json",
    ]


def test_the_package_is_verified_by_a_program_without_this_product(town):
    script = world.PROJECT / "scripts" / "verify_package.py"
    trusted = town.world.state / "keys" / "signing.pem.pub"

    done = subprocess.run([sys.executable, script, town.stored("*.zip")[0], "--key", trusted], capture_output=True)

    assert done.returncode == 0, done.stdout + done.stderr


def test_no_password_in_the_arguments_or_the_environment_of_any_process(attended):
    watcher = attended[2]

    assert watcher.seen == []
    assert watcher.looks > 50
    assert {"pg_dump", "pg_restore"} <= watcher.programs


def test_no_password_in_any_file_of_the_state(town):
    secret = town.world.sinfa.reader.password().encode()

    assert [path for path in town.files_of_state() if secret in path.read_bytes()] == []


def test_only_the_account_can_read_the_state(town):
    loose = []
    for path in [town.world.state, *town.world.state.rglob("*")]:
        allowed = 0o700 if path.is_dir() else 0o644 if path.suffix == ".pub" else 0o600
        if path.stat().st_mode & 0o777 & ~allowed:
            loose.append(f"{path.relative_to(town.world.state)} {path.stat().st_mode & 0o777:o}")

    assert loose == []


def test_nothing_of_the_run_is_left(town):
    town.require_nothing_left()


def test_running_it_again_does_nothing_and_quickly(town):
    before = town.ledger()
    town.admin.clear_calls()

    begun = time.process_time(), psutil.Process().cpu_times()
    call = town.copias("run", CASE, "--yes", "--json")
    after = psutil.Process().cpu_times()

    assert call.code == 0
    assert call.json["state"] == "resolved"
    assert call.json["changed"] == 0
    spent = after.children_user + after.children_system - begun[1].children_user - begun[1].children_system
    assert spent < 4
    assert town.ledger() == before
    assert town.admin.calls() == []


def test_the_playbook_by_itself_changes_nothing_either(town):
    before = town.ledger()

    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "playbooks/attend_case.yml", "-e", f"case={CASE}"],
        cwd=world.PROJECT,
        env=town.environment,
        capture_output=True,
        text=True,
        timeout=90,
    )

    assert done.returncode == 0, done.stdout
    assert "changed=0" in done.stdout
    assert town.ledger() == before


def test_show_tells_the_whole_story(town):
    told = town.copias("show", CASE)
    data = town.copias("show", CASE, "--json").json

    assert told.code == 0
    for words in ("Empieza la copia", "almacenada en nas_principal", "igual al origen", "Resuelto"):
        assert words in told.out
    assert data["state"] == "resolved"
    assert data["case"]["sheet_status"] == "resolved"
    assert data["case"]["unproven"] is False
    events = [event["event"] for event in data["events"]]
    assert events.count("case.resolved") == 1
    after = events[events.index("case.resolved") + 1 :]
    assert set(after) <= {"outbox.attempted", "outbox.delivered"}  # the mail that tells the requester
    assert len(data["runs"]) == 1


def test_follow_of_an_ended_run_tells_its_result(town):
    call = town.follow()

    assert call.code == 0
    assert call.json["state"] == "resolved"


def test_a_resolved_case_is_not_classified_as_something_else(town):
    before = town.story()

    call = town.copias("classify", CASE, "--kind", "recovery", "--subject", "hacienda", "--json")

    assert call.code == 3, call.text
    assert call.json["why"] == "lo que se hizo es SINFA de hacienda"
    assert f"copias reopen {CASE} --reason" in call.json["repair"]
    assert town.story() == before


def test_stop_of_a_case_that_does_not_run_is_refused(town):
    call = town.copias("stop", CASE, "--json")

    assert call.code == 3
    assert call.json["error"] == "NotReady"


def test_nothing_waits_in_the_outbox(town):
    call = town.copias("outbox")

    assert call.code == 0
    assert "No hay nada pendiente" in call.out


def test_the_ledger_is_valid_here_and_by_the_script_that_stands_alone(town):
    ledger = town.world.state / "ledger.jsonl"
    script = [sys.executable, world.PROJECT / "scripts" / "verify_ledger.py"]

    assert town.copias("audit", "ledger", "--query", "valid").json is True
    assert subprocess.run([*script, ledger], capture_output=True).returncode == 0


def test_a_changed_or_cut_ledger_is_found_out(town, tmp_path):
    ledger = town.world.state / "ledger.jsonl"
    whole = ledger.read_bytes()
    lines = whole.splitlines(keepends=True)
    witness = town.copias("audit", "ledger", "--json").json
    try:
        write_atomically(ledger, whole.replace(b"Marta Cecilia", b"Marta Camila", 1))
        changed = town.copias("audit", "ledger", "--json")
        write_atomically(ledger, b"".join(lines[:-1]))
        cut = town.copias("audit", "ledger")
        cut_with_witness = town.copias("audit", "ledger", "--witness", f"{witness['count']}:{witness['sha256']}")
    finally:
        write_atomically(ledger, whole)

    assert changed.code == 1
    assert changed.json["error"] == "LedgerBroken"
    assert cut.code == 0  # a cut tail still chains: that is why a witness is kept elsewhere
    assert cut_with_witness.code == 1
    assert "testigo" in cut_with_witness.err


def test_a_witness_that_is_none_is_a_usage_error(town):
    assert town.copias("audit", "ledger", "--witness", "mañana").code == 2


def test_the_audit_finds_each_account_of_the_directory_and_the_copy_of_the_case(town):
    call = town.copias("audit", "coverage", "--json")
    accounts = {row["name"]: row for row in call.json["rows"] if row["kind"] == "Buzón"}
    (base,) = [row for row in call.json["rows"] if row["name"] == "hacienda"]

    assert base["source"] == f"caso {CASE}, {base['source'].partition(', ')[2]}"
    assert base["last"]
    assert call.json["directory"] == "now"
    assert "no autorizado copiar" in {row["verdict"] for row in accounts.values()}


def test_the_evidence_of_the_case_agrees_and_is_read_back(town):
    call = town.copias("audit", "evidence", "--read", "--json")
    (opened,) = [entry["data"] for entry in town.ledger() if entry["event"] == "copy.opened"]

    assert call.code == 0, call.text
    assert (opened["copy"], opened["by"]) == (call.json["rows"][0]["copy"], "copias audit evidence --read")
    assert [row["verdict"] for row in call.json["rows"]] == ["bien"]
    assert call.json["summary"]["Filas de la hoja de control comparadas"] == "1"


def test_a_file_cut_on_the_nas_and_a_control_row_edited_by_hand_are_named(town):
    (package,) = [path for path in town.stored() if path.suffix == ".zip"]
    whole = package.read_bytes()
    (ours,) = town.ours(CONTROL)
    header, told = next((name, text) for name, text in ours.items() if str(text).endswith(".zip"))
    column, row = chr(ord("A") + list(ours).index(header)), town.rows(CONTROL).index(ours) + 2
    place = town.world.environment["COPIAS_CONTROL_SPREADSHEET"]
    try:
        package.write_bytes(whole[:-1])
        town.admin.edit(place, "set", sheet=CONTROL, cell=f"{column}{row}", text="otro.zip")
        found = town.copias("audit", "evidence", "--json")
        page = town.copias("audit", "--html", str(town.temporary / "auditoria.html"))
    finally:
        package.write_bytes(whole)
        town.admin.edit(place, "set", sheet=CONTROL, cell=f"{column}{row}", text=told)

    red = {remark["whose"]: remark["why"] for remark in found.json["remarks"] if remark["severity"] == "red"}
    assert found.code == page.code == 1
    assert "el paquete" in red.pop(f"fila {row}, caso {CASE}")
    (why,) = red.values()
    assert f"mide {len(whole) - 1} bytes y se guardaron {len(whole)}" in why
    assert "otro.zip" not in (town.temporary / "auditoria.html").read_text(encoding="utf-8")
    assert town.copias("audit", "evidence", "--query", "red").json == 0
