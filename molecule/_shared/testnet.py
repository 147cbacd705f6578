"""Test hosts in namespaces of this machine: control, NAS and database server on one bridge.

Every host is one process tree in network, mount, process, host-name and IPC namespaces of its own, so nothing of it
is seen outside: no link, no mount, no account. Ending its first process ends the host, and the kernel clears the
rest. What is on disk lies in one run folder. Needs root. Usage::

    testnet.py up             start what is not running; may be called twice
    testnet.py run COMMAND…   run a command in control's network, starting control alone when it is not there
    testnet.py down           end all of it; exit 1 when it found a process that the scenarios should have ended
    testnet.py check          exit 1, with a list, when anything is left
"""

from __future__ import annotations

import ipaddress
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

RUN = Path(__file__).resolve().parents[2] / ".work" / "molecule" / "hosts"
LOGS = RUN.parent / "logs"
HOST_PROGRAM = Path(__file__).with_name("host")
NETWORK = ipaddress.ip_network("192.0.2.0/24")  # reserved for documentation: it can be nobody's real network
HOSTS = {"control": NETWORK[10], "nas": NETWORK[20], "database": NETWORK[30]}
SWITCH = "switch"
ACCOUNT_UID = 60321
PATIENCE = 60.0


@dataclass(frozen=True)
class Machine:
    """A host or the switch: the process that holds its namespaces, and the names of these.

    ``started`` (clock ticks since boot) tells the process from a later one with the same number.
    """

    holder: int
    started: str
    net: str
    pid: str

    def lives(self) -> bool:
        """Tell whether the holder still runs."""
        return started_at(self.holder) == self.started

    def inside(self, *command: str) -> None:
        """Run a command in this machine's network, and in nothing else of it."""
        subprocess.run(["nsenter", f"--net=/proc/{self.holder}/ns/net", *command], check=True)

    def end(self) -> None:
        """End the holder; the kernel then ends all processes of the machine."""
        if self.lives():
            os.kill(self.holder, signal.SIGKILL)


def started_at(pid: int) -> str | None:
    """Return when a process started, or None when there is none but perhaps its remains."""
    fields = stat_fields(pid)
    return None if fields is None or fields[0] == "Z" else fields[19]


def stat_fields(pid: int) -> list[str] | None:
    """Return the fields of /proc/PID/stat from the state on (the name before it may hold anything)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def namespace(pid: int, kind: str) -> str | None:
    """Return the name of a namespace of a process, such as ``net:[4026531840]``."""
    try:
        return str(Path(f"/proc/{pid}/ns/{kind}").readlink())
    except OSError:
        return None


def wait_until(ready: Callable[[], bool], what: str) -> None:
    """Wait until ready() holds; leave the program when it takes too long."""
    deadline = time.monotonic() + PATIENCE
    while not ready():
        if time.monotonic() > deadline:
            raise SystemExit(f"testnet: {what}: not within {PATIENCE:.0f} s")
        time.sleep(0.02)


def recorded(folder: Path = RUN) -> dict[str, Machine]:
    """Read every machine that was started since the last `down`, alive or not."""
    try:
        entries = json.loads((folder / "machines.json").read_text())
    except FileNotFoundError:
        return {}
    return {name: Machine(**entry) for name, entry in entries.items()}


def record(name: str, machine: Machine) -> None:
    """Write a machine down, so that `down` and `check` find it whatever happens next."""
    entries = {other: asdict(known) for other, known in recorded().items()} | {name: asdict(machine)}
    part = RUN / "machines.json.part"
    part.write_text(json.dumps(entries, indent=1))
    part.replace(RUN / "machines.json")


def prepare_folder() -> None:
    """Make the keys, passwords and list of known hosts of this run, once."""
    keys = RUN / "keys"
    if (RUN / "known_hosts").exists():
        return
    shutil.rmtree(RUN, ignore_errors=True)
    keys.mkdir(parents=True, mode=0o700)
    for name in [*HOSTS, "copias"]:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(keys / name)], check=True)
    for account in ("postgres", "copias"):
        password = keys / f"{account}.password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(18))
    lines = [f"{address} {(keys / f'{name}.pub').read_text().strip()}\n" for name, address in HOSTS.items()]
    (RUN / "known_hosts").write_text("".join(lines))


def start(name: str, *command: str) -> Machine:
    """Start a command as the first process of a new machine."""
    prepare_folder()
    shutil.rmtree(RUN / name, ignore_errors=True)
    (RUN / name).mkdir()
    isolate = ["unshare", "--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--"]
    # The holder outlives this program and must not keep its output open: Ansible waits for that to close.
    quiet = subprocess.DEVNULL
    pid = subprocess.Popen([*isolate, *command], stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True).pid
    wait_until(
        lambda: namespace(pid, "pid_for_children") not in (None, namespace(os.getpid(), "pid")),
        f"namespaces of {name}",
    )
    names = {"net": namespace(pid, "net"), "pid": namespace(pid, "pid_for_children"), "started": started_at(pid)}
    machine = Machine(holder=pid, **{key: value or "gone" for key, value in names.items()})
    record(name, machine)
    return machine


def start_host(name: str) -> Machine:
    """Start a host, which readies itself while this goes on."""
    return start(name, str(HOST_PROGRAM), name, str(RUN), str(ACCOUNT_UID))


def up() -> None:
    """Start what is not running, and wait until all of it answers."""
    running = {name: machine for name, machine in recorded().items() if machine.lives()}
    if SWITCH not in running:
        switch = running[SWITCH] = start(SWITCH, "sleep", "infinity")
        switch.inside("ip", "link", "add", "bridge", "type", "bridge")
        switch.inside("ip", "link", "set", "bridge", "up")
        for name in HOSTS:  # the cables went with the last switch
            (RUN / name / "cable").unlink(missing_ok=True)
    for name in HOSTS:
        host = running.get(name) or start_host(name)
        if not (RUN / name / "cable").exists():
            connect(name, host, running[SWITCH])
    for name in HOSTS:
        wait_until(partial(is_ready, name), f"host {name}")


def connect(name: str, host: Machine, switch: Machine) -> None:
    """Lay a cable from a host to the switch and give the host its address."""
    cable = ("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", str(host.holder))
    switch.inside("ip", *cable)
    switch.inside("ip", "link", "set", name, "master", "bridge", "up")
    host.inside("ip", "address", "add", f"{HOSTS[name]}/{NETWORK.prefixlen}", "dev", "eth0")
    host.inside("ip", "link", "set", "lo", "up")
    host.inside("ip", "link", "set", "eth0", "up")
    (RUN / name / "cable").touch()


def is_ready(name: str) -> bool:
    """Tell whether a host has started its services; leave the program when it has ended instead."""
    if not recorded()[name].lives():
        log = (RUN / name / "log").read_text(errors="replace")
        raise SystemExit(f"testnet: host {name} ended while it started:\n{log}")
    return (RUN / name / "ready").exists()


def run(command: list[str]) -> None:
    """Become a command in control's network."""
    control = recorded().get("control")
    if control is None or not control.lives():
        control = start_host("control")
        control.inside("ip", "link", "set", "lo", "up")
    os.execvp("nsenter", ["nsenter", f"--net=/proc/{control.holder}/ns/net", *command])  # noqa: S606  # no shell meant


def ancestors() -> set[int]:
    """Return this process and those above it: molecule runs in control's network, and calls us."""
    found, pid = set(), os.getpid()
    while pid and pid not in found:
        found.add(pid)
        pid = int((stat_fields(pid) or ["", "0"])[1])
    return found


def inhabitants(kind: str, names: set[str]) -> Iterator[tuple[int, str]]:
    """Yield pid and command of each process in one of these namespaces, our own line left out."""
    own = ancestors()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in own or started_at(int(entry.name)) is None:
            continue
        if namespace(int(entry.name), kind) in names:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            yield int(entry.name), command[:160].strip()


def down() -> int:
    """End all machines, then what else runs in their networks; return 1 when there was such a thing."""
    machines = recorded().values()
    nets, pids = {machine.net for machine in machines}, {machine.pid for machine in machines}
    for machine in machines:
        machine.end()
    wait_until(lambda: not any(inhabitants("pid", pids)), "end of the hosts")
    strays = list(inhabitants("net", nets))
    for pid, command in strays:
        print(f"testnet: a scenario left this running: {pid} {command}", file=sys.stderr)
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not any(inhabitants("net", nets)), "end of what was left running")
    keep_logs()
    return check() or (1 if strays else 0)


def keep_logs() -> None:
    """Keep what the hosts wrote and the list of machines, and remove the run folder with its keys."""
    if not (RUN / "machines.json").exists():
        return
    shutil.rmtree(LOGS, ignore_errors=True)
    LOGS.mkdir()
    for log in RUN.glob("*/*log"):
        shutil.copy(log, LOGS / f"{log.parent.name}-{log.name}")
    shutil.copy(RUN / "machines.json", LOGS)
    shutil.rmtree(RUN)


def check() -> int:
    """Look for what the hosts of the last run have left on this machine; return 1 when there is something."""
    machines = recorded() or recorded(LOGS)
    left = [f"host {name}" for name, machine in machines.items() if machine.lives()]
    for kind in ("net", "pid"):
        names = {getattr(machine, kind) for machine in machines.values()}
        left += [f"process {pid} {command}" for pid, command in inhabitants(kind, names)]
    links = subprocess.run(["ip", "-brief", "link"], capture_output=True, text=True, check=True).stdout
    names = {line.split()[0].partition("@")[0] for line in links.splitlines()}
    left += [f"link {name}" for name in names & {*HOSTS, "bridge"}]
    left += [f"mount {line}" for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(RUN) in line]
    for item in left:
        print(f"testnet: left behind: {item}", file=sys.stderr)
    return 1 if left else 0


def main(arguments: list[str]) -> int:
    """Carry out one verb of the module's text."""
    if os.geteuid() != 0:
        raise SystemExit("testnet: needs root: it makes namespaces")
    match arguments:
        case ["up"]:
            up()
        case ["run", _, *_]:
            run(arguments[1:])
        case ["down"]:
            return down()
        case ["check"]:
            return check()
        case _:
            raise SystemExit(__doc__)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
